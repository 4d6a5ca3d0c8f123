import { beforeEach, expect, it } from 'vitest';
import { SHORT_PING_BYTES } from './frame.ts';
import { type Path, createPath } from './path.ts';

let path: Path;
let mtu: number;
let nonces: number;
let now: number;
beforeEach(() => {
  [mtu, nonces, now] = [1450, 0, 0];
  path = createPath(
    '10.244.2.5',
    () => mtu,
    () => String(nonces++),
  );
});
const round = (wasHeldUp = false) => {
  now += 2000;
  return path.begin(now, wasHeldUp);
};
const answer = (pings: ReturnType<typeof round>, theirMtu = 1450): void => {
  for (const { nonce } of pings) path.take(nonce, theirMtu, now + 1);
};

it('sends short datagrams until the other end has told its MTU, then also the longest that both take', () => {
  const first = round();
  expect(first.map(({ bytes }) => bytes)).toEqual([SHORT_PING_BYTES]);
  answer(first, 1400);
  expect(round().map(({ bytes }) => bytes)).toEqual([SHORT_PING_BYTES, 1400 - 28]);
});

it('sends long ones every 20 s while they are answered, and each time once one was not', () => {
  answer(round());
  const isLong = (pings: ReturnType<typeof round>): boolean => pings.length === 2;
  const answered = Array.from({ length: 21 }, () => {
    const pings = round();
    answer(pings);
    return isLong(pings);
  });
  expect(answered.flatMap((one, index) => (one ? [index] : []))).toEqual([0, 10, 20]);
  for (let rounds = 0; rounds < 9; rounds += 1) answer(round());
  const lost = Array.from({ length: 4 }, () => {
    const [short, ...long] = round();
    answer(short === undefined ? [] : [short]);
    return long.length === 1;
  });
  expect([lost, path.figures().full]).toEqual([[true, true, true, true], { bytes: 1450, misses: 3, lost: 3, sent: 6 }]);
  answer(round());
  expect(isLong(round())).toBe(false);
});

it('sends no long ones over IPv6', () => {
  path = createPath(
    'fd00::5',
    () => mtu,
    () => String(nonces++),
  );
  answer(round());
  expect(isLongAtAll(Array.from({ length: 12 }, () => round()))).toBe(false);
});
const isLongAtAll = (all: readonly ReturnType<typeof round>[]): boolean => all.some((pings) => pings.length > 1);

it('takes no answer from long ago for a round trip', () => {
  const old = round();
  now += 60_000;
  answer(old);
  expect(path.figures()).not.toHaveProperty('rttMs');
});

it.each([
  ['does not know its MTU', 0],
  ['takes nothing longer', SHORT_PING_BYTES + 28],
])('sends short datagrams alone to who %s', (_, theirs) => {
  answer(round(), theirs);
  expect(round()).toHaveLength(1);
});

it('counts what is not answered, and begins anew with the first answer', () => {
  answer(round());
  for (let rounds = 0; rounds < 4; rounds += 1) round();
  expect(path.figures().short).toEqual({ misses: 3, lost: 3, sent: 4 });
  answer(round());
  expect(path.figures()).toMatchObject({ short: { misses: 0, lost: 4, sent: 6 }, rttMs: 1 });
  expect(path.misses()).toBe(0);
});

it('takes an answer that is some seconds late for one: it came', () => {
  const late = round();
  round();
  round();
  expect(path.figures().short).toMatchObject({ misses: 2 });
  answer(late);
  expect(path.figures().short).toMatchObject({ misses: 0, lost: 2 });
});

it('says nothing of the time in which this process was held up', () => {
  answer(round());
  round();
  round(true);
  expect(path.figures().short).toEqual({ misses: 0, lost: 0, sent: 1 });
});

it('does not know echoes of pings that it did not send, or sent long ago', () => {
  const old = round();
  for (let rounds = 0; rounds < 6; rounds += 1) round();
  expect(old.map(({ nonce }) => path.take(nonce, 1450, now))).toEqual([false]);
  expect(path.take('other', 1450, now)).toBe(false);
  expect(path.figures().short.misses).toBe(6);
});
