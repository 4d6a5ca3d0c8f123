/** What the contract's tests need of a kind of transport. */
import type { Clock } from '../../../agent/base/clock.ts';
import type { Transport } from '../../../agent/mesh/transport/types.ts';

export interface Harness {
  readonly clock: Clock;
  /** A started transport; `key` names the cluster key. */
  make(options?: { readonly key?: string; readonly keys?: readonly string[] }): Promise<Transport>;
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until the condition holds. @throws Error when it does not. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets this much time pass. */
  pass(durationMs: number): Promise<void>;
  stop(): Promise<void>;
}

export const TOPIC = '/meerkat/events/1';
