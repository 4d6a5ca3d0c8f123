/** `meerkat status --from HOST,HOST`: of the two sides of a cut, and of whole agents of which one is gone. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import { CATALOGUE, NOW, createScene } from '../../agent/diagnosis/testing.ts';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { type FixtureServer, httpDeps, startFixtureServer } from '../lib/http-server.ts';

/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${90 + (process.pid % 10)}.${(process.pid >> 4) % 250}`;
const MASTERS = ['m1', 'm2', 'm3'];
const WORKERS = ['w1', 'w2'];

interface Said {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
const meerkat = (...args: readonly string[]): Promise<Said> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['agent/main.ts', 'status', ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

/** Each side as its own agents see it. */
const servers: FixtureServer[] = [];
beforeAll(async () => {
  const scene = createScene([...MASTERS, ...WORKERS]).cut(MASTERS, WORKERS);
  const clock = { ...httpDeps().clock, now: () => NOW };
  for (const node of ['m1', 'w1']) {
    const state = scene.from(node);
    servers.push(
      await startFixtureServer(
        { node },
        { clock, state: () => state, diagnosis: () => diagnose(state, NOW, CATALOGUE) },
      ),
    );
  }
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const from = (): string => servers.map(({ port }) => `127.0.0.1:${port}`).join(',');

it('says which sides there are, and settles what one side cannot tell', async () => {
  const { code, stdout, stderr } = await meerkat('--from', `${from()},127.0.0.1:1`);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^CRITICAL {2}2 sides that do not reach each other: m1, m2 and m3 \| w1 and w2\.\n/);
  expect(stdout).toContain('Settled: w1 and w2 are alive, and not powered off: their own side sees them,');
  expect(stdout).toContain('\nNo answer: No agent listens at 127.0.0.1:1.');
  expect(stdout).toMatch(/\nOnly m1 says:\n\n- w1 and w2 do not answer/);
  expect(stdout).toMatch(/\nOnly w1 says:\n\n- m1, m2 and m3 do not answer/);
});

it('says the same as JSON', async () => {
  const { stdout } = await meerkat('--from', from(), '--json');

  expect(JSON.parse(stdout)).toMatchObject({
    status: 'critical',
    sides: [
      { asked: ['m1'], nodes: MASTERS },
      { asked: ['w1'], nodes: WORKERS },
    ],
    settled: [{ outcome: 'alive' }, { outcome: 'alive' }],
    silent: [],
    asked: [{ status: { view: { node: 'm1' } } }, { status: { view: { node: 'w1' } } }],
  });
});

it('fails only when nobody answers, and for what is no question', async () => {
  const results = [
    await meerkat('--from', '127.0.0.1:1,127.0.0.1:2'),
    await meerkat('--from', 'a b'),
    await meerkat('--from', from(), '--at', '2h'),
  ];

  expect(results.map(({ code }) => code)).toEqual([69, 64, 64]);
  expect(results[0]?.stderr).toMatch(
    /^No agent listens at 127\.0\.0\.1:1\.[^\n]*\nNo agent listens at 127\.0\.0\.1:2\./,
  );
});

it('puts together what whole agents say, also when one of them is gone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-status-from-'));
  const agents: AgentProcess[] = [];
  try {
    for (const [index, name] of ['a', 'b'].entries()) {
      const dataDirectory = join(root, name);
      const seeds = index === 0 ? [] : ['--mesh.seeds', `${NET}.1`];
      const args = ['--node.name', name, '--mesh.addresses', `${NET}.${index + 1}`, ...seeds];
      agents.push(await startAgentProcess({ args, dataDirectory, env: { MEERKAT_MESH_ENABLED: 'true' } }));
      const admit = async (): Promise<void> => {
        for (const file of ['cluster.key', 'cluster.id'])
          copyFileSync(join(root, 'a', file), join(dataDirectory, file));
      };
      // The first one makes the key after it has begun to answer.
      if (index > 0) await eventually(admit, () => true, 20_000);
    }
    for (const agent of agents) {
      await eventually(
        () => agent.json<ApiStatus>('/api/v1/status'),
        ({ view }) => view.settled && view.component === 2,
        40_000,
      );
    }
    const hosts = agents.map(({ url }) => new URL(url).host).join(',');
    const whole = await meerkat('--from', hosts);
    agents[1]?.kill('SIGKILL');
    await agents[1]?.ended;
    const one = await eventually(
      () => meerkat('--from', hosts),
      ({ stdout }) => stdout.includes('Side 1: a; asked a'),
      20_000,
    );

    expect(whole.stdout).toContain('\nSide 1: a and b; asked a and b\n');
    expect(whole.stdout).not.toContain('No answer');
    expect(one.stdout).toMatch(/\nNo answer: No agent listens at /);
    expect(one.stdout).not.toContain('Settled');
  } finally {
    await Promise.all(agents.map((agent) => agent.cleanUp()));
    rmSync(root, { recursive: true });
  }
}, 120_000);
