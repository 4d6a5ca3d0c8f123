/** Own edges that changed, as events: those of one moment in one event, because broadcasts are few. */
import type { Clock } from '../../base/clock.ts';
import { type EdgeChange, type EdgesEvent, MAX_EDGE_CHANGES } from '../codec/event.ts';

export interface EdgeNews {
  /** Told at once, or with others a moment later. */
  changed(change: EdgeChange): void;
  stop(): void;
}

export interface EdgeNewsDeps {
  readonly clock: Clock;
  readonly node: string;
  /** How many members there are. */
  readonly members: () => number;
  readonly tell: (event: EdgesEvent) => void;
}

/** As often as a broadcast of one type may go out. */
const EVERY_MS = 200;
/**
 * For each member, between two events that say only that peers are back. After a cut everybody has that to say of many
 * peers, one after the other as they answer. More than 50 broadcasts a second are a storm, in which all is left to sync,
 * and with it the last of 21 agents was believed again after 4 s. This makes 40 a second of it at most.
 */
const MS_PER_MEMBER = 25;
/** From 40 members on there is a storm whatever one does, and sync would bring it by then. */
const LONGEST_MS = 1000;

export function createEdgeNews({ clock, node, members, tell }: EdgeNewsDeps): EdgeNews {
  let waiting = new Map<string, EdgeChange>();
  let lastAt = -Infinity;
  let dueAt = Infinity;
  let cancel: () => void = () => {};
  const flush = (): void => {
    const edges = [...waiting.values()];
    waiting = new Map();
    lastAt = clock.monotonic();
    dueAt = Infinity;
    for (let from = 0; from < edges.length; from += MAX_EDGE_CHANGES) {
      tell({ kind: 'edges', at: clock.now(), node, edges: edges.slice(from, from + MAX_EDGE_CHANGES) });
    }
  };
  const dueOf = ({ state }: EdgeChange, now: number): number => {
    const isDown = state === 'refused' || state === 'unresponsive';
    if (isDown) return Math.max(now, lastAt + EVERY_MS);
    const everyMs = Math.max(EVERY_MS, Math.min(LONGEST_MS, MS_PER_MEMBER * members()));
    if (state === 'lost') return Math.max(now, lastAt + everyMs);
    return Math.max(now + everyMs - EVERY_MS, lastAt + everyMs);
  };
  return {
    changed(change) {
      waiting.set(change.peer, change);
      const now = clock.monotonic();
      const due = dueOf(change, now);
      if (due >= dueAt) return;
      cancel();
      dueAt = due;
      // What changed in the same instant comes in the same turn of the event loop.
      cancel = clock.after(due - now, flush);
    },
    stop() {
      cancel();
      dueAt = -Infinity;
      waiting.clear();
    },
  };
}
