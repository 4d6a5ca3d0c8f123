/** A whole cluster that all tests of a suite share, and a watch on what its agents say. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type CauseWatch, createCauseWatch } from './cause-watch.ts';
import { MOST_MS } from './faults/fault.ts';
import { type WholeCluster, type WholeClusterOptions, createWholeCluster, whyNoWholeCluster } from './whole-cluster.ts';

export interface WatchedCluster {
  readonly cluster: WholeCluster;
  readonly watch: CauseWatch;
}

const MINUTE = 60_000;

/** Undefined: it can be made here, and somebody wants to wait for it. What is missing is printed. */
export function whyNoWatchedCluster(suite: string, alsoMissing?: string): string | undefined {
  const asked = process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes half an hour; set MEERKAT_LONG=1 to run it';
  const missing = asked ?? whyNoWholeCluster() ?? alsoMissing;
  if (missing !== undefined) process.stderr.write(`${suite}: skipped, ${missing}\n`);
  return missing;
}

/** For the tests of the suite that calls it: each begins when all agents say that all is well. */
export function useWatchedCluster(options?: WholeClusterOptions): WatchedCluster {
  let made: WatchedCluster | undefined;
  const ready = (): WatchedCluster => {
    if (made === undefined) throw new Error('the cluster was not made');
    return made;
  };

  beforeAll(async () => {
    const cluster = await createWholeCluster(options);
    made = { cluster, watch: createCauseWatch(cluster.lab.hosts) };
  }, 10 * MINUTE);
  beforeEach(async () => {
    const { cluster, watch } = ready();
    await watch.untilWell(cluster.lab.hosts, MOST_MS);
  }, MOST_MS + MINUTE);
  afterAll(async () => {
    await made?.watch.stop();
    await made?.cluster.remove();
  }, 2 * MINUTE);

  return {
    get cluster() {
      return ready().cluster;
    },
    get watch() {
      return ready().watch;
    },
  };
}
