import { expect, it } from 'vitest';
import type { ApiLink } from '../../agent/http/contract/links.ts';
import { levelOf } from './levels.ts';

const link = (changes: Partial<ApiLink> = {}): ApiLink => ({
  from: 'a',
  to: 'b',
  state: 'good',
  since: '',
  ...changes,
});

it('measures round trips against the usual one of the cluster', () => {
  const links = [0.02, 0.021, 0.022, 0.08, 0.3, 2].map((rttSeconds) => link({ rttSeconds }));
  const level = levelOf([...links, ...links.slice(0, 3)], 'latency');
  expect(links.map(level)).toEqual([0, 0, 0, 1, 2, 3]);
  expect(level(link())).toBeUndefined();
  expect(level(undefined)).toBeUndefined();
});

it('calls nothing long that is short anyway, and takes no measure from history', () => {
  const near = [0.00002, 0.0004].map((rttSeconds) => link({ rttSeconds }));
  expect(near.map(levelOf([near[0]!, ...near], 'latency'))).toEqual([0, 0]);
  const past = Array.from({ length: 9 }, () => link({ rttSeconds: 3, stale: true }));
  expect(levelOf([...past, link({ rttSeconds: 0.001 })], 'latency')(link({ rttSeconds: 0.1 }))).toBe(3);
});

it('takes the worse way of a link for its loss', () => {
  const level = levelOf([], 'loss');
  expect(
    [{ lossTo: 0, lossFrom: 0.04 }, { lossFrom: 0.1 }, { lossTo: 0.3 }, { lossRatio: 1 }, {}].map((one) =>
      level(link(one)),
    ),
  ).toEqual([0, 1, 2, 3, undefined]);
});
