/**
 * Decides in which state the store is: what its process said last, unless it says nothing any more. A silence is judged
 * by what the process does meanwhile.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { explainSilence } from './disk-record.ts';
import type { Condition, HealthRecord } from './health.ts';
import { type ProcessState, isStopped } from './process-state.ts';
import type { Waits } from './waits.ts';

export interface SilenceWatch {
  /** What the process says of the database. Call {@link SilenceWatch.review} when all is known. */
  heard(condition: Condition): void;
  /** The one place where the state is decided: silence outweighs what was said before it. */
  review(): void;
  /** Every {@link TICK_MS}. */
  tick(): void;
  /** While the agent itself was away it could hear nobody: that time is no silence of the process. */
  forgiveAbsence(): void;
}

export interface SilenceWatchDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly waits: Waits;
  readonly health: HealthRecord;
  readonly process: () => ProcessState | undefined;
  /** Told when it has been silent for too long. */
  readonly silent: (message: string) => void;
  /** Ends a process that hangs by itself. */
  readonly kill: () => void;
}

export const TICK_MS = 1000;
/** A tick that comes this much too late means that the agent itself was away. */
const LATE_MS = 500;
const STALLED_AFTER_MS = 5000;
/** A process that only waits for its turn on a busy machine is given longer: its disk may be fine. */
const STARVED_AFTER_MS = 20_000;
/** A process that neither waits for a device nor is stopped, and still says nothing for so long, hangs by itself. */
const HANGS_AFTER_MS = 60_000;

/** `directory`: named to the operator. */
export const createSilenceWatch = (directory: string, deps: SilenceWatchDeps): SilenceWatch =>
  new Watch(directory, deps);

class Watch implements SilenceWatch {
  readonly #directory: string;
  readonly #deps: SilenceWatchDeps;
  #said: Condition = { state: 'opening', message: 'the database is being opened' };
  #tickedAt: number;

  constructor(directory: string, deps: SilenceWatchDeps) {
    this.#directory = directory;
    this.#deps = deps;
    this.#tickedAt = deps.clock.monotonic();
  }

  heard(condition: Condition): void {
    this.#said = condition;
  }

  tick(): void {
    this.forgiveAbsence();
    this.#tickedAt = this.#deps.clock.monotonic();
    this.#endHanging();
  }

  forgiveAbsence(): void {
    const lateMs = this.#deps.clock.monotonic() - this.#tickedAt - TICK_MS;
    if (lateMs <= LATE_MS) return;
    this.#deps.waits.forgive(lateMs);
    this.#tickedAt += lateMs;
  }

  review(): void {
    this.forgiveAbsence();
    const { health, waits, silent } = this.#deps;
    const silentMs = waits.longestMs();
    if (silentMs < STALLED_AFTER_MS) {
      if (health.set(this.#said)) this.#sayState();
      return;
    }
    if (health.state() === 'stalled') return;
    const process = this.#deps.process();
    if (process?.state === 'R' && silentMs < STARVED_AFTER_MS) return;
    const message = `a write to ${this.#directory} was not acknowledged for 5 s: ${explainSilence(process)}`;
    // A process that is stopped or gets no CPU says nothing about the disk.
    const state = isStopped(process) || process?.state === 'R' ? 'failed' : 'stalled';
    if (!health.set({ state, message })) return;
    silent(message);
    this.#sayState();
  }

  #endHanging(): void {
    if (this.#deps.waits.longestMs() < HANGS_AFTER_MS) return;
    const state = this.#deps.process()?.state;
    if (state !== 'R' && state !== 'S') return;
    this.#deps.log.error({ state }, 'the store process hangs without waiting for the disk; it is ended');
    this.#deps.kill();
  }

  #sayState(): void {
    const { state, message } = this.#deps.health.read();
    if (state === 'ok') this.#deps.log.info({ state }, 'the state of the store changed');
    else this.#deps.log.warn({ state, message }, 'the state of the store changed');
  }
}
