/** Events of the cluster as the API tells them. */
import type { ClusterEvent, EventFeedState, EventSighting, EventsAnswer } from '../model/cluster-event.ts';
import type { ApiClusterEvents, ApiEventFeed, ApiEventSightings } from './contract/events.ts';
import { feedSentence } from './feed-words.ts';
import { toInstant } from './units.ts';

/** Who answers, when, and for which time (Unix ms). */
export interface AskedFor {
  readonly node: string;
  readonly now: number;
  readonly from: number;
  readonly to: number;
}

export const presentEvents = (answer: EventsAnswer, asked: AskedFor): ApiClusterEvents => ({
  ...presentAnswer(answer, asked),
  events: answer.events.map((event) => ({ ...presentEvent(event), occurrences: event.occurrences })),
});

export const presentSightings = (answer: EventsAnswer<EventSighting>, asked: AskedFor): ApiEventSightings => ({
  ...presentAnswer(answer, asked),
  sightings: answer.events.map(({ event, added, sinceAt }) => ({
    ...presentEvent(event),
    added,
    ...(sinceAt !== undefined && { after: toInstant(sinceAt) }),
  })),
});

const presentAnswer = (
  { isCut, from, missing, feed }: EventsAnswer<unknown>,
  { node, now, from: since, to }: AskedFor,
): Omit<ApiClusterEvents, 'events'> => ({
  node,
  asked: toInstant(now),
  since: toInstant(since),
  until: toInstant(to),
  cut: isCut,
  from: [...from],
  ...(missing !== undefined && { missing }),
  feed: presentFeed(feed, now),
});

const presentFeed = (feed: EventFeedState, now: number): ApiEventFeed => ({
  state: feed.state,
  sentence: feedSentence(feed, now),
  ...(feed.why !== undefined && { why: feed.why }),
  ...(feed.reader !== undefined && { reader: feed.reader }),
  standbys: [...feed.standbys],
  ...(feed.heardAt !== undefined && { asOf: toInstant(feed.heardAt) }),
});

const presentEvent = (event: ClusterEvent) => ({
  uid: event.uid,
  type: event.type,
  reason: event.reason,
  message: event.message,
  kind: event.kind,
  ...(event.namespace !== '' && { namespace: event.namespace }),
  name: event.name,
  ...(event.objectUid !== '' && { objectUid: event.objectUid }),
  ...(event.container !== undefined && { container: event.container }),
  component: event.component,
  ...(event.node !== undefined && { node: event.node }),
  first: toInstant(event.firstAt),
  at: toInstant(event.at),
  count: event.count,
});
