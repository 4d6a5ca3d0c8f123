import { expect, it } from 'vitest';
import { preferredFormat } from './negotiate.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

it.each([
  [undefined, 'fallback'],
  ['', 'fallback'],
  ['*/*', 'fallback'],
  [BROWSER, 'fallback'],
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['text/plain', 'text'],
  ['text/*', 'text'],
  ['text/plain, application/json;q=0.9', 'text'],
  ['text/plain;q=0.1, application/json;q=0.2', 'json'],
  ['TEXT/PLAIN', 'text'],
  ['*/*;q=0.1, application/json', 'json'],
  ['application/json;q=0', 'fallback'],
  ['application/json;q=0, */*', 'text'],
  ['application/json;q=oops', 'fallback'],
  [',;,/;q=', 'fallback'],
])('%j prefers %s', (accept, preferred) => {
  for (const fallback of ['json', 'text'] as const) {
    expect(preferredFormat(accept, fallback)).toBe(preferred === 'fallback' ? fallback : preferred);
  }
});
