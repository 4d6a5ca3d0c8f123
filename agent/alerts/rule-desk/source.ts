/** What is about the whole cluster, and can be looked at again by whoever begins to judge it. */
import type { ClusterEventFeed } from '../../model/cluster-event.ts';
import type { HistoryPort } from '../../model/history.ts';
import type { StoredEvent } from '../../model/timeline.ts';
import type { Observation, SourceState } from '../rules/types.ts';
import { observationOfCheck, observationOfEvent } from './observations.ts';
import { type ChecksState, whyUnheard } from './presence.ts';

export interface Replay {
  readonly observations: readonly Observation[];
  /** Unix ms: this is all since then; undefined: it could not be read. */
  readonly from?: number;
}

export interface ClusterSource {
  /** Called with what happens. Returns how to stop. */
  follow(listener: (observations: readonly Observation[]) => void): () => void;
  state(): SourceState;
  /** Why what happens on a node (undefined: on any) is not heard, though the rest is. */
  unheard?(node: string | undefined): string | undefined;
  /** What happened since then (Unix ms). Never rejects. */
  replay(from: number): Promise<Replay>;
}

export const eventSource = (feed: ClusterEventFeed): ClusterSource => ({
  follow: (listener) => feed.onSightings((sightings) => listener(sightings.map(observationOfEvent))),
  state() {
    const completeSince = feed.completeSince();
    if (completeSince !== undefined) return { completeSince };
    const { why = 'the events are not read by this agent yet' } = feed.feed();
    return { why };
  },
  async replay(since) {
    const { found, from } = await feed.recent(since);
    return { observations: found.map(observationOfEvent), ...(from !== undefined && { from }) };
  },
});

/** Where nobody wants them. */
export const NO_EVENTS: ClusterSource = {
  follow: () => () => {},
  state: () => ({ why: 'events are not read (events.enabled)' }),
  replay: () => Promise.resolve({ observations: [] }),
};

export interface Timeline extends Pick<HistoryPort, 'timeline'> {
  /** Of this node's log, and of those of others. */
  onStored(listener: (events: readonly StoredEvent[]) => void): () => void;
}

const PAGE = 1000;
/** More transitions than this are a storm, in which the oldest are left out. */
const MOST_PAGES = 10;

/** @param state whether those of all nodes are heard */
export const checkSource = (timeline: Timeline, state: () => ChecksState): ClusterSource => ({
  unheard: (node) => whyUnheard(state(), node),
  follow: (listener) =>
    timeline.onStored((events) => {
      const observations = observationsOf(events);
      if (observations.length > 0) listener(observations);
    }),
  state,
  async replay(from) {
    const observations: Observation[] = [];
    let to = Number.MAX_SAFE_INTEGER;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await timeline.timeline({ from, to, limit: PAGE });
      if (answer.kind === 'unavailable') return { observations };
      const events = answer.value;
      observations.push(...observationsOf(events));
      const oldest = events.at(-1);
      if (oldest === undefined || events.length < PAGE) return { observations, from };
      // What happened in the same millisecond is told again: the same one counts once.
      to = Math.min(oldest.at + 1, to - 1);
    }
    return { observations, from: to };
  },
});

const observationsOf = (events: readonly StoredEvent[]): Observation[] =>
  events.flatMap((event) => observationOfCheck(event) ?? []);
