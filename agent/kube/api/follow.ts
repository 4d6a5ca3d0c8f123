/**
 * Follows a collection: lists it in pages, then watches it, and begins anew where that is no longer possible. What is listed
 * and told is handed on, and nothing of it is kept here.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { Clock } from '../../base/clock.ts';
import { type Answer, failureOf } from './answer.ts';
import { fieldsOf, metadataOf } from '../objects/fields.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { type Pause, createPause } from './pause.ts';

export interface FollowOptions {
  /** Of the collection: `/api/v1/nodes`. */
  readonly path: string;
  /** Objects. */
  readonly pageSize: number;
  /** A list that never ends is none. */
  readonly maxPages: number;
  /** Before the page of that number, from 1, ms; default 0. */
  readonly pagePauseMs?: (page: number) => number;
  /** After how long a watch is begun anew, or up to twice that, ms; undefined: the client's own. */
  readonly watchMs?: () => number;
  /** After how long all is listed anew, whatever the watch says, or up to half as much longer, ms. */
  readonly resyncMs: () => number;
  /** Not sooner than so long after a list all is listed anew because a watch broke off, ms. */
  readonly relistMs: () => number;
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

export interface FollowHooks {
  /** A page of a list that may not come to its end. */
  readonly onPage: (objects: readonly unknown[], isFirst: boolean) => void;
  /** All pages of the list were handed over. */
  readonly onListed: () => void;
  readonly onEvent: (event: WatchEvent & { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' }) => void;
  /** A watch broke off: all will be listed anew. */
  readonly onBrokeOff?: () => void;
  /** The state is another one. */
  readonly onChange: () => void;
}

export interface FollowDeps {
  readonly client: Pick<KubeClient, 'get' | 'watch'>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What happened last. */
export type FollowState =
  | { readonly kind: 'listing' }
  /** All that there is was handed on, and it is watched. */
  | { readonly kind: 'current' }
  /** All was handed on as the API had it; it is tried again. `sinceMs` is monotonic. */
  | { readonly kind: 'failing'; readonly answer: Exclude<Answer, { kind: 'ok' }>; readonly sinceMs: number };

export interface Following {
  state(): FollowState;
  /** When the API last said anything to this watch, bookmarks included; monotonic ms, undefined: never. */
  heardAt(): number | undefined;
  /** Lists all anew. */
  relist(): void;
  stop(): void;
}

/** What ends a watch for good: it is to be begun from a new list. */
const STALE_VERSION: ReadonlySet<Answer['kind']> = new Set(['gone', 'refused', 'missing']);
const LONGEST_PAUSE_MS = 30_000;
/** A watch that ends as agreed and so soon was none. */
const TOO_SHORT_MS = 1000;
/** Where everybody asks: agents have met by then. */
const FIRST_MS = 15_000;

/** Begins at once. */
export function startFollowing(options: FollowOptions, hooks: FollowHooks, deps: FollowDeps): Following {
  const controller = new AbortController();
  const follower = new Follower(options, hooks, deps, controller.signal);
  void follower.run();
  return {
    state: () => follower.state,
    heardAt: () => follower.heardAt,
    relist: () => follower.relist(),
    stop: () => controller.abort(new Error('nobody needs it any more')),
  };
}

class Follower {
  state: FollowState = { kind: 'listing' };
  heardAt: number | undefined;
  readonly #options: FollowOptions;
  readonly #hooks: FollowHooks;
  readonly #deps: FollowDeps;
  readonly #signal: AbortSignal;
  readonly #pause: Pause;
  /** The resource version to go on from; undefined: the collection is to be listed. */
  #version: string | undefined;
  #listedAt = -Infinity;
  #cancelRelist: (() => void) | undefined;
  #resyncAt = Infinity;
  #watching: AbortController | undefined;

  constructor(options: FollowOptions, hooks: FollowHooks, deps: FollowDeps, signal: AbortSignal) {
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
    const { path, pageSize, maxPages, pagePauseMs } = this.#options;
    const { client, clock, random } = this.#deps;
    let token = '';
    for (let page = 0; page < maxPages; page += 1) {
      const pauseMs = page === 0 ? 0 : (pagePauseMs?.(page) ?? 0);
      if (pauseMs > 0) await clock.sleep(pauseMs, this.#signal);
      const answer = await client.get(`${path}?${this.#listQuery(token)}`);
      if (answer.kind !== 'ok' || this.#signal.aborted) return answer;
      const list = readList(answer.value);
      if (list === undefined) return { kind: 'failed', message: `${path} answered something else than a list` };
      this.#hooks.onPage(list.items, page === 0);
      token = list.continue;
      if (token !== '') continue;
      this.#version = list.version;
      this.#cancelRelist?.();
      this.#cancelRelist = undefined;
      this.#listedAt = clock.monotonic();
      this.#resyncAt = this.#listedAt + this.#options.resyncMs() * (1 + random() / 2);
      this.#heard();
      this.#hooks.onListed();
      return answer;
    }
    return { kind: 'failed', message: `${path} has more than ${maxPages * pageSize} objects` };
  }

  /**
   * A page from etcd; or, where everybody asks, all that the server remembers. That may be older by a moment, which the
   * watch makes up for, and spares etcd reading the whole collection for each agent.
   */
  #listQuery(token: string): string {
    const { crowd, pageSize } = this.#options;
    if (crowd !== undefined) return `${crowd.query}&resourceVersion=0`;
    return `limit=${pageSize}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`;
  }

  async #watch(version: string): Promise<Answer> {
    const { path, crowd } = this.#options;
    const forMs = crowd?.watchMs() ?? this.#options.watchMs?.();
    const watching = new AbortController();
    const end = (): void => watching.abort(this.#signal.reason);
    this.#watching = watching;
    this.#signal.addEventListener('abort', end, { once: true });
    const query = `${crowd === undefined ? '' : `${crowd.query}&`}resourceVersion=${encodeURIComponent(version)}`;
    const answer = await this.#deps.client.watch(`${path}?${query}`, {
      signal: watching.signal,
      ...(forMs !== undefined && { forMs }),
      onOpen: () => {
        this.#heard();
        this.#become({ kind: 'current' });
      },
      onEvent: ({ type, object }) => {
        if (watching.signal.aborted) return;
        this.#pause.reset();
        this.#version = metadataOf(object).version ?? this.#version;
        this.#heard();
        if (type !== 'BOOKMARK') this.#hooks.onEvent({ type, object });
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

  /**
   * An API server was started anew, and perhaps on an older copy of etcd. Its versions are lower then, and a watch from a
   * higher one is silent until they have caught up. So all is listed anew.
   */
  #brokeOff(): void {
    const { clock } = this.#deps;
    const waitMs = this.#listedAt + this.#options.relistMs() - clock.monotonic();
    if (waitMs <= 0) this.#version = undefined;
    else this.#cancelRelist ??= clock.after(waitMs, () => this.relist());
    this.#hooks.onBrokeOff?.();
  }

  #heard(): void {
    this.heardAt = this.#deps.clock.monotonic();
  }

  #become(state: FollowState): void {
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
