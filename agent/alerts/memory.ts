/** What the notifications keep over a restart of the agent. Instants are Unix ms, since no other clock goes on. */
import { TOPICS } from '../model/board.ts';
import type { Kept, Standing } from './book.ts';
import type { LocalNote } from './local-board.ts';
import type { Told } from './told-note.ts';

export interface AlertMemory {
  readonly version: 1;
  readonly kept: readonly Kept[];
  readonly told: readonly (readonly [destination: string, fingerprint: string, told: Told])[];
  readonly owed: readonly (readonly [destination: string, fingerprint: string, sinceMs: number])[];
  /** Of an agent without others. */
  readonly notes: readonly LocalNote[];
}

type Times = Omit<AlertMemory, 'version'>;

/** @param originMs Unix ms at which the monotonic clock read 0 */
export const toMemory = (times: Times, originMs: number): AlertMemory => ({
  version: 1,
  ...shifted(times, (ms) => Math.round(originMs + ms)),
});

/**
 * Undefined: there is none, or it is not of this version. What is dated later than now, as after a clock was set back, is
 * of now.
 */
export function fromMemory(memory: unknown, originMs: number, nowMs: number): Times | undefined {
  const { version, kept, told, owed, notes } = (memory ?? {}) as Partial<AlertMemory>;
  if (version !== 1 || kept === undefined || told === undefined || owed === undefined) return undefined;
  const known = (notes ?? []).filter(({ topic }) => TOPICS.includes(topic));
  return shifted({ kept, told, owed, notes: known }, (ms) => Math.min(nowMs, ms - originMs));
}

const shifted = ({ kept, told, owed, notes }: Times, shift: (ms: number) => number): Times => ({
  kept: kept.map(({ beganMs, awayMs, standing, ...one }) => ({
    ...one,
    standing: standing satisfies Standing,
    beganMs: shift(beganMs),
    // When it went away matters only of what is over: else it has to be looked at anew.
    ...(awayMs !== undefined && standing === 'ended' && { awayMs: shift(awayMs) }),
  })),
  told: told.map(([to, fingerprint, entry]) => [to, fingerprint, { ...entry, atMs: shift(entry.atMs) }]),
  owed: owed.map(([to, fingerprint, sinceMs]) => [to, fingerprint, shift(sinceMs)]),
  notes: notes.map((note) => ({ ...note, madeMs: shift(note.madeMs) })),
});
