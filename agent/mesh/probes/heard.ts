/** Which pings of each author were heard: stated back to the author, so that it can tell the two directions apart. */
import type { Heard } from './datagram.ts';

export interface HeardTable {
  /** Notes an authentic ping. False for one that was noted before or is older than the window: a copy or a replay. */
  note(author: string, boot: number, sequence: number): boolean;
  /** What to state to that author; nothing heard is `{ highest: 0, bits: 0 }`. */
  heardOf(author: string): Heard;
}

interface Window {
  boot: number;
  highest: number;
  bits: number;
}

const WINDOW_PINGS = 16;
const WINDOW_MASK = 0xffff;
/** Authors that ping me are my neighbours, observers and one random member a second; the oldest makes room. */
const MAX_AUTHORS = 1024;
const NOTHING: Heard = { highest: 0, bits: 0 };

export function createHeardTable(): HeardTable {
  const windows = new Map<string, Window>();
  return {
    note(author, boot, sequence) {
      const known = windows.get(author);
      const isFresh = known === undefined || shift(known, boot, sequence);
      if (!isFresh) return false;
      // The Map's order is the order of use: the first is the one not heard of for the longest time.
      windows.delete(author);
      windows.set(author, known ?? { boot, highest: sequence, bits: 1 });
      const [oldest] = windows.keys();
      if (windows.size > MAX_AUTHORS && oldest !== undefined) windows.delete(oldest);
      return true;
    },
    heardOf(author) {
      const window = windows.get(author);
      return window === undefined ? NOTHING : { highest: window.highest & WINDOW_MASK, bits: window.bits };
    },
  };
}

function shift(window: Window, boot: number, sequence: number): boolean {
  // An author that came back from an older copy of its data states a smaller boot until its first sync: it gets its
  // acks, but only the newest boot moves the window, else a replay could.
  if (boot < window.boot) return false;
  const ahead = boot > window.boot ? WINDOW_PINGS : sequence - window.highest;
  if (ahead > 0) {
    window.bits = ahead >= WINDOW_PINGS ? 1 : ((window.bits << ahead) | 1) & WINDOW_MASK;
    window.boot = boot;
    window.highest = sequence;
    return true;
  }
  const bit = -ahead < WINDOW_PINGS ? 1 << -ahead : 0;
  if (bit === 0 || (window.bits & bit) !== 0) return false;
  window.bits |= bit;
  return true;
}
