import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { keyPairFromSeed } from '../identity/key-pair.ts';
import type { Binding } from '../names/binding.ts';
import { createDirectory } from './directory.ts';
import { type RollDeps, createRoll } from './roll.ts';

const MANY = 100;

const holder = (number: number): Binding => ({
  name: `n${number}`,
  peerId: keyPairFromSeed(new Uint8Array(32).fill(number)).peerId,
  generation: 1,
});

function roll() {
  const clock = createFakeClock();
  const heard: string[][] = [];
  const nothing = (): void => {};
  const hearing: RollDeps['hearing'] = {
    named: nothing,
    recognised: (nodes) => void heard.push(nodes.map(({ name }) => name)),
  };
  const deps = {
    clock,
    directory: createDirectory(),
    hearing,
    acquaintance: { isMet: () => true, named: nothing },
    watch: { take: nothing, latest: () => ({ members: [] }) },
    neighbours: { renew: nothing },
    plan: { refresh: nothing },
    apart: { look: nothing },
    onChange: nothing,
    recalled: new Map(),
    peerId: 'own',
  };
  // The rest of these parts is not for the roll.
  return { clock, heard, roll: createRoll(deps as unknown as RollDeps) };
}

const holders = Array.from({ length: MANY }, (_, index) => holder(index));

it('hears what a few said at once, and what many said a few at a time', async () => {
  const few = roll();
  few.roll.holders(holders.slice(0, 3));
  expect(few.heard).toEqual([['n0', 'n1', 'n2']]);
  expect(few.roll.isHearing()).toBe(false);

  const many = roll();
  many.roll.holders(holders);
  expect(many.heard).toEqual([]);
  expect(many.roll.isHearing()).toBe(true);
  await many.clock.advance(0);
  expect(many.heard.flat()).toEqual(holders.map(({ name }) => name));
  expect(Math.max(...many.heard.map(({ length }) => length))).toBeLessThanOrEqual(32);
  expect(many.roll.isHearing()).toBe(false);
});

it('hears nobody who has lost its name meanwhile, and nobody after the end', async () => {
  const renamed = roll();
  renamed.roll.holders(holders);
  renamed.roll.holders(holders.slice(0, MANY - 1));
  await renamed.clock.advance(0);
  expect(renamed.heard.flat()).toEqual(holders.slice(0, MANY - 1).map(({ name }) => name));

  const stopped = roll();
  stopped.roll.holders(holders);
  stopped.roll.stop();
  await stopped.clock.advance(0);
  expect(stopped.heard).toEqual([]);
  expect(stopped.roll.isHearing()).toBe(false);
});
