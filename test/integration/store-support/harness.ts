/** A real store on a temporary directory, and how tests wait for it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import type { StoreHealth } from '../../../agent/model/store-health.ts';
import type { StoredEvent, TimelineEvent } from '../../../agent/model/timeline.ts';
import { readProcessState } from '../../../agent/store/process-state.ts';
import { type Store, createStore } from '../../../agent/store/store.ts';

export interface RunningStore {
  readonly store: Store;
  readonly told: StoredEvent[];
  readonly states: StoreHealth['state'][];
  /** The store's process, which is the newest child of this one. */
  readonly pid: () => number;
}

export const temporaryDirectory = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'meerkat-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Not opened yet. */
export function aStore(directory: string, maxBytes = 64 * 1024 * 1024): RunningStore {
  const before = new Set(childrenOf(process.pid));
  const store = createStore({ directory, maxBytes }, { clock: systemClock, log: createLog('silent', 'n') });
  const told: StoredEvent[] = [];
  const states: StoreHealth['state'][] = [];
  store.onStored((events) => void told.push(...events));
  store.onHealth(({ state }) => void states.push(state));
  const pid = (): number => {
    const found = childrenOf(process.pid).filter((one) => !before.has(one) && isAlive(one));
    if (found.length !== 1) throw new Error(`${found.length} store processes`);
    return found[0] ?? 0;
  };
  return { store, told, states, pid };
}

export const aNotice = (message: string, at = Date.now()): TimelineEvent => ({
  kind: 'agent-notice',
  at,
  node: 'n',
  message,
});

/** Every event of the log, oldest first. */
export async function wholeTimeline(store: Store): Promise<readonly StoredEvent[]> {
  const answer = await store.timeline({ from: 0, to: Date.now() + 60_000, limit: 1000 });
  if (answer.kind === 'unavailable') throw new Error(answer.message);
  return [...answer.value].sort((a, b) => a.sequence - b.sequence);
}

/** Waits for a condition, looked at every 20 ms; throws after `timeoutMs`. Returns how long it took. */
export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<number> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - startedAt;
}

/** False also for a process that has ended and was not waited for by its parent. */
export function isAlive(pid: number): boolean {
  const state = readProcessState(pid)?.state;
  return state !== undefined && state !== 'Z';
}

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
