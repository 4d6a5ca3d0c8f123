/**
 * A ledger of what peers do that no agent does. Points fade; who has too many is cut off for a while: its connection is
 * closed, it is not dialled, and it is refused when it dials. Probes go on: it misbehaves, and it is not lost.
 */
import type { Clock } from '../../base/clock.ts';
import { LIMIT, MISDEEDS, type Misdeed, POINTS } from './misdeed.ts';

/** A peer that was cut off, now or a short while ago. Times are monotonic, ms. */
export interface Culprit {
  readonly peerId: string;
  /** How often it did what, since {@link Culprit.sinceMs}. */
  readonly misdeeds: Readonly<Partial<Record<Misdeed, number>>>;
  /** When it first did. */
  readonly sinceMs: number;
  /** So long it is refused; in the past when it may come back. */
  readonly refusedUntilMs: number;
}

export interface ConductCounts {
  readonly misdeeds: Readonly<Record<Misdeed, number>>;
  /** How often a peer was cut off. */
  readonly refusals: number;
  /** Peers that are cut off now. */
  readonly refused: number;
}

export interface Conduct {
  /** @param points default: those of the misdeed */
  note(peerId: string, misdeed: Misdeed, points?: number): void;
  isRefused(peerId: string): boolean;
  /** Those that are cut off, and those that were until a short while ago. */
  culprits(): readonly Culprit[];
  counts(): ConductCounts;
  /** Called when a peer is cut off, from now on. */
  onRefused(listener: (culprit: Culprit) => void): void;
}

interface Entry {
  points: number;
  /** When the points were right. */
  atMs: number;
  sinceMs: number;
  misdeeds: Partial<Record<Misdeed, number>>;
  /** How often it was cut off in a row. */
  refusals: number;
  refusedUntilMs: number;
}

/** A bad minute is forgotten in two. */
const FADE_PER_SECOND = 1;
const FIRST_MS = 60_000;
const LONGEST_MS = 3_600_000;
/** Told of so long after it could come back and did nothing more. */
const TOLD_MS = 10 * 60_000;
/** Nothing for so long, and the next time is the first again. */
const FORGIVEN_MS = 2 * 3_600_000;
/** Keys cost nothing, connections do. */
const MAX_PEERS = 512;

export function createConduct(clock: Pick<Clock, 'monotonic'>): Conduct {
  /** Who did something last comes last. */
  const entries = new Map<string, Entry>();
  const total = Object.fromEntries(MISDEEDS.map((misdeed) => [misdeed, 0])) as Record<Misdeed, number>;
  const listeners: ((culprit: Culprit) => void)[] = [];
  let refusals = 0;
  const isRefused = (peerId: string): boolean => clock.monotonic() < (entries.get(peerId)?.refusedUntilMs ?? -Infinity);

  const take = (peerId: string): Entry => {
    const now = clock.monotonic();
    const entry = entries.get(peerId) ?? newEntry(now);
    fade(entry, now);
    entries.delete(peerId);
    entries.set(peerId, entry);
    const oldest = entries.size > MAX_PEERS ? entries.keys().next().value : undefined;
    if (oldest !== undefined) entries.delete(oldest);
    return entry;
  };

  const refuse = (peerId: string, entry: Entry): void => {
    entry.refusedUntilMs = clock.monotonic() + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(entry.refusals, 16));
    entry.refusals += 1;
    // It begins anew when it comes back.
    entry.points = 0;
    refusals += 1;
    for (const listener of listeners) listener(culpritOf(peerId, entry));
  };

  return {
    note(peerId, misdeed, points = POINTS[misdeed]) {
      total[misdeed] += 1;
      const entry = take(peerId);
      entry.misdeeds[misdeed] = (entry.misdeeds[misdeed] ?? 0) + 1;
      // What was on its way when it was cut off is not held against it a second time.
      if (isRefused(peerId)) return;
      entry.points += points;
      if (entry.points >= LIMIT) refuse(peerId, entry);
    },
    isRefused,
    culprits: () =>
      [...entries]
        .filter(([, { refusedUntilMs }]) => clock.monotonic() - refusedUntilMs <= TOLD_MS)
        .map(([peerId, entry]) => culpritOf(peerId, entry)),
    counts: () => ({
      misdeeds: { ...total },
      refusals,
      refused: [...entries.keys()].filter(isRefused).length,
    }),
    onRefused: (listener) => void listeners.push(listener),
  };
}

const newEntry = (now: number): Entry => ({
  points: 0,
  atMs: now,
  sinceMs: now,
  misdeeds: {},
  refusals: 0,
  refusedUntilMs: -Infinity,
});

function fade(entry: Entry, now: number): void {
  entry.points = Math.max(0, entry.points - ((now - entry.atMs) / 1000) * FADE_PER_SECOND);
  entry.atMs = now;
  const freeForMs = now - entry.refusedUntilMs;
  if (entry.points > 0 || freeForMs <= TOLD_MS) return;
  entry.sinceMs = now;
  entry.misdeeds = {};
  if (freeForMs > FORGIVEN_MS) entry.refusals = 0;
}

const culpritOf = (peerId: string, { misdeeds, sinceMs, refusedUntilMs }: Entry): Culprit => ({
  peerId,
  misdeeds: { ...misdeeds },
  sinceMs,
  refusedUntilMs,
});
