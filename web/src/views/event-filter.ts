/** Which events are on show; in the address behind `#/events`, to be shared. */
import type { ApiClusterEvent } from '../../../agent/http/contract/events.ts';

/** How far back: they are kept for a week. */
export const RANGES = ['1h', '6h', '24h', '7d'] as const;

export interface EventFilter {
  /** One of {@link RANGES}. */
  readonly since: string;
  /** Empty: all. */
  readonly type: string;
  readonly namespace: string;
  /** Words that are all in it somewhere. */
  readonly text: string;
}

export const DEFAULT_FILTER: EventFilter = { since: '1h', type: '', namespace: '', text: '' };
const NAMES = Object.keys(DEFAULT_FILTER) as (keyof EventFilter)[];
/** Longer ones were not made by this page. */
const MAX_LENGTH = 253;

/** What is not said, or cannot be, is as by default. */
export function filterIn(hash: string): EventFilter {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  const given = Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value.slice(0, MAX_LENGTH)] as const];
    }),
  );
  const since = RANGES.find((range) => range === given['since']) ?? DEFAULT_FILTER.since;
  return { ...DEFAULT_FILTER, ...given, since };
}

/** The address with the filter in it; what is in it for others stays. */
export function withFilter(filter: EventFilter, hash: string): string {
  const [path = '', text = ''] = hash.split('?');
  const query = new URLSearchParams(text);
  for (const name of NAMES) {
    query.delete(name);
    if (filter[name] !== DEFAULT_FILTER[name]) query.set(name, filter[name]);
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** Whether each of the words is in it somewhere, whatever the case. */
export function matches(event: ApiClusterEvent, text: string): boolean {
  const { type, reason, message, kind, namespace = '', name, container = '', component, node = '' } = event;
  const all =
    `${type} ${reason} ${kind} ${namespace}/${name} ${container} ${component} ${node} ${message}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
