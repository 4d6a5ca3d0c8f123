/** Whole agents that find each other on loopback addresses, as anybody can start them. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { childrenOf, until } from './store-support/harness.ts';

/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${100 + (process.pid % 100)}.${(process.pid >> 7) % 250}`;
const addressOf = (host: number): string => `${NET}.${host}`;
const NAMES = ['a', 'b', 'c'];
/** Longer than an agent waits before it looks and answers, shorter than its mesh waits. */
const FROZEN_MS = 4500;

const isWhole = ({ status, view }: ApiStatus): boolean =>
  status === 'healthy' && view.component === NAMES.length && view.current === NAMES.length;

describe('agents on one machine', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-mesh-'));
  const agents = new Map<string, AgentProcess>();
  const directoryOf = (name: string): string => join(root, name);
  const agent = (name: string): AgentProcess => {
    const found = agents.get(name);
    if (found === undefined) throw new Error(`there is no agent ${name}`);
    return found;
  };
  const statusOf = (name: string): Promise<ApiStatus> => agent(name).json<ApiStatus>('/api/v1/status');
  const start = async (name: string, seeds: readonly string[]): Promise<void> => {
    const args = ['--node.name', name, '--mesh.addresses', addressOf(NAMES.indexOf(name) + 1)];
    if (seeds.length > 0) args.push('--mesh.seeds', seeds.join(','));
    agents.set(
      name,
      await startAgentProcess({ args, dataDirectory: directoryOf(name), env: { MEERKAT_MESH_ENABLED: 'true' } }),
    );
  };
  const stop = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    agent(name).kill(signal);
    await agent(name).ended;
  };
  const admit = (name: string): void => {
    for (const file of ['cluster.key', 'cluster.id'])
      copyFileSync(join(directoryOf('a'), file), join(directoryOf(name), file));
  };

  beforeAll(() => start('a', []));
  afterAll(async () => {
    for (const one of agents.values()) await one.cleanUp();
    rmSync(root, { recursive: true, force: true });
  });

  it('alone: makes its own key and is healthy', async () => {
    const { view } = await eventually(
      () => statusOf('a'),
      ({ status }) => status === 'healthy',
      20_000,
    );
    expect(view).toMatchObject({ members: 1, component: 1, settled: true });
  });

  it('without the cluster’s key: speaks for its own node only, and says what to do', async () => {
    await start('b', [addressOf(1)]);
    const { status, sentence } = await eventually(
      () => statusOf('b'),
      ({ findings }) => findings.some(({ reason }) => reason === 'MeshUnavailable'),
      20_000,
    );
    expect(status).toBe('unknown');
    expect(sentence).toContain('copy cluster.key and cluster.id from another agent of the cluster');
    expect((await statusOf('a')).view.members).toBe(1);
  });

  it('joins once the key is there, without a new start', async () => {
    admit('b');
    await eventually(
      () => statusOf('b'),
      ({ status, view }) => status === 'healthy' && view.component === 2,
      40_000,
    );
  });

  it('a third one that knows one of them finds both', async () => {
    await start('c', [addressOf(2)]);
    admit('c');
    for (const name of NAMES) await eventually(() => statusOf(name), isWhole, 40_000);
    const digests = await eventually(
      () => Promise.all(NAMES.map(async (name) => (await agent(name).json<ApiMembers>('/api/v1/members')).digest)),
      (all) => new Set(all).size === 1,
      20_000,
    );
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    const startsOf = async (name: string): Promise<string[]> => {
      const { events } = await agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h');
      return [...new Set(events.filter(({ kind }) => kind === 'agent-started').map(({ node }) => node))].sort();
    };
    for (const name of NAMES) {
      await eventually(
        () => startsOf(name),
        (starts) => starts.join() === NAMES.join(),
        20_000,
      );
    }
  });

  it('one that is killed is down for the others, and its last report is history', async () => {
    await stop('c', 'SIGKILL');
    for (const name of ['a', 'b']) {
      const known = await eventually(
        () => agent(name).json<ApiNode>('/api/v1/nodes/c'),
        ({ member }) => member === 'agent-down',
        10_000,
      );
      expect(known).toMatchObject({ freshness: 'stale', status: 'unknown' });
      expect(known.checks.length).toBeGreaterThan(6);
      const { status, findings } = await eventually(
        () => statusOf(name),
        (said) => said.findings.length > 0,
        10_000,
      );
      expect([status, findings[0]?.reason, findings[0]?.severity]).toEqual(['healthy', 'AgentDown', 'info']);
    }
  });

  it('the last one, started anew with nobody there, tells from its disk what the others said', async () => {
    await stop('b', 'SIGKILL');
    await eventually(
      () => agent('a').json<ApiNode>('/api/v1/nodes/b'),
      ({ member }) => member === 'agent-down',
      10_000,
    );
    await stop('a', 'SIGTERM');
    await start('a', []);
    await tellsOfTheOthers();
  });

  it('also when its store is not there for seconds, as on a machine that starts', async () => {
    await stop('a', 'SIGTERM');
    const before = childrenOf(process.pid);
    const starting = start('a', []);
    const store = await storeOfChildren((pid) => !before.includes(pid));
    process.kill(store, 'SIGSTOP');
    await sleep(FROZEN_MS);
    // It looks and answers without what it knew.
    await starting;
    expect(await statusOf('a')).toMatchObject({ status: 'unknown', view: { settled: false } });
    process.kill(store, 'SIGCONT');
    await tellsOfTheOthers();
  });

  async function storeOfChildren(isWanted: (pid: number) => boolean): Promise<number> {
    const isStore = (pid: number): boolean => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('store/child.ts');
      } catch {
        return false;
      }
    };
    const find = (): number | undefined => childrenOf(process.pid).filter(isWanted).flatMap(childrenOf).find(isStore);
    await until('the store process starts', () => find() !== undefined);
    return find() ?? 0;
  }

  async function tellsOfTheOthers(): Promise<void> {
    for (const name of ['b', 'c']) {
      const known = await eventually(
        () => agent('a').json<ApiNode>(`/api/v1/nodes/${name}`),
        ({ member }) => member === 'agent-down',
        20_000,
      );
      expect(known).toMatchObject({ freshness: 'stale', status: 'unknown' });
      expect(known.checks.find(({ check }) => check === 'disk-space')?.why).toContain('the last result was ok');
    }
  }

  it('all come back and agree again', async () => {
    await start('b', [addressOf(1)]);
    await start('c', [addressOf(1)]);
    for (const name of NAMES) await eventually(() => statusOf(name), isWhole, 40_000);
  });
});
