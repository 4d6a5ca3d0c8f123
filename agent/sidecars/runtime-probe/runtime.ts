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

/** Makes things of one kind, and finds them again. */
export interface Maker {
  made(signal: AbortSignal): Promise<readonly Made[]>;
  /** By force; what is gone or going is fine. */
  remove(nameOrId: string, signal: AbortSignal): Promise<void>;
}

/** Sandboxes on the network of pods, without a container. */
export interface PodNetwork extends Maker {
  /** Connects a new one. It stays until it is removed. */
  attach(order: Omit<LiveOrder, 'image'>, signal: AbortSignal): Promise<AttachedSandbox>;
  /** False where somebody took it away, as the kubelet does with what it knows no pod of. */
  isThere(id: string, signal: AbortSignal): Promise<boolean>;
}

export interface AttachedSandbox {
  readonly id: string;
  /** The first one first; never none. */
  readonly addresses: readonly string[];
}

/** Every method rejects with an EngineError, or where nobody could look with another error, and ends with its signal. */
export interface ContainerRuntime extends Maker {
  /** What it calls itself: `Docker 27.3.1`, `containerd 1.7.24`. */
  name(): string;
  /** What a ping asks, one after the other, by the name of the phase. */
  readonly looks: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;
  /** Undefined: what it speaks knows no pods. */
  readonly podNetwork?: PodNetwork;
  /** The image to run, which is there when this resolves. */
  image(signal: AbortSignal): Promise<string>;
  /** Creates it, starts it and waits until it has ended well; each a phase. It stays until it is removed. */
  live(order: LiveOrder, phases: Pick<Phases, 'run'>, signal: AbortSignal): Promise<void>;
}
