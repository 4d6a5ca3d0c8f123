/** What a key does. Whoever types, or uses a key of the browser, is left alone. */
import { signal } from '@preact/signals';

export type Command = 'help' | 'search' | 'next' | 'previous' | 'fold' | 'past' | 'now' | 'pause' | 'up';

const LETTERS: Readonly<Record<string, Command>> = {
  '?': 'help',
  '/': 'search',
  j: 'next',
  k: 'previous',
  o: 'fold',
  t: 'past',
  n: 'now',
  p: 'pause',
};

export interface KeyPlace {
  /** The focus is where letters are text. */
  readonly inField: boolean;
  /** A dialog is open: it has keys of its own. */
  readonly inDialog: boolean;
  /** The focus is on a finding: there the arrows go from one to the next; elsewhere they scroll. */
  readonly onFinding: boolean;
}

export type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing' | 'defaultPrevented'>;

/** `letters`: false where somebody switched them off, because who speaks to a computer says many. */
export function commandOf(key: Key, place: KeyPlace, letters: boolean): Command | undefined {
  if (key.ctrlKey || key.metaKey || key.altKey || key.isComposing || key.defaultPrevented) return undefined;
  if (place.inDialog || place.inField) return undefined;
  if (key.key === 'Escape') return 'up';
  if (place.onFinding && key.key === 'ArrowDown') return 'next';
  if (place.onFinding && key.key === 'ArrowUp') return 'previous';
  return letters && Object.hasOwn(LETTERS, key.key) ? LETTERS[key.key] : undefined;
}

const STORED = 'meerkat-keys';

/** Keys of one letter do something. https://www.w3.org/TR/WCAG22/#character-key-shortcuts */
export const letterKeys = signal(true);

export function loadKeys(): void {
  try {
    letterKeys.value = localStorage.getItem(STORED) !== 'off';
  } catch {
    // Storage may be forbidden.
  }
}

export function switchKeys(on: boolean): void {
  letterKeys.value = on;
  try {
    localStorage.setItem(STORED, on ? 'on' : 'off');
  } catch {
    // It holds for this page only.
  }
}
