import { expect, it } from 'vitest';
import { createFakeClock } from '../test/lib/fake-clock.ts';
import { aFeed } from '../test/lib/events.ts';
import { load } from './base/config/testing.ts';
import { createLog } from './base/log.ts';
import { createScene } from './diagnosis/testing.ts';
import { type JoinedRulesDeps, createJoinedRules } from './joined-rules.ts';
import type { ClusterEventFeed, EventFeedState } from './model/cluster-event.ts';

const NEVER = { state: 'none', why: 'no agent here knows of a Kubernetes API', standbys: [] } as const;

/** Of an agent that has been there for two minutes. */
async function rulesOf({ feed, hasKube = false, hasMesh = false }: Partial<Known>) {
  const clock = createFakeClock();
  const config = load();
  const nobody = async () => ({ events: [], isCut: false, from: [], feed: aFeed() });
  const events = (state: EventFeedState): ClusterEventFeed => ({
    feed: () => state,
    events: nobody,
    sightings: nobody,
    judge: () => config.node.name,
    onSightings: () => () => {},
    completeSince: () => undefined,
    recent: async () => ({ found: [] }),
  });
  const deps: JoinedRulesDeps = {
    clock,
    log: createLog('silent', 'a'),
    events: feed && events(feed),
    hasKube,
    store: { timeline: async () => ({ kind: 'answer', value: [] }), onStored: () => () => {} },
    logs: () => ({ followed: { kind: 'none', why: 'no log is followed' } }) as never,
    logSights: { onSeen: () => {} },
    state: () => createScene([config.node.name]).from(config.node.name),
    board: () => undefined,
    isCatchingUp: () => false,
    notice: () => {},
  };
  const rules = createJoinedRules({ ...config, mesh: { ...config.mesh, enabled: hasMesh } }, deps);
  rules.start();
  await clock.advance(120_000);
  rules.stop();
  return rules.rules();
}

interface Known {
  readonly feed: EventFeedState;
  readonly hasKube: boolean;
  readonly hasMesh: boolean;
}

it('leaves out rules that nobody wrote where there can be no events', async () => {
  expect(await rulesOf({ hasKube: true, hasMesh: true })).toEqual([]);
  expect(await rulesOf({ feed: NEVER })).toEqual([]);
});

it('calls them moot where nobody could ever read any, and not where somebody could before', async () => {
  const statesOf = async (known: Partial<Known>) =>
    new Set((await rulesOf(known)).map(({ state, isMoot }) => `${state} ${isMoot}`));
  expect(await statesOf({ feed: NEVER, hasMesh: true })).toEqual(new Set(['unknown true']));
  expect(await statesOf({ feed: { ...NEVER, why: 'forbidden' }, hasKube: true })).toEqual(new Set(['unknown true']));
  expect(await statesOf({ feed: aFeed({ state: 'stale', why: 'gone' }), hasKube: true })).toEqual(
    new Set(['unknown undefined']),
  );
});
