/** Bound on the series of other nodes that are held open at a time: a peer that invents names must not fill the memory. */
import type { SeriesKey } from '../model/history.ts';
import type { SeriesTable } from './series-table.ts';

export interface PeerSeries {
  /** The number of the series; undefined where there is no room for it. */
  admit(key: SeriesKey): number | undefined;
  /** A series that was admitted before. */
  restore(id: number): void;
  remove(id: number): void;
  clear(): void;
}

const MAX_NODES = 100;
const SERIES_A_NODE = 64;

/** `note`: told once when something is left out. */
export function createPeerSeries(series: SeriesTable, note: (message: string) => void): PeerSeries {
  const nodes = new Map<string, Set<number>>();
  const owners = new Map<number, string>();
  let hasSaidSo = false;

  const enter = (id: number, node: string): void => {
    owners.set(id, node);
    const ids = nodes.get(node);
    if (ids === undefined) nodes.set(node, new Set([id]));
    else ids.add(id);
  };
  const refuse = ({ node, check, reading }: SeriesKey): undefined => {
    if (hasSaidSo) return;
    hasSaidSo = true;
    note(
      `readings of other nodes are left out, first ${check} ${reading} of ${node}: ` +
        `at most ${MAX_NODES} nodes with ${SERIES_A_NODE} series each are kept`,
    );
  };

  return {
    admit(key) {
      const ids = nodes.get(key.node);
      const hasRoom = ids === undefined ? nodes.size < MAX_NODES : ids.size < SERIES_A_NODE;
      const id = hasRoom ? series.idOf(key) : series.lookUp(key);
      if (id === undefined || (!hasRoom && !owners.has(id))) return refuse(key);
      enter(id, key.node);
      return id;
    },
    restore(id) {
      const node = owners.get(id) ?? series.nodeOf(id);
      if (node !== undefined) enter(id, node);
    },
    remove(id) {
      const node = owners.get(id);
      if (node === undefined) return;
      owners.delete(id);
      const ids = nodes.get(node);
      ids?.delete(id);
      if (ids?.size === 0) nodes.delete(node);
    },
    clear() {
      nodes.clear();
      owners.clear();
    },
  };
}
