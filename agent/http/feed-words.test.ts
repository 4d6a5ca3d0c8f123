import { expect, it } from 'vitest';
import { aFeed } from '../../test/lib/events.ts';
import { NOON } from '../../test/lib/fixtures.ts';
import type { EventFeedState } from '../model/cluster-event.ts';
import { feedSentence } from './feed-words.ts';

it.each<[string, EventFeedState]>([
  ['Events as of 11:59:58 UTC, read by node-a; node-b keeps a copy.', aFeed()],
  ['Events as of 11:59:58 UTC, read by node-a; n2 and n3 keep copies.', aFeed({ standbys: ['n2', 'n3'] })],
  ['Events as of 11:59:58 UTC, read by node-a; nobody keeps a copy.', aFeed({ standbys: [] })],
  [
    'Events are stale, as of 11:59:58 UTC (2s ago), read by node-a: no API server answers.',
    aFeed({ state: 'stale', why: 'no API server answers' }),
  ],
  [
    'Events are stale, as of 2025-12-31 11:00:00 UTC (1d 1h ago): nobody reads.',
    { state: 'stale', why: 'nobody reads.', standbys: [], heardAt: NOON - 25 * 3_600_000 },
  ],
  ['Events are stale.', { state: 'stale', standbys: [] }],
  [
    'There are no events, because nobody could read them here: node-a may not list events.',
    { state: 'none', why: 'node-a may not list events', standbys: [] },
  ],
])('says: %s', (sentence, feed) => {
  expect(feedSentence(feed, NOON)).toBe(sentence);
});
