import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { aClusterEvent, aFeed } from '../../test/lib/events.ts';
import { NOON } from '../../test/lib/fixtures.ts';
import type { EventsAnswer, SeenEvent } from '../model/cluster-event.ts';
import { ClusterEventsSchema, EventSightingsSchema } from './contract/events.ts';
import { presentEvents, presentSightings } from './present-events.ts';
import { renderEvents, renderSightings } from './text-events.ts';

const ASKED = { node: 'node-c', now: NOON, from: NOON - 3_600_000, to: NOON };
const NODE_EVENT = aClusterEvent({
  uid: 'e-2',
  reason: 'ImageGCFailed',
  message: 'failed to garbage collect required amount of images',
  kind: 'Node',
  namespace: '',
  name: 'n3',
  objectUid: '',
  at: NOON + 4000,
  count: 393,
  occurrences: 1,
});
const { container: _container, ...WITHOUT_CONTAINER } = NODE_EVENT;
const anAnswer = (more: Partial<EventsAnswer> = {}): EventsAnswer => ({
  events: [WITHOUT_CONTAINER, aClusterEvent()],
  isCut: false,
  from: ['node-a'],
  feed: aFeed(),
  ...more,
});
const text = (more?: Partial<EventsAnswer>): string => renderEvents(presentEvents(anAnswer(more), ASKED));

it('is a line an Event, the latest last, and who reads them', () => {
  expect(text()).toBe(`\
AGO    TYPE     REASON         OBJECT                   COUNT      MESSAGE
2m 5s  Warning  BackOff        Pod prod/api-7d9f (app)  ×7         Back-off restarting failed container app in pod api-7d9f_prod
0s     Warning  ImageGCFailed  Node n3                  ×1 of 393  failed to garbage collect required amount of images

Events as of 11:59:58 UTC, read by node-a; node-b keeps a copy.
`);
});

it('says that there are more, and what could not be asked', () => {
  expect(text({ isCut: true, missing: 'node-b did not answer within 2 s' }).split('\n').slice(-5)).toEqual([
    '',
    'There are more: these are the latest 2. Ask for less, or raise the limit (1000 at most).',
    'This may not be all: node-b did not answer within 2 s.',
    'Events as of 11:59:58 UTC, read by node-a; node-b keeps a copy.',
    '',
  ]);
});

it('says once why there are none', () => {
  const why = 'no agent here knows of a Kubernetes API';
  const none = text({ events: [], missing: why, feed: { state: 'none', why, standbys: [] } });
  expect(none.split(why)).toHaveLength(2);
});

it.each<[string, Partial<EventsAnswer>]>([
  ['No such event was seen from 11:00:00 UTC to 12:00:00 UTC.', {}],
  [
    'No such event is known from 11:00:00 UTC to 12:00:00 UTC, which does not mean that there was none.',
    { feed: aFeed({ state: 'stale', why: 'no API server answers' }) },
  ],
  [
    'No such event is known from 11:00:00 UTC to 12:00:00 UTC, which does not mean that there was none.',
    { missing: 'node-b did not answer' },
  ],
  [
    'No such event is known from 11:00:00 UTC to 12:00:00 UTC, which does not mean that there was none.',
    { feed: { state: 'none', why: 'no right', standbys: [] } },
  ],
])('of no event says: %s', (words, more) => {
  expect(text({ ...more, events: [] }).split('\n')[0]).toBe(words);
});

it('tells what was seen each time', () => {
  const { occurrences: added, ...event }: SeenEvent = aClusterEvent();
  const answer = presentSightings({ ...anAnswer(), events: [{ event, added }] }, ASKED);
  expect(renderSightings(answer).split('\n').slice(0, 2)).toEqual([
    'SEEN          TYPE     REASON   OBJECT                   MORE  MESSAGE',
    '11:57:55 UTC  Warning  BackOff  Pod prod/api-7d9f (app)  +7    Back-off restarting failed container app in pod api-7d9f_prod',
  ]);
  expect([...Value.Errors(EventSightingsSchema, answer)]).toEqual([]);
});

it('leaves out what nobody said, and keeps to its schema', () => {
  const answer = presentEvents(anAnswer({ feed: { state: 'none', standbys: [] } }), ASKED);
  expect([...Value.Errors(ClusterEventsSchema, answer)]).toEqual([]);
  expect(Object.keys(answer.events[0] ?? {})).not.toContain('namespace');
  expect(Object.keys(answer.events[0] ?? {})).not.toContain('objectUid');
  expect(answer.feed).toEqual({
    state: 'none',
    sentence: 'There are no events, because nobody could read them here.',
    standbys: [],
  });
});
