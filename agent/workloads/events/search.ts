/** Asking for events on any node: of whoever reads them, of those who keep copies, and of what is here. */
import type { Clock } from '../../base/clock.ts';
import type { EventFeedState, EventQuery, EventSighting, EventsAnswer, SeenEvent } from '../../model/cluster-event.ts';
import { findSeen, findSightings, uniteSeen, uniteSightings } from '../../model/event-search.ts';
import type { Questions } from '../../model/questions.ts';
import { Malformed, readArray, readOptional, readText } from '../../model/read.ts';
import { formatInstant } from '../../model/text.ts';
import type { EventRecord, Own } from './record.ts';
import {
  MAX_LIMIT,
  agoItem,
  fitting,
  queryItem,
  readAgo,
  readQuery,
  readSeen,
  readSightings,
  seenItem,
  sightingItem,
} from './wire.ts';

/** The subject of the questions. */
export const SEARCH = 'events-search';

export interface EventSearch {
  events(query: EventQuery): Promise<EventsAnswer>;
  sightings(query: EventQuery): Promise<EventsAnswer<EventSighting>>;
  /** Answers another agent from what is here; throws `Malformed`. */
  answer(question: unknown): Promise<unknown>;
}

export interface SearchDeps {
  readonly self: string;
  readonly clock: Clock;
  readonly ask: Questions['ask'];
  readonly record: EventRecord;
  readonly feed: () => EventFeedState;
  /** Since when this agent has all, Unix ms; undefined: it does not, or not now. */
  readonly completeSince: () => number | undefined;
  /** The latest warnings that were told on the board, for when nobody can be asked, oldest first. */
  readonly warnings: () => readonly EventSighting[];
}

/** Whoever waits for a page waits for no more than two of these. */
const ASK_MS = 2000;
const MAX_ANSWER_BYTES = 768 * 1024;

/** How one kind of answer is found, united and read. */
interface Form<T> {
  readonly kind: 'events' | 'sightings';
  readonly own: (query: EventQuery) => Promise<Own<T>>;
  readonly unite: (found: readonly (readonly T[])[]) => readonly T[];
  readonly fromMemory: (sightings: readonly EventSighting[], query: EventQuery) => readonly T[];
  readonly read: (value: unknown) => readonly T[];
  readonly item: (one: T) => readonly unknown[];
}

interface Found<T> {
  readonly node: string;
  readonly found: readonly T[];
  readonly isCut: boolean;
  readonly missing: string | undefined;
  /** Since when it has all, Unix ms. */
  readonly since: number;
}

export function createSearch(deps: SearchDeps): EventSearch {
  const { self, clock, ask, record, feed, completeSince, warnings } = deps;
  const seen: Form<SeenEvent> = {
    kind: 'events',
    own: (query) => record.events(query),
    unite: uniteSeen,
    fromMemory: findSeen,
    read: (value) => readSeen(value, MAX_LIMIT),
    item: seenItem,
  };
  const sighted: Form<EventSighting> = {
    kind: 'sightings',
    own: (query) => record.sightings(query),
    unite: uniteSightings,
    fromMemory: findSightings,
    read: (value) => readSightings(value, MAX_LIMIT),
    item: sightingItem,
  };

  const ownFound = async <T>({ own }: Form<T>, query: EventQuery): Promise<Found<T>> => {
    const { found, missing } = await own({ ...query, limit: query.limit + 1 });
    const isCut = found.length > query.limit;
    return { node: self, found: found.slice(0, query.limit), isCut, missing, since: completeSince() ?? Infinity };
  };

  const askOther = async <T>(form: Form<T>, node: string, query: EventQuery): Promise<Found<T> | string> => {
    const controller = new AbortController();
    const cancel = clock.after(ASK_MS, () => controller.abort(new Error('it takes too long')));
    const result = await ask(node, SEARCH, [form.kind, queryItem(query)], controller.signal);
    cancel();
    if (result.kind === 'failed')
      return result.why === 'aborted'
        ? `the agent of ${node} did not answer within ${ASK_MS / 1000} s`
        : result.message;
    const read = readAnswer(result.value, form, clock.now());
    return read === undefined ? `the agent of ${node} answered what cannot be read` : { node, ...read };
  };

  const find = async <T>(form: Form<T>, asked: EventQuery): Promise<EventsAnswer<T>> => {
    const query = { ...asked, limit: Math.min(MAX_LIMIT, Math.max(1, asked.limit)) };
    const state = feed();
    const own = await ownFound(form, query);
    const given: Found<T>[] = [];
    const failures: string[] = [];
    const askAll = async (nodes: readonly string[]): Promise<void> => {
      for (const one of await Promise.all(nodes.map((node) => askOther(form, node, query))))
        if (typeof one === 'string') failures.push(one);
        else given.push(one);
    };
    const isWhole = (): boolean => [own, ...given].some(({ since, missing }) => since <= query.from && !missing);
    const others = state.standbys.filter((name) => name !== self);
    if (!isWhole() && state.reader !== undefined && state.reader !== self) await askAll([state.reader]);
    // One who has just begun to read knows nothing of what was before: others may.
    if (!isWhole()) await askAll(others);
    const isKeeper = own.since < Infinity;
    const isBlind = given.length === 0 && !isKeeper;
    const told = isBlind ? form.fromMemory(warnings(), query) : [];
    const found = form.unite([own.found, ...given.map((one) => one.found), told].filter(({ length }) => length > 0));
    const gaps = isBlind || isWhole() ? [] : gapsOf([own, ...given], query, failures, clock.now());
    const missing = whatIsMissing(isBlind, state, failures, [own, ...given], gaps);
    return {
      events: found.slice(0, query.limit),
      isCut: own.isCut || given.some(({ isCut }) => isCut) || found.length > query.limit,
      from: [...(isKeeper || own.found.length > 0 || told.length > 0 ? [self] : []), ...given.map(({ node }) => node)],
      ...(missing !== undefined && { missing }),
      feed: state,
    };
  };

  const answerWith = async <T>(form: Form<T>, query: EventQuery): Promise<unknown> => {
    const { found, isCut, missing, since } = await ownFound(form, query);
    const items = fitting(found.map(form.item), MAX_ANSWER_BYTES);
    const sinceMs = agoItem(since === Infinity ? undefined : clock.now() - since);
    return [items, isCut || items.length < found.length ? 1 : 0, missing ?? null, sinceMs];
  };

  return {
    events: (query) => find(seen, query),
    sightings: (query) => find(sighted, query),
    async answer(question) {
      const [kind, asked] = readArray(question, 4);
      const query = readQuery(asked);
      if (kind === seen.kind) return answerWith(seen, query);
      return kind === sighted.kind ? answerWith(sighted, query) : undefined;
    },
  };
}

function readAnswer<T>(value: unknown, form: Form<T>, now: number): Omit<Found<T>, 'node'> | undefined {
  try {
    const [items, isCut, missing, sinceMs] = readArray(value, 8);
    const since = readAgo(sinceMs);
    return {
      found: form.read(items),
      isCut: isCut === 1,
      missing: readOptional(missing, (text) => readText(text, 300)),
      since: since === undefined ? Infinity : now - since,
    };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Somebody answered, and nobody who did was there for all of the time. */
function gapsOf(
  found: readonly Pick<Found<unknown>, 'since'>[],
  { from }: EventQuery,
  failures: readonly string[],
  now: number,
): readonly string[] {
  const since = Math.min(...found.map((one) => one.since));
  if (since === Infinity) return ['nobody who answers has all of it', ...failures];
  return [
    ...(since > from ? [`nobody who answers has all from before ${formatInstant(since, now)}`] : []),
    ...failures,
  ];
}

function whatIsMissing(
  isBlind: boolean,
  { state, why }: EventFeedState,
  failures: readonly string[],
  found: readonly { readonly missing: string | undefined }[],
  gaps: readonly string[],
): string | undefined {
  const parts = new Set([...found.flatMap(({ missing }) => missing ?? []), ...gaps]);
  if (isBlind && state === 'none') parts.add(why ?? 'nobody reads the events');
  else if (isBlind)
    parts.add(
      `only what this agent remembers and the latest warnings: ${failures.join('; ') || 'nobody who keeps them can be asked'}`,
    );
  return parts.size === 0 ? undefined : [...parts].join('; ');
}
