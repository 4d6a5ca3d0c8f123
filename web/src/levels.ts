/** How long a round trip is, or how much gets lost, on a scale of four; pure functions. */
import type { ApiLink } from '../../agent/http/contract/links.ts';
import { lossOf, type Show } from './links.ts';

/** 0: nothing to speak of; undefined: not known. */
export type Level = 0 | 1 | 2 | 3 | undefined;

/** A round trip as long as this is nobody's trouble: two machines beside each other. Seconds. */
const SHORT = 0.0005;

/**
 * A scale for these links. Round trips are compared with the median of the same cluster, three, ten and thirty times as
 * long: what is long on one floor is short between continents.
 */
export function levelOf(links: readonly ApiLink[], show: Show): (link: ApiLink | undefined) => Level {
  if (show === 'state') return () => 0;
  if (show === 'loss')
    return (link) => (link === undefined || !hasLoss(link) ? undefined : levelFor(lossOf(link), [0.05, 0.2, 0.5]));
  const usual = Math.max(
    SHORT,
    medianOf(
      links.flatMap(({ rttSeconds, stale }) => (stale === true || rttSeconds === undefined ? [] : [rttSeconds])),
    ),
  );
  return (link) =>
    link?.rttSeconds === undefined ? undefined : levelFor(link.rttSeconds, [3 * usual, 10 * usual, 30 * usual]);
}

const hasLoss = ({ lossTo, lossFrom, lossRatio }: ApiLink): boolean => (lossTo ?? lossFrom ?? lossRatio) !== undefined;

function levelFor(value: number, [first, second, third]: readonly [number, number, number]): Level {
  if (value < first) return 0;
  if (value < second) return 1;
  return value < third ? 2 : 3;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
