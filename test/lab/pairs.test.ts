/**
 * Two troubles at once, in a whole cluster of real parts. Every agent that can be asked and can know of it has to name
 * both, and nothing else; after the repair all are well again.
 *
 *     MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/pairs.test.ts
 *
 * Both are causes, also where one would have brought the other about with time: an API server that was killed has to be
 * started by somebody, and so is named beside the quorum without which it could not serve either. One that ends later,
 * because it finds no quorum, is a consequence. A kubelet beside a frozen agent is seen by nobody but the Kubernetes API:
 * there its Lease is not renewed.
 */
import { describe, it } from 'vitest';
import { isProgram } from './lib/daemon.ts';
import { whyNoDns } from './lib/dns.ts';
import { expectNamed } from './lib/expect-named.ts';
import { etcdKilled, noSpace, slowDisk } from './lib/faults/etcd.ts';
import { type Fault, HOST_MS, MOST_MS } from './lib/faults/fault.ts';
import { clockAhead, cutOff, dnsDead, overlayCut, withoutPower } from './lib/faults/network.ts';
import { agentFrozen, apiserverKilled, kubeletStopped } from './lib/faults/programs.ts';
import { useWatchedCluster, whyNoWatchedCluster } from './lib/watched-cluster.ts';
import { MASTERS } from './lib/whole-cluster.ts';

const missing = whyNoWatchedCluster(
  'pairs',
  whyNoDns() ?? (isProgram('faketime') ? undefined : 'faketime is not installed'),
);

/** A Lease counts as stale after 40 s, and is looked at every 5 s once its node is doubted. */
const LEASE_MS = 45_000;
/** The host whose agent's clock is set, and the one of the DNS server: no other fault is there. */
const [CLOCK, DNS] = ['w3', 'm2'] as const;

const PAIRS: readonly (readonly [Fault, Fault])[] = [
  [withoutPower('w5'), overlayCut('w1', 'w3')],
  [etcdKilled('m2', 'm3'), apiserverKilled('m3')],
  [withoutPower('w1'), kubeletStopped('w2')],
  [slowDisk('m1'), noSpace('m3')],
  [cutOff('w4', 'w5'), { ...apiserverKilled('m1'), knownTo: [...MASTERS, 'w1', 'w2', 'w3'] }],
  [dnsDead(), clockAhead(CLOCK, 30)],
  [
    agentFrozen('w2'),
    { ...kubeletStopped('w2'), cause: /^(NodeLeaseStale|NodeStatusUnknown)\/w2\b/, boundMs: HOST_MS + LEASE_MS },
  ],
];

describe.skipIf(missing !== undefined)('two at once', () => {
  const watched = useWatchedCluster({ dnsOn: DNS, clockOf: CLOCK });

  it.each(PAIRS.map((faults) => ({ what: faults.map(({ name }) => name).join('; '), faults })))(
    '$what',
    ({ faults }) => expectNamed(watched, faults),
    3 * MOST_MS,
  );
});
