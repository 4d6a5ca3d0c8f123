import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createCoverage } from './coverage.ts';
import { createFollowing } from './following.ts';
import { createSightingLog } from './log.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** One who follows a log that is told page by page: [first, count, completeMs, wholeMs]. */
function aFollower() {
  const clock = createFakeClock();
  const coverage = createCoverage();
  const pages: (readonly [number, number, number | null, number | null])[] = [];
  const following = createFollowing({
    clock,
    coverage,
    record: { take: () => {}, log: createSightingLog('own') },
    standing: () => ({ completeMs: undefined, heardMs: undefined }),
    ask: async (node) => {
      const [first, count, completeMs, wholeMs] = pages.shift() ?? [0, 0, null, null];
      return { kind: 'answer', node, value: ['log', first, count, [], completeMs, 0, wholeMs] };
    },
  });
  const follow = async (...page: (typeof pages)[number]): Promise<void> => {
    pages.push(page);
    following.follow('reader');
    await clock.advance(SECOND);
  };
  return { clock, coverage, follow };
}

it('has no gap behind it because the reader was not complete when it was copied', async () => {
  const { clock, coverage, follow } = aFollower();
  await follow(0, 0, HOUR, null);
  const since = coverage.since();
  expect(since).toBeDefined();
  await clock.advance(10 * SECOND);
  // More came than the log holds, and what is left of it is of the last two seconds.
  await follow(12, 12, null, 2 * SECOND);
  const wholeFrom = clock.now() - SECOND - 2 * SECOND;
  expect(coverage.since()).toBe(since);
  await follow(12, 12, HOUR, 2 * SECOND);
  expect(coverage.since()).toBe(wholeFrom);
});

it('knows of the later of two gaps', async () => {
  const { clock, coverage, follow } = aFollower();
  await follow(0, 0, HOUR, null);
  await follow(12, 12, null, 0);
  const later = clock.now() - SECOND;
  await follow(20, 20, null, HOUR);
  await follow(20, 20, HOUR, HOUR);
  expect(coverage.since()).toBe(later);
});
