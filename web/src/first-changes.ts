/** What changed first of each cause: where to begin to read. Pure functions of the API's answers. */
import type { ApiFinding } from '../../agent/http/contract.ts';
import type { ApiEvent } from '../../agent/http/contract/history.ts';
import type { FindingGroup } from './ticket.ts';
import { eventKey } from './timeline.ts';

/** Events have the clock of their node, findings that of the agent that concluded. */
const CLOCKS_DIFFER_MS = 30_000;

/**
 * Of the entries that are about a cause or about what it explains, the first since it began: its key, with the place of the
 * cause in the list. Notes are no causes. Nothing is marked while entries from before the cause are not loaded: the first
 * could be among those that are missing.
 *
 * @param isWhole no entry is older than those of `events`
 */
export function firstChanges(
  groups: readonly FindingGroup[],
  events: readonly ApiEvent[],
  isWhole: boolean,
): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  const oldest = Math.min(...events.map(({ at }) => Date.parse(at)));
  groups.forEach(({ cause, consequences }, index) => {
    if (cause.severity === 'info') return;
    const all = [cause, ...consequences];
    const from = Math.min(...all.map(({ since }) => Date.parse(since))) - CLOCKS_DIFFER_MS;
    if (oldest > from && !isWhole) return;
    const first = events
      .filter((event) => Date.parse(event.at) >= from && isChange(event) && all.some((one) => isAbout(event, one)))
      .reduce<ApiEvent | undefined>(
        (a, b) => (a === undefined || Date.parse(b.at) <= Date.parse(a.at) ? b : a),
        undefined,
      );
    if (first !== undefined && !firsts.has(eventKey(first))) firsts.set(eventKey(first), index + 1);
  });
  return firsts;
}

const isChange = ({ kind }: ApiEvent): boolean => kind === 'raised' || kind === 'changed' || kind === 'concluded';

function isAbout(event: ApiEvent, { node, nodes = [node], check, reason }: ApiFinding): boolean {
  if (event.kind === 'concluded') return event.reason === reason;
  return nodes.includes(event.node) && event.check !== undefined && event.check === check;
}
