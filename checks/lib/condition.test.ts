import { expect, it } from 'vitest';
import { createCondition } from './condition.ts';

it('tells since when something is bad, from the first bad look after the last good one', () => {
  const condition = createCondition();
  expect([condition.wasWell, condition.isBad]).toEqual([false, false]);
  expect([condition.noteBad(1000), condition.noteBad(4000)]).toEqual([0, 3000]);
  expect([condition.wasWell, condition.isBad]).toEqual([false, true]);
  condition.noteWell();
  expect([condition.wasWell, condition.isBad]).toEqual([true, false]);
  expect([condition.noteBad(9000), condition.noteBad(9500)]).toEqual([0, 500]);
  expect([condition.wasWell, condition.isBad]).toEqual([true, true]);
});
