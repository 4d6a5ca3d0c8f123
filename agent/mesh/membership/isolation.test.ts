import { expect, it } from 'vitest';
import { type OwnEdge, createIsolationWatch } from './isolation.ts';

const edge = (misses: number, overrides: Partial<OwnEdge> = {}): OwnEdge => ({
  state: 'good',
  misses,
  isHindered: false,
  ...overrides,
});
const GATEWAY = [{ kind: 'gateway' as const }];

function silent() {
  const watch = createIsolationWatch();
  watch.look([edge(2), edge(9, { state: 'lost' })], 1000);
  return watch;
}

it.each([
  ['one answers', [edge(0), edge(5)]],
  ['one refuses: its host answered', [edge(5, { state: 'refused' }), edge(5)]],
  ['there is nobody', []],
  ['one is new', [edge(0, { state: undefined })]],
])('is no question while %s', (_, edges) => {
  const watch = createIsolationWatch();
  watch.look(edges, 1000);

  expect(watch.state()).toBe('no');
  expect(watch.takeQuestion(1000)).toBe(false);
  expect(watch.dueAtMs()).toBe(Infinity);
});

it('asks at the second miss of all, and every two seconds again', () => {
  const watch = silent();

  expect(watch.state()).toBe('asking');
  expect(watch.takeQuestion(1000)).toBe(true);
  expect(watch.takeQuestion(2999)).toBe(false);
  expect(watch.takeQuestion(3000)).toBe(true);
});

it.each([
  [{ verdict: 'reachable', asked: GATEWAY }, 'peers'],
  [{ verdict: 'silent', asked: GATEWAY }, 'self'],
  [{ verdict: 'silent', asked: [{ kind: 'peer' }] }, 'unclear'],
  [{ verdict: 'no-carrier', asked: [] }, 'self'],
  [{ verdict: 'unasked', asked: [] }, 'unclear'],
] as const)('concludes from %j: %s', (answer, state) => {
  const watch = silent();
  watch.takeQuestion(1000);
  watch.answered(answer, 1500);

  expect(watch.state()).toBe(state);
  watch.look([edge(20, { state: 'lost' })], 9000);
  expect(watch.state()).toBe(state);
  watch.look([edge(0), edge(20, { state: 'lost' })], 9500);
  expect(watch.state()).toBe('no');
});

it('does not wait for an answer for ever', () => {
  const watch = silent();
  expect(watch.dueAtMs()).toBeLessThanOrEqual(3500);
  watch.look([edge(9, { state: 'lost' })], 3500);

  expect(watch.state()).toBe('unclear');
});

it('knows without asking when nothing can be sent', () => {
  const watch = createIsolationWatch();
  watch.look([edge(0, { state: undefined, isHindered: true })], 0);

  expect(watch.state()).toBe('self');
});

it('ignores an answer when the silence is over', () => {
  const watch = silent();
  watch.look([edge(0)], 1200);
  watch.answered({ verdict: 'silent', asked: GATEWAY }, 1500);

  expect(watch.state()).toBe('no');
});

it('does not end with a pause of this process, which makes nobody answer', () => {
  const watch = silent();
  watch.answered({ verdict: 'silent', asked: GATEWAY }, 1500);
  watch.look([edge(0, { isExcused: true }), edge(0, { state: 'lost', isExcused: true })], 5000);
  expect(watch.state()).toBe('self');

  watch.look([edge(0), edge(0, { state: 'lost', isExcused: true })], 5100);
  expect(watch.state()).toBe('no');
});

it('gives the peers a moment when the network is back', () => {
  const watch = silent();
  watch.answered({ verdict: 'silent', asked: GATEWAY }, 1500);
  watch.look([edge(9, { state: 'lost' })], 9000);
  expect(watch.takeQuestion(9000)).toBe(true);
  watch.answered({ verdict: 'reachable', asked: GATEWAY }, 9100);
  expect(watch.state()).toBe('asking');

  expect(watch.takeQuestion(11_000)).toBe(true);
  watch.answered({ verdict: 'reachable', asked: GATEWAY }, 11_100);
  expect(watch.state()).toBe('peers');
});

it('does not begin with a pause', () => {
  const watch = createIsolationWatch();
  watch.look([edge(0, { isExcused: true }), edge(0, { state: 'lost', isExcused: true })], 1000);

  expect(watch.state()).toBe('no');
});

it('waits anew for an answer after a pause', () => {
  const watch = silent();
  watch.rearm(3400);
  watch.look([edge(9, { state: 'lost' })], 3500);

  expect(watch.state()).toBe('asking');
});
