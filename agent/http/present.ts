/** From the model to the API's shapes: pure, with the moment as an argument. */
import type { Diagnosis, Finding } from '../model/finding.ts';
import type { SeriesPoints } from '../model/history.ts';
import type { StoredEvent } from '../model/timeline.ts';
import type { AnyCheck } from '../../checks/types.ts';
import type { ApiCatalogue, ApiFinding, ApiStatus } from './contract.ts';
import type { ApiEvent, ApiSeries, ApiTimeline } from './contract/history.ts';
import { toInstant, toSeconds, unitOf } from './units.ts';

/** The checks' own texts by their ids. */
export type Catalogue = ReadonlyMap<string, AnyCheck>;

export const catalogueOf = (checks: readonly AnyCheck[]): Catalogue =>
  new Map(checks.map((check) => [check.id, check]));

export function presentStatus(diagnosis: Diagnosis, now: number): ApiStatus {
  return {
    status: diagnosis.status,
    sentence: diagnosis.sentence,
    at: toInstant(diagnosis.at),
    view: { ...diagnosis.view },
    findings: diagnosis.findings.map((finding) => presentFinding(finding, now)),
  };
}

export function presentCatalogue(checks: readonly AnyCheck[]): ApiCatalogue {
  return {
    checks: checks.map((check) => ({
      check: check.id,
      title: check.title,
      description: check.description,
      intervalSeconds: toSeconds(check.intervalMs),
      readings: Object.entries(check.readings).map(([name, spec]) => ({ name, title: spec.title, unit: unitOf(name) })),
      reasons: Object.entries(check.reasons).map(([reason, { severity, summary, remedy }]) => ({
        reason,
        severity,
        summary,
        remedy,
      })),
    })),
  };
}

export function presentSeries(series: readonly SeriesPoints[]): ApiSeries {
  return {
    series: series.map(({ key, resolution, stepMs, times, averages, minima, maxima }) => ({
      ...key,
      resolution,
      stepSeconds: toSeconds(stepMs),
      times: times.map(toSeconds),
      averages: [...averages],
      minima: [...minima],
      maxima: [...maxima],
    })),
  };
}

export const presentTimeline = (events: readonly StoredEvent[]): ApiTimeline => ({ events: events.map(presentEvent) });

export function presentFinding(finding: Finding, now: number): ApiFinding {
  const { since, nodes, observers, dissent, evidence, alternatives, next, ...rest } = finding;
  return {
    ...rest,
    ...(nodes !== undefined && { nodes: [...nodes] }),
    since: toInstant(since),
    forSeconds: toSeconds(Math.max(0, now - since)),
    observers: [...observers],
    dissent: [...dissent],
    evidence: [...evidence],
    alternatives: [...alternatives],
    next: [...next],
  };
}

function presentEvent({ at, ...event }: StoredEvent): ApiEvent {
  return { ...event, at: toInstant(at) };
}
