/**
 * What the notifications keep over a restart: nothing is saved before it is known what the run before has kept, and what
 * comes late is taken in beside what is known by then.
 */
import type { Clock } from '../base/clock.ts';
import type { Book } from './book.ts';
import type { Line } from './line.ts';
import type { LocalNote } from './local-board.ts';
import { type AlertMemory, fromMemory, toMemory } from './memory.ts';
import type { ToldLog } from './told-log.ts';

export interface KeeperDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly book: Book;
  readonly told: ToldLog;
  readonly lines: readonly Line[];
  readonly save: (memory: AlertMemory) => void;
  readonly localNotes: () => readonly LocalNote[];
}

export interface Keeper {
  /** What the run before has kept; returns the notes of a board that nobody else keeps. */
  recall(memory: unknown): readonly LocalNote[];
  /** When something has changed, and else once a minute where there is anything. */
  save(nowMs: number): void;
  /** Something was sent: the next {@link Keeper.save} does not wait. */
  hurry(): void;
  /** Now, where it is known what was before. */
  keep(nowMs: number): void;
}

const SAVE_MS = 60_000;
/** What changes all the time is written no oftener. */
const SAVE_APART_MS = 5000;

export function createKeeper({ clock, book, told, lines, save, localNotes }: KeeperDeps): Keeper {
  let [isRecalled, isHurried, savedMs, savedStamp] = [false, false, -Infinity, ''];
  const stampNow = (): string =>
    [
      ...book.all().map(({ alert, standing }) => `${alert.fingerprint}${standing}${alert.severity}`),
      ...told
        .dump()
        .map(
          ([to, fingerprint, { state, severity, by, ruleRound = '' }]) =>
            `${to}${fingerprint}${state}${severity}${by}${ruleRound}`,
        ),
      ...lines.flatMap(({ destination, owed }) => [...owed.keys()].map((fingerprint) => destination + fingerprint)),
      ...localNotes().map(({ madeMs }) => String(madeMs)),
    ].join();
  const keep = (nowMs: number): void => {
    if (!isRecalled) return;
    savedMs = nowMs;
    const times = {
      kept: book.all(),
      told: told.dump(),
      owed: lines.flatMap(({ destination, owed }) =>
        [...owed].map(([fingerprint, sinceMs]) => [destination, fingerprint, sinceMs] as const),
      ),
      notes: localNotes(),
    };
    save(toMemory(times, clock.now() - nowMs));
  };
  return {
    recall(memory) {
      [isRecalled, isHurried] = [true, true];
      const nowMs = clock.monotonic();
      const past = fromMemory(memory, clock.now() - nowMs, nowMs);
      if (past === undefined) return [];
      book.recall(past.kept, nowMs);
      told.recall(past.told);
      for (const line of lines)
        for (const [to, fingerprint, sinceMs] of past.owed)
          if (to === line.destination)
            line.owed.set(fingerprint, Math.min(sinceMs, line.owed.get(fingerprint) ?? nowMs));
      return past.notes;
    },
    save(nowMs) {
      if (!isHurried && nowMs - savedMs < SAVE_APART_MS) return;
      const stamp = stampNow();
      if (stamp === savedStamp && (stamp === '' || nowMs - savedMs < SAVE_MS)) return;
      isHurried = false;
      savedStamp = stamp;
      keep(nowMs);
    },
    hurry() {
      isHurried = true;
    },
    keep,
  };
}
