import { expect, it } from 'vitest';
import { asciiLine } from './ascii.ts';

it.each([
  ['plain text stays', 'plain text stays'],
  ['“quoted” – café … 3 µs', '"quoted" - cafe ... 3 us'],
  ['日本 \u{1F600}', '?? ?'],
  ['two\nlines\tand\u001b[31m', 'two lines and?[31m'],
])('%j becomes %j', (text, ascii) => {
  expect(asciiLine(text, 80)).toBe(ascii);
});

it('cuts to the bytes it may have and says so', () => {
  const line = asciiLine('a'.repeat(100), 80);

  expect(line).toHaveLength(80);
  expect(line.endsWith('a...')).toBe(true);
});
