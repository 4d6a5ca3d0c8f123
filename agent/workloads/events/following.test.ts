import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createCoverage } from './coverage.ts';
import { createFollowing } from './following.ts';
import { createSightingLog } from './log.ts';

it.each([
  [0, 2 ** 53 - 1, null],
  [2 ** 53 - 1, 0, null],
  [0, 0, 2 ** 53 - 1],
])('an answer from before there was time is none (%j)', async (...ago) => {
  const clock = createFakeClock();
  const coverage = createCoverage();
  const following = createFollowing({
    clock,
    coverage,
    ask: async (node) => ({ kind: 'answer', node, value: ['log', 0, 0, [], ...ago] }),
    record: { take: () => {}, log: createSightingLog('own') },
    standing: () => ({ completeMs: undefined, heardMs: undefined }),
  });
  following.follow('hostile');
  await clock.advance(1000);
  expect([coverage.until(), following.copiedAt()]).toEqual([-Infinity, -Infinity]);
});
