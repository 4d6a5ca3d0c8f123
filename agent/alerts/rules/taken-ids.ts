/** Ids of what was taken lately. */

export interface TakenIds {
  /** Adds it; false: it was there. */
  add(id: string): boolean;
}

/** In each of two generations. */
const MAX_IDS = 8192;

export function createTakenIds(): TakenIds {
  let ids = new Set<string>();
  let old = new Set<string>();
  return {
    add(id) {
      if (ids.has(id) || old.has(id)) return false;
      if (ids.size >= MAX_IDS) [old, ids] = [ids, new Set()];
      ids.add(id);
      return true;
    },
  };
}
