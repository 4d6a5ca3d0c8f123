import { expect, it } from 'vitest';
import { createChoices, readChoices, withChoices } from './choices.ts';

it('takes over what an address says, and forgets what it does not', () => {
  const choices = createChoices('#/?state=problem&network=overlay');
  expect([choices.state.value, choices.network.value, choices.range.value]).toEqual(['problem', 'overlay', '3h']);
  readChoices(choices, '#/node/w1?range=7d');
  expect([choices.state.value, choices.network.value, choices.range.value]).toEqual(['all', 'underlay', '7d']);
});

it('writes only what differs from the usual, and leaves what belongs to others', () => {
  const choices = createChoices('');
  expect(withChoices(choices, '')).toBe('');
  choices.name.value = 'w 1&x';
  expect(withChoices(choices, '')).toBe('#/?name=w%201%26x');
  expect(withChoices(choices, '#/?at=-1h&name=old')).toBe('#/?at=-1h&name=w%201%26x');
  choices.name.value = '';
  expect(withChoices(choices, '#/?at=2026-11-20T02:14:05Z')).toBe('#/?at=2026-11-20T02:14:05Z');
  expect(withChoices(choices, '#/node/w1?name=old')).toBe('#/node/w1');
});

it('reads back what it wrote', () => {
  const choices = createChoices('');
  choices.path.value = 'worker/eu-1a..worker/eu-1b';
  choices.range.value = '2026-11-23T01:00:00.000Z..2026-11-23T02:00:00.000Z';
  const again = createChoices(withChoices(choices, '#/'));
  expect([again.path.value, again.range.value]).toEqual([choices.path.value, choices.range.value]);
});
