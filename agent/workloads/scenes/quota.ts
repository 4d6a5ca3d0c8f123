/**
 * How many scenes are kept: what fails again and again shows the same each time. Of each pod the first three, then each time
 * that it has failed twice as often, and never more than six an hour. Each run of a CronJob is a new pod, so it is counted by
 * workload, too: the first six, then each time that it has failed twice as often, never more than ten an hour. Thirty an hour of
 * a node, of which ten are left to workloads of which none was kept within the hour.
 */
import { workloadOf } from '../../model/pod-names.ts';

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
export const A_WORKLOAD_PER_HOUR = 10;
export const A_NODE_PER_HOUR = 30;
/** Of those of a node. */
export const FOR_OTHERS_PER_HOUR = 10;
const FIRST_OF_POD = 3;
const FIRST_OF_WORKLOAD = 6;
const HOUR_MS = 3_600_000;
/** Then what failed is as one that never did. */
const FORGET_MS = 6 * HOUR_MS;
const MOST_KNOWN = 1024;

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
  const workloads = new Map<string, Failing>();
  let [kept, asked]: [number[], number[]] = [[], []];

  const touchBoth = (pod: string, now: number): readonly [pod: Failing, workload: Failing] => [
    touch(pods, pod, now),
    touch(workloads, workloadOf(pod), now),
  ];
  const keep = (ofPod: Failing, ofWorkload: Failing, now: number): void => {
    count(ofPod, FIRST_OF_POD, now);
    count(ofWorkload, FIRST_OF_WORKLOAD, now);
    kept.push(now);
  };

  return {
    take(pod, now) {
      const [ofPod, ofWorkload] = touchBoth(pod, now);
      kept = ofLastHour(kept, now);
      const room = A_NODE_PER_HOUR - (ofWorkload.keptAt.length > 0 ? FOR_OTHERS_PER_HOUR : 0);
      if (!isDue(ofPod, A_POD_PER_HOUR) || !isDue(ofWorkload, A_WORKLOAD_PER_HOUR) || kept.length >= room) {
        ofPod.passedOver += 1;
        return undefined;
      }
      const { passedOver } = ofPod;
      keep(ofPod, ofWorkload, now);
      return passedOver;
    },
    pass(pod, now) {
      const [ofPod] = touchBoth(pod, now);
      ofPod.passedOver += 1;
    },
    takeAsked(now) {
      asked = ofLastHour(asked, now);
      if (asked.length >= A_NODE_PER_HOUR) return A_NODE_PER_HOUR;
      asked.push(now);
      return undefined;
    },
    recall(pod, at) {
      keep(...touchBoth(pod, at), at);
    },
  };
}

const isDue = ({ count: failures, nextAt, keptAt }: Failing, perHour: number): boolean =>
  failures >= nextAt && keptAt.length < perHour;

const ofLastHour = (times: readonly number[], now: number): number[] => times.filter((at) => now - at < HOUR_MS);

/** It has failed once more. The one that failed longest ago stands first, and is forgotten first. */
function touch(all: Map<string, Failing>, key: string, now: number): Failing {
  const one = all.get(key) ?? { count: 0, nextAt: 1, passedOver: 0, failedAt: now, keptAt: [] };
  all.delete(key);
  all.set(key, one);
  for (const [name, { failedAt }] of all)
    if (name !== key && (now - failedAt > FORGET_MS || all.size > MOST_KNOWN)) all.delete(name);
  one.failedAt = now;
  one.keptAt = ofLastHour(one.keptAt, now);
  one.count += 1;
  return one;
}

function count(one: Failing, first: number, now: number): void {
  one.keptAt.push(now);
  one.passedOver = 0;
  one.nextAt = one.count < first ? one.count + 1 : nextPower(one.count);
}

/** The smallest power of two above it. */
const nextPower = (number: number): number => 2 ** (Math.floor(Math.log2(number)) + 1);
