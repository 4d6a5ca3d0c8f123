/**
 * The signals that hold: what this agent was told, and what others say on the board that they were. Any agent may be told, and
 * of one signal the last word counts, whoever it was said to. One that is not said again in time is unknown, not over.
 */
import type { Clock } from '../../base/clock.ts';
import { type Board, MAX_NOTE_BYTES, type Note } from '../../model/board.ts';
import type { IgnoredSignal, Signal, SignalKey, SignalWord } from '../../model/signal.ts';
import { MOST_SIGNALS, type Statement, readNote, toItem } from './note.ts';

export interface SignalBookDeps {
  readonly self: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Where agents tell each other; says nothing where there is no mesh. */
  readonly board: Board;
}

export interface SignalBook {
  /** Returns those for which there is no room. */
  take(words: readonly SignalWord[]): readonly IgnoredSignal[];
  /** In a lasting order; at most {@link MOST_SHOWN}, the newest. */
  signals(): readonly Signal[];
  /** Tells the others what they were not told yet. Called once a second. */
  review(): void;
}

/** One that was not said again is remembered for so long: what fires again within it began when it did first. */
const REMEMBERED_MS = 3_600_000;
export const MOST_SHOWN = 512;
/** Of one name and workload so many alerts that fire are told apart: more of them say the same of it. */
const MOST_SERIES = 16;
/** Messages are shortened before a signal is refused. */
const MESSAGE_LENGTHS = [160, 60, 0];

interface Heard extends Statement {
  readonly by: string;
  readonly isCurrent: boolean;
}

const keyOf = ({ namespace, workload, container, name }: SignalKey): string =>
  JSON.stringify([namespace, workload, container, name]);

type Series = SignalKey & Pick<SignalWord, 'series'>;
const seriesKeyOf = (one: Series): string => keyOf(one) + one.series;

export function createSignalBook({ self, clock, board }: SignalBookDeps): SignalBook {
  const own = new Map<string, Statement>();
  /** A note is read once: its items are the same while it is. */
  const read = new WeakMap<readonly unknown[], readonly Statement[]>();
  let hasUntold = false;
  let isRecalled = false;

  const statementsIn = ({ items, ageMs }: Note): readonly Statement[] => {
    const known = read.get(items) ?? readNote(items, clock.monotonic() - ageMs);
    read.set(items, known);
    return known;
  };
  /** An earlier run of this agent was told, too. */
  const recall = (notes: readonly Note[]): void => {
    const before = notes.find(({ isOwn }) => isOwn);
    if (isRecalled || before === undefined) return;
    isRecalled = true;
    for (const one of statementsIn(before)) {
      const key = seriesKeyOf(one);
      if ((own.get(key)?.saidMs ?? -Infinity) < one.saidMs) own.set(key, one);
    }
  };
  const forget = (nowMs: number): void => {
    for (const [key, { untilMs }] of own) if (untilMs + REMEMBERED_MS < nowMs) own.delete(key);
  };
  const heard = (): Heard[] => {
    const notes = board.notes('signals');
    recall(notes);
    const others = notes
      .filter(({ isOwn }) => !isOwn)
      .flatMap((note) => statementsIn(note).map((one) => ({ ...one, by: note.node, isCurrent: note.isCurrent })));
    return [...[...own.values()].map((one) => ({ ...one, by: self, isCurrent: true })), ...others];
  };
  /** Of each series all that is said of it, by whomever; what is too old aside. */
  const bySeries = (nowMs: number): ReadonlyMap<string, readonly Heard[]> =>
    Map.groupBy(
      heard().filter(({ untilMs }) => untilMs + REMEMBERED_MS >= nowMs),
      seriesKeyOf,
    );
  /** That it is over, without saying which, is said of all that fire. */
  const eachOf = (word: SignalWord, known: ReadonlyMap<string, readonly Heard[]>): readonly SignalWord[] => {
    if (word.state === 'firing' || word.series !== '') return [word];
    const firing = [...known.values()].flatMap((all) => {
      const last = latestOf(all);
      return last?.state === 'firing' && last.series !== '' && keyOf(last) === keyOf(word) ? [last.series] : [];
    });
    return [word, ...firing.map((series) => ({ ...word, series }))];
  };
  const isOneTooMany = (word: SignalWord, nowMs: number): boolean =>
    word.state === 'firing' &&
    !own.has(seriesKeyOf(word)) &&
    [...own.values()].filter((one) => one.state === 'firing' && one.untilMs > nowMs && keyOf(one) === keyOf(word))
      .length >= MOST_SERIES;

  const bytesOf = (nowMs: number, length: number): number =>
    Buffer.byteLength(JSON.stringify([...own.values()].map((one) => toItem(one, nowMs, length))));
  /** Whether all of them fit in the end, where what holds no more, and then what is over, has made way for them. */
  const makeRoom = (newest: string, known: ReadonlyMap<string, readonly Heard[]>, nowMs: number): boolean => {
    const [shortest = 0] = MESSAGE_LENGTHS.slice(-1);
    const fits = (): boolean => own.size <= MOST_SIGNALS && bytesOf(nowMs, shortest) <= MAX_NOTE_BYTES;
    const isExpired = ({ untilMs }: Statement): boolean => untilMs <= nowMs;
    // Without it what another was told before would hold again.
    const isNeeded = (key: string, { saidMs }: Statement): boolean =>
      (known.get(key) ?? []).some(
        (one) => one.by !== self && one.state === 'firing' && one.untilMs > nowMs && one.saidMs <= saidMs,
      );
    const rank = (key: string, one: Statement): number =>
      isExpired(one) ? 0 : one.state === 'ok' && !isNeeded(key, one) ? 1 : 2;
    const idle = [...own]
      .filter(([key]) => key !== newest)
      .map(([key, one]) => ({ key, rank: rank(key, one), saidMs: one.saidMs }))
      .filter((one) => one.rank < 2)
      .toSorted((a, b) => a.rank - b.rank || a.saidMs - b.saidMs);
    for (const { key } of idle) {
      if (fits()) return true;
      own.delete(key);
    }
    return fits();
  };

  const take = (
    word: SignalWord,
    known: ReadonlyMap<string, readonly Heard[]>,
    nowMs: number,
  ): IgnoredSignal | undefined => {
    if (isOneTooMany(word, nowMs)) return undefined;
    const { ttlMs, ...said } = word;
    const key = seriesKeyOf(word);
    const all = known.get(key) ?? [];
    const before = latestOf(all);
    const [sinceMs, firstBy] = before?.state === 'firing' ? [before.sinceMs, before.firstBy] : [nowMs, self];
    // That it is over holds for as long as anybody's word that it is not; also one that is not heard, as of beyond a cut.
    const longestMs = Math.max(nowMs, ...all.map(({ untilMs }) => untilMs));
    const untilMs = word.state === 'firing' ? nowMs + ttlMs : Math.max(nowMs + ttlMs, longestMs);
    const kept = [...own];
    own.set(key, { ...said, sinceMs, saidMs: nowMs, untilMs, firstBy });
    if (makeRoom(key, known, nowMs)) return undefined;
    own.clear();
    for (const [name, one] of kept) own.set(name, one);
    return { what: word.name, why: `this agent holds as many signals as it may tell of, ${own.size}; tell another` };
  };

  const review = (): void => {
    const nowMs = clock.monotonic();
    recall(board.notes('signals'));
    forget(nowMs);
    if (!hasUntold) return;
    const length = MESSAGE_LENGTHS.find((one) => bytesOf(nowMs, one) <= MAX_NOTE_BYTES);
    const items = [...own.values()].map((one) => toItem(one, nowMs, length));
    hasUntold = board.tell('signals', items) !== 'told';
  };

  return {
    take(words) {
      const nowMs = clock.monotonic();
      const known = bySeries(nowMs);
      const refused = words.flatMap(
        (word) => eachOf(word, known).flatMap((one) => take(one, known, nowMs) ?? [])[0] ?? [],
      );
      hasUntold ||= refused.length < words.length;
      review();
      return refused;
    },
    review,
    signals() {
      const nowMs = clock.monotonic();
      const originMs = Math.round(clock.now() - nowMs);
      const firing = [...bySeries(nowMs).values()]
        .flatMap((all) => latestOf(all) ?? [])
        .filter(({ state }) => state === 'firing');
      return [...Map.groupBy(firing, keyOf).values()]
        .flatMap((all) => asOne(all, nowMs) ?? [])
        .toSorted((a, b) => b.sinceMs - a.sinceMs)
        .slice(0, MOST_SHOWN)
        .map((one) => signalOf(one, originMs, nowMs))
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    },
  };
}

/** What was said last, to whomever. */
const latestOf = (all: readonly Heard[]): Heard | undefined =>
  all.toSorted((a, b) => b.saidMs - a.saidMs || (a.by < b.by ? -1 : 1))[0];

/** Of several series those count that still hold, and of these those that would be heard being over; the newest word is told. */
function asOne(all: readonly Heard[], nowMs: number): Heard | undefined {
  const rank = ({ untilMs, isCurrent }: Heard): number => (untilMs > nowMs ? 0 : 2) + (isCurrent ? 0 : 1);
  const best = Math.min(...all.map(rank));
  const those = all.filter((one) => rank(one) === best);
  const [first] = those.toSorted((a, b) => a.sinceMs - b.sinceMs || (a.firstBy < b.firstBy ? -1 : 1));
  const last = latestOf(those);
  if (first === undefined || last === undefined) return undefined;
  const untilMs = Math.max(...those.map((one) => one.untilMs));
  return { ...last, sinceMs: first.sinceMs, firstBy: first.firstBy, untilMs };
}

const signalOf = (heard: Heard, originMs: number, nowMs: number): Signal => {
  const { namespace, workload, container, name, source, message, firstBy, by, isCurrent } = heard;
  return {
    namespace,
    workload,
    container,
    name,
    source,
    message,
    firstBy,
    by,
    isCurrent,
    state: heard.untilMs > nowMs ? 'firing' : 'unknown',
    since: Math.round(originMs + heard.sinceMs),
    saidAt: Math.round(originMs + heard.saidMs),
    until: Math.round(originMs + heard.untilMs),
  };
};
