/**
 * Where the API is asked: the Service's address first, then every API server by its own address. One broken kube-proxy,
 * or one dead master, is no reason not to know.
 */
import type { Clock } from '../../base/clock.ts';

export interface Endpoint {
  readonly url: string;
  /** A person, or the pod's environment, named it. Others were heard of, and have to prove that they are API servers. */
  readonly isConfigured: boolean;
}

export interface Endpoints {
  /** In the order in which they are tried: the one that answered last; those that failed a moment ago come last. */
  list(): readonly Endpoint[];
  worked(url: string): void;
  failed(url: string): void;
  /** The API servers' own addresses, as the cluster names them now; `https://10.0.0.1:6443`. */
  learn(urls: readonly string[]): void;
}

/** An API with more servers than that is asked at these. */
const MAX_LEARNED = 9;
/** For so long the others are tried first. */
const FAILED_MS = 60_000;

/** @param configured URLs without a path, at least one */
export function createEndpoints(configured: readonly string[], clock: Pick<Clock, 'monotonic'>): Endpoints {
  let learned: readonly string[] = [];
  let last: string | undefined;
  const failedAt = new Map<string, number>();
  const rank = (url: string): number => {
    if (url === last) return -1;
    const at = failedAt.get(url);
    return at === undefined || clock.monotonic() - at >= FAILED_MS ? 0 : 1 + at;
  };
  return {
    list: () =>
      [...new Set([...configured, ...learned])]
        .map((url) => ({ url, isConfigured: configured.includes(url) }))
        .sort((one, other) => rank(one.url) - rank(other.url)),
    worked(url) {
      last = url;
      failedAt.delete(url);
    },
    failed(url) {
      if (last === url) last = undefined;
      failedAt.set(url, clock.monotonic());
    },
    learn(urls) {
      learned = urls.filter((url) => URL.canParse(url)).slice(0, MAX_LEARNED);
      const known = new Set([...configured, ...learned]);
      for (const url of failedAt.keys()) if (!known.has(url)) failedAt.delete(url);
      if (last !== undefined && !known.has(last)) last = undefined;
    },
  };
}
