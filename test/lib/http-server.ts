/** A real HTTP server over fixtures, for tests and benchmarks. */
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { createMetrics } from '../../agent/http/metrics.ts';
import type { HttpDeps, HttpOptions } from '../../agent/http/options.ts';
import { createHttpServer } from '../../agent/http/server.ts';
import type { WorkloadsPort } from '../../agent/http/workloads-port.ts';
import type { ContainerLiveness } from '../../agent/model/liveness.ts';
import type { StoredEvent } from '../../agent/model/timeline.ts';
import { CHECKS, EVENTS, KUBELET_DOWN, MIXED_RESULTS, POINTS, PUNCTUAL, aState } from './fixtures.ts';

export interface FixtureServer {
  readonly url: string;
  readonly port: number;
  /** As the agent does after a change. */
  change(): void;
  store(events: readonly StoredEvent[]): void;
  stop(): Promise<void>;
}

export const httpOptions = (overrides: Partial<HttpOptions> = {}): HttpOptions => ({
  port: 0,
  address: '127.0.0.1',
  access: 'open',
  tokenFile: '',
  signalSecretFile: '',
  hostNames: [],
  tlsCertFile: '',
  tlsKeyFile: '',
  webDirectory: '/nonexistent/web',
  node: 'node-a',
  version: '0.1.0',
  ...overrides,
});

/** Answers from the fixtures: one problem, one blind check, one overdue, one absent. */
export function httpDeps(overrides: Partial<HttpDeps> = {}): HttpDeps & Pick<FixtureServer, 'change' | 'store'> {
  const changes = new Set<() => void>();
  const stores = new Set<(events: readonly StoredEvent[]) => void>();
  const subscribe = <Listener>(listeners: Set<Listener>, listener: Listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    diagnosis: () => KUBELET_DOWN,
    state: () => aState(MIXED_RESULTS),
    checks: CHECKS,
    history: {
      series: () => Promise.resolve({ kind: 'answer', value: [POINTS] }),
      statusAt: () => Promise.resolve({ kind: 'answer', value: { over: {} } }),
      timeline: ({ limit }) => Promise.resolve({ kind: 'answer', value: EVENTS.slice(0, limit) }),
    },
    onChange: (listener) => subscribe(changes, listener),
    onStored: (listener) => subscribe(stores, listener),
    clock: systemClock,
    log: createLog('silent', 'node-a'),
    metrics: createMetrics({ node: 'node-a', version: '0.1.0', checks: CHECKS }, PUNCTUAL),
    change: () => changes.forEach((listener) => listener()),
    store: (events) => stores.forEach((listener) => listener(events)),
    ...overrides,
  };
}

/** What people run, where these containers may be restarted. */
export const aWorkloads = (
  containers: readonly ContainerLiveness[],
  more: Partial<WorkloadsPort> = {},
): WorkloadsPort => ({
  containers: () => containers,
  asked: () => {},
  signals: () => [],
  hear: () => ({ kind: 'taken', taken: 0, ignored: [], refused: [] }),
  ...more,
});

export async function startFixtureServer(
  options: Partial<HttpOptions> = {},
  overrides: Partial<HttpDeps> = {},
): Promise<FixtureServer> {
  const deps = httpDeps(overrides);
  const server = createHttpServer(httpOptions(options), deps);
  const { urls, port } = await server.start();
  return {
    url: urls[0] ?? '',
    port,
    change: () => deps.change(),
    store: (events) => deps.store(events),
    stop: () => server.stop(),
  };
}
