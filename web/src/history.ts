/** The history of one check, for its charts. */
import { signal, type Signal } from '@preact/signals';
import type { ApiEvent, ApiSeries } from '../../agent/http/contract/history.ts';
import type { Api } from './api.ts';
import { byName } from './fleet.ts';
import { eventsOf, problemSpans, type Series, type Span } from './series.ts';
import { spanOf } from './spans.ts';

export interface ChartedSeries {
  readonly series: Series;
  /** When it had a problem. */
  readonly problems: readonly Span[];
  /** What happened to the check, and that the agent started or stopped; oldest first. */
  readonly events: readonly ApiEvent[];
}

export interface HistoryAnswer {
  readonly charted: readonly ChartedSeries[];
  readonly window: Span;
}

export interface History {
  /** The last that was answered; it stays while the next is under way or fails. */
  readonly answer: Signal<HistoryAnswer | undefined>;
  readonly failure: Signal<string | undefined>;
  /** `now`: Unix ms by the agent's clock. */
  load(now: number): Promise<void>;
}

/** About one a pixel of a chart, and the most that the agent gives for all readings at once. */
const POINTS = 500;
const MAX_EVENTS = 500;

/** @param choice what is spanned: see spans.ts */
export function createHistory(
  node: string,
  check: string,
  choice: string,
  api: Pick<Api, 'series' | 'timeline'>,
): History {
  const answer = signal<HistoryAnswer | undefined>(undefined);
  const failure = signal<string | undefined>(undefined);
  return {
    answer,
    failure,
    async load(now) {
      const window = spanOf(choice, now);
      const [from, to] = [window.from * 1000, window.to * 1000];
      try {
        const [{ series }, { events }, { events: ofNode }] = await Promise.all([
          api.series({ node, check, from, to, points: POINTS }),
          api.timeline({ node, check, from, to, limit: MAX_EVENTS }),
          api.timeline({ node, from, to, limit: MAX_EVENTS }),
        ]);
        const ofAgent = ofNode.filter(({ kind }) => kind === 'agent-started' || kind === 'agent-stopped');
        const charted = sortSeries(series).map((one) => {
          const own = eventsOf(one, series, events);
          const marked = [...own, ...ofAgent].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
          return { series: one, problems: problemSpans(own, window.from, window.to), events: marked };
        });
        answer.value = { charted, window };
        failure.value = undefined;
      } catch (error) {
        failure.value = error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** By reading, in the order in which they come; subjects by name. */
function sortSeries(series: ApiSeries['series']): readonly Series[] {
  const groups = Map.groupBy(series, (entry) => entry.reading);
  return [...groups.values()].flatMap((group) => group.toSorted((a, b) => byName(a.subject ?? '', b.subject ?? '')));
}
