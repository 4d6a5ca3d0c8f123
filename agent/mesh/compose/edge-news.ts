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
  readonly tell: (event: EdgesEvent) => void;
}

/** As often as a broadcast of one type may go out. */
const EVERY_MS = 200;

export function createEdgeNews({ clock, node, tell }: EdgeNewsDeps): EdgeNews {
  let waiting = new Map<string, EdgeChange>();
  let nextAt = -Infinity;
  let cancel: (() => void) | undefined;
  const flush = (): void => {
    cancel = undefined;
    const edges = [...waiting.values()];
    waiting = new Map();
    nextAt = clock.monotonic() + EVERY_MS;
    for (let from = 0; from < edges.length; from += MAX_EDGE_CHANGES) {
      tell({ kind: 'edges', at: clock.now(), node, edges: edges.slice(from, from + MAX_EDGE_CHANGES) });
    }
  };
  return {
    changed(change) {
      waiting.set(change.peer, change);
      // What changed in the same instant comes in the same turn of the event loop.
      cancel ??= clock.after(Math.max(0, nextAt - clock.monotonic()), flush);
    },
    stop() {
      cancel?.();
      cancel = undefined;
      waiting.clear();
    },
  };
}
