import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { aRule } from '../../../test/lib/rule-world.ts';
import type { Clock } from '../../base/clock.ts';
import { createLog } from '../../base/log.ts';
import { createRuleEngine } from '../rules/engine.ts';
import { takeSeat } from './seat.ts';
import { NO_EVENTS } from './source.ts';

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
