/** What others say of workloads in a generated cluster. */
import { NOW } from '../../../agent/diagnosis/testing.ts';
import { SIGNAL_SOURCES, type Signal } from '../../../agent/model/signal.ts';
import type { Random } from '../../lib/random.ts';

const MINUTE = 60_000;

/** Of a few workloads or of many, as agents of these nodes were told. */
export function randomSignals(
  random: Random,
  names: readonly string[],
  text: (random: Random) => string,
): readonly Signal[] {
  return Array.from({ length: 1 + random.integer(random.chance(0.2) ? 60 : 3) }, (_, index): Signal => {
    const since = NOW - random.integer(90) * MINUTE;
    return {
      namespace: random.pick(['prod', 'kube-system']),
      workload: `worker-${index % 40}`,
      container: random.pick(['', 'main']),
      name: `Alert${index}`,
      message: text(random),
      source: random.pick([...SIGNAL_SOURCES]),
      state: random.pick(['firing', 'firing', 'unknown']),
      since,
      saidAt: since,
      until: since + 15 * MINUTE,
      firstBy: random.pick([...names]),
      by: random.pick([...names]),
      isCurrent: random.chance(0.9),
    };
  });
}
