/** Keeps a copy of a collection, as `follow.ts` tells of it. */
import { type Crowd, type FollowDeps, type FollowState, startFollowing } from './follow.ts';

export interface ListWatchOptions<T> {
  /** Of the collection: `/api/v1/nodes`. */
  readonly path: string;
  /** What is kept of an object; undefined: nothing, it is none of the kind. */
  readonly read: (object: unknown) => T | undefined;
  readonly nameOf: (item: T) => string;
  /** For a collection that every agent follows; absent: a few do. */
  readonly crowd?: Crowd;
}

export interface ListWatch<T> {
  /** By name. */
  items(): ReadonlyMap<string, T>;
  state(): FollowState;
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
/** 10,000 objects. */
const MAX_PAGES = 100;
/** A watch that lost an event would go unnoticed for ever. Half as much more, by chance, so that readers do not list together. */
export const RESYNC_MS = 30 * 60_000;
/** Where everybody asks: a list costs the API more than a watch that goes on. */
const WATCHES_A_LIST = 3;
/** Where a watch broke off all is listed anew, this long after the last list for each of its pages, and not sooner than a minute after it. */
const RELIST_MS = 60_000;
export const RELIST_PAGE_MS = 6000;

/** Begins at once. */
export function startListWatch<T>(
  { path, read, nameOf, crowd }: ListWatchOptions<T>,
  hooks: ListWatchHooks<T>,
  deps: FollowDeps,
): ListWatch<T> {
  let items = new Map<string, T>();
  /** Those of a list that is under way. */
  let listed = new Map<string, T>();
  const following = startFollowing(
    {
      path,
      pageSize: PAGE,
      maxPages: MAX_PAGES,
      resyncMs: () => Math.max(RESYNC_MS, WATCHES_A_LIST * (crowd?.watchMs() ?? 0)),
      relistMs: () => crowd?.watchMs() ?? Math.max(RELIST_MS, (items.size / PAGE) * RELIST_PAGE_MS),
      ...(crowd !== undefined && { crowd }),
    },
    {
      onPage(objects, isFirst) {
        if (isFirst) listed = new Map();
        for (const item of objects.flatMap((object) => read(object) ?? [])) listed.set(nameOf(item), item);
      },
      onListed() {
        [items, listed] = [listed, new Map()];
        hooks.onListed();
      },
      onEvent({ type, object }) {
        const item = read(object);
        if (item === undefined) return;
        if (type === 'DELETED') items.delete(nameOf(item));
        else items.set(nameOf(item), item);
        if (type === 'DELETED') hooks.onDeleted(item);
        else hooks.onItem(item);
        hooks.onChange();
      },
      onChange: hooks.onChange,
    },
    deps,
  );
  return { ...following, items: () => items };
}
