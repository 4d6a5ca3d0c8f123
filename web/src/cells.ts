/** What a cell of the grid says about one check on one node; pure functions of the API's answer. */
import type { ApiCheck } from '../../agent/http/contract.ts';
import { type CheckLook, lookOf, stateOf } from './checks.ts';
import { formatInstant } from './format.ts';

/**
 * A check of a report that is history, as it was when it was heard. The agent calls all of them unknown, and says why;
 * the page says it once for all of them.
 */
export function asItWas(check: ApiCheck): ApiCheck {
  const { why, ...rest } = check;
  const said = why?.replace(/^its node is not connected; the last result was \w+(: )?/, '') ?? '';
  const status = check.lastStatus ?? check.status;
  return { ...rest, status, overdue: false, ...(said === '' ? {} : { why: said }) };
}

export const cellLook = (check: ApiCheck, isHistory: boolean): CheckLook => lookOf(isHistory ? asItWas(check) : check);

/** One word, as it was where it is history: `problem`, `overdue`, `was ok`. */
export function cellWord(check: ApiCheck, isHistory: boolean): string {
  if (isHistory) return `was ${asItWas(check).status}`;
  return check.overdue ? 'overdue' : lookOf(check) === 'info' ? 'info' : stateOf(check);
}

/** When the check last ran, Unix ms; undefined: never. `heardAt`: when its age was stated, by the same clock. */
export const ranAt = (check: ApiCheck, heardAt: number): number | undefined =>
  check.ageSeconds === null ? undefined : heardAt - check.ageSeconds * 1000;

/** A cell in words. It names instants, because a text for screen readers does not count on. */
export function cellLabel(node: string, check: ApiCheck, isHistory: boolean, heardAt: number): string {
  const at = ranAt(check, heardAt);
  const ran = at === undefined ? 'never ran' : `last run ${formatInstant(at, heardAt)} UTC`;
  const word = cellWord(check, isHistory);
  const since = `since ${formatInstant(Date.parse(check.since), heardAt)} UTC`;
  return `${check.title} on ${node}: ${word} ${since}, ${ran}`;
}
