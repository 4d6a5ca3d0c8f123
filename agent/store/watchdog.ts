/**
 * Ends an agent whose event loop is blocked: a check that never gives control back would otherwise stop every answer,
 * and nothing inside the same process could notice. Runs in the store process.
 */
import type { Clock } from '../base/clock.ts';
import { type ProcessState, isStopped } from './process-state.ts';

export interface Watchdog {
  /** A sign of life of the agent; the first one starts the watch. */
  heard(): void;
  /** The agent is ending in order. */
  stop(): void;
}

export interface WatchdogDeps {
  readonly clock: Clock;
  /** The agent's process; undefined when it is gone. */
  readonly agent: () => ProcessState | undefined;
  readonly signal: (name: 'SIGALRM' | 'SIGKILL') => void;
  /** Leaves word for the next agent. May hang with the disk; it is waited for {@link RECORD_MS} at most. */
  readonly record: () => Promise<void>;
}

/** Without a sign of life for so long the agent is blocked. */
export const BLOCKED_MS = 10_000;
const LOOK_MS = 1000;
/** A look that comes this much too late means that the machine or the whole pod was paused or starved. */
const LATE_MS = 1000;
const RECORD_MS = 2000;
/** From SIGALRM, which says why in the exit code, to SIGKILL. */
const GRACE_MS = 2000;

export function createWatchdog({ clock, agent, signal, record }: WatchdogDeps): Watchdog {
  let heardAt: number | undefined;
  let lookedAt = clock.monotonic();
  let ending = false;

  const end = async (): Promise<void> => {
    ending = true;
    await Promise.race([record().catch(() => {}), clock.sleep(RECORD_MS)]);
    signal('SIGALRM');
    await clock.sleep(GRACE_MS);
    if (agent() !== undefined) signal('SIGKILL');
  };

  const look = (): void => {
    const now = clock.monotonic();
    const wasLate = now - lookedAt > LOOK_MS + LATE_MS;
    lookedAt = now;
    if (heardAt === undefined || ending) return;
    if (wasLate) heardAt = now;
    if (now - heardAt < BLOCKED_MS) return;
    const state = agent();
    if (state === undefined || isStopped(state)) heardAt = now;
    else void end();
  };

  const cancel = clock.every(LOOK_MS, look);
  return {
    heard() {
      heardAt = clock.monotonic();
    },
    stop: cancel,
  };
}
