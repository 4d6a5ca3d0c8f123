/**
 * This agent's part in reading the events of the Kubernetes API for all: reads, copies what another one reads, or neither; says
 * so on the board; and answers for the whole cluster.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Board, Note } from '../../model/board.ts';
import type { ClusterEventFeed, EventFeedState, EventSighting, RecentSightings } from '../../model/cluster-event.ts';
import { type Member, isDown } from '../../model/member.ts';
import type { Asker, Questions } from '../../model/questions.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { NO_API, feedStateOf } from './feed-state.ts';
import { type Following, createFollowing } from './following.ts';
import { type HeardWord, type Word, readWarnings, readWord, writeNote } from './note.ts';
import { type Reading, createReading } from './reading.ts';
import { type EventRecord, type EventStore, type RecordCounts, createRecord } from './record.ts';
import { COPIES, HEARTBEAT_MS, type Part, type Roles, inOrder, rolesFor } from './roles.ts';
import { type EventSearch, createSearch } from './search.ts';
import type { EventSource } from './source.ts';

export interface FeedOptions {
  readonly self: string;
  /** Of this run, at random. */
  readonly runId: string;
  /** Reasons of which nothing is kept. */
  readonly drop: readonly string[];
  /** This agent talks to others. */
  readonly hasMesh: boolean;
}

export interface FeedDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined: this agent knows of no Kubernetes API. */
  readonly source: EventSource | undefined;
  /** Empty where this agent has not joined the others. */
  readonly members: () => readonly Member[];
  readonly board: Board;
  readonly ask: Questions['ask'];
  readonly store: EventStore;
}

export interface Feed extends ClusterEventFeed {
  start(): void;
  stop(): void;
  /** What another agent asks; throws `Malformed`. */
  readonly answers: {
    readonly follow: (question: unknown, from: Pick<Asker, 'node'>) => unknown;
    readonly search: EventSearch['answer'];
  };
  counts(): FeedCounts;
}

export interface FeedCounts extends RecordCounts {
  readonly part: Part | undefined;
  /** How often this agent began to read. */
  readonly turns: number;
  /** Since the API was heard by whoever reads, ms; undefined: never. */
  readonly heardMs: number | undefined;
}

const REVIEW_MS = 1000;
/** Who has just started knows the others by then, and has read what its earlier run counted. */
const FIRST_MS = 15_000;
const RECALL_MS = 5000;
/** More than once within that, should the first answer fail. */
const RECALL_EVERY_MS = 2000;
/** What failed is tried again after so long, while another agent reads. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** More than should, for the moment in which not all know who is there. */
const MOST_FOLLOWERS = 2 * COPIES;
/** A copy that is older is none. */
const COPIED_MS = 15_000;
/** So many need not say any more that they know of no API. */
const MOST_UNABLE = 16;
/** For whoever takes over; some minutes of a cluster in trouble. */
const MOST_RECENT = 5000;

export const createFeed = (options: FeedOptions, deps: FeedDeps): Feed => new EventKeeper(options, deps);

class EventKeeper implements Feed {
  readonly answers: Feed['answers'];
  readonly #options: FeedOptions;
  readonly #deps: FeedDeps;
  readonly #record: EventRecord;
  readonly #coverage: Coverage;
  readonly #reading: Reading | undefined;
  readonly #following: Following;
  readonly #search: EventSearch;
  #part: Part | undefined;
  #fault: string | undefined;
  #roles: Roles | undefined;
  #heard: readonly HeardWord[] = [];
  #present: readonly string[] = [];
  /** Monotonic ms from here on. */
  #metAt: number | undefined;
  #firstAt: number | undefined;
  #readAt = -Infinity;
  /** When somebody had all as the API has it. */
  #currentAt = -Infinity;
  #retryAt = Infinity;
  #retries = 0;
  #recallAt = 0;
  #isRecalled = false;
  #turns = 0;
  #toldAt = -Infinity;
  #told = '';
  #stop = (): void => {};

  constructor(options: FeedOptions, deps: FeedDeps) {
    const { clock, log, source, store, ask } = deps;
    const { self, runId, drop } = options;
    this.#options = options;
    this.#deps = deps;
    this.#record = createRecord({ clock, log, store, runId, drop });
    this.#coverage = createCoverage();
    const shared = { clock, record: this.#record, coverage: this.#coverage };
    this.#reading = source && createReading({ ...shared, source });
    this.#following = createFollowing({
      ...shared,
      ask,
      standing: () => ({ completeMs: since(clock.now(), this.completeSince()), heardMs: this.#heardMs() }),
    });
    this.#search = createSearch({
      self,
      clock,
      ask,
      record: this.#record,
      feed: () => this.feed(),
      completeSince: () => this.completeSince(),
      warnings: () => this.#warnings(),
    });
    this.answers = {
      // Some hundred KiB of it, so not for everybody: undefined is no answer.
      follow: (question, { node }) => (this.#isFollowedBy(node) ? this.#following.answer(question) : undefined),
      search: (question) => this.#search.answer(question),
    };
  }

  start(): void {
    this.#review();
    this.#stop = this.#deps.clock.every(REVIEW_MS, () => this.#review());
  }

  stop(): void {
    this.#stop();
    this.#reading?.stop();
  }

  feed(): EventFeedState {
    return feedStateOf({
      self: this.#options.self,
      now: this.#deps.clock.now(),
      present: this.#present,
      heard: this.#heard,
      reader: this.#roles?.reader,
      word: this.#word(),
      part: this.#part,
      isApart: this.#options.hasMesh && this.#metAt === undefined,
      coveredUntil: this.#coverage.until(),
    });
  }

  judge(): string | undefined {
    return this.#roles?.judge;
  }

  onSightings(listener: (sightings: readonly EventSighting[]) => void): () => void {
    return this.#record.listen(listener);
  }

  completeSince(): number | undefined {
    const { clock } = this.#deps;
    if (this.#isReading()) return this.#coverage.since();
    const isCopied = this.#isCopying() && clock.monotonic() - this.#following.copiedAt() < COPIED_MS;
    return isCopied ? this.#coverage.since() : undefined;
  }

  async recent(from: number): Promise<RecentSightings> {
    const query = { from, to: Number.MAX_SAFE_INTEGER, limit: MOST_RECENT + 1 };
    const { found: all, missing } = await this.#record.sightings(query);
    const found = all.slice(0, MOST_RECENT).toReversed();
    if (missing !== undefined) return { found };
    // Of the millisecond of the first that has no room, some may be there.
    const leftOut = all[MOST_RECENT]?.event.at;
    return { found, from: leftOut === undefined ? from : leftOut + 1 };
  }

  events(...[query]: Parameters<Feed['events']>): ReturnType<Feed['events']> {
    return this.#search.events(query);
  }

  sightings(...[query]: Parameters<Feed['sightings']>): ReturnType<Feed['sightings']> {
    return this.#search.sightings(query);
  }

  counts(): FeedCounts {
    return {
      ...this.#record.counts(),
      part: this.#part,
      turns: this.#turns,
      heardMs: since(this.#deps.clock.now(), this.feed().heardAt),
    };
  }

  #review(): void {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    void this.#recall(now);
    this.#look(now);
    if (this.#isSettled(now)) this.#decide(now);
    if (this.#isCopying() && this.#roles?.reader !== undefined) this.#following.follow(this.#roles.reader);
    this.#tell(now);
  }

  /** Who is there, and what they say. */
  #look(now: number): void {
    const { members, board } = this.#deps;
    const { self, hasMesh } = this.#options;
    const all = members();
    if (hasMesh && all.length === 0) this.#metAt = undefined;
    else this.#metAt ??= hasMesh ? now : now - FIRST_MS;
    this.#present = inOrder([
      self,
      ...all.filter((member) => member.name !== self && isThere(member)).map(({ name }) => name),
    ]);
    this.#heard = board
      .notes('feed')
      .filter(({ isOwn }) => !isOwn)
      .flatMap((note) => readWord(note) ?? []);
  }

  #isSettled(now: number): boolean {
    if (this.#metAt === undefined) return false;
    return now - this.#metAt >= FIRST_MS;
  }

  #decide(now: number): void {
    const { self } = this.#options;
    const reading = this.#reading?.state();
    if (this.#reading === undefined) [this.#part, this.#fault] = ['cannot', NO_API];
    else this.#judgeReading(reading?.fault, now);
    const present = new Set(this.#present);
    const roles = rolesFor({
      self,
      present: this.#present,
      heard: this.#heard.filter(({ node }) => present.has(node)),
      part: this.#part,
      isCurrent: this.#part === 'reads' && reading?.isCurrent === true,
      readingForMs: reading === undefined ? 0 : now - reading.since,
      firstForMs: now - (this.#firstAt ?? now),
      unreadForMs: now - Math.max(this.#readAt, this.#metAt ?? now),
      staleForMs: now - Math.max(this.#currentAt, this.#metAt ?? now),
    });
    this.#firstAt = roles.isFirst ? (this.#firstAt ?? now) : undefined;
    if (roles.reader !== undefined) this.#readAt = now;
    if (this.#isReadBy(roles.reader)) this.#currentAt = now;
    this.#roles = roles;
    if (this.#part === 'cannot') return;
    if (this.#part === 'fails') return this.#keepTrying(roles, now);
    if (roles.part === 'reads' && !this.#isRecalled && now - (this.#metAt ?? now) < FIRST_MS + RECALL_MS) return;
    this.#become(roles.part);
  }

  /** Who cannot read says so, and is the next again when it can. */
  #judgeReading(fault: string | undefined, now: number): void {
    if (this.#part !== 'reads' && this.#part !== 'fails') return;
    if (this.#part === 'reads' && fault !== undefined) {
      this.#deps.log.warn({ why: fault }, 'this agent cannot read the events of the cluster');
      [this.#part, this.#fault] = ['fails', fault];
      this.#retryAt = now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries);
      this.#retries += 1;
      return;
    }
    if (this.#reading?.state()?.isCurrent !== true) return;
    if (this.#part === 'fails') [this.#part, this.#fault] = ['reads', undefined];
    this.#retries = 0;
  }

  /** Where another one reads, later; else at once and again and again, as the source does. */
  #keepTrying(roles: Roles, now: number): void {
    if (roles.reader === undefined) return this.#reading?.start();
    this.#reading?.stop();
    if (now < this.#retryAt) return;
    [this.#part, this.#fault] = ['idle', undefined];
  }

  #become(part: Roles['part']): void {
    if (this.#part === part) return;
    const { log } = this.#deps;
    if (part === 'reads') {
      log.info('this agent reads the events of the cluster for all');
      this.#turns += 1;
      this.#reading?.start();
    } else if (this.#part === 'reads') {
      log.info({ reader: this.#roles?.reader }, 'another agent reads the events of the cluster');
      this.#reading?.stop();
    }
    this.#part = part;
    if (part === 'reads')
      this.#roles = this.#roles && { ...this.#roles, reader: this.#roles.reader ?? this.#options.self };
  }

  async #recall(now: number): Promise<void> {
    if (this.#isRecalled || now < this.#recallAt) return;
    this.#recallAt = now + RECALL_EVERY_MS;
    if (await this.#record.recall()) this.#isRecalled = true;
  }

  #word(): Word {
    const completeMs = since(this.#deps.clock.now(), this.completeSince());
    const isCurrent = this.#part === 'reads' ? this.#isReading() : completeMs !== undefined;
    const why = this.#part === 'reads' ? this.#reading?.state()?.why : this.#fault;
    return {
      part: this.#part ?? 'idle',
      isCurrent,
      heardMs: this.#heardMs(),
      completeMs,
      ...(why !== undefined && { why }),
    };
  }

  #heardMs(): number | undefined {
    const heardAt = this.#isReading() ? this.#reading?.state()?.heardAt : undefined;
    if (heardAt === undefined) return since(this.#deps.clock.now(), this.#coverage.until());
    return this.#deps.clock.monotonic() - heardAt;
  }

  /** All is here as the API has it. */
  #isReading(): boolean {
    return this.#part === 'reads' && this.#reading?.state()?.isCurrent === true;
  }

  /** Also who is about to read for all, until it has all itself. */
  #isCopying(): boolean {
    return this.#part === 'copies' || (this.#part === 'reads' && this.#roles?.reader !== this.#options.self);
  }

  /** It says that it keeps a copy, or is about to read, and few that come before it do. */
  #isFollowedBy(name: string | undefined): boolean {
    const parts = new Map(this.#heard.map(({ node, part }) => [node, part]));
    const followers = this.#present.filter((node) => parts.get(node) === 'copies' || parts.get(node) === 'reads');
    return name !== undefined && followers.slice(0, MOST_FOLLOWERS).includes(name);
  }

  #isReadBy(reader: string | undefined): boolean {
    if (reader === this.#options.self) return this.#isReading();
    return this.#heard.some(({ node, isCurrent }) => node === reader && isCurrent);
  }

  /** Says what is new at once, and again what others count on. */
  #tell(now: number): void {
    const { board } = this.#deps;
    const word = this.#word();
    const gist = [word.part, word.isCurrent, word.why].join();
    const isActive = word.part === 'reads' || word.part === 'copies' || word.part === 'fails';
    const isDue = isActive && now - this.#toldAt >= HEARTBEAT_MS;
    if (gist === this.#told && !isDue) return;
    if (!isActive && !this.#isWorthSaying(word.part, board.notes('feed'))) return;
    const warnings = this.#part === 'reads' || this.#part === 'fails' ? this.#record.log.all() : [];
    if (board.tell('feed', writeNote(word, warnings)) !== 'told') return;
    [this.#told, this.#toldAt] = [gist, now];
  }

  /** Nobody counts on who does nothing, unless it did, or would have to. */
  #isWorthSaying(part: Part, notes: readonly Note[]): boolean {
    const own = notes.find(({ isOwn }) => isOwn);
    if (own !== undefined && readWord(own)?.part !== part) return true;
    if (part !== 'cannot') return false;
    const unable = new Set(this.#heard.filter((one) => one.part === 'cannot').map(({ node }) => node));
    const before = this.#present.filter((name) => !unable.has(name)).indexOf(this.#options.self);
    return unable.size < MOST_UNABLE && before <= COPIES && own === undefined;
  }

  /** Oldest first. */
  #warnings(): readonly EventSighting[] {
    return this.#deps.board
      .notes('feed')
      .flatMap(readWarnings)
      .sort((one, other) => one.event.at - other.event.at);
  }
}

const isThere = ({ inComponent, state }: Member): boolean =>
  inComponent && !isDown(state) && state !== 'left' && state !== 'leaving';

/** For how long; undefined: never. */
const since = (now: number, at: number | undefined): number | undefined =>
  at === undefined || at === -Infinity ? undefined : Math.max(0, now - at);
