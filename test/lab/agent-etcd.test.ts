/** A whole agent beside a real etcd cluster whose members freeze, die and fill up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { NO_DISK_SPACE } from './lib/cluster.ts';
import { ETCD_VERSION, type Member, createMembers, waitForAnswer } from './lib/etcd.ts';
import { noteTold } from './lib/told.ts';

if (ETCD_VERSION === undefined) process.stderr.write('agent-etcd: skipped, no etcd on this machine\n');

/** interval + 2 × deadline + 1 s of the check, plus a second for the diagnosis; asserted at twice that. */
const BOUND_MS = 3000 + 2 * 1000 + 1000 + 1000;

describe.skipIf(ETCD_VERSION === undefined)('an agent and etcd', () => {
  let directory = '';
  let members: Member[] = [];
  let agent: AgentProcess;
  const member = (index: number): Member => {
    const found = members[index];
    if (found === undefined) throw new Error(`no member ${index}`);
    return found;
  };

  const watch = (dataDirectory?: string): Promise<AgentProcess> =>
    startAgentProcess({
      args: [
        ...NO_DISK_SPACE,
        '--checks.etcd.endpoint',
        member(0).clientUrl,
        '--checks.etcd.metrics-endpoint',
        member(0).metricsUrl,
      ],
      ...(dataDirectory !== undefined && { dataDirectory }),
    });
  const status = (): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
  /** Waits for a first cause of that name and prints how long it took. */
  const cause = async (fault: string, reason: string): Promise<ApiStatus> => {
    const began = performance.now();
    const said = await eventually(status, ({ findings }) => findings[0]?.reason === reason, 60_000);
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason, tookMs, boundMs: BOUND_MS }, said.sentence);
    expect(tookMs).toBeLessThan(2 * BOUND_MS);
    return said;
  };
  const fine = (): Promise<ApiStatus> =>
    eventually(status, ({ findings, view }) => view.settled && findings.length === 0, 60_000);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-etcd-'));
    members = await createMembers(directory, 3);
    for (const one of members) one.start();
    for (const one of members) await waitForAnswer(`${one.metricsUrl}/health`, '"health":"true"');
    agent = await watch();
  });

  afterAll(async () => {
    await agent?.cleanUp();
    for (const one of members) await one.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  it('fine, frozen, fine again', async () => {
    await fine();
    member(0).freeze();
    expect((await cause('etcd frozen', 'EtcdMemberDown')).status).toBe('degraded');
    member(0).thaw();
    await fine();
  });

  it('a quorum that is lost is critical, and over when it is back', async () => {
    await member(1).kill();
    await fine();
    await member(2).kill();
    const said = await cause('two of three members of etcd killed', 'EtcdQuorumLost');
    expect(said.status).toBe('critical');
    expect((await agent.text('/health/cluster')).status).toBe(503);
    member(1).start();
    member(2).start();
    await fine();
  });

  it('a member that is gone stays a problem after the agent restarts', async () => {
    await member(0).kill();
    await cause('etcd killed', 'EtcdMemberDown');
    const { since } = (await status()).findings[0] ?? {};
    agent.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    agent = await watch(agent.dataDirectory);
    const again = await cause('etcd killed, and the agent started anew', 'EtcdMemberDown');
    expect(again.findings[0]?.since, 'the same fault, since the same time').toBe(since);
    member(0).start();
    await fine();
  });
});
