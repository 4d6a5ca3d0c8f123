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
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding } from '../../agent/http/contract.ts';
import { type CauseWatch, createCauseWatch } from './lib/cause-watch.ts';
import { whyNoDns } from './lib/dns.ts';
import { startDue } from './lib/due.ts';
import { etcdKilled, noSpace, slowDisk } from './lib/faults/etcd.ts';
import { type Fault, HOST_MS, LATER_MS, MOST_MS, revive } from './lib/faults/fault.ts';
import { clockAhead, cutOff, dnsDead, overlayCut, withoutPower } from './lib/faults/network.ts';
import { agentFrozen, apiserverKilled, kubeletStopped } from './lib/faults/programs.ts';
import type { LabHost } from './lib/lab/types.ts';
import { isProgram } from './lib/daemon.ts';
import { noteTold } from './lib/told.ts';
import { sleep } from './lib/watch.ts';
import { MASTERS, type WholeCluster, createWholeCluster, whyNoWholeCluster } from './lib/whole-cluster.ts';

const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes half an hour; set MEERKAT_LONG=1 to run it') ??
  whyNoWholeCluster() ??
  whyNoDns() ??
  (isProgram('faketime') ? undefined : 'faketime is not installed');
if (missing !== undefined) process.stderr.write(`pairs: skipped, ${missing}\n`);

const MINUTE = 60_000;
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
  let cluster: WholeCluster;
  let watch: CauseWatch;
  const askedOf = (faults: readonly Fault[]): readonly LabHost[] => {
    const silent = faults.flatMap((fault) => fault.silent ?? []);
    return cluster.lab.hosts.filter(({ poweredOn, name }) => poweredOn && !silent.includes(name));
  };

  beforeAll(async () => {
    cluster = await createWholeCluster({ dnsOn: DNS, clockOf: CLOCK });
    watch = createCauseWatch(cluster.lab.hosts);
  }, 10 * MINUTE);
  beforeEach(async () => {
    await watch.untilWell(cluster.lab.hosts, MOST_MS);
  }, MOST_MS + MINUTE);
  afterAll(async () => {
    await watch?.stop();
    await cluster?.remove();
  }, 2 * MINUTE);

  /** Waits until all that can know of it name it; after how long the last one did, ms. */
  const untilNamed = async (
    fault: Fault,
    asked: readonly LabHost[],
    due: (boundMs: number) => number,
  ): Promise<number> => {
    const { name, cause, boundMs } = fault;
    const named = await watch.untilNamed(knowing(fault, asked), isOf(fault), MOST_MS);
    const lastMs = Math.max(...named.tookMs.values());
    noteTold({ fault: name, reason: cause.source, tookMs: lastMs, boundMs }, named.sentence);
    process.stdout.write(`  by ${[...named.tookMs].map(([by, ms]) => `${by} ${ms}`).join(', ')} ms\n`);
    expect.soft(lastMs, name).toBeLessThan(due(boundMs));
    return lastMs;
  };

  it.each(PAIRS.map((faults) => ({ what: faults.map(({ name }) => name).join('; '), faults })))(
    '$what',
    async ({ what, faults }) => {
      process.stdout.write(`\n${new Date().toISOString()} ${what}\n`);
      const due = startDue(cluster.lab.hosts);
      const is = (finding: ApiFinding): boolean => faults.some((fault) => isOf(fault)(finding));
      watch.begin();
      let others: readonly string[];
      try {
        await Promise.all(faults.map((fault) => fault.begin(cluster)));
        const asked = askedOf(faults);
        const lastMs = Math.max(...(await Promise.all(faults.map((fault) => untilNamed(fault, asked, due)))));
        await sleep(LATER_MS);
        others = watch.others(asked, is, lastMs);
        const early = watch.others(asked, is, 0).filter((one) => !others.includes(one));
        process.stdout.write(`  on the way: ${early.join('\n    ') || 'nothing else'}\n`);
        process.stdout.write(`  other causes: ${others.join('\n    ') || 'none'}\n`);
        // Neither hides the other later.
        const stillNamed = faults.map((fault) => watch.untilNamed(knowing(fault, asked), isOf(fault), MOST_MS));
        await Promise.all(stillNamed);
      } finally {
        for (const fault of faults) await fault.end(cluster);
        await revive(cluster);
      }
      watch.begin();
      const wellMs = await watch.untilWell(cluster.lab.hosts, MOST_MS);
      process.stdout.write(`  healthy again ${wellMs} ms after the repair\n`);
      expect(others).toEqual([]);
    },
    3 * MOST_MS,
  );
});

const isOf =
  ({ cause }: Fault) =>
  ({ id }: ApiFinding): boolean =>
    cause.test(id);
const knowing = ({ knownTo }: Fault, asked: readonly LabHost[]): readonly LabHost[] =>
  asked.filter(({ name }) => knownTo?.includes(name) ?? true);
