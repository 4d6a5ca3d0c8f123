/**
 * Keeps a copy of a collection: lists it in pages, then watches it, and begins anew where that is no longer possible.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { Clock } from '../../base/clock.ts';
import { type Answer, failureOf } from './answer.ts';
import { fieldsOf, metadataOf } from '../objects/fields.ts';
import type { KubeClient } from './client.ts';
import { type Pause, createPause } from './pause.ts';

export interface ListWatchOptions<T> {
  /** Of the collection: `/api/v1/nodes`. */
  readonly path: string;
  /** What is kept of an object; undefined: nothing, it is none of the kind. */
  readonly read: (object: unknown) => T | undefined;
  readonly nameOf: (item: T) => string;
  /** For a collection that every agent follows; absent: a few do. */
  readonly crowd?: Crowd;
}

/** How the requests of many agents for collections of the same kind spread. */
export interface Crowd {
  /** What each asks for of it: `fieldSelector=spec.nodeName%3Dw1`. */
  readonly query: string;
  /** After how long a watch is begun anew, ms. */
  watchMs(): number;
  /** Over how long they spread that have to begin, at the start or because the API was away, ms. */
  spreadMs(): number;
}

/** What ends a watch for good: it is to be begun from a new list. */
const STALE_VERSION: ReadonlySet<Answer['kind']> = new Set(['gone', 'refused', 'missing']);

export interface ListWatchDeps {
  readonly client: Pick<KubeClient, 'get' | 'watch'>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What happened last. */
export type ListWatchState =
  | { readonly kind: 'listing' }
  /** The copy is as the API has it, and is watched. */
  | { readonly kind: 'current' }
  /** The copy is as the API had it; it is tried again. `sinceMs` is monotonic. */
  | { readonly kind: 'failing'; readonly answer: Exclude<Answer, { kind: 'ok' }>; readonly sinceMs: number };

export interface ListWatch<T> {
  /** By name. */
  items(): ReadonlyMap<string, T>;
  state(): ListWatchState;
  /** When the API last said anything to this watch, bookmarks included; monotonic ms, undefined: never. */
  heardAt(): number | undefined;
  /** Lists all anew. */
  relist(): void;
  stop(): void;
}

export interface ListWatchHooks<T> {
  /** The whole collection was listed; `items()` holds it. */
  readonly onListed: () => void;
  /** It was added, or is another one now. */
  readonly onItem: (item: T) => void;
  readonly onDeleted: (item: T) => void;
  /** Items or the state changed. */
  readonly onChange: () => void;
}

/** Nodes are up to 20 KiB each: a page is parsed in some tens of milliseconds. */
export const PAGE = 100;
/** 10,000 objects; a list that never ends is none. */
const MAX_PAGES = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A watch that ends as agreed and so soon was none. */
const TOO_SHORT_MS = 1000;
/** A watch that lost an event would go unnoticed for ever. Half as much more, by chance, so that readers do not list together. */
export const RESYNC_MS = 30 * 60_000;
/** Where everybody asks: agents have met by then. */
const FIRST_MS = 15_000;
/** Where everybody asks: a list costs the API more than a watch that goes on. */
const WATCHES_A_LIST = 3;
/**
 * Where a watch breaks off, an API server was started anew, and perhaps on an older copy of etcd. Its versions are lower
 * then, and a watch from a higher one is silent until they have caught up. So all is listed anew, this long after the
 * last list for each of its pages, and not sooner than a minute after it.
 */
const RELIST_MS = 60_000;
export const RELIST_PAGE_MS = 6000;

/** Begins at once. */
export function startListWatch<T>(
  options: ListWatchOptions<T>,
  hooks: ListWatchHooks<T>,
  deps: ListWatchDeps,
): ListWatch<T> {
  const controller = new AbortController();
  const watcher = new Watcher(options, hooks, deps, controller.signal);
  void watcher.run();
  return {
    items: () => watcher.items,
    state: () => watcher.state,
    heardAt: () => watcher.heardAt,
    relist: () => watcher.relist(),
    stop: () => controller.abort(new Error('nobody needs it any more')),
  };
}

class Watcher<T> {
  items = new Map<string, T>();
  state: ListWatchState = { kind: 'listing' };
  heardAt: number | undefined;
  readonly #options: ListWatchOptions<T>;
  readonly #hooks: ListWatchHooks<T>;
  readonly #deps: ListWatchDeps;
  readonly #signal: AbortSignal;
  readonly #pause: Pause;
  /** The resource version to go on from; undefined: the collection is to be listed. */
  #version: string | undefined;
  #listedAt = -Infinity;
  #cancelRelist: (() => void) | undefined;
  #resyncAt = Infinity;
  #watching: AbortController | undefined;

  constructor(options: ListWatchOptions<T>, hooks: ListWatchHooks<T>, deps: ListWatchDeps, signal: AbortSignal) {
    this.#options = options;
    this.#hooks = hooks;
    this.#deps = deps;
    this.#signal = signal;
    this.#pause = createPause(LONGEST_PAUSE_MS, { ...deps, signal });
  }

  async run(): Promise<void> {
    const { clock } = this.#deps;
    this.#signal.addEventListener('abort', () => this.#cancelRelist?.(), { once: true });
    await this.#waitToBegin();
    while (!this.#signal.aborted) {
      const [wasWatching, beganAt] = [this.#version !== undefined, clock.monotonic()];
      const answer = this.#version === undefined ? await this.#list() : await this.#watch(this.#version);
      if (this.#signal.aborted) return;
      if (answer.kind === 'ok') {
        const isShort = clock.monotonic() - beganAt < TOO_SHORT_MS;
        // A list proves nothing of the watch that follows.
        if (wasWatching && !isShort) this.#pause.reset();
        if (wasWatching && isShort && this.#version !== undefined) await this.#pause.next();
        continue;
      }
      if (STALE_VERSION.has(answer.kind)) this.#version = undefined;
      else if (wasWatching) this.#brokeOff();
      const sinceMs = this.state.kind === 'failing' ? this.state.sinceMs : clock.monotonic();
      this.#become({ kind: 'failing', answer, sinceMs });
      await this.#pause.next(failureOf(answer));
      // Whoever is told so has waited for its turn before.
      if (answer.kind !== 'gone') await this.#waitForTurn(2);
    }
  }

  /** How many there are is not known at the start: after a power failure all of them begin at once. */
  async #waitToBegin(): Promise<void> {
    const { clock, random } = this.#deps;
    if (this.#options.crowd === undefined) return;
    await clock.sleep(FIRST_MS * (1 + random()), this.#signal);
    await this.#waitForTurn(1);
  }

  /** What failed for this agent failed for all of them. */
  async #waitForTurn(rounds: number): Promise<void> {
    const { clock, random } = this.#deps;
    const { crowd } = this.#options;
    if (crowd !== undefined) await clock.sleep(rounds * crowd.spreadMs() * random(), this.#signal);
  }

  relist(): void {
    this.#cancelRelist = undefined;
    this.#version = undefined;
    this.#watching?.abort(new Error('all is listed anew'));
  }

  async #list(): Promise<Answer> {
    const { path, read, nameOf } = this.#options;
    const { client, clock, random } = this.#deps;
    const items = new Map<string, T>();
    let token = '';
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await client.get(`${path}?${this.#listQuery(token)}`);
      if (answer.kind !== 'ok' || this.#signal.aborted) return answer;
      const list = readList(answer.value);
      if (list === undefined) return { kind: 'failed', message: `${path} answered something else than a list` };
      for (const item of list.items.flatMap((object) => read(object) ?? [])) items.set(nameOf(item), item);
      token = list.continue;
      if (token !== '') continue;
      [this.items, this.#version] = [items, list.version];
      this.#cancelRelist?.();
      this.#cancelRelist = undefined;
      this.#listedAt = clock.monotonic();
      const gapMs = Math.max(RESYNC_MS, WATCHES_A_LIST * (this.#options.crowd?.watchMs() ?? 0));
      this.#resyncAt = this.#listedAt + gapMs * (1 + random() / 2);
      this.#heard();
      this.#hooks.onListed();
      return answer;
    }
    return { kind: 'failed', message: `${path} has more than ${MAX_PAGES * PAGE} objects` };
  }

  /**
   * A page from etcd; or, where everybody asks, all that the server remembers. That may be older by a moment, which the
   * watch makes up for, and spares etcd reading the whole collection for each agent.
   */
  #listQuery(token: string): string {
    const { crowd } = this.#options;
    if (crowd !== undefined) return `${crowd.query}&resourceVersion=0`;
    return `limit=${PAGE}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`;
  }

  async #watch(version: string): Promise<Answer> {
    const { path, read, nameOf, crowd } = this.#options;
    const watching = new AbortController();
    const end = (): void => watching.abort(this.#signal.reason);
    this.#watching = watching;
    this.#signal.addEventListener('abort', end, { once: true });
    const query = `${crowd === undefined ? '' : `${crowd.query}&`}resourceVersion=${encodeURIComponent(version)}`;
    const answer = await this.#deps.client.watch(`${path}?${query}`, {
      signal: watching.signal,
      ...(crowd !== undefined && { forMs: crowd.watchMs() }),
      onOpen: () => {
        this.#heard();
        this.#become({ kind: 'current' });
      },
      onEvent: ({ type, object }) => {
        if (watching.signal.aborted) return;
        this.#pause.reset();
        this.#version = metadataOf(object).version ?? this.#version;
        this.#heard();
        const item = type === 'BOOKMARK' ? undefined : read(object);
        if (item !== undefined) this.#take(type === 'DELETED', nameOf(item), item);
        this.#become({ kind: 'current' });
      },
    });
    this.#signal.removeEventListener('abort', end);
    this.#watching = undefined;
    if (watching.signal.aborted) return { kind: 'ok', value: undefined };
    const now = this.#deps.clock.monotonic();
    // It ended as agreed, so it was there until then.
    if (answer.kind === 'ok') this.heardAt = now;
    if (now >= this.#resyncAt) this.#version = undefined;
    return answer;
  }

  #brokeOff(): void {
    const { clock } = this.#deps;
    const { crowd } = this.#options;
    const gapMs = crowd?.watchMs() ?? Math.max(RELIST_MS, (this.items.size / PAGE) * RELIST_PAGE_MS);
    const waitMs = this.#listedAt + gapMs - clock.monotonic();
    if (waitMs <= 0) this.#version = undefined;
    else this.#cancelRelist ??= clock.after(waitMs, () => this.relist());
  }

  #take(isDeleted: boolean, name: string, item: T): void {
    if (isDeleted) this.items.delete(name);
    else this.items.set(name, item);
    if (isDeleted) this.#hooks.onDeleted(item);
    else this.#hooks.onItem(item);
    this.#hooks.onChange();
  }

  #heard(): void {
    this.heardAt = this.#deps.clock.monotonic();
  }

  #become(state: ListWatchState): void {
    const isSame =
      this.state.kind === state.kind &&
      (this.state.kind !== 'failing' || state.kind !== 'failing' || this.state.answer.kind === state.answer.kind);
    this.state = state;
    if (!isSame) this.#hooks.onChange();
  }
}

interface List {
  readonly items: readonly unknown[];
  readonly version: string;
  /** Empty: this is the last page. */
  readonly continue: string;
}

function readList(value: unknown): List | undefined {
  const { items, metadata } = fieldsOf(value);
  const { resourceVersion, continue: token } = fieldsOf(metadata);
  if (!Array.isArray(items) || typeof resourceVersion !== 'string') return undefined;
  return { items, version: resourceVersion, continue: typeof token === 'string' ? token : '' };
}
