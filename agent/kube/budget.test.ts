import { expect, it } from 'vitest';
import { apiserverAddress } from '../../checks/apiserver-address.ts';
import { serviceIp } from '../../checks/service-ip.ts';
import { CONTROLLERS } from '../model/roster.ts';
import { SILENT_MS } from './api/client.ts';
import { PAGE, RELIST_PAGE_MS, RESYNC_MS } from './api/list-watch.ts';
import { eventWatchMs, intervalMs, spreadMs } from './budget.ts';
import * as events from './events/event-reader.ts';
import { sharedIntervalMs } from '../runner/schedule.ts';
import { FEW, LOOK_MS } from './leases.ts';

/** What design section 5 allows all agents together on one API server. */
const MOST_A_SECOND = 10;
const READERS = 3;
/** Of the first reader, while as many nodes are lost as are looked at one by one; and of all, of controllers. */
const LEASES_A_SECOND = ((FEW + READERS * CONTROLLERS.length) * 1000) / LOOK_MS;
/** Of those who know nobody, and of the readers of all pieces of a mesh that fell apart. */
const APART_A_SECOND = 1000 / spreadMs('discovery', 1) + 1000 / spreadMs('lists', 1);
/** Of the one who reads Events, over the time that it takes for a list and then keeps away; and of its watches. */
const EVENT_PAGES_A_SECOND = 1000 / (events.PAGE_PAUSE_MS + events.RELIST_PAGE_MS);
const EVENT_WATCHES_A_SECOND = 1000 / eventWatchMs(1);
/** Of each reader: watches end after five minutes or more, the list of API servers is read as often. */
const WATCHES_A_SECOND = 2 / 300;

const EACH = ['ownNode', 'clusterKey', 'ownPods'] as const;
/** Of agents that look at their own Lease: all of a small cluster, some of a large one. */
const OWN_LEASES = 1000 / spreadMs('ownLease', 1);
/** A list of pods comes with every third watch at most. */
const PODS_LISTED = 1 / 3;

const ownA = (members: number): number => {
  const rates = EACH.map((asked) => (members * 1000) / intervalMs(asked, members));
  return rates.reduce((sum, rate) => sum + rate, PODS_LISTED * (rates.at(-1) ?? 0));
};

it.each([5, 20, 100, 1000, 5000])('%i agents ask rarely enough while nothing happens', (members) => {
  const lists = ((members / PAGE) * 1000) / RESYNC_MS;

  const readers = READERS * (lists + WATCHES_A_SECOND) + EVENT_WATCHES_A_SECOND;
  expect(ownA(members) + OWN_LEASES + readers).toBeLessThan(MOST_A_SECOND);
});

it.each([5, 100, 5000])('%i agents that no reader tells of their Nodes ask for no more of them together', (members) => {
  expect((members * 1000) / intervalMs('untoldNode', members)).toBeLessThanOrEqual(1000 / spreadMs('ownNode', 1));
});

it.each([100, 1000, 5000])(
  '%i agents ask rarely enough while nodes are lost, watches break off and some are alone',
  (members) => {
    const lists = (READERS * 1000) / RELIST_PAGE_MS;

    const all = ownA(members) + OWN_LEASES + lists + LEASES_A_SECOND + APART_A_SECOND + EVENT_PAGES_A_SECOND;
    expect(all).toBeLessThan(MOST_A_SECOND);
  },
);

/** Of /version, for which the API server looks at nobody's rights and asks no etcd. */
const MOST_VERSIONS_A_SECOND = 20;
/** Of the Service, whose connections may all lead to one server. */
const TRIES = 3;

it.each([5, 20, 75, 100, 1000, 5000])(
  '%i agents ask a single API server rarely enough whether it answers',
  (members) => {
    const looksA = ({ intervalMs: usualMs, sharedPerSecond }: typeof serviceIp | typeof apiserverAddress): number =>
      (members * 1000) / sharedIntervalMs(usualMs, sharedPerSecond, members);

    expect(looksA(apiserverAddress)).toBeLessThanOrEqual(5);
    expect(looksA(apiserverAddress) + TRIES * looksA(serviceIp)).toBeLessThanOrEqual(MOST_VERSIONS_A_SECOND);
  },
);

it.each([
  [3, 15_000],
  [75, 25_600],
  [1000, 204_800],
  [5000, 1_638_400],
])('%i agents look at the addresses of API servers every %i ms', (members, everyMs) => {
  const { intervalMs: usualMs, sharedPerSecond } = apiserverAddress;

  expect(sharedIntervalMs(usualMs, sharedPerSecond, members)).toBe(everyMs);
});

it.each([
  [1, 30_000],
  [40, 40_000],
  [1000, 70_000],
])('%i readers of Events begin their watches anew after %i ms, before silence is taken for an end', (readers, ms) => {
  expect(eventWatchMs(readers)).toBe(ms);
  expect(2 * ms).toBeLessThan(SILENT_MS);
});
