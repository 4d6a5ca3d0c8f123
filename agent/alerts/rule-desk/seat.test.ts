import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { aRule } from '../../../test/lib/rule-world.ts';
import type { Clock } from '../../base/clock.ts';
import { createLog } from '../../base/log.ts';
import type { RecentSightings } from '../../model/cluster-event.ts';
import { createRuleEngine } from '../rules/engine.ts';
import { takeSeat } from './seat.ts';
import { NO_EVENTS, eventSource } from './source.ts';

it('keeps nothing of the tries that are over, however long a source cannot be read', async () => {
  const clock = createFakeClock();
  let stopped = 0;
  const after: Clock['after'] = (ms, action) => {
    const stop = clock.after(ms, action);
    return () => {
      stopped += 1;
      stop();
    };
  };
  const seat = takeSeat({
    clock: { ...clock, after },
    log: createLog('silent', 'a'),
    createEngine: createRuleEngine,
    sources: { events: NO_EVENTS, checks: NO_EVENTS },
  });
  seat.setRules([aRule()]);
  await clock.advance(60 * 60_000);
  stopped = 0;
  seat.leave();
  expect(stopped).toBe(1);
});

it.each([
  ['are more than it keeps', (now: number): RecentSightings => ({ found: [], from: now - 3_600_000 })],
  ['could not be read', (): RecentSightings => ({ found: [] })],
])('calls nothing silent where the events of the time before %s', async (_name, recent) => {
  const clock = createFakeClock();
  const events = eventSource({
    judge: () => 'a',
    feed: () => ({ state: 'current', standbys: [] }),
    events: () => Promise.reject(new Error('not asked')),
    sightings: () => Promise.reject(new Error('not asked')),
    onSightings: () => () => {},
    completeSince: () => 0,
    recent: () => Promise.resolve(recent(clock.now())),
  });
  const seat = takeSeat({
    clock,
    log: createLog('silent', 'a'),
    createEngine: createRuleEngine,
    sources: { events, checks: NO_EVENTS },
  });
  seat.setRules([aRule({ name: 'no-backup', type: 'flatline', queryKey: [], timeframeMs: 24 * 3_600_000 })]);
  await clock.advance(60_000);
  seat.engine.look();
  expect(seat.engine.states()).toMatchObject([
    { state: 'unknown', why: expect.stringContaining('it sees all events') },
  ]);
});
