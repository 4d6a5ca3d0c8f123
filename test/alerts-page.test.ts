/** `docs/alerts.md` says of rules what they are: its examples are read, its tables are what the code has. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builtInRules } from '../agent/alerts/rules/built-in.ts';
import { readRules } from '../agent/alerts/rules/read-rules.ts';
import { type Pause, isPaused, nextPause } from '../agent/alerts/rules/realert.ts';
import { FIELDS } from '../agent/alerts/rules/types.ts';
import { RULE_TYPES } from '../agent/model/rule-alert.ts';

const PAGE = readFileSync('docs/alerts.md', 'utf8');
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n(rules:\n[^]*?)^```$/gm)].map(([, text = '']) => text);
const MINUTE_MS = 60_000;

/** The rows of the table whose first column has this title. */
function rowsUnder(title: string): string[][] {
  const lines = PAGE.split('\n');
  const first = lines.findIndex((line) => line.replaceAll('`', '').startsWith(`| ${title} `));
  const rows = lines.slice(first + 2, lines.indexOf('', first));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

it('has an example of each type, and all of them are rules', () => {
  const types = EXAMPLES.map((text) => {
    const read = readRules(text, 'example', { receivers: ['on-call'] });
    return 'mistakes' in read ? read.mistakes : read.rules.map(({ type }) => type);
  });
  expect(types.flat()).toEqual(RULE_TYPES);
});

it('has an example in the manifest that is a rule, too', () => {
  const manifest = readFileSync('daemonset.yaml', 'utf8');
  const [, commented = ''] = /^  # rules\.yaml: \|\n((?:  #   .*\n)+)/m.exec(manifest) ?? [];
  const read = readRules(commented.replaceAll(/^  #   /gm, ''), 'daemonset.yaml');
  expect('rules' in read && read.rules.map(({ name }) => name)).toEqual(['pods-in-trouble']);
});

it('names the facts of each source', () => {
  const rows = rowsUnder('source').map(([source, facts = '']) => [source, facts.split(':')[0]?.split(', ')]);
  expect(Object.fromEntries(rows)).toEqual(FIELDS);
});

it('names the rules that come with Meerkat', () => {
  expect(rowsUnder('rule').map(([name]) => name)).toEqual(builtInRules().map(({ name }) => name));
  expect(builtInRules().every(({ severity }) => severity === 'info')).toBe(true);
});

it('says when people are told of what matches all the time', () => {
  const rows = rowsUnder('realertMinutes');
  expect(rows).toHaveLength(3);
  for (const [realert, longest, told = ''] of rows) {
    const pauses = {
      realertMs: Number(realert) * MINUTE_MS,
      ...(longest !== '' && { exponentialRealertMs: Number(longest) * 60 * MINUTE_MS }),
    };
    const minutes = told.replace(' …', '').split(', ').map(Number);
    const at: number[] = [];
    let pause: Pause | undefined;
    for (let minute = 0; at.length < minutes.length; minute += 1) {
      if (isPaused(pause, minute * MINUTE_MS)) continue;
      pause = nextPause(pause, pauses, minute * MINUTE_MS);
      at.push(minute);
    }
    expect(at).toEqual(minutes);
  }
});

it('leads to pages and headings that are there', () => {
  const links = [...PAGE.matchAll(/\]\(([\w-]+\.md)(?:#([\w-]+))?\)/g)];
  expect(links.length).toBeGreaterThan(3);
  for (const [, page = '', anchor] of links) {
    expect(existsSync(`docs/${page}`)).toBe(true);
    if (anchor === undefined) continue;
    const headings = [...readFileSync(`docs/${page}`, 'utf8').matchAll(/^#+ (.+)$/gm)];
    const anchors = headings.map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(anchor);
  }
});
