import { expect, it } from 'vitest';
import { createPodHearing } from './pod-hearing.ts';

it('is silent from the first time that nobody was heard to the last', () => {
  const hearing = createPodHearing();
  hearing.note('answered', 0);
  hearing.note('silent', 60_000);
  expect(hearing.silentForMs()).toBe(0);
  hearing.note(undefined, 120_000);
  expect(hearing.silentForMs()).toBe(0);
  hearing.note('silent', 130_000);
  expect(hearing.silentForMs()).toBe(70_000);
  hearing.note(undefined, 131_000);
  expect(hearing.silentForMs()).toBe(70_000);
  hearing.note('answered', 190_000);
  expect(hearing.silentForMs()).toBe(0);
});

it('proves nothing where nobody was ever heard', () => {
  const hearing = createPodHearing();
  for (let minute = 0; minute < 10; minute += 1) hearing.note('silent', minute * 60_000);
  expect(hearing.silentForMs()).toBe(0);
});

it('is forgotten once nobody listens any more', () => {
  const hearing = createPodHearing();
  hearing.note('answered', 0);
  for (const at of [60_000, 130_000, 200_000]) hearing.note('silent', at);
  hearing.note(undefined, 500_000);
  expect(hearing.silentForMs()).toBe(140_000);
  hearing.note(undefined, 500_001);
  expect(hearing.silentForMs()).toBe(0);
});
