import { expect, it } from 'vitest';
import type { EdgeState, Testimony } from '../../model/member.ts';
import { createWave, weigh } from './verdict.ts';

const STATES: Readonly<Record<string, EdgeState>> = {
  g: 'good',
  l: 'lost',
  r: 'refused',
  u: 'unresponsive',
  b: 'udp-blocked',
};
const testimony = (letters: string): Testimony[] =>
  letters.split('').map((letter, index) => ({ observer: `o${index}`, state: STATES[letter] ?? 'good' }));

it.each([
  ['', 9, 'nothing'],
  ['gggggggg', 9, 'fine'],
  ['ggb', 9, 'fine'],
  ['gggggggl', 9, 'doubt'],
  ['llllgggg', 9, 'doubt'],
  ['lllllggg', 9, 'lost'],
  ['l', 3, 'doubt'],
  ['l', 2, 'lost'],
  ['ll', 3, 'lost'],
  ['lg', 2, 'doubt'],
  ['rr', 9, 'agent-down'],
  ['r', 9, 'doubt'],
  ['r', 2, 'agent-down'],
  ['rrg', 9, 'doubt'],
  ['rrb', 9, 'doubt'],
  ['rrllllll', 9, 'agent-down'],
  ['uu', 9, 'agent-unresponsive'],
  ['uur', 9, 'agent-unresponsive'],
  ['urr', 9, 'agent-down'],
  ['ur', 9, 'agent-down'],
  ['rllll', 9, 'lost'],
])('%s in a component of %i: %s', (letters, size, weight) => {
  expect(weigh(testimony(letters), size)).toBe(weight);
});

it('judges all together, 500 ms after the last loss', () => {
  const wave = createWave();
  wave.lossArrived('a', 0);
  expect(wave.judge(['a'], 0)).toEqual([]);
  wave.lossArrived('b', 400);
  expect(wave.judge(['a', 'b'], 400)).toEqual([]);
  expect(wave.dueAtMs()).toBe(900);
  expect(wave.judge(['a', 'b'], 899)).toEqual([]);
  expect(wave.judge(['a', 'b'], 900)).toEqual(['a', 'b']);
  expect(wave.dueAtMs()).toBe(Infinity);
});

it('waits at most two seconds after the first majority', () => {
  const wave = createWave();
  for (let nowMs = 0; nowMs < 2000; nowMs += 100) {
    wave.lossArrived(`n${nowMs}`, nowMs);
    expect(wave.judge(['a'], nowMs)).toEqual([]);
  }
  expect(wave.judge(['a'], 2000)).toEqual(['a']);
});

it('begins anew when the majority was gone in between, and after a pause', () => {
  const wave = createWave();
  wave.judge(['a'], 0);
  wave.judge([], 100);
  wave.judge(['a'], 400);
  expect(wave.dueAtMs()).toBe(900);
  wave.rearm(5000);
  expect(wave.dueAtMs()).toBe(5500);
});

it('does not wait longer for losses of what most have lost already', () => {
  const wave = createWave();
  wave.lossArrived('a', 0);
  wave.judge(['a'], 0);
  wave.lossArrived('a', 400);

  expect(wave.judge(['a'], 500)).toEqual(['a']);
});
