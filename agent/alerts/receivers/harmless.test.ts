import { expect, it } from 'vitest';
import { harmlessMarkdown, harmlessText } from './harmless.ts';

it.each([
  ['[all is well](https://evil.example.org)', String.raw`\[all is well\] (https: //evil.example.org)`],
  ['![x](http://a/b.png)', String.raw`\!\[x\] (http: //a/b.png)`],
  ['<http://a>', String.raw`\<http: //a\>`],
  ['a\n# Heading', String.raw`a \# Heading`],
  ['a\u2028# Heading\u2029> quote', String.raw`a \# Heading \> quote`],
  ['@all @13800000000', '＠all ＠13800000000'],
  ['&#64;all', String.raw`\&\#64;all`],
  ['**bold** _it_ `code` ~~x~~', String.raw`\*\*bold\*\* \_it\_ \`code\` \~\~x\~\~`],
  ['node_exporter of kube_system', 'node_exporter of kube_system'],
  ['<font color=red>', String.raw`\<font color=red\>`],
  ['| a | b |', String.raw`\| a \| b \|`],
  [String.raw`\[a](b)`, String.raw`\\\[a\] (b)`],
  ['\u202Eevil\u200B@\u200Ball', 'evil ＠ all'],
])('takes from %j what it means in Markdown', (text, harmless) => {
  expect(harmlessMarkdown(text)).toBe(harmless);
});

it('leaves a plain text as it is but for links and calls', () => {
  expect(harmlessText('http://10.0.0.1:8080/x of [a](b) *c* @all')).toBe(
    'http: //10.0.0.1:8080/x of [a] (b) *c* ＠all',
  );
});

it('cuts before it escapes, so that no escape is cut in two', () => {
  expect(harmlessMarkdown('*'.repeat(400), 10)).toBe(`${String.raw`\*`.repeat(9)}…`);
});
