/** Agents of two versions side by side, for real, and the way back from the later one. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../agent/base/version.ts';
import type { ApiMembers, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import {
  LATER_CHECK,
  LATER_VERSION,
  type LaterVersion,
  makeLaterVersion,
} from './version-skew-support/later-version.ts';

/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${150 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const LATER = ['c', 'd', 'e'];
const TEST_MS = 120_000;

describe('two agents of this version and three of a later one', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-skew-'));
  const agents = new Map<string, AgentProcess>();
  let later: LaterVersion;

  const agent = (name: string): AgentProcess => {
    const found = agents.get(name);
    if (found === undefined) throw new Error(`there is no agent ${name}`);
    return found;
  };
  const start = async (name: string, script: string | undefined): Promise<void> => {
    const seeds = name === 'a' ? [] : ['--mesh.seeds', `${NET}.1`];
    const key = name === 'a' ? [] : ['--mesh.key-file', join(root, 'a', 'cluster.key')];
    agents.set(
      name,
      await startAgentProcess({
        args: ['--node.name', name, '--mesh.addresses', `${NET}.${NAMES.indexOf(name) + 1}`, ...seeds, ...key],
        dataDirectory: join(root, name),
        env: { MEERKAT_MESH_ENABLED: 'true' },
        ...(script !== undefined && { script }),
      }),
    );
  };
  const whole = (name: string): Promise<ApiStatus> =>
    eventually(
      () => agent(name).json<ApiStatus>('/api/v1/status'),
      ({ status, view }) => status === 'healthy' && view.component === 5 && view.current === 5,
      60_000,
    );
  const metric = async (name: string, line: RegExp): Promise<number> =>
    Number(line.exec((await agent(name).text('/metrics')).body)?.[1] ?? Number.NaN);

  beforeAll(async () => {
    later = makeLaterVersion();
    await start('a', undefined);
    await Promise.all(NAMES.slice(1).map((name) => start(name, LATER.includes(name) ? later.script : undefined)));
  }, TEST_MS);
  afterAll(async () => {
    await Promise.all([...agents.values()].map((one) => one.cleanUp()));
    for (const directory of [root, later.directory]) rmSync(directory, { recursive: true, force: true });
  }, TEST_MS);

  it(
    'are all healthy and know the same, and say which versions run',
    async () => {
      for (const name of NAMES) {
        const { findings } = await whole(name);
        expect(findings.map(({ reason, severity }) => [reason, severity])).toEqual([['VersionSkew', 'info']]);
        expect(findings[0]?.sentence).toBe(
          `2 versions of the agent run: ${LATER_VERSION} on c, d and e; ${VERSION} on a and b`,
        );
      }
      await eventually(
        () => Promise.all(NAMES.map(async (name) => (await agent(name).json<ApiMembers>('/api/v1/members')).digest)),
        (digests) => new Set(digests).size === 1,
        20_000,
      );
    },
    TEST_MS,
  );

  it(
    'keep, relay and count what only the later one knows',
    async () => {
      for (const name of ['a', 'b'])
        await eventually(
          () => metric(name, /^meerkat_mesh_records\{.*type="unknown".*\} (\d+)$/m),
          (count) => count === 3,
          20_000,
        );
      const { checks } = await agent('a').json<ApiNode>('/api/v1/nodes/d');
      expect(checks.map(({ check }) => check)).toContain(LATER_CHECK);
      expect(await metric('a', /^meerkat_mesh_datagrams_dropped_total\{.*"unknown-version".*\} (\d+)$/m)).toBe(0);
    },
    TEST_MS,
  );

  it(
    'lose nothing on the way back: one name, one key, the next boot; the later database is set aside, and said',
    async () => {
      const boot = (): number => JSON.parse(readFileSync(join(root, 'e', 'identity.json'), 'utf8')).boot as number;
      const before = boot();
      agent('e').kill('SIGTERM');
      await agent('e').ended;
      await start('e', undefined);
      const { findings } = await whole('e');
      expect(findings.map(({ reason }) => reason).sort()).toEqual(['StoreSetAside', 'VersionSkew']);
      expect(findings.find(({ reason }) => reason === 'VersionSkew')?.nodes).toEqual(['c', 'd']);
      expect(boot()).toBe(before + 1);
      for (const name of NAMES)
        expect((await whole(name)).findings.map(({ id }) => id)).not.toContain('NameConflict/e');
    },
    TEST_MS,
  );
});
