/** A whole agent whose disk fails under it: it answers throughout, says what is wrong, stops in time and recovers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { type LoopDisk, createLoopDisk, whyNoLoopDisk } from './lib/loop-disk.ts';

const missing = whyNoLoopDisk();
if (missing !== undefined) process.stderr.write(`agent-disk: skipped, ${missing}\n`);

const status = (agent: AgentProcess): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
const settled = (agent: AgentProcess): Promise<ApiStatus> =>
  eventually(
    () => status(agent),
    ({ view }) => view.settled,
    20_000,
  );
/** Tests that run beside fill disks of their own. */
const fullAt = ({ findings }: ApiStatus, { mountPoint }: LoopDisk): ApiFinding | undefined =>
  findings.find(({ reason, subject }) => reason === 'DiskFull' && subject === mountPoint);
const reasons = ({ findings }: ApiStatus): string[] => findings.map(({ reason }) => reason);

describe.skipIf(missing !== undefined)('a disk that fails under the agent', () => {
  let disk: LoopDisk;
  const agents: AgentProcess[] = [];
  const start = async (): Promise<AgentProcess> => {
    const agent = await startAgentProcess({ dataDirectory: disk.mountPoint });
    agents.push(agent);
    return agent;
  };

  beforeEach(() => {
    disk = createLoopDisk(32);
  });

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.cleanUp()));
    // The store process ends on its own when its agent is gone.
    await new Promise((done) => setTimeout(done, 1500));
    disk.cleanUp();
  });

  it('frozen: says so, answers, and recovers', async () => {
    const agent = await start();
    await settled(agent);
    const frozenAt = performance.now();
    disk.freeze();
    let slowestMs = 0;
    const said = await eventually(
      async () => {
        const asked = performance.now();
        const answer = await status(agent);
        slowestMs = Math.max(slowestMs, performance.now() - asked);
        return answer;
      },
      (answer) => reasons(answer).includes('DiskStalled'),
      60_000,
    );
    process.stdout.write(
      `DiskStalled after ${Math.round(performance.now() - frozenAt)} ms; slowest /status ${Math.round(slowestMs)} ms\n`,
    );
    expect(said.status).toBe('degraded');
    expect(slowestMs).toBeLessThan(2000);
    const series = await agent.text('/api/v1/series?node=x&check=pids&from=-1h&to=now');
    expect([404, 503]).toContain(series.status);
    disk.thaw();
    await eventually(
      () => status(agent),
      (answer) => !reasons(answer).includes('DiskStalled'),
      60_000,
    );
  });

  it('frozen: the agent still ends with 0 within 5 s of SIGTERM', async () => {
    const agent = await start();
    await settled(agent);
    disk.freeze();
    await eventually(
      () => status(agent),
      (answer) => reasons(answer).includes('DiskStalled'),
      60_000,
    );
    const asked = performance.now();
    agent.kill('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    const tookMs = Math.round(performance.now() - asked);
    process.stdout.write(`SIGTERM with a frozen disk: ${tookMs} ms\n`);
    expect(tookMs).toBeLessThan(10_000);
    disk.thaw();
  });

  it('full: says that the store has no room, explains it by the full disk, and recovers', async () => {
    const agent = await start();
    await settled(agent);
    disk.fill();
    const said = await eventually(
      () => status(agent),
      (answer) => reasons(answer).includes('StoreUnavailable') && fullAt(answer, disk) !== undefined,
      90_000,
    );
    const store = said.findings.find(({ reason }) => reason === 'StoreUnavailable');
    expect(store?.causedBy).toBe(fullAt(said, disk)?.id);
    disk.release();
    await eventually(
      () => status(agent),
      ({ findings }) => findings.length === 0,
      90_000,
    );
  });

  it('read-only: says so and answers', async () => {
    const agent = await start();
    await settled(agent);
    agent.kill('SIGTERM');
    await agent.ended;
    disk.remount('ro');
    const second = await start();
    const said = await eventually(
      () => status(second),
      (answer) => reasons(answer).includes('StoreUnavailable'),
      30_000,
    );
    expect(said.findings.find(({ reason }) => reason === 'StoreUnavailable')?.sentence).toMatch(/read-only/i);
  });
});
