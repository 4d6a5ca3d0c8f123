/** What a check's row says and where it stands; pure functions of the API's answer. */
import type { ApiCatalogue, ApiCheck } from '../../agent/http/contract.ts';
import { byName } from './fleet.ts';

export type Reading = ApiCheck['readings'][number];
export type CheckState = ApiCheck['status'];
/** How a check looks: a problem by its severity, everything else by its state. */
export type CheckLook = 'critical' | 'warning' | 'info' | 'unknown' | 'ok' | 'absent';

export const STATES: readonly CheckState[] = ['problem', 'unknown', 'ok', 'absent'];

/** The state that counts: what is too old to be believed is unknown, whatever it last said. */
export const stateOf = (check: ApiCheck): CheckState => (check.overdue ? 'unknown' : check.status);

export function lookOf(check: ApiCheck): CheckLook {
  const state = stateOf(check);
  if (state !== 'problem') return state;
  return GRAVEST_FIRST.find((grade) => check.problems.some(({ severity }) => severity === grade)) ?? 'warning';
}

const GRAVEST_FIRST = ['critical', 'warning', 'info'] as const;

const ORDER: Readonly<Record<CheckLook, number>> = { critical: 0, warning: 1, unknown: 2, info: 3, ok: 4, absent: 5 };

/** Problems first, the gravest of them first, then what could not be looked at; by title among equals. */
export function sortChecks(checks: readonly ApiCheck[]): ApiCheck[] {
  return [...checks].sort((a, b) => ORDER[lookOf(a)] - ORDER[lookOf(b)] || byName(a.title, b.title));
}

export function countStates(checks: readonly ApiCheck[]): Readonly<Record<CheckState, number>> {
  const counts = { ok: 0, problem: 0, unknown: 0, absent: 0 };
  for (const check of checks) counts[stateOf(check)] += 1;
  return counts;
}

/** Less of these is worse, more of everything else. */
const LESS_IS_WORSE = /(^|_)(free|available|remaining|left|expires|headroom)(_|$)/;

/**
 * The one reading for the row: the check's first, and of several subjects the one that is worst off. Checks list what
 * matters most first.
 */
export function headlineOf(check: ApiCheck): Reading | undefined {
  const [first] = check.readings;
  if (first === undefined) return undefined;
  const sign = LESS_IS_WORSE.test(first.name) ? -1 : 1;
  return check.readings
    .filter((reading) => reading.name === first.name)
    .reduce((worst, reading) => (sign * reading.value > sign * worst.value ? reading : worst));
}

/** Why a check has its state, in a sentence; undefined where there is nothing to explain. */
export function explanationOf(check: ApiCheck): string | undefined {
  if (check.overdue) {
    const status = check.lastStatus ?? check.status;
    // Where the agent says what it was, its why is about the age.
    const why = check.lastStatus === undefined ? check.why : undefined;
    const last = status === 'problem' ? check.problems[0]?.message : why;
    const said = last === undefined ? status : `${status}: ${last}`;
    return check.ageSeconds === null ? 'It has not run yet.' : `Overdue. It last said ${said}`;
  }
  if (check.status === 'problem') return check.problems.map((problem) => problem.message).join(' · ');
  return check.why;
}

/** The readings of a check by name, in the check's own order. */
export function groupReadings(readings: readonly Reading[]): ReadonlyMap<string, readonly Reading[]> {
  return Map.groupBy(readings, (reading) => reading.name);
}

export type CatalogueCheck = ApiCatalogue['checks'][number];

export const catalogueOf = (catalogue: ApiCatalogue | undefined, check: string): CatalogueCheck | undefined =>
  catalogue?.checks.find((entry) => entry.check === check);
