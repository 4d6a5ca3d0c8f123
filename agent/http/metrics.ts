/** Prometheus metrics, computed when they are asked for. */
import type { AnyCheck } from '../../checks/types.ts';
import type { Lateness } from '../base/lateness.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { ResultStatus } from '../model/report.ts';
import { EXPOSITION_TYPE, type MetricSample, renderExposition } from './exposition.ts';
import type { NotificationsState } from '../model/notifications.ts';
import type { RulesPort } from '../model/rule-alert.ts';
import { type MeshFigures, meshSamples } from './mesh-metrics.ts';
import { RESULT_STATUSES, checkSamples, clusterSamples, sample, storeSamples } from './metric-samples.ts';
import { METRICS, type ReadingMetric, readingMetrics } from './metric-table.ts';
import { notificationSamples } from './notification-samples.ts';
import { peerSamples } from './peer-samples.ts';
import { processSamples } from './process-samples.ts';
import { ruleSamples } from './rule-samples.ts';

export interface MetricsOptions {
  readonly node: string;
  readonly version: string;
  readonly checks: readonly AnyCheck[];
}

export interface MetricsRun {
  readonly check: string;
  readonly outcome: ResultStatus;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

/** What a scrape shows. */
export interface Scrape {
  readonly state: ClusterState;
  readonly diagnosis: Diagnosis;
  /** Unix ms. */
  readonly now: number;
  /** Absent where there is no mesh. */
  readonly mesh?: Readonly<Partial<MeshFigures>> | undefined;
  /** Absent where nobody is told of anything. */
  readonly notifications?: NotificationsState | undefined;
  /** Absent where nobody judges rules. */
  readonly rules?: RulesPort | undefined;
}

export interface Metrics {
  readonly contentType: string;
  /** The runner reports every run. */
  onRun(run: MetricsRun): void;
  /** Everything in the exposition format. */
  render(scrape: Scrape): string;
}

export function createMetrics(options: MetricsOptions, lateness: Lateness): Metrics {
  return new AgentMetrics(options, lateness);
}

class AgentMetrics implements Metrics {
  readonly contentType = EXPOSITION_TYPE;
  readonly #options: MetricsOptions;
  readonly #lateness: Lateness;
  readonly #readings: readonly ReadingMetric[];
  readonly #runs = new Map<string, Record<ResultStatus, number>>();
  readonly #timeouts = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  constructor(options: MetricsOptions, lateness: Lateness) {
    this.#options = options;
    this.#lateness = lateness;
    this.#readings = readingMetrics(options.checks);
    // Known series begin at 0, so that the first increase is seen.
    for (const { id } of options.checks) {
      this.#runs.set(id, { ok: 0, problem: 0, unknown: 0, absent: 0 });
      this.#timeouts.set(id, 0);
    }
  }

  onRun({ check, outcome, timedOut }: MetricsRun): void {
    const runs = this.#runs.get(check);
    if (runs === undefined) return;
    runs[outcome] += 1;
    if (timedOut) this.#timeouts.set(check, (this.#timeouts.get(check) ?? 0) + 1);
  }

  render({ state, diagnosis, now, mesh = {}, notifications, rules }: Scrape): string {
    const endedAt = (check: string, ageMs: number): number => this.#endOf(check, now - ageMs);
    return renderExposition([
      ...this.#processSamples(now),
      ...clusterSamples(diagnosis),
      ...peerSamples(state),
      ...meshSamples(mesh),
      ...notificationSamples(notifications),
      ...ruleSamples(rules),
      ...checkSamples(state, this.#options.checks, this.#readings, endedAt),
      ...this.#runSamples(),
      ...storeSamples(state.store),
    ]);
  }

  #runSamples(): MetricSample[] {
    return [
      ...[...this.#runs].flatMap(([check, runs]) =>
        RESULT_STATUSES.map((outcome) => sample(METRICS.checkRuns, runs[outcome], { check, outcome })),
      ),
      ...[...this.#timeouts].map(([check, count]) => sample(METRICS.checkTimeouts, count, { check })),
    ];
  }

  /**
   * The age is measured on another clock than the instant, so that their difference wanders by a few milliseconds: the
   * same run keeps its first stamp.
   */
  #endOf(check: string, end: number): number {
    const known = this.#ended.get(check);
    if (known !== undefined && Math.abs(end - known) < 500) return known;
    this.#ended.set(check, end);
    return end;
  }

  #processSamples(now: number): MetricSample[] {
    const version = { version: this.#options.version, node_version: process.version, arch: process.arch };
    return [
      sample(METRICS.buildInfo, 1, version),
      ...processSamples(now),
      ...Object.entries(this.#lateness.read(now)).map(([statistic, seconds]) =>
        sample(METRICS.eventLoopDelay, seconds, { statistic }),
      ),
    ];
  }
}
