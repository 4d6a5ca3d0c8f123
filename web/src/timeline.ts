/** A part of the timeline, newest first: the latest entries, and older ones on demand. */
import { signal, type Signal } from '@preact/signals';
import type { ApiEvent } from '../../agent/http/contract.ts';
import type { Api } from './api.ts';

export interface TimelineFilter {
  readonly node?: string;
  readonly check?: string;
}

export interface Timeline {
  readonly events: Signal<readonly ApiEvent[]>;
  /** Why the last request failed. The status goes on without the timeline. */
  readonly failure: Signal<string | undefined>;
  /** Undefined before the first answer. */
  readonly hasOlder: Signal<boolean | undefined>;
  readonly loading: Signal<boolean>;
  refresh(): Promise<void>;
  loadOlder(): Promise<void>;
  /** Entries that the stream delivered; what does not match the filter is left out. */
  add(events: readonly ApiEvent[]): void;
}

const PAGE = 50;
const MAX_HELD = 1000;

export function createTimeline(filter: TimelineFilter, api: Pick<Api, 'timeline'>): Timeline {
  const events = signal<readonly ApiEvent[]>([]);
  const failure = signal<string | undefined>(undefined);
  const hasOlder = signal<boolean | undefined>(undefined);
  const loading = signal(false);

  const load = async (take: (page: readonly ApiEvent[]) => void, to?: number): Promise<void> => {
    loading.value = true;
    try {
      // From the beginning: by default the agent answers for a day.
      const page = await api.timeline({ ...filter, from: 0, limit: PAGE, ...(to === undefined ? {} : { to }) });
      failure.value = undefined;
      take(page.events);
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    } finally {
      loading.value = false;
    }
  };

  return {
    events,
    failure,
    hasOlder,
    loading,
    refresh: () =>
      load((page) => {
        const isFull = page.length >= PAGE;
        const held = isFull && !overlaps(events.value, page) ? [] : events.value;
        if (held.length === 0) hasOlder.value = isFull;
        events.value = mergeEvents(held, page);
      }),
    loadOlder: () => {
      const oldest = events.value.at(-1);
      // The end is excluded, and several entries may have the same instant.
      const to = oldest === undefined ? undefined : Date.parse(oldest.at) + 1;
      return load((page) => {
        const merged = mergeEvents(events.value, page);
        hasOlder.value = page.length >= PAGE && merged.length > events.value.length;
        events.value = merged;
      }, to);
    },
    add(added) {
      const matching = added.filter(
        (event) =>
          (filter.node === undefined || event.node === filter.node) &&
          (filter.check === undefined || event.check === filter.check),
      );
      if (matching.length === 0) return;
      const merged = mergeEvents(events.value, matching);
      if (merged.length > MAX_HELD) hasOlder.value = true;
      events.value = merged.slice(0, MAX_HELD);
    },
  };
}

/** What names an entry. A log that began anew counts from 1 again, so the instant belongs to it. */
export const eventKey = (event: ApiEvent): string => `${event.node}/${event.at}/${event.sequence}`;

/** Both lists without doubles, newest first. */
export function mergeEvents(held: readonly ApiEvent[], added: readonly ApiEvent[]): readonly ApiEvent[] {
  const byKey = new Map([...held, ...added].map((event) => [eventKey(event), event]));
  return [...byKey.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.sequence - a.sequence);
}

/** False where entries between the two lists may be missing. */
function overlaps(held: readonly ApiEvent[], page: readonly ApiEvent[]): boolean {
  const keys = new Set(held.map(eventKey));
  return page.some((event) => keys.has(eventKey(event)));
}
