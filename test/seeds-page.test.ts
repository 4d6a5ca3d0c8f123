/** `docs/seeds.md` names tests that are there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PAGE = readFileSync('docs/seeds.md', 'utf8');
const TESTS = [...new Set([...PAGE.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path = '']) => path))];

it('the page of the systems that people built names tests that are there', () => {
  expect(TESTS.length).toBeGreaterThan(25);
  expect(TESTS.filter((path) => !existsSync(path))).toEqual([]);
});

it.each(
  [...PAGE.matchAll(/\]\((?:operations\.md)?#([\w-]+)\)/g)].map(
    ([link, anchor = '']) => [anchor, link.includes('.md')] as const,
  ),
)('leads to the heading %s', (anchor, isElsewhere) => {
  const text = isElsewhere ? readFileSync('docs/operations.md', 'utf8') : PAGE;
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(anchors).toContain(anchor);
});
