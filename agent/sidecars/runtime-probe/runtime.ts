/** A container runtime as the probe drives it, whatever it speaks. */
import type { Phases } from './phases.ts';

/** Something that a probe made and that is still there. */
export interface Made {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Which agent's probe made it; empty when that cannot be told. */
  readonly instance: string;
}

export interface LiveOrder {
  /** Never used before. */
  readonly name: string;
  readonly instance: string;
  readonly image: string;
}

/** Every method rejects with an EngineError, or where nobody could look with another error, and ends with its signal. */
export interface ContainerRuntime {
  /** What it calls itself: `Docker 27.3.1`, `containerd 1.7.24`. */
  name(): string;
  /** What a ping asks, one after the other, by the name of the phase. */
  readonly looks: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;
  made(signal: AbortSignal): Promise<readonly Made[]>;
  /** By force; what is gone or going is fine. */
  remove(nameOrId: string, signal: AbortSignal): Promise<void>;
  /** The image to run, which is there when this resolves. */
  image(signal: AbortSignal): Promise<string>;
  /** Creates it, starts it and waits until it has ended well; each a phase. It stays until it is removed. */
  live(order: LiveOrder, phases: Pick<Phases, 'run'>, signal: AbortSignal): Promise<void>;
}
