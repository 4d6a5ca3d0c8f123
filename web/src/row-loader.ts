/**
 * Loads what is in view and due, a few at a time. Nothing waits in a queue: when there is room, the first that is wanted
 * then is loaded, so rows that were scrolled past cost nothing.
 */

export interface RowLoaderDeps {
  /** Asks for one and applies the answer. Rejects when there is none. */
  readonly load: (name: string) => Promise<void>;
  /** Unix ms: from when on it is to be asked for again. */
  readonly dueAt: (name: string) => number;
  /** Unix ms. */
  readonly now: () => number;
  /** False while nothing may be asked for: paused, hidden, or nobody answers. */
  readonly enabled: () => boolean;
}

export interface RowLoader {
  /** What is in view now, the most important first. Replaces what was wanted before. */
  want(names: readonly string[]): void;
  /** To be called every second. */
  tick(): void;
}

/** Leaves room for the status and the other requests of the page. */
export const MAX_ROWS_IN_FLIGHT = 3;
const RETRY_MS = 5000;

export function createRowLoader(deps: RowLoaderDeps): RowLoader {
  const inFlight = new Set<string>();
  const retryAt = new Map<string, number>();
  let wanted: readonly string[] = [];

  const isDue = (name: string, now: number): boolean =>
    !inFlight.has(name) && deps.dueAt(name) <= now && (retryAt.get(name) ?? -Infinity) <= now;
  const load = async (name: string): Promise<void> => {
    inFlight.add(name);
    try {
      await deps.load(name);
      retryAt.delete(name);
    } catch {
      retryAt.set(name, deps.now() + RETRY_MS);
    } finally {
      inFlight.delete(name);
      pump();
    }
  };
  const pump = (): void => {
    const now = deps.now();
    for (const name of wanted) {
      if (inFlight.size >= MAX_ROWS_IN_FLIGHT || !deps.enabled()) return;
      if (isDue(name, now)) void load(name);
    }
  };
  return {
    want(names) {
      wanted = names;
      for (const name of retryAt.keys()) if (!names.includes(name)) retryAt.delete(name);
      pump();
    },
    tick: pump,
  };
}
