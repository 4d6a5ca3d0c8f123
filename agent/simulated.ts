/**
 * The page and the API over a generated cluster: to see what many nodes look like. THE ONLY PLACE THAT GENERATES DATA,
 * and all of it says so: the nodes' names, the first word of the status, a finding, the version and every message. No
 * agent runs, nothing is looked at and nothing is stored. The diagnosis and the HTTP interface are the real ones.
 */
import { CHECKS } from '../checks/registry.ts';
import type { Clock } from './base/clock.ts';
import { createTimedClock } from './base/lateness.ts';
import type { Logger } from './base/log.ts';
import { VERSION } from './base/version.ts';
import { createCatalogue } from './catalogue.ts';
import { createMetrics } from './http/metrics.ts';
import type { HttpOptions } from './http/options.ts';
import { createHttpServer } from './http/server.ts';
import { createKnowledge } from './knowledge.ts';
import type { Diagnosis, Finding } from './model/finding.ts';
import type { StoredEvent } from './model/timeline.ts';
import { createSimulatedCluster } from './simulated/cluster.ts';
import { createSimulatedEvents, createSimulatedRules } from './simulated/events.ts';
import { createSimulatedHistory } from './simulated/history.ts';

export interface SimulationOptions {
  /** How many nodes. */
  readonly count: number;
  readonly port: number;
  /** Where the built page is. */
  readonly webDirectory: string;
}

export interface SimulationDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Simulation {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const SEED = 1;
const REPORTS_EVERY_MS = 2000;

/** @throws {AgentError} `unavailable` when the address is taken */
export async function startSimulation(options: SimulationOptions, deps: SimulationDeps): Promise<Simulation> {
  const { log } = deps;
  const { clock, lateness } = createTimedClock(deps.clock);
  const version = `${VERSION}-simulated`;
  const startedAt = clock.now();
  const cluster = createSimulatedCluster(
    { count: options.count, seed: SEED, version, originMs: startedAt - clock.monotonic() },
    CHECKS,
  );
  const node = cluster.names[0] ?? '';
  const history = createSimulatedHistory(cluster, () => clock.now());
  const knowledge = createKnowledge(() => cluster.state(clock.now()), createCatalogue(CHECKS), clock);
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  const http = createHttpServer(
    { ...HTTP, port: options.port, node, version, webDirectory: options.webDirectory },
    {
      clock,
      log,
      checks: CHECKS,
      metrics: createMetrics({ node, version, checks: CHECKS }, lateness),
      history,
      events: createSimulatedEvents(cluster, () => clock.now()),
      rules: createSimulatedRules(cluster, () => clock.now()),
      state: () => knowledge.state(),
      diagnosis: () => labelled(knowledge.diagnosis(), startedAt),
      onChange: (listener) => knowledge.onChange(listener),
      onStored: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  );
  let toldUntil = startedAt;
  const stopReports = clock.every(REPORTS_EVERY_MS, () => {
    const [from, to] = [toldUntil, clock.now()];
    toldUntil = to;
    const events = [...history.events(from, to)];
    if (events.length > 0) for (const listener of listeners) listener(events);
    knowledge.touch();
  });
  const { urls } = await http.start();
  return {
    urls,
    async stop() {
      stopReports();
      await http.stop();
      knowledge.stop();
    },
  };
}

/** For people at this machine only. */
const HTTP: Omit<HttpOptions, 'port' | 'node' | 'version' | 'webDirectory'> = {
  address: '127.0.0.1',
  access: 'open',
  tokenFile: '',
  signalSecretFile: '',
  hostNames: [],
  tlsCertFile: '',
  tlsKeyFile: '',
};

/** Whoever sees the first sentence or the findings cannot take it for a real cluster. */
function labelled(diagnosis: Diagnosis, since: number): Diagnosis {
  const { node } = diagnosis.view;
  const finding: Finding = {
    id: 'Simulated',
    reason: 'Simulated',
    severity: 'info',
    nodeSeverity: 'info',
    node,
    sentence: 'This cluster is simulated: no node, check or figure here is real',
    since,
    observers: [],
    dissent: [],
    evidence: ['meerkat demo --simulate generates everything that is shown here'],
    alternatives: [],
    next: ['To see real agents: meerkat demo'],
  };
  return { ...diagnosis, sentence: `SIMULATED: ${diagnosis.sentence}`, findings: [...diagnosis.findings, finding] };
}
