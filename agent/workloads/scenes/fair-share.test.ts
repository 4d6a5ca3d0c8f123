import { expect, it } from 'vitest';
import { fairShare } from './fair-share.ts';

const aPod = (pod: string) => ({ namespace: 'prod', pod, container: '' });
const namesOf = (pods: readonly string[], most: number): readonly string[] =>
  fairShare(pods.map(aPod), most).map(({ pod }) => pod);

it('leaves all where there is room', () => {
  expect(namesOf(['b', 'a', 'b'], 3)).toEqual(['b', 'a', 'b']);
  expect(namesOf([], 3)).toEqual([]);
});

it('takes the oldest of the workload that has most', () => {
  const runs = Array.from({ length: 9 }, (_, index) => `job-2938452${9 - index}-x2k4p`);
  expect(namesOf([...runs.slice(0, 5), 'api-0', ...runs.slice(5), 'db'], 4)).toEqual([runs[0], runs[1], 'api-0', 'db']);
});

it('takes what is oldest where all have as many', () => {
  expect(namesOf(['d', 'c', 'b', 'a'], 2)).toEqual(['d', 'c']);
  expect(namesOf(['b', 'a', 'b', 'a'], 3)).toEqual(['b', 'a', 'b']);
});

it('does not mix what has the same name in several namespaces', () => {
  const all = [aPod('a'), { ...aPod('a'), namespace: 'dev' }, aPod('a')];
  expect(fairShare(all, 2)).toEqual(all.slice(0, 2));
});
