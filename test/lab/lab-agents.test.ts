/** Five hosts with an agent each, and a real etcd on three of them, of which two lose their power. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { NO_DISK_SPACE, createEtcdCluster, startAgent } from './lib/cluster.ts';
import { startDue } from './lib/due.ts';
import { ETCD_VERSION } from './lib/etcd.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';

const missing = whyNoLab() ?? (ETCD_VERSION === undefined ? 'no etcd on this machine' : undefined);
if (missing !== undefined) process.stderr.write(`lab-agents: skipped, ${missing}\n`);

/** interval + 2 × deadline + 1 s of the check, plus a second for the diagnosis; asserted at twice that. */
const QUORUM_BOUND_MS = 3000 + 2 * 1000 + 1000 + 1000;
const HEALTHY_BOUND_MS = 20_000;
const MASTERS = ['m1', 'm2', 'm3'];
const WORKERS = ['w1', 'w2'];

describe.skipIf(missing !== undefined)('agents on five hosts', () => {
  let lab: Lab;
  let etcd: ReturnType<typeof createEtcdCluster>;
  const hostsOf = (names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));
  const statusOf = (host: LabHost): Promise<ApiStatus> => host.json<ApiStatus>('/api/v1/status');
  const isHealthy = ({ status, view }: ApiStatus): boolean => status === 'healthy' && view.settled;

  /** Waits until the host's agent says what is asked for, and prints how long that took since `began`. */
  const says = async (host: LabHost, what: string, check: (said: ApiStatus) => boolean): Promise<number> => {
    const began = performance.now();
    const said = await eventually(() => statusOf(host), check, 60_000);
    const tookMs = Math.round(performance.now() - began);
    process.stdout.write(`${host.name} ${what} after ${tookMs} ms: ${said.sentence}\n`);
    return tookMs;
  };
  const startMaster = async (host: LabHost): Promise<void> => {
    await etcd.start(host);
    await startAgent(host, { args: [...etcd.flags(host), ...NO_DISK_SPACE] });
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: [...MASTERS, ...WORKERS] });
    etcd = createEtcdCluster(hostsOf(MASTERS));
    await Promise.all([
      ...hostsOf(MASTERS).map(startMaster),
      ...hostsOf(WORKERS).map((host) => startAgent(host, { args: NO_DISK_SPACE })),
    ]);
  });
  afterAll(() => lab.remove());

  it('each says that it is healthy, and has looked at everything', async () => {
    for (const host of lab.hosts) await says(host, 'is healthy', isHealthy);
    for (const host of lab.hosts) {
      const ask = (): Promise<ApiNode> => host.json<ApiNode>(`/api/v1/nodes/${host.name}`);
      const { counts, checks } = await eventually(ask, (node) => node.counts.unknown === 0, 60_000);
      expect(counts.ok, host.name).toBeGreaterThanOrEqual(6);
      const etcdStatus = checks.find(({ check }) => check === 'etcd')?.status;
      expect(etcdStatus, host.name).toBe(MASTERS.includes(host.name) ? 'ok' : 'absent');
    }
  });

  it('two of three masters without power: the third says that the quorum is lost, the workers stay healthy', async () => {
    const due = startDue(lab.hosts);
    await Promise.all(hostsOf(['m2', 'm3']).map((host) => host.powerOff()));
    const workers = new Set<string>();
    const tookMs = await says(lab.host('m1'), 'says EtcdQuorumLost', ({ status, findings }) => {
      for (const host of hostsOf(WORKERS)) void statusOf(host).then((said) => workers.add(said.status));
      return status === 'critical' && findings[0]?.reason === 'EtcdQuorumLost';
    });
    expect(tookMs).toBeLessThan(due(QUORUM_BOUND_MS));
    for (const host of hostsOf(WORKERS)) workers.add((await statusOf(host)).status);
    expect([...workers]).toEqual(['healthy']);
    await expect(lab.host('m2').fetch('/status')).rejects.toThrow('m2 is powered off');
  });

  it('power on: healthy again', async () => {
    const masters = hostsOf(['m2', 'm3']);
    const began = performance.now();
    const due = startDue(lab.hosts);
    await Promise.all(masters.map((host) => host.powerOn()));
    await Promise.all(masters.map(startMaster));
    await Promise.all(lab.hosts.map((host) => says(host, 'is healthy again', isHealthy)));
    const tookMs = Math.round(performance.now() - began);
    process.stdout.write(`all healthy ${tookMs} ms after power on (bound ${HEALTHY_BOUND_MS})\n`);
    expect(tookMs).toBeLessThan(due(HEALTHY_BOUND_MS));
  });
});
