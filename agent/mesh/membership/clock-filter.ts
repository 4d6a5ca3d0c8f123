/** The clock offset to a peer from many samples. */
import type { ClockOffset } from '../../model/member.ts';

export interface ClockFilter {
  /** One exchange: `offsetMs` ± `uncertaintyMs`, which is half of its round trip. */
  add(sample: ClockOffset): void;
  /** Of the sample with the shortest round trip among the last 8. */
  best(): ClockOffset | undefined;
  /** Another boot may mean another clock. */
  clear(): void;
}

/** NTP's clock filter keeps 8 (RFC 5905, section 10). */
const KEPT = 8;
/** Eight samples are seconds apart at most, in which two clocks drift by so much and less. */
const DRIFT_MS = 5;

/**
 * The four stamps of NTP (RFC 5905, section 8) give an offset that is wrong by at most half the round trip, because
 * nobody knows how the trip divides between the two ways. Queues make trips longer, never shorter: the shortest trip of
 * a window bounds the error best. Two samples whose bounds have nothing in common cannot both be true of one clock: one
 * of the two clocks was set in between, and what was before is history.
 */
export function createClockFilter(): ClockFilter {
  let samples: readonly ClockOffset[] = [];
  return {
    add(sample) {
      samples = [...samples.filter((one) => agree(one, sample)), sample].slice(-KEPT);
    },
    best: () =>
      samples.reduce<ClockOffset | undefined>(
        (best, sample) => (best === undefined || sample.uncertaintyMs <= best.uncertaintyMs ? sample : best),
        undefined,
      ),
    clear() {
      samples = [];
    },
  };
}

const agree = (one: ClockOffset, other: ClockOffset): boolean =>
  Math.abs(one.offsetMs - other.offsetMs) <= one.uncertaintyMs + other.uncertaintyMs + DRIFT_MS;
