/** The cluster key is changed while whole agents run: with the commands of an operator, and nobody is missed. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDown } from '../../agent/model/member.ts';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';

/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const MAIN = resolve(import.meta.dirname, '../../agent/main.ts');
const WATCH_MS = 250;
const TEST_MS = 120_000;

const run = promisify(execFile);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const hasFinding = ({ findings }: ApiStatus, id: string): boolean => findings.some((finding) => finding.id === id);

describe('five agents', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-keys-'));
  const agents = new Map<string, AgentProcess>();
  /** What members were called that were not alive, while the key changed. */
  const oddities = new Set<string>();
  let stopWatching = (): void => {};
  let oldKey = '';

  const pathOf = (name: string, file = 'cluster.key'): string => join(root, name, file);
  const agent = (name: string): AgentProcess => {
    const found = agents.get(name);
    if (found === undefined) throw new Error(`there is no agent ${name}`);
    return found;
  };
  const statusOf = (name: string): Promise<ApiStatus> => agent(name).json<ApiStatus>('/api/v1/status');
  const start = async (name: string): Promise<void> => {
    const address = `${NET}.${'abcdef'.indexOf(name) + 1}`;
    const seeds = name === 'a' ? [] : ['--mesh.seeds', `${NET}.1`];
    const args = ['--node.name', name, '--mesh.addresses', address, ...seeds];
    const options = { args, dataDirectory: join(root, name), env: { MEERKAT_MESH_ENABLED: 'true' } };
    agents.set(name, await startAgentProcess(options));
  };
  const copyKey = (names: readonly string[]): void => {
    for (const name of names) copyFileSync(pathOf('a'), pathOf(name));
  };
  const key = async (command: string): Promise<string> => {
    const port = new URL(agent('a').url).port;
    const target = command === 'rotate' ? [] : ['--port', port];
    const args = [MAIN, 'key', command, '--data-directory', join(root, 'a'), ...target];
    const { stdout } = await run(process.execPath, args);
    return stdout;
  };
  const allWell = async (): Promise<void> => {
    for (const name of NAMES)
      await eventually(
        () => statusOf(name),
        ({ status, view, findings }) =>
          status === 'healthy' && view.component === 5 && view.current === 5 && findings.length === 0,
        60_000,
      );
  };
  const look = async (): Promise<void> => {
    for (const [viewer, one] of agents) {
      const { members } = await one.json<ApiMembers>('/api/v1/members');
      for (const { node, state } of members) if (isDown(state)) oddities.add(`${viewer}: ${node} ${state}`);
    }
  };

  beforeAll(async () => {
    await start('a');
    await eventually(
      () => statusOf('a'),
      ({ view }) => view.settled,
      20_000,
    );
    for (const name of [...NAMES.slice(1), 'f']) {
      mkdirSync(join(root, name));
      for (const file of ['cluster.key', 'cluster.id']) copyFileSync(pathOf('a', file), pathOf(name, file));
    }
    oldKey = readFileSync(pathOf('a'), 'utf8');
    await Promise.all(NAMES.slice(1).map(start));
    await allWell();
    const timer = setInterval(() => void look().catch(() => {}), WATCH_MS);
    stopWatching = () => clearInterval(timer);
  }, TEST_MS);
  afterAll(async () => {
    stopWatching();
    await Promise.all([...agents.values()].map((one) => one.cleanUp()));
    rmSync(root, { recursive: true, force: true });
  }, TEST_MS);

  it('take a second key and drop the first, and miss nobody meanwhile', async () => {
    expect(await key('rotate')).toContain('Next: copy cluster.key');
    await expect(key('finish')).rejects.toThrow(/members do not accept key/);
    copyKey(NAMES.slice(1));
    await eventually(
      () => key('status'),
      (said) => said.includes('all members know the new key'),
      40_000,
    );
    expect(await key('finish')).toContain('Next: copy cluster.key');
    copyKey(NAMES.slice(1));
    const said = await eventually(
      () => key('status'),
      (text) => text.includes('5 of 5 accept') && !text.includes('next'),
      40_000,
    );
    await allWell();
    stopWatching();
    print(said.trim());
    const { events } = await agent('b').json<ApiTimeline>('/api/v1/timeline?from=-1h');
    const told = events.filter(({ message }) => message.startsWith('the cluster key changed'));
    expect(new Set(told.map(({ node }) => node))).toEqual(new Set(NAMES));
    expect([...oddities]).toEqual([]);
  });

  it('refuse a stranger with the old key, who says so', async () => {
    await start('f');
    const { status, findings } = await eventually(
      () => statusOf('f'),
      (said) => hasFinding(said, 'SeedsUnmet/f'),
      20_000,
    );
    expect([status, findings[0]?.sentence]).toEqual(['unknown', expect.stringContaining('refuses its key')]);
    expect((await statusOf('a')).view.members).toBe(5);
    await agent('f').cleanUp();
    agents.delete('f');
  });

  it(
    'name the one that was left behind, on both sides, until it has the key',
    async () => {
      agent('e').kill('SIGKILL');
      await agent('e').ended;
      writeFileSync(pathOf('e'), oldKey);
      await start('e');
      for (const name of ['a', 'e'])
        await eventually(
          () => statusOf(name),
          (said) => hasFinding(said, 'KeyMismatch/e') && !hasFinding(said, 'AgentUnresponsive/e'),
          60_000,
        );
      copyKey(['e']);
      await allWell();
    },
    TEST_MS,
  );
});
