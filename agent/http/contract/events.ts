/** The API's schemas of cluster events. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

export const EventFeedSchema = Type.Object(
  {
    state: oneOf(
      ['current', 'stale', 'none'],
      '`current`: somebody reads them now. `stale`: they are as they were `asOf`. `none`: nobody has ever read them here.',
    ),
    sentence: Type.String({ description: 'The same in a sentence: who reads, as of when, and why not.' }),
    why: Type.Optional(Type.String({ description: 'Why they are not current.' })),
    reader: Type.Optional(Type.String({ description: 'The node whose agent reads for all, or read last.' })),
    standbys: Type.Array(Type.String(), { description: 'Nodes whose agents keep a copy and take over.' }),
    asOf: Type.Optional(Instant('When the Kubernetes API last said anything to the reader.')),
  },
  { $id: 'EventFeed' },
);

const CLUSTER_EVENT = {
  uid: Type.String({ description: 'Of the Event: one for an object, a reason and a message, which counts up.' }),
  type: Type.String({ description: '`Normal` or `Warning`; there may be others.' }),
  reason: Type.String(),
  message: Type.String(),
  kind: Type.String({ description: 'Of the object that it is about.' }),
  namespace: Type.Optional(Type.String({ description: 'Absent: the object is in none.' })),
  name: Type.String(),
  objectUid: Type.Optional(Type.String()),
  container: Type.Optional(Type.String({ description: 'Where it is about one container of a pod.' })),
  component: Type.String({ description: 'What wrote it: `kubelet`.' }),
  node: Type.Optional(Type.String({ description: 'The node that it is from or about, as far as it says so.' })),
  first: Instant('When it happened first, by the clock of whoever wrote it.'),
  at: Instant('When it happened last.'),
  count: Type.Integer({
    description: 'How often in all, as it says. Who writes it may say so late, or leave some out.',
  }),
};

const ANSWER = {
  node: Type.String({ description: 'The node that answers.' }),
  asked: Instant('When, by its clock.'),
  since: Instant('Start of the time that was asked for.'),
  until: Instant('Its end, excluded.'),
  cut: Type.Boolean({ description: 'There are more.' }),
  from: Type.Array(Type.String(), {
    description:
      'The nodes whose agents gave this: the one that reads, one that keeps a copy, or this one by its memory.',
  }),
  missing: Type.Optional(
    Type.String({
      description:
        'What could not be asked, and why, or from before when nobody has all. Absent: this is all there is.',
    }),
  ),
  feed: EventFeedSchema,
};

export const ClusterEventsSchema = Type.Object(
  {
    ...ANSWER,
    events: Type.Array(
      Type.Object({
        ...CLUSTER_EVENT,
        occurrences: Type.Integer({ description: 'How often within the time that was asked for.' }),
      }),
      { description: 'Latest first.' },
    ),
  },
  { $id: 'ClusterEvents' },
);

export const EventSightingsSchema = Type.Object(
  {
    ...ANSWER,
    sightings: Type.Array(
      Type.Object({
        ...CLUSTER_EVENT,
        added: Type.Integer({ description: 'How often since it was looked at before; at least once.' }),
        after: Type.Optional(
          Instant('Several happened between then and `at`, nobody knows when exactly. Absent: all of it at `at`.'),
        ),
      }),
      { description: 'One each time that more was seen of an Event, latest first: what rules are tried on.' },
    ),
  },
  { $id: 'EventSightings' },
);

export type ApiEventFeed = Static<typeof EventFeedSchema>;
export type ApiClusterEvents = Static<typeof ClusterEventsSchema>;
export type ApiClusterEvent = ApiClusterEvents['events'][number];
export type ApiEventSightings = Static<typeof EventSightingsSchema>;
