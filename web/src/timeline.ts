/** A part of the timeline, newest first: the latest entries, and older ones on demand. */
import { signal, type Signal } from '@preact/signals';
import type { ApiEvent } from '../../agent/http/contract/history.ts';
import type { Api } from './api.ts';
import { byName } from './fleet.ts';

export interface TimelineFilter {
  /** Only what was before, Unix ms, the end excluded; by default up to now. */
  readonly to?: number;
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

const PAGE = 40;
/** Beside what somebody asked for: a page that is open for days draws no more than that anew with each entry. */
const MAX_HELD = 200;

export const createTimeline = (filter: TimelineFilter, api: Pick<Api, 'timeline'>): Timeline =>
  new FilteredTimeline(filter, api);

/** What names an entry. A log that began anew counts from 1 again, so the instant belongs to it. */
export const eventKey = (event: ApiEvent): string => `${event.node}/${event.at}/${event.sequence}`;

/**
 * Both lists without doubles, newest first. An entry that the store could not number in time came with a negative
 * number; it goes when the numbered one is there.
 */
export function mergeEvents(held: readonly ApiEvent[], added: readonly ApiEvent[]): readonly ApiEvent[] {
  const byKey = new Map([...held, ...added].map((event) => [eventKey(event), event]));
  const all = [...byKey.values()];
  const numbered = new Set(all.filter(({ sequence }) => sequence >= 0).map(contentOf));
  return all
    .filter((event) => event.sequence >= 0 || !numbered.has(contentOf(event)))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.sequence - a.sequence);
}

const contentOf = ({ sequence: _sequence, ...content }: ApiEvent): string =>
  JSON.stringify(Object.entries(content).sort(([a], [b]) => byName(a, b)));

/** False where entries between the two lists may be missing. */
function overlaps(held: readonly ApiEvent[], page: readonly ApiEvent[]): boolean {
  const keys = new Set(held.map(eventKey));
  return page.some((event) => keys.has(eventKey(event)));
}

class FilteredTimeline implements Timeline {
  readonly events = signal<readonly ApiEvent[]>([]);
  readonly failure = signal<string | undefined>(undefined);
  readonly hasOlder = signal<boolean | undefined>(undefined);
  readonly loading = signal(false);
  readonly #filter: TimelineFilter;
  readonly #api: Pick<Api, 'timeline'>;
  #room = MAX_HELD;

  constructor(filter: TimelineFilter, api: Pick<Api, 'timeline'>) {
    this.#filter = filter;
    this.#api = api;
  }

  async refresh(): Promise<void> {
    const page = await this.#load();
    if (page === undefined) return;
    const isFull = page.length >= PAGE;
    const held = isFull && !overlaps(this.events.value, page) ? [] : this.events.value;
    if (held.length === 0) this.hasOlder.value = isFull;
    this.#hold(mergeEvents(held, page));
  }

  async loadOlder(): Promise<void> {
    const oldest = this.events.value.at(-1);
    // The end is excluded, and several entries may have the same instant.
    const page = await this.#load(oldest === undefined ? undefined : Date.parse(oldest.at) + 1);
    if (page === undefined) return;
    const merged = mergeEvents(this.events.value, page);
    this.hasOlder.value = page.length >= PAGE && merged.length > this.events.value.length;
    this.#room = Math.max(MAX_HELD, merged.length);
    this.#hold(merged);
  }

  add(added: readonly ApiEvent[]): void {
    const { node, check, to } = this.#filter;
    // What comes now is not of then.
    if (to !== undefined) return;
    const matching = added.filter(
      (event) => (node === undefined || event.node === node) && (check === undefined || event.check === check),
    );
    if (matching.length === 0) return;
    this.#hold(mergeEvents(this.events.value, matching));
  }

  /** The oldest go where there is no room; they can be asked for. */
  #hold(merged: readonly ApiEvent[]): void {
    if (merged.length > this.#room) this.hasOlder.value = true;
    this.events.value = merged.slice(0, this.#room);
  }

  /** A page of entries before `to`, else the newest; undefined when it failed. */
  async #load(to?: number): Promise<readonly ApiEvent[] | undefined> {
    this.loading.value = true;
    try {
      // From the beginning: by default the agent answers for a day.
      const query = { ...this.#filter, from: 0, limit: PAGE, ...(to === undefined ? {} : { to }) };
      const { events } = await this.#api.timeline(query);
      this.failure.value = undefined;
      return events;
    } catch (error) {
      this.failure.value = error instanceof Error ? error.message : String(error);
      return undefined;
    } finally {
      this.loading.value = false;
    }
  }
}
