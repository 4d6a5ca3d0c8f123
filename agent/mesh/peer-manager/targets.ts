/** Whom to dial next: peers and seeds, each with its back-off. */
import { type BackOffBounds, backOffMs } from '../../base/back-off.ts';

/** Of the dials of one peer. */
const DIALS: BackOffBounds = { firstMs: 1000, longestMs: 60_000 };

export interface Target {
  /** A PeerId, or a seed's address. */
  readonly key: string;
  failures: number;
  /** Connections in a row that ended early. */
  shortLived: number;
  /** On the monotonic clock. */
  notBefore: number;
  /** When an answered probe began its dialling anew, on the monotonic clock; -Infinity: not since it was connected or lost. */
  helpedAtMs: number;
  /** Set while it is dialled. */
  dial?: { readonly since: number; readonly controller: AbortController };
}

export interface Targets {
  /** Made on first use, due at once or after `deferMs`. */
  of(key: string, deferMs: number): Target;
  failed(target: Target): void;
  /** It answered, and need not be asked again soon. */
  rest(target: Target): void;
  /** There is something new to try: the next dial is not later than after a first failure. */
  hasten(target: Target): void;
  hastenAll(): void;
  /** It was connected or lost: what an answered probe says of it is news again. */
  mayHelp(key: string): void;
  isDue(target: Target): boolean;
  /** Dials under way. */
  dialling(): readonly Target[];
  /** Forgets those that nobody asks for any more. */
  keepOnly(keep: (key: string) => boolean): void;
  stop(): void;
}

export interface TargetsDeps {
  readonly monotonic: () => number;
  readonly random: () => number;
}

export function createTargets({ monotonic, random }: TargetsDeps): Targets {
  const targets = new Map<string, Target>();
  const dialling = (): Target[] => [...targets.values()].filter(({ dial }) => dial !== undefined);
  const hasten = (target: Target): void => {
    target.notBefore = Math.min(target.notBefore, monotonic() + backOffMs(1, random(), DIALS));
  };
  return {
    of(key, deferMs) {
      const existing = targets.get(key);
      if (existing !== undefined) return existing;
      const target = { key, failures: 0, shortLived: 0, notBefore: monotonic() + deferMs, helpedAtMs: -Infinity };
      targets.set(key, target);
      return target;
    },
    failed(target) {
      target.failures += 1;
      target.notBefore = monotonic() + backOffMs(target.failures, random(), DIALS);
    },
    rest(target) {
      target.failures = 0;
      target.notBefore = monotonic() + DIALS.longestMs;
    },
    hasten,
    mayHelp(key) {
      const target = targets.get(key);
      if (target !== undefined) target.helpedAtMs = -Infinity;
    },
    hastenAll: () => targets.forEach(hasten),
    isDue: ({ dial, notBefore }) => dial === undefined && notBefore <= monotonic(),
    dialling,
    keepOnly(keep) {
      for (const [key, { dial }] of targets) if (dial === undefined && !keep(key)) targets.delete(key);
    },
    stop() {
      for (const { dial } of dialling()) dial?.controller.abort();
    },
  };
}
