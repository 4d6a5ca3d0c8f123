import { expect, it } from 'vitest';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import { wrongsIn } from './calm.ts';
import type { Heard } from './listener.ts';

const NAMES = ['a', 'b'];
const SINCE = '2026-01-01T00:00:00Z';

function aHeard(
  states: Readonly<Record<string, string>>,
  status = 'healthy',
  current = 2,
  reasons: readonly string[] = [],
): Heard {
  const findings = reasons.map((reason) => ({ reason, severity: 'warning' }));
  const view = { node: 'a', members: 2, current, component: 2, settled: true };
  const members = Object.entries(states).map(([node, state]) => ({ node, state, since: SINCE }));
  return {
    askedAt: 100,
    status: { status, view, findings, sentence: 'A sentence.' } as unknown as ApiStatus,
    members: { digest: 'd', members } as unknown as ApiMembers,
  };
}

it('finds nothing wrong where all is well', () => {
  expect(wrongsIn('a', NAMES, aHeard({ a: 'alive', b: 'alive' }), 50)).toEqual([]);
});

it('names who says it, of whom, what and since when', () => {
  expect(wrongsIn('a', NAMES, aHeard({ a: 'alive', b: 'unreachable' }), 50)).toEqual([
    `a: b is unreachable since ${SINCE}`,
  ]);
  expect(wrongsIn('a', NAMES, aHeard({ a: 'alive' }), 50)).toEqual(['a: does not know b']);
  expect(wrongsIn('a', NAMES, aHeard({ a: 'alive', b: 'alive' }, 'degraded', 1), 50)).toEqual([
    'a: status degraded, 2 of 2 connected, 1 current: A sentence.',
  ]);
});

it('blames nobody for the one disk that all write to, alone', () => {
  const states = { a: 'alive', b: 'alive' };

  expect(wrongsIn('a', NAMES, aHeard(states, 'degraded', 2, ['DiskStalled']), 50)).toEqual([]);
  expect(wrongsIn('a', NAMES, aHeard(states, 'degraded', 1, ['DiskStalled']), 50)).toHaveLength(1);
  expect(wrongsIn('a', NAMES, aHeard(states, 'degraded', 2, ['DiskStalled', 'LinkDown']), 50)).toHaveLength(1);
});

it('does not take an answer from before the heal', () => {
  const old = ['a: has not answered since the heal'];

  expect(wrongsIn('a', NAMES, undefined, 50)).toEqual(old);
  expect(wrongsIn('a', NAMES, aHeard({ a: 'alive', b: 'alive' }), 150)).toEqual(old);
});
