/** Counts inbound connections that were refused. libp2p tells of them only through metrics. */
import type { CounterGroup, Metrics } from '@libp2p/interface';
import type { TransportCounts } from '../types.ts';

export interface Refusals {
  readonly metrics: () => Metrics;
  counts(): TransportCounts['refused'];
}

/** libp2p's counter of failed inbound upgrades, by the error's name. */
const INBOUND_ERRORS = 'libp2p_connection_manager_dials_inbound_errors_total';

const CAUSES: Readonly<Record<string, keyof TransportCounts['refused']>> = {
  EncryptionFailedError: 'stranger',
  ConnectionDeniedError: 'limit',
  ConnectionInterceptedError: 'limit',
};

export function createRefusals(): Refusals {
  const counts = { stranger: 0, limit: 0, other: 0 };
  const inbound: CounterGroup = {
    increment(names) {
      for (const name of Object.keys(names)) counts[CAUSES[name] ?? 'other'] += 1;
    },
    reset() {},
  };
  const nothing = { increment() {}, decrement() {}, reset() {}, update() {}, observe() {}, timer: () => () => {} };
  const metrics = {
    trackMultiaddrConnection() {},
    trackProtocolStream() {},
    registerCounterGroup: (name: string) => (name === INBOUND_ERRORS ? inbound : nothing),
    registerMetric: () => nothing,
    registerMetricGroup: () => nothing,
    registerCounter: () => nothing,
    registerHistogram: () => nothing,
    registerHistogramGroup: () => nothing,
    registerSummary: () => nothing,
    registerSummaryGroup: () => nothing,
    traceFunction: (_name: string, traced: unknown) => traced,
    createTrace: () => undefined,
  };
  // The overloads of Metrics cannot be written as functions; what libp2p calls is above.
  return { metrics: () => metrics as Metrics, counts: () => ({ ...counts }) };
}
