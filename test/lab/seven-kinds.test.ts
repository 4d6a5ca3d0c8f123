/**
 * The seven kinds of trouble for which Meerkat was made, in a whole cluster of real parts: three masters and five workers.
 * Every agent that is left is asked; each has to name the one cause and no other, and to be well again after the repair.
 *
 *     MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/seven-kinds.test.ts
 */
import { describe, it } from 'vitest';
import { expectNamed } from './lib/expect-named.ts';
import { etcdKilled, foreignMember, slowDisk, wrongClientAddress, wrongPeerAddress } from './lib/faults/etcd.ts';
import { type Fault, MOST_MS } from './lib/faults/fault.ts';
import { cutOff, linkCut, overlayCut, withoutPower } from './lib/faults/network.ts';
import {
  apiserverKilled,
  controllersKilled,
  pauseImageGone,
  podNetworkGone,
  runtimeKilled,
} from './lib/faults/programs.ts';
import { CONTROLLER_PROGRAMS } from './lib/masters.ts';
import { useWatchedCluster, whyNoWatchedCluster } from './lib/watched-cluster.ts';

const missing = whyNoWatchedCluster('seven-kinds');

const FAULTS: readonly (Fault & { readonly kind: number })[] = [
  { kind: 1, ...linkCut('w1', 'w2') },
  { kind: 2, ...etcdKilled('m2') },
  { kind: 2, ...etcdKilled('m2', 'm3') },
  { kind: 2, ...wrongPeerAddress('m2') },
  { kind: 2, ...wrongClientAddress('m2') },
  { kind: 2, ...foreignMember('m2') },
  { kind: 2, ...slowDisk('m2') },
  { kind: 3, ...overlayCut('w1', 'w3') },
  { kind: 4, ...withoutPower('m3') },
  { kind: 4, ...withoutPower('w5') },
  { kind: 5, ...apiserverKilled('m1') },
  ...CONTROLLER_PROGRAMS.map((program) => ({ kind: 5, ...controllersKilled(program) })),
  { kind: 6, ...runtimeKilled('w4') },
  { kind: 6, ...pauseImageGone('w4') },
  { kind: 6, ...podNetworkGone('w4') },
  { kind: 7, ...cutOff('w4', 'w5') },
];

describe.skipIf(missing !== undefined)('the seven kinds', () => {
  const watched = useWatchedCluster();

  it.each(FAULTS)('kind $kind: $name', (fault) => expectNamed(watched, [fault]), 3 * MOST_MS);
});
