/** Puts faults into a whole cluster and holds the agents to what they have to say of them. */
import { expect } from 'vitest';
import type { ApiFinding } from '../../../agent/http/contract.ts';
import { startDue } from './due.ts';
import { type Fault, LATER_MS, MOST_MS, revive } from './faults/fault.ts';
import type { LabHost } from './lab/types.ts';
import { takePictures } from './pictures.ts';
import { noteTold } from './told.ts';
import { sleep } from './watch.ts';
import type { WatchedCluster } from './watched-cluster.ts';

/**
 * All faults at once. Every agent that can be asked and can know of one has to name it within its bound, to name it still
 * when all has come that may come of it, to name nothing else then, and to be well again after the repair.
 */
export async function expectNamed({ cluster, watch }: WatchedCluster, faults: readonly Fault[]): Promise<void> {
  process.stdout.write(`\n${new Date().toISOString()} ${faults.map(({ name }) => name).join('; ')}\n`);
  const due = startDue(cluster.lab.hosts);
  const is = (finding: ApiFinding): boolean =>
    faults.some((fault) => isOf(fault)(finding) || fault.also?.test(finding.id) === true);
  const untilNamed = async (fault: Fault, asked: readonly LabHost[]): Promise<number> => {
    const { name, cause, boundMs } = fault;
    const named = await watch.untilNamed(knowing(fault, asked), isOf(fault), MOST_MS);
    const lastMs = Math.max(...named.tookMs.values());
    noteTold({ fault: name, reason: cause.source, tookMs: lastMs, boundMs }, named.sentence);
    process.stdout.write(`  by ${[...named.tookMs].map(([by, ms]) => `${by} ${ms}`).join(', ')} ms\n`);
    expect.soft(lastMs, name).toBeLessThan(due(boundMs));
    return lastMs;
  };

  watch.begin();
  let others: readonly string[];
  try {
    await Promise.all(faults.map((fault) => fault.begin(cluster)));
    const silent = faults.flatMap((fault) => fault.silent ?? []);
    const asked = cluster.lab.hosts.filter(({ poweredOn, name }) => poweredOn && !silent.includes(name));
    const lastMs = Math.max(...(await Promise.all(faults.map((fault) => untilNamed(fault, asked)))));
    await sleep(LATER_MS);
    // Until all have named it, they may not know of all that belongs to it.
    others = watch.others(asked, is, lastMs);
    const early = watch.others(asked, is, 0).filter((one) => !others.includes(one));
    process.stdout.write(`  on the way: ${early.join('\n    ') || 'nothing else'}\n`);
    process.stdout.write(`  other causes: ${others.join('\n    ') || 'none'}\n`);
    await Promise.all(faults.map((fault) => watch.untilNamed(knowing(fault, asked), isOf(fault), MOST_MS)));
    expect.soft(await takePictures(faults.map(({ name }) => name).join(' '), asked), 'the page').toEqual([]);
  } finally {
    for (const fault of faults) await fault.end(cluster);
    await revive(cluster);
  }
  watch.begin();
  const wellMs = await watch.untilWell(cluster.lab.hosts, MOST_MS);
  process.stdout.write(`  healthy again ${wellMs} ms after the repair\n`);
  expect(others).toEqual([]);
}

const isOf =
  ({ cause }: Fault) =>
  ({ id }: ApiFinding): boolean =>
    cause.test(id);
const knowing = ({ knownTo }: Fault, asked: readonly LabHost[]): readonly LabHost[] =>
  asked.filter(({ name }) => knownTo?.includes(name) ?? true);
