/** Light, dark, or what the system says. Remembered in this browser. */
import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'meerkat-theme';
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

export const theme = signal<Theme>('auto');

export function loadTheme(): void {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the system's setting does then.
  }
  apply(stored === 'light' || stored === 'dark' ? stored : 'auto');
}

export function nextTheme(): void {
  const next = NEXT[theme.value];
  apply(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It holds for this page only.
  }
}

function apply(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset['theme'] = next;
}
