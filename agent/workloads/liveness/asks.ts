/**
 * Who asks after pods: a livenessProbe that is wired to nothing, or that a NetworkPolicy keeps from this agent, lets everything
 * live, and nobody notices.
 */
import type { Clock } from '../../base/clock.ts';
import type { ContainerLiveness } from '../../model/liveness.ts';

type Asked = Pick<ContainerLiveness, 'namespace' | 'pod'>;

export interface AskBook {
  /** Somebody asks after these. */
  note(asked: readonly Asked[]): void;
  /** These are there; what is not is forgotten. */
  see(present: readonly Asked[]): void;
  of(one: Asked): Pick<ContainerLiveness, 'askedAt' | 'unaskedMs'>;
}

/** No probe has a longer period. */
export const UNASKED_MS = 600_000;

/** Whichever container of it has the probe. */
const keyOf = ({ namespace, pod }: Asked): string => `${namespace}/${pod}`;

export function createAskBook(clock: Pick<Clock, 'now' | 'monotonic'>): AskBook {
  /** Monotonic ms: since when it is there, and when it was asked after last. */
  const places = new Map<string, { readonly seenMs: number; askedMs?: number; askedAt?: number }>();
  return {
    note(asked) {
      for (const one of asked) {
        const place = places.get(keyOf(one));
        if (place !== undefined) [place.askedMs, place.askedAt] = [clock.monotonic(), clock.now()];
      }
    },
    see(present) {
      const keys = new Set(present.map(keyOf));
      for (const key of places.keys()) if (!keys.has(key)) places.delete(key);
      for (const key of keys) if (!places.has(key)) places.set(key, { seenMs: clock.monotonic() });
    },
    of(one) {
      const place = places.get(keyOf(one));
      if (place === undefined) return {};
      const unaskedMs = clock.monotonic() - (place.askedMs ?? place.seenMs);
      return {
        ...(place.askedAt !== undefined && { askedAt: place.askedAt }),
        ...(unaskedMs > UNASKED_MS && { unaskedMs }),
      };
    },
  };
}
