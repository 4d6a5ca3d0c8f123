/** The generated pages agree with the source, and what they link to exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { code, seconds, table } from './docs/markdown.ts';
import { generatedPages } from './docs/pages.ts';

const DOCS = join(import.meta.dirname, '../docs');
const PAGES = generatedPages();

describe.each(Object.entries(PAGES))('docs/%s', (name, text) => {
  it('is up to date; else run `npm run docs`', () => {
    expect(readFileSync(join(DOCS, name), 'utf8')).toBe(text);
  });

  it('links to what exists', () => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const page = file === '' ? text : (PAGES[file] ?? '');
      if (file !== '') expect(existsSync(join(DOCS, file)), target).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(page), target).toContain(anchor);
    }
  });

  it('has no text that Markdown takes for a tag', () => {
    const prose = text.replaceAll(/```.*?```|`[^`\n]*`/gs, '');
    expect(prose.match(/<(?!br>|!--)[a-z/!?][^>\n]*/gi) ?? []).toEqual([]);
  });

  it('has tables whose rows have as many cells as their heading', () => {
    for (const block of text
      .trimEnd()
      .split('\n\n')
      .filter((part) => part.startsWith('|'))) {
      const widths = block.split('\n').map((row) => row.replaceAll(String.raw`\|`, '').split('|').length);
      expect(new Set(widths).size, block).toBe(1);
    }
  });
});

it('writes durations as people say them', () => {
  expect([500, 15_000, 60_000, 90_000, 600_000, 3_600_000].map(seconds)).toEqual([
    '0.5 s',
    '15 s',
    '60 s',
    '90 s',
    '10 min',
    '1 h',
  ]);
});

it('keeps bars, line breaks and backquotes inside their cell', () => {
  expect(table(['a'], [['x | y\nz']])).toBe('| a |\n|---|\n| x \\| y z |');
  expect(code('a`b')).toBe('`` a`b ``');
});

/** As GitHub makes them from headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
