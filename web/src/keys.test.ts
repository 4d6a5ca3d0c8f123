import { expect, it } from 'vitest';
import { commandOf, type Key, type KeyPlace } from './keys.ts';

const key = (name: string, changes: Partial<Key> = {}): Key => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  defaultPrevented: false,
  ...changes,
});
const PAGE: KeyPlace = { inField: false, inDialog: false, onFinding: false };

it.each([
  ['?', 'help'],
  ['/', 'search'],
  ['j', 'next'],
  ['k', 'previous'],
  ['o', 'fold'],
  ['t', 'past'],
  ['n', 'now'],
  ['p', 'pause'],
  ['Escape', 'up'],
  ['ArrowDown', undefined],
  ['x', undefined],
  ['toString', undefined],
])('%s on the page is %s', (name, command) => {
  expect(commandOf(key(name), PAGE, true)).toBe(command);
});

it('leaves fields, dialogs and the keys of the browser alone', () => {
  for (const place of [
    { ...PAGE, inField: true },
    { ...PAGE, inDialog: true },
  ])
    for (const name of ['j', '/', 'Escape']) expect(commandOf(key(name), place, true)).toBeUndefined();
  for (const change of ['ctrlKey', 'metaKey', 'altKey', 'isComposing', 'defaultPrevented'] as const)
    expect(commandOf(key('p', { [change]: true }), PAGE, true)).toBeUndefined();
});

it('takes arrows on a finding, and letters only while they are on', () => {
  expect(commandOf(key('ArrowDown'), { ...PAGE, onFinding: true }, true)).toBe('next');
  expect(commandOf(key('ArrowUp'), { ...PAGE, onFinding: true }, false)).toBe('previous');
  expect(commandOf(key('j'), PAGE, false)).toBeUndefined();
  expect(commandOf(key('Escape'), PAGE, false)).toBe('up');
});
