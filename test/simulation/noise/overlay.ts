/**
 * The overlay responder: overlay.
 *
 * - Of the pings to the pods of five nodes one in fifty is lost, and up to eleven in a row (twelve are a problem), short
 *   ones and long ones alike, or long ones alone; all at once, too.
 * - A node that joins does not answer the first 25 (a problem after 30).
 * - The responder itself is replaced: for 20 s the check cannot look.
 */
import type { OverlayPath, OverlayPings, OverlayView } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, SECOND } from './part.ts';

export interface Overlay {
  view(): OverlayView;
  /** From now on these do not answer: short ones, or long ones alone. */
  breakPaths(which: 'one' | 'all', pings: 'short' | 'long'): void;
}

const PEERS = 5;
const EVERY_MS = 2 * SECOND;
const MOST_IN_A_ROW = 11;
const FIRST_UNANSWERED = 25;
const KEPT = 10;

export function createOverlay(noise: Noise): Overlay {
  const outage = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 30 * SECOND] });
  const replaced = noise.spells({ everyMs: 4 * HOUR, lastsMs: [20 * SECOND, 20 * SECOND] });
  const paths = Array.from({ length: PEERS }, (_, index) => createPath(noise, index + 2, () => outage.isOn()));
  return {
    view() {
      const all = paths.map((path) => path.read());
      return replaced.isOn()
        ? { kind: 'unknown', why: 'the overlay responder of this node has not called for 7 s' }
        : { kind: 'known', reached: true, paths: all };
    },
    breakPaths: (which, pings) => paths.slice(0, which === 'one' ? 1 : PEERS).forEach((path) => path.cut(pings)),
  };
}

interface Path {
  read(): OverlayPath;
  cut(pings: 'short' | 'long'): void;
}

function createPath(noise: Noise, place: number, isOutage: () => boolean): Path {
  const alone = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 30 * SECOND] });
  const longOnly = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 30 * SECOND] });
  const joins = noise.spells({
    everyMs: 5 * HOUR,
    lastsMs: [FIRST_UNANSWERED * EVERY_MS, FIRST_UNANSWERED * EVERY_MS],
  });
  let [nextAt, wasAnswered, isJoining] = [0, false, false];
  let [short, long] = [createPings(), createPings()];
  let cut: 'none' | 'short' | 'long' = 'none';
  const ping = (): void => {
    const starts = joins.isOn() && !isJoining;
    if (starts) [short, long, wasAnswered] = [createPings(), createPings(), false];
    isJoining = joins.isOn();
    const isLost = isJoining || isOutage() || alone.isOn() || noise.random.chance(0.02);
    const most = isJoining ? FIRST_UNANSWERED : MOST_IN_A_ROW;
    const isAnswered = short.send(isLost, cut === 'short' ? 'all' : most);
    long.send(!isAnswered || longOnly.isOn(), cut === 'none' ? most : 'all');
    wasAnswered ||= isAnswered;
  };
  return {
    read() {
      for (; nextAt <= noise.now(); nextAt += EVERY_MS) ping();
      return {
        node: `n${place}`,
        address: `10.244.${place}.7`,
        short: short.read(),
        full: { bytes: 1450, ...long.read() },
        ...(wasAnswered && { rttMs: 0.4 }),
      };
    },
    cut: (pings) => void (cut = pings),
  };
}

function createPings() {
  const answered: boolean[] = [];
  let misses = 0;
  return {
    /** Returns whether it was answered. @param most so many in a row get lost at most, or all do, whatever befalls this one */
    send(isLost: boolean, most: number | 'all'): boolean {
      const isAnswered = most !== 'all' && (!isLost || misses >= most);
      misses = isAnswered ? 0 : misses + 1;
      answered.push(isAnswered);
      if (answered.length > KEPT) answered.shift();
      return isAnswered;
    },
    read: (): OverlayPings => ({
      misses,
      lost: answered.filter((one) => !one).length,
      sent: answered.length,
    }),
  };
}
