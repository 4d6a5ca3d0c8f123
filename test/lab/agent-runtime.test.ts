/** A whole agent beside a real dockerd that comes, goes, freezes and comes back. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiCheck, ApiNode, ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { NO_DISK_SPACE } from './lib/cluster.ts';
import { freeze } from './lib/daemon.ts';
import { type Dockerd, createDockerd, whyNoDockerd } from './lib/dockerd.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoDockerd();
if (missing !== undefined) process.stderr.write(`agent-runtime: skipped, ${missing}\n`);

const check = async (agent: AgentProcess, name: string): Promise<ApiCheck | undefined> => {
  const { nodes } = await agent.json<ApiNodes>('/api/v1/nodes');
  const node = await agent.json<ApiNode>(`/api/v1/nodes/${nodes[0]?.node}`);
  return node.checks.find((one) => one.check === name);
};
const status = (agent: AgentProcess): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
const until = (agent: AgentProcess, name: string, word: string): Promise<ApiCheck | undefined> =>
  eventually(
    () => check(agent, name),
    (one) => one?.status === word,
    90_000,
  );

describe.skipIf(missing !== undefined)('an agent and the container runtime', () => {
  let dockerd: Dockerd;
  let agent: AgentProcess;

  beforeAll(async () => {
    dockerd = createDockerd();
    await dockerd.start();
    // Only this dockerd: the socket is found by its configuration, not by the machine's default.
    agent = await startAgentProcess({ args: ['--runtime.socket', dockerd.socketPath, ...NO_DISK_SPACE] });
  });

  afterAll(async () => {
    await agent?.cleanUp();
    await dockerd?.cleanUp();
  });

  it('running: both checks are ok and every phase is a reading', async () => {
    await until(agent, 'container-runtime', 'ok');
    const start = await until(agent, 'container-start', 'ok');
    const names = start?.readings.map(({ name }) => name) ?? [];
    for (const phase of ['create', 'start', 'wait', 'remove', 'total']) expect(names).toContain(`${phase}_seconds`);
  });

  it('frozen: hung within its bound, the start is its consequence; thawed: fine again', async () => {
    const frozenAt = performance.now();
    await freeze(dockerd.pid());
    try {
      const said = await eventually(
        () => status(agent),
        ({ findings }) => findings.some(({ reason }) => reason === 'RuntimeHung'),
        60_000,
      );
      const tookMs = Math.round(performance.now() - frozenAt);
      noteTold({ fault: 'dockerd frozen', reason: 'RuntimeHung', tookMs, boundMs: 15_000 }, said.sentence);
      expect(performance.now() - frozenAt).toBeLessThan(30_000);
      expect(said.status).toBe('degraded');
      const both = await eventually(
        () => status(agent),
        ({ findings }) => findings.some(({ reason }) => reason === 'ContainersCannotStart'),
        90_000,
      );
      const consequence = both.findings.find(({ reason }) => reason === 'ContainersCannotStart');
      expect(consequence?.causedBy).toBe(both.findings.find(({ reason }) => reason === 'RuntimeHung')?.id);
      expect(both.sentence).toContain('as a consequence: containers cannot start');
    } finally {
      process.kill(dockerd.pid(), 'SIGCONT');
    }
    await until(agent, 'container-runtime', 'ok');
    await until(agent, 'container-start', 'ok');
    // The diagnosis follows what the checks say within a moment.
    await eventually(
      () => status(agent),
      ({ findings }) => findings.length === 0,
      5000,
    );
    // What a hung dockerd was asked to make it makes when it wakes up; the next run sweeps it.
    await eventually(
      () => dockerd.probeContainers(),
      (names) => names.length === 0,
      90_000,
    );
  });

  it('killed: a problem, also after the agent restarts; exit code 1', async () => {
    await dockerd.kill();
    const down = await until(agent, 'container-runtime', 'problem');
    expect(down?.problems).toMatchObject([{ reason: 'RuntimeDown' }]);
    agent.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    const again = await startAgentProcess({ dataDirectory: agent.dataDirectory });
    try {
      // Without the configured socket only memory knows that a runtime belongs here.
      const remembered = await until(again, 'container-runtime', 'problem');
      expect(remembered?.problems[0]?.message).toMatch(/belongs here/);
      let code: unknown = 0;
      try {
        execFileSync(process.execPath, ['agent/main.ts', 'health', '--port', new URL(again.url).port]);
      } catch (error) {
        code = (error as { status: unknown }).status;
      }
      expect(code).toBe(1);
    } finally {
      again.kill('SIGTERM');
      await again.ended;
    }
  });

  it('never there: absent', async () => {
    const fresh = await startAgentProcess();
    try {
      expect((await until(fresh, 'container-runtime', 'absent'))?.problems).toEqual([]);
      expect((await until(fresh, 'container-start', 'absent'))?.problems).toEqual([]);
    } finally {
      await fresh.cleanUp();
    }
  });
});
