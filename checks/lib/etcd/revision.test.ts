import { expect, it } from 'vitest';
import type { FetchResult } from '../../types.ts';
import { createRevisionMemory, noteRevision } from './revision.ts';
import { clientReads, gatewayError, rangeAnswer, silence } from './testing.ts';

const HOUR_MS = 3_600_000;
const FROM = 1_200_000;

/** What is told after each answer to the read through the majority, one every 3 s; a number is its revision. */
function createLook(url = 'http://127.0.0.1:2379') {
  const memory = createRevisionMemory();
  let at = 0;
  return (answer: number | FetchResult, { afterMs = 3000, place = url } = {}) => {
    at += afterMs;
    const linearizable = typeof answer === 'number' ? rangeAnswer(2, answer) : answer;
    const told = noteRevision(memory, clientReads({ url: place, linearizable }), at);
    return told && [told.from, told.to];
  };
}

it('is told from the second read on, for an hour', () => {
  const look = createLook();
  expect(look(FROM)).toBeUndefined();
  expect(look(900_000)).toBeUndefined();
  expect(look(900_003)).toEqual([FROM, 900_003]);
  expect(look(900_400, { afterMs: HOUR_MS - 1 })).toEqual([FROM, 900_003]);
  expect(look(900_400, { afterMs: 1 })).toBeUndefined();
});

it('is told while nobody reaches the majority, and until the revision has passed the old one', () => {
  const look = createLook();
  look(FROM);
  for (const answer of [silence(), gatewayError(503, 'etcdserver: request timed out')])
    expect(look(answer)).toBeUndefined();
  look(FROM - 1000);
  expect(look(FROM - 1000)).toEqual([FROM, FROM - 1000]);
  expect(look(silence())).toEqual([FROM, FROM - 1000]);
  expect(look(FROM - 1)).toEqual([FROM, FROM - 1000]);
  expect(look(FROM)).toBeUndefined();
});

it('is told again when the data go back once more', () => {
  const look = createLook();
  for (const revision of [FROM, 900_000, 900_000, 500_000]) look(revision);
  expect(look(500_000)).toEqual([900_000, 500_000]);
});

it.each<[string, readonly (number | FetchResult)[]]>([
  ['one answer', [FROM, 5, FROM + 1, 5, FROM + 2]],
  ['fewer writes than a minute has', [FROM, FROM - 999, FROM - 999, FROM - 999]],
  ['the first answer of all', [5, 5, 6]],
  ['no revision', [FROM, silence(), rangeAnswer(2, 0), silence()]],
])('is not told for %s', (_, answers) => {
  const look = createLook();
  for (const answer of answers) expect(look(answer)).toBeUndefined();
});

it('is not told of another etcd, at another port', () => {
  const look = createLook();
  look(FROM);
  for (let count = 0; count < 3; count += 1) expect(look(5, { place: 'http://127.0.0.1:4001' })).toBeUndefined();
  // The same port with TLS.
  look(9000, { place: 'https://127.0.0.1:4001' });
  look(5, { place: 'http://127.0.0.1:4001' });
  expect(look(5, { place: 'https://127.0.0.1:4001' })).toEqual([9000, 5]);
});
