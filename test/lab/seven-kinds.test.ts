/**
 * The seven kinds of trouble for which Meerkat was made, in a whole cluster of real parts: three masters and five workers.
 * Every agent that is left is asked; each has to name the one cause and no other, and to be well again after the repair.
 *
 *     MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/seven-kinds.test.ts
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding } from '../../agent/http/contract.ts';
import { type CauseWatch, createCauseWatch } from './lib/cause-watch.ts';
import { startDue } from './lib/due.ts';
import { etcdKilled, foreignMember, slowDisk, wrongClientAddress, wrongPeerAddress } from './lib/faults/etcd.ts';
import { type Fault, LATER_MS, MOST_MS, revive } from './lib/faults/fault.ts';
import { cutOff, linkCut, overlayCut, withoutPower } from './lib/faults/network.ts';
import {
  apiserverKilled,
  controllersKilled,
  pauseImageGone,
  podNetworkGone,
  runtimeKilled,
} from './lib/faults/programs.ts';
import type { LabHost } from './lib/lab/types.ts';
import { CONTROLLER_PROGRAMS } from './lib/masters.ts';
import { noteTold } from './lib/told.ts';
import { sleep } from './lib/watch.ts';
import { type WholeCluster, createWholeCluster, whyNoWholeCluster } from './lib/whole-cluster.ts';

const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes half an hour; set MEERKAT_LONG=1 to run it') ??
  whyNoWholeCluster();
if (missing !== undefined) process.stderr.write(`seven-kinds: skipped, ${missing}\n`);

const MINUTE = 60_000;

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
  let cluster: WholeCluster;
  let watch: CauseWatch;
  const hosts = (): readonly LabHost[] => cluster.lab.hosts.filter(({ poweredOn }) => poweredOn);

  beforeAll(async () => {
    cluster = await createWholeCluster();
    watch = createCauseWatch(cluster.lab.hosts);
  }, 10 * MINUTE);
  beforeEach(async () => {
    await watch.untilWell(cluster.lab.hosts, MOST_MS);
  }, MOST_MS + MINUTE);
  afterAll(async () => {
    await watch?.stop();
    await cluster?.remove();
  }, 2 * MINUTE);

  it.each(FAULTS)(
    'kind $kind: $name',
    async (fault) => {
      const due = startDue(cluster.lab.hosts);
      const is = ({ id }: ApiFinding): boolean => fault.cause.test(id);
      watch.begin();
      let others: readonly string[];
      try {
        await fault.begin(cluster);
        const named = await watch.untilNamed(hosts(), is, MOST_MS);
        const lastMs = Math.max(...named.tookMs.values());
        noteTold(
          { fault: fault.name, reason: fault.cause.source, tookMs: lastMs, boundMs: fault.boundMs },
          named.sentence,
        );
        process.stdout.write(`  by ${[...named.tookMs].map(([name, ms]) => `${name} ${ms}`).join(', ')} ms\n`);
        expect(lastMs).toBeLessThan(due(fault.boundMs));
        await sleep(LATER_MS);
        // Until all have named it, they may not know of all that belongs to it.
        others = watch.others(hosts(), is, lastMs);
        const early = watch.others(hosts(), is, 0).filter((one) => !others.includes(one));
        process.stdout.write(`  on the way: ${early.join('\n    ') || 'nothing else'}\n`);
      } finally {
        await fault.end(cluster);
        await revive(cluster);
      }
      watch.begin();
      const wellMs = await watch.untilWell(cluster.lab.hosts, MOST_MS);
      process.stdout.write(
        `  healthy again ${wellMs} ms after the repair; other causes: ${others.join('\n    ') || 'none'}\n`,
      );
      expect(others).toEqual([]);
    },
    3 * MOST_MS,
  );
});
