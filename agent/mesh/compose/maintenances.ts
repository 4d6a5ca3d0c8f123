/**
 * Which nodes are in maintenance, by the word of all agents that were ever asked: of each node the word of the highest
 * generation counts, also once it is over, so that a longer one from before does not come back. Whoever speaks goes beyond
 * what it knows; of two that did so on both sides of a cut one that ends it counts, then the smaller key's.
 *
 * Words age by durations: each holds for so long after its record was made as its author said. They are about a node's
 * name, because a machine that is installed anew comes back with another key.
 */
import type { Clock } from '../../base/clock.ts';
import type { Maintenance, MaintenanceOrder, MaintenanceOutcome } from '../../model/maintenance.ts';
import {
  MAINTENANCE,
  MAX_GENERATION,
  MAX_WORDS,
  type MaintenanceWord,
  decodeMaintenance,
} from '../codec/maintenance.ts';
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

export interface Maintenances {
  /** A record that was taken into the book just now; only those of maintenance matter. */
  hear(record: BookRecord): void;
  /** The run before has been taken up. */
  recalled(): void;
  /** What holds now, by node. */
  list(): readonly Maintenance[];
  order(order: MaintenanceOrder): MaintenanceOutcome;
}

export interface MaintenancesDeps {
  readonly self: { readonly name: string; readonly prefix: string };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly book: Pick<RecordBook, 'latest' | 'allLatest'>;
  readonly nameOf: (prefix: string) => string | undefined;
  /** Names of members: who was never met has no say. */
  readonly isMet: (name: string) => boolean;
  /** Names of those that did not leave, this node among them. */
  readonly members: () => ReadonlySet<string>;
  /** Says all own words anew. Undefined: this agent may not speak yet. `no-room`: there are too many. */
  readonly tell: (words: readonly MaintenanceWord[]) => OfferResult | 'no-room' | undefined;
}

/** A word as it was heard; times are monotonic ms. */
interface Heard {
  readonly prefix: string;
  readonly node: string;
  readonly generation: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly isEnd: boolean;
  readonly reason?: string;
}

/** Others may count a word as younger by as much as clocks are set back while agents do not run. */
const AGE_MARGIN_MS = 3_600_000;

export function createMaintenances(deps: MaintenancesDeps): Maintenances {
  const { self, clock, book } = deps;
  /** By prefix: a handful of agents among thousands was ever asked. */
  const authors = new Map<string, AuthorKey>();
  const decoded = new WeakMap<BookRecord, readonly Heard[]>();
  const read = (record: BookRecord): readonly Heard[] => {
    const known = decoded.get(record);
    if (known !== undefined) return known;
    const prefix = prefixOf(record.author);
    const words = (decodeMaintenance(payloadOf(record))?.words ?? []).map(({ forMs, leftMs, ...word }): Heard => ({
      ...word,
      prefix,
      sinceMs: record.madeAt - forMs,
      untilMs: record.madeAt + leftMs,
      isEnd: leftMs === 0,
    }));
    decoded.set(record, words);
    return words;
  };
  const hear = ({ type, author }: BookRecord): void => {
    if (type === MAINTENANCE) authors.set(prefixOf(author), author);
  };
  const hasSay = (prefix: string): boolean => {
    const name = deps.nameOf(prefix);
    return prefix === self.prefix || (name !== undefined && deps.isMet(name));
  };
  const all = (): readonly Heard[] =>
    [...authors].flatMap(([prefix, author]) => {
      const record = book.latest(author, MAINTENANCE);
      // What was said by who was removed from the cluster went with it.
      if (record === undefined) authors.delete(prefix);
      return record === undefined || !hasSay(prefix) ? [] : read(record);
    });
  const wordOn = (node: string, words = all()): Heard | undefined =>
    words.filter((word) => word.node === node).sort(byRank)[0];
  const present = ({ node, prefix, reason, sinceMs, untilMs }: Heard): Maintenance => ({
    node,
    by: deps.nameOf(prefix) ?? self.name,
    ...(reason !== undefined && { reason }),
    sinceMs,
    untilMs,
  });
  const holding = (node: string, words?: readonly Heard[]): Maintenance | undefined => {
    const word = wordOn(node, words);
    return word === undefined || word.untilMs <= clock.monotonic() ? undefined : present(word);
  };

  /** Own words that still matter: those that hold, and those that keep another's from coming back. */
  const ownWords = (words: readonly Heard[], now: number): readonly Heard[] => {
    const isNeeded = ({ node, untilMs }: Heard): boolean =>
      untilMs > now ||
      words.some((one) => one.prefix !== self.prefix && one.node === node && one.untilMs + AGE_MARGIN_MS > now);
    return words.filter((word) => word.prefix === self.prefix && isNeeded(word));
  };
  const tell = ({ node, forMs, reason }: MaintenanceOrder, words: readonly Heard[]): MaintenanceOutcome | undefined => {
    const now = clock.monotonic();
    const generation = Math.min(MAX_GENERATION, (wordOn(node, words)?.generation ?? 0) + 1);
    const kept = ownWords(words, now).filter((word) => word.node !== node);
    const said = kept.map(({ sinceMs, untilMs, ...word }) => toWord(word, now - sinceMs, untilMs - now));
    const own = { node, generation, ...(reason !== undefined && { reason }) };
    if (said.length >= MAX_WORDS) return { kind: 'too-many' };
    const result = deps.tell([...said, toWord(own, 0, forMs)]);
    if (result === undefined) return { kind: 'not-settled' };
    if (result === 'no-room') return { kind: 'too-many' };
    return result.kind === 'accepted' ? undefined : { kind: 'busy' };
  };

  return {
    hear,
    recalled: () => book.allLatest(MAINTENANCE).forEach(hear),
    list() {
      const words = all();
      if (words.length === 0) return [];
      const members = deps.members();
      const nodes = [...new Set(words.map(({ node }) => node))].filter((node) => members.has(node)).sort();
      return nodes.flatMap((node) => holding(node, words) ?? []);
    },
    order(order) {
      if (!deps.members().has(order.node)) return { kind: 'unknown-name' };
      const words = all();
      const before = holding(order.node, words);
      if (order.forMs === 0 && before === undefined) return { kind: 'not-in-maintenance' };
      const refusal = tell(order, words);
      if (refusal !== undefined) return refusal;
      const after = holding(order.node);
      if (order.forMs === 0)
        return before === undefined || after !== undefined
          ? { kind: 'overruled', by: after?.by ?? self.name }
          : { kind: 'ended', maintenance: before };
      const word = wordOn(order.node);
      if (after === undefined || word?.prefix !== self.prefix)
        return { kind: 'overruled', by: word === undefined ? self.name : (deps.nameOf(word.prefix) ?? self.name) };
      return { kind: 'begun', maintenance: after };
    },
  };
}

const byRank = (one: Heard, other: Heard): number =>
  other.generation - one.generation ||
  Number(other.isEnd) - Number(one.isEnd) ||
  (one.prefix < other.prefix ? -1 : Number(one.prefix > other.prefix));

const toWord = (
  { node, generation, reason }: Pick<Heard, 'node' | 'generation' | 'reason'>,
  forMs: number,
  leftMs: number,
): MaintenanceWord => ({
  node,
  generation,
  forMs: Math.max(0, Math.round(forMs)),
  leftMs: Math.max(0, Math.round(leftMs)),
  ...(reason !== undefined && { reason }),
});
