/** A real DNS server that is dead, frozen, slow, without its names, without TCP or without a way out: what a worker says, and how soon. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { dns } from '../../checks/dns.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, createAgentCluster, statusOf } from './lib/agents.ts';
import { API_NAME, startUnbound, whyNoDns } from './lib/dns.ts';
import { startDue } from './lib/due.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? whyNoDns();
if (missing !== undefined) process.stderr.write(`dns: skipped, ${missing}\n`);

const RESPONDER = resolve(import.meta.dirname, 'lib/scripts/dns-responder.ts');
const API_ADDRESS = '10.96.0.1';
const OUTSIDE = 'www.example.org';
const BOUND_MS = boundMs(dns);
/** It is slow when three looks in a row were. */
const SLOW_BOUND_MS = BOUND_MS - (dns.windowMs ?? 0) + 2 * dns.intervalMs;
/** It is asked for a name outside once a minute. */
const OUTSIDE_BOUND_MS = BOUND_MS - (dns.windowMs ?? 0) + 60_000;
const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;

describe.skipIf(missing !== undefined)('cluster DNS', () => {
  let lab: Lab;
  let server: LabHost;
  let worker: LabHost;
  let unbound: LabProcess;
  let upstream: LabProcess;

  /** The server that is asked forwards everything to one beside it, and keeps nothing. */
  const startServer = async (): Promise<void> => {
    const settings = [
      // Of its 10, connections that were given up while it was frozen keep some: it then closes others before they are answered.
      'incoming-num-tcp: 200',
      'do-not-query-localhost: no',
      'module-config: "iterator"',
      'cache-max-ttl: 0',
      'cache-max-negative-ttl: 0',
      // A server that was away for a moment is asked again at once.
      'infra-host-ttl: 0',
    ];
    unbound = await startUnbound(server, settings, ['forward-zone:', '  name: "."', '  forward-addr: 127.0.0.1@5353']);
  };
  const serve = async (zone: Readonly<Record<string, readonly string[]>>, delayMs = 0): Promise<void> => {
    await upstream?.stop();
    const args = [RESPONDER, '127.0.0.1:5353', JSON.stringify(zone), String(delayMs)];
    upstream = await server.start(process.execPath, args, { readyWhen: /answering/ });
  };
  const WHOLE = { [API_NAME]: [API_ADDRESS], [OUTSIDE]: ['192.0.2.7'] };

  const told = async (fault: string, reason: string, bound: number, act: () => unknown): Promise<ApiStatus> => {
    const due = startDue([worker, server]);
    const began = performance.now();
    await act();
    const said = await eventually(
      () => statusOf(worker),
      ({ findings }) => findings.some((finding) => finding.reason === reason),
      3 * bound,
    );
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason, tookMs, boundMs: bound }, said.sentence);
    expect(tookMs).toBeLessThan(due(bound));
    const reasons = said.findings.flatMap((one) => (one.severity === 'info' ? [] : [one.reason]));
    expect([...new Set(reasons)]).toEqual([reason]);
    return said;
  };
  const untilHealthy = (): Promise<ApiStatus> =>
    eventually(
      () => statusOf(worker),
      ({ status, findings }) => status === 'healthy' && findings.length === 0,
      120_000,
    );

  beforeAll(async () => {
    lab = await createLab({ hosts: ['d1', 'w1', 'w2'], ipv6: false });
    [server, worker] = [lab.host('d1'), lab.host('w1')];
    await serve(WHOLE);
    await startServer();
    const checks = [...QUIET_CHECKS, '--checks.dns.servers', server.address, '--checks.dns.upstream-name', OUTSIDE];
    const env = { KUBERNETES_SERVICE_HOST: API_ADDRESS, KUBERNETES_SERVICE_PORT: '443' };
    const workers = [worker, lab.host('w2')];
    const agents = createAgentCluster(workers);
    for (const one of workers) await agents.start(one, [...checks, '--kubernetes.enabled', 'false'], { env });
    await untilHealthy();
  });
  afterAll(() => lab?.remove());

  it('that is well is looked at both ways', async () => {
    const { checks } = await worker.json<ApiNode>('/api/v1/nodes/w1');
    const found = checks.find(({ check }) => check === 'dns');
    print(`well: ${JSON.stringify(found?.readings)}`);
    expect(found).toMatchObject({ status: 'ok', readings: [{ name: 'udp_seconds' }, { name: 'tcp_seconds' }] });
  });

  it('is frozen', async () => {
    const said = await told('DNS server frozen', 'ClusterDnsDown', BOUND_MS, () => unbound.freeze());
    expect(said).toMatchObject({ status: 'critical', findings: [{ nodes: ['w1', 'w2'] }] });
    unbound.thaw();
    await untilHealthy();
  });

  it.skipIf(!IS_LONG)('is killed', async () => {
    await told('DNS server killed', 'ClusterDnsDown', BOUND_MS, () => unbound.kill('SIGKILL'));
    await startServer();
    await untilHealthy();
  });

  it.skipIf(!IS_LONG)('has lost its names, or has wrong ones', async () => {
    await told('DNS without names', 'ClusterDnsDown', BOUND_MS, () => serve({ [OUTSIDE]: ['192.0.2.7'] }));
    await serve(WHOLE);
    await untilHealthy();
    await told('DNS with a wrong address', 'ClusterDnsDown', BOUND_MS, () =>
      serve({ ...WHOLE, [API_NAME]: ['192.0.2.1'] }),
    );
    await serve(WHOLE);
    await untilHealthy();
  });

  it('is slow', async () => {
    await told('DNS slow by 0.6 s', 'DnsSlow', SLOW_BOUND_MS, () => serve(WHOLE, 600));
    await serve(WHOLE);
    await untilHealthy();
  });

  it('is not reached over TCP', async () => {
    await told('TCP blocked', 'DnsTcpBlocked', BOUND_MS, () => lab.cut('w1', 'd1', { only: 'tcp' }));
    await lab.heal();
    await untilHealthy();
  });

  it.skipIf(!IS_LONG)('cannot ask others', async () => {
    await told('names outside unknown', 'UpstreamDnsFails', OUTSIDE_BOUND_MS, () =>
      serve({ [API_NAME]: [API_ADDRESS] }),
    );
    await serve(WHOLE);
    await untilHealthy();
  });
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
