import { computed, effect, signal } from '@preact/signals';
import { expect, it } from 'vitest';
import { hold } from './held.ts';

function createHeld() {
  const source = signal(1);
  const isShown = signal(true);
  const held = hold(source, isShown);
  const seen: number[] = [];
  const stop = effect(() => {
    seen.push(held.value);
  });
  return { source, isShown, held, seen, stop };
}

it('follows its source while it is on show', () => {
  const { source, seen } = createHeld();
  source.value = 2;
  expect(seen).toEqual([1, 2]);
});

it('stands still while it is not, and is current when it is on show again', () => {
  const { source, isShown, held, seen } = createHeld();
  isShown.value = false;
  source.value = 2;
  source.value = 3;
  expect([held.value, held.peek()]).toEqual([1, 1]);
  expect(seen).toEqual([1]);
  isShown.value = true;
  expect(seen).toEqual([1, 3]);
});

it('is as it was when both change at once', () => {
  const source = signal({ view: 'overview', name: 'w0' });
  const name = hold(
    computed(() => source.value.name),
    computed(() => source.value.view === 'overview'),
  );
  const seen: string[] = [];
  effect(() => {
    seen.push(name.value);
  });
  source.value = { view: 'node', name: '' };
  expect(seen).toEqual(['w0']);
});

it('costs nothing while it is not on show: nobody listens to the source', () => {
  let listeners = 0;
  const source = signal(1, {
    watched: () => {
      listeners += 1;
    },
    unwatched: () => {
      listeners -= 1;
    },
  });
  const isShown = signal(true);
  const held = hold(source, isShown);
  const stop = effect(() => void held.value);
  expect(listeners).toBe(1);
  isShown.value = false;
  expect(listeners).toBe(0);
  isShown.value = true;
  expect(listeners).toBe(1);
  stop();
  expect(listeners).toBe(0);
});

it('writes to its source', () => {
  const { source, held } = createHeld();
  held.value = 5;
  expect(source.value).toBe(5);
  expect(held.value).toBe(5);
});
