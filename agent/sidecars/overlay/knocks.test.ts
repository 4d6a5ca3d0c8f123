import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { KnockAt } from '../knock.ts';
import { KNOCK_MS, createKnocks } from './knocks.ts';

const OWN = ['10.244.1.5', 'fd00:244:1::5', '192.0.2.7'];

function setUp(answer: KnockAt = async () => undefined) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const knockAt: KnockAt = (address, signal) => {
    asked.push(address);
    return answer(address, signal);
  };
  return { clock, asked, knocks: createKnocks({ clock, knockAt, own: OWN }) };
}

it.each(['10.244.1.9', '100.64.3.4', '172.16.0.9', '198.51.100.9', 'fd00:244:1::9', '2001:db8::9'])(
  'are made at the address of a pod: %s',
  async (address) => {
    const { knocks, asked } = setUp();
    expect(await knocks.at(address)).toBe(true);
    expect(asked).toEqual([address]);
  },
);

it.each([
  ...OWN,
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:10.244.1.9',
  'fe80::1',
  'ff02::1',
])('are not made at %s', async (address) => {
  const { knocks, asked } = setUp();
  expect(await knocks.at(address)).toBeUndefined();
  expect(asked).toEqual([]);
});

it('are made once in ten seconds, whoever is there', async () => {
  const { knocks, asked, clock } = setUp();
  await knocks.at('10.244.1.9');
  await clock.advance(9999);
  expect(await knocks.at('10.244.1.10')).toBeUndefined();
  await clock.advance(1);
  expect(await knocks.at('10.244.1.10')).toBe(true);
  expect(asked).toHaveLength(2);
});

it.each([
  ['no answer', false],
  ['EHOSTUNREACH', false],
  ['ETIMEDOUT', false],
  ['ENETUNREACH', undefined],
  ['EPERM', undefined],
  ['EMFILE', undefined],
])('tell of silence, and nothing of what is wrong on this side: %s', async (why, heard) => {
  expect(await setUp(async () => why).knocks.at('10.244.1.9')).toBe(heard);
});

const untilAborted: KnockAt = (_, signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('no answer'), { once: true }));

it('end at their deadline', async () => {
  const { knocks, clock } = setUp(untilAborted);
  const knock = knocks.at('10.244.1.9');
  await clock.advance(KNOCK_MS);
  expect(await knock).toBe(false);
});

it('say nothing where this process stood still', async () => {
  const { knocks, clock } = setUp(async (address, signal) => {
    const why = await untilAborted(address, signal);
    await clock.sleep(301, new AbortController().signal);
    return why;
  });
  const knock = knocks.at('10.244.1.9');
  await clock.advance(KNOCK_MS + 301);
  expect(await knock).toBeUndefined();
});
