import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { createAnswers } from './answers.ts';

it('makes an answer once in each second', async () => {
  const clock = createFakeClock();
  const answers = createAnswers(clock);
  let made = 0;
  const get = (): string =>
    answers.get('status', (now) => {
      made += 1;
      return `${made} at ${now - Date.UTC(2026, 0, 1, 12)}`;
    });

  expect([get(), get()]).toEqual(['1 at 0', '1 at 0']);
  await clock.advance(999);
  expect(get()).toBe('1 at 0');
  await clock.advance(1);
  expect(get()).toBe('2 at 1000');
});

it('makes it anew after a change', () => {
  const answers = createAnswers(createFakeClock());

  expect(answers.get('status', () => 'old')).toBe('old');
  answers.clear();
  expect(answers.get('status', () => 'new')).toBe('new');
});

it('keeps forms apart, and keeps nothing when making fails', () => {
  const answers = createAnswers(createFakeClock());

  expect(answers.get('json status', () => '{}')).toBe('{}');
  expect(answers.get('text status', () => 'OK')).toBe('OK');
  expect(() =>
    answers.get('node x', () => {
      throw new Error('no such node');
    }),
  ).toThrow('no such node');
  expect(answers.get('node x', () => 'there')).toBe('there');
});
