import { expect, it } from 'vitest';
import { sharedIntervalMs } from './budget.ts';

/** What design section 5 allows all agents together on one API server. */
const MOST_A_SECOND = 10;
const [OWN_NODE_MS, KEY_MS, KEY_REQUESTS_PER_SECOND] = [600_000, 300_000, 2];
/** Of the first reader, while a dozen nodes are lost; of the three, pages of a list in half an hour and new watches. */
const LEASES_A_SECOND = 12 / 5;

it.each([5, 20, 100, 1000, 5000])('%i idle agents ask rarely enough', (members) => {
  const ownNode = (members * 1000) / sharedIntervalMs(members, OWN_NODE_MS);
  const key = members / Math.max(KEY_MS / 1000, members / KEY_REQUESTS_PER_SECOND);
  const readers = 3 * (members / 100 / 1800 + 1 / 450 + 1 / 300);

  expect(ownNode + key + readers + LEASES_A_SECOND).toBeLessThan(MOST_A_SECOND);
});
