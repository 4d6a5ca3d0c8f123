/**
 * The token that an agent asks for (`http.access: token`). It is kept in this tab's session and nowhere else, and goes to
 * the agent that serves the page only: the requests of the page are relative to its own address.
 */
import { signal } from '@preact/signals';

const KEY = 'meerkat-token';

/** Undefined: none was given. */
export const token = signal<string | undefined>(undefined);

export const authorization = (): string | undefined =>
  token.peek() === undefined ? undefined : `Bearer ${token.peek()}`;

export function loadToken(): void {
  try {
    token.value = sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    // Storage may be forbidden; then it is asked for again after a reload.
  }
}

/** `next`: undefined to forget it. */
export function keepToken(next: string | undefined): void {
  token.value = next;
  try {
    if (next === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, next);
  } catch {
    // It holds until the page is read anew.
  }
}
