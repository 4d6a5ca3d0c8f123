import { expect, it } from 'vitest';
import type { EdgeState, Member } from '../../model/member.ts';
import { encodeEvent } from '../codec/event.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { type QuietDeps, isNews } from './quiet.ts';

const PEER = 'AAAAAAAAAAA';
const place = { boot: 1, sequence: 1, contentSequence: 1, epoch: 'AQIDBAUGBwg', place: 1 };
const event = (state: EdgeState): Uint8Array =>
  signEnvelope(
    'event',
    encodeEvent(place, { kind: 'edges', at: 0, node: 'self', edges: [{ peer: PEER, state }] }),
    testKeys(1),
    TEST_CLUSTER,
  );
const told = (observers: readonly string[]): QuietDeps => {
  const testimony = observers.map((observer) => ({ observer, state: 'lost' }) as const);
  const member: Member = { name: 'b', state: 'suspect', sinceMs: 0, judged: true, inComponent: true, testimony };
  return {
    self: 'self',
    nameOf: (prefix) => (prefix === PEER ? 'b' : undefined),
    memberOf: () => member,
    observersOf: () => ['self', 'c', 'd', 'e'],
    usualObservers: () => 4,
  };
};

it('a loss is news until more than half of the observers have told of it', () => {
  expect(isNews(event('lost'), told(['c', 'd']))).toBe(true);
  expect(isNews(event('lost'), told(['self', 'c', 'd']))).toBe(true);
  expect(isNews(event('lost'), told(['c', 'd', 'e']))).toBe(false);
});

it('anything else is news', () => {
  expect(isNews(event('refused'), told(['c', 'd', 'e']))).toBe(true);
  expect(isNews(event('good'), told(['c', 'd', 'e']))).toBe(true);
  expect(isNews(event('lost'), { ...told(['c', 'd', 'e']), nameOf: () => undefined })).toBe(true);
});

it('a loss is news until most of all observers have told of it, also of those that are gone', () => {
  const small = { ...told(['c', 'd']), observersOf: () => ['self', 'c', 'd'] };

  expect(isNews(event('lost'), { ...small, usualObservers: () => 3 })).toBe(false);
  expect(isNews(event('lost'), { ...small, usualObservers: () => 7 })).toBe(true);
});
