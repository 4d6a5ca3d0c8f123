/**
 * How many scenes are kept: what fails again and again shows the same each time. Of each pod the first three, then each time
 * that it has failed twice as often; never more than six an hour of one pod, and thirty of a node.
 */

export interface Quota {
  /**
   * A pod has failed once more.
   *
   * @param pod its namespace and name
   * @param now monotonic ms
   * @returns how many failures of it were passed over since its last scene; undefined: this one is passed over, too
   */
  take(pod: string, now: number): number | undefined;
  /** A pod has failed once more, and a scene of it is being kept already. */
  pass(pod: string, now: number): void;
  /** A person asks: undefined, or how many an hour are too many. */
  takeAsked(now: number): number | undefined;
  /** A scene that an earlier run of this agent kept. @param at monotonic ms */
  recall(pod: string, at: number): void;
}

export const A_POD_PER_HOUR = 6;
export const A_NODE_PER_HOUR = 30;
const FIRST = 3;
const HOUR_MS = 3_600_000;
/** Then a pod that failed is as one that never did. */
const FORGET_MS = 6 * HOUR_MS;
const MOST_PODS = 1024;

interface Failing {
  count: number;
  /** The failure with this number is the next of which a scene is kept. */
  nextAt: number;
  passedOver: number;
  failedAt: number;
  keptAt: number[];
}

export function createQuota(): Quota {
  const pods = new Map<string, Failing>();
  let [kept, asked]: [number[], number[]] = [[], []];
  const ofLastHour = (times: readonly number[], now: number): number[] => times.filter((at) => now - at < HOUR_MS);

  const forget = (now: number): void => {
    for (const [pod, { failedAt }] of pods) if (now - failedAt > FORGET_MS) pods.delete(pod);
    // The oldest stands first.
    for (const pod of pods.keys()) {
      if (pods.size <= MOST_PODS) return;
      pods.delete(pod);
    }
  };
  const touch = (pod: string, now: number): Failing => {
    const one = pods.get(pod) ?? { count: 0, nextAt: 1, passedOver: 0, failedAt: now, keptAt: [] };
    pods.delete(pod);
    pods.set(pod, one);
    one.failedAt = now;
    one.keptAt = ofLastHour(one.keptAt, now);
    one.count += 1;
    return one;
  };
  const keep = (one: Failing, now: number): void => {
    one.keptAt.push(now);
    kept.push(now);
    one.passedOver = 0;
    one.nextAt = one.count < FIRST ? one.count + 1 : nextPower(one.count);
  };

  return {
    take(pod, now) {
      const one = touch(pod, now);
      forget(now);
      kept = ofLastHour(kept, now);
      if (one.count < one.nextAt || one.keptAt.length >= A_POD_PER_HOUR || kept.length >= A_NODE_PER_HOUR) {
        one.passedOver += 1;
        return undefined;
      }
      const { passedOver } = one;
      keep(one, now);
      return passedOver;
    },
    pass(pod, now) {
      touch(pod, now).passedOver += 1;
      forget(now);
    },
    takeAsked(now) {
      asked = ofLastHour(asked, now);
      if (asked.length >= A_NODE_PER_HOUR) return A_NODE_PER_HOUR;
      asked.push(now);
      return undefined;
    },
    recall(pod, at) {
      keep(touch(pod, at), at);
    },
  };
}

/** The smallest power of two above it. */
const nextPower = (count: number): number => 2 ** (Math.floor(Math.log2(count)) + 1);
