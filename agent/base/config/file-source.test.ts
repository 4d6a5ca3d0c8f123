import { describe, expect, it } from 'vitest';
import { load, mistakesOf } from './testing.ts';

describe('a file', () => {
  it.each([
    ['empty', ''],
    ['only comments', '# nothing\n'],
    ['null', '~\n'],
    ['an empty document', '---\n'],
    ['an empty mapping', '{}'],
    ['a byte order mark and CRLF', '\uFEFFhttp:\r\n  port: 7575\r\n'],
    ['a section whose settings are commented out', 'http:\n#  port: 1\nchecks:\n  etcd:\n'],
  ])('that is %s gives the defaults', (_, file) => {
    expect(load({ file })).toEqual(load());
  });

  it.each([
    ['a list', '- a\n- b\n'],
    ['a text', 'hello\n'],
    ['several documents', 'http: {}\n---\nhttp: {}\n'],
    ['a duplicate key', 'http:\n  port: 1\n  access: open\n  port: 2\n'],
    ['an unclosed bracket', 'http: { port: 1\nlog: {}\n'],
    ['a tab for indentation', 'http:\n\tport: 1\n'],
    ['an unknown tag', 'dataDirectory: !env HOME\n'],
    ['an alias', 'host: { root: &a /host, proc: *a }\n'],
    ['an undefined alias', 'dataDirectory: *nothing\n'],
    ['a list for a section', 'http: [1]\n'],
    ['an empty value', 'http:\n  port:\n'],
    ['a merge key', 'http: { <<: { port: 1 } }\n'],
    ['a number as key', '7: 8\n'],
    ['a mapping as key', '? { a: b }\n: c\n'],
    ['a prototype for a key', '__proto__: { a: 1 }\n'],
    ['an inherited name for a key', 'checks: { constructor: {} }\n'],
    ['a control character in a key', '"a\\u001bb": 1\n'],
    ['a key of another section', 'port: 1\n'],
    ['a setting of a check at the top', 'checks: { minFreeRatio: 1 }\n'],
  ])('with %s is refused', (_, file) => {
    const mistakes = mistakesOf({ file });
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes).toMatchSnapshot();
  });

  it('names every syntax mistake, and goes on with the other sources', () => {
    const mistakes = mistakesOf({ file: 'a: 1\na: 2\nb: [\n', env: { MEERKAT_HTTP_PORT: 'x' } });
    expect(mistakes.filter((mistake) => mistake.includes('line'))).toHaveLength(2);
    expect(mistakes).toContainEqual(expect.stringContaining('MEERKAT_HTTP_PORT'));
  });

  it('puts nothing into a message that a terminal would obey', () => {
    const [mistake] = mistakesOf({ file: '|\u001b[2J\u202e\u2028\n: x' });
    expect(mistake).toContain('Block scalar header');
    expect(mistake).toMatch(/^[\x20-\x7e]*$/);
  });

  it('is refused when it is no configuration by size or depth', () => {
    expect(mistakesOf({ file: '#'.repeat(1_048_577) })).toEqual([expect.stringContaining('larger than 1 MiB')]);
    expect(mistakesOf({ file: '['.repeat(20_000) }).length).toBeLessThanOrEqual(10);
    expect(mistakesOf({ file: '['.repeat(20_000) })).not.toEqual([]);
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefghij'.split('').map((name, i) => `${name}: &${name} [*${'abcdefghi'[i]}, *${'abcdefghi'[i]}]`),
    ];
    expect(mistakesOf({ file: bomb.join('\n') })).toContainEqual(expect.stringContaining('aliases are not supported'));
  });
});
