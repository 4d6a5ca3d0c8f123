/** Up to where this agent has read the lists of its neighbours. */
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { Cursor } from './hello-frame.ts';

export interface Cursors {
  get(peerId: string): Cursor | undefined;
  set(peerId: string, cursor: Cursor): void;
  /** The neighbour cannot use the cursor: it gets HASHES from now on, until a whole exchange. */
  reset(peerId: string): void;
  isReset(peerId: string): boolean;
  readonly count: () => number;
}

/** An agent has 16 neighbours, and some come and go. */
const MAX_NEIGHBOURS = 256;

export function createCursors(): Cursors {
  const places = new BoundedMap<string, Cursor | 'reset'>(MAX_NEIGHBOURS);
  const get = (peerId: string): Cursor | undefined => {
    const place = places.get(peerId);
    return place === 'reset' ? undefined : place;
  };
  return {
    get,
    set: (peerId, cursor) => places.set(peerId, cursor),
    reset: (peerId) => places.set(peerId, 'reset'),
    isReset: (peerId) => places.get(peerId) === 'reset',
    count: () => places.size,
  };
}
