import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES, createLineReader } from './line-format.ts';

const AT = '2016-10-06T00:17:09.669794202Z';
const AT_MS = Date.UTC(2016, 9, 6, 0, 17, 9, 669);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const texts = (chunks: readonly string[], isMidLine = false): string[] => {
  const reader = createLineReader(isMidLine);
  return chunks.flatMap((chunk) => reader.take(bytes(chunk)).map(({ stream, text }) => `${stream}: ${text}`));
};

describe('CRI', () => {
  it('reads stream, text and time, with a local offset too', () => {
    const reader = createLineReader();
    expect(reader.take(bytes(`${AT} stdout F hello world\n2016-10-06T08:17:09.669+08:00 stderr F \n`))).toEqual([
      { stream: 'stdout', at: AT_MS, text: 'hello world' },
      { stream: 'stderr', at: AT_MS, text: '' },
    ]);
  });

  it('joins the parts of a line, each stream for itself, and reads further tags', () => {
    expect(
      texts([
        `${AT} stdout P one \n${AT} stderr P err \n`,
        `${AT} stdout P:TAG:X two \n${AT} stderr F or\n${AT} stdout F:TAG three\n`,
      ]),
    ).toEqual(['stderr: err or', 'stdout: one two three']);
  });

  it('joins lines that are cut anywhere between two reads', () => {
    const text = `${AT} stdout F grüße 👋\n${AT} stdout F second\n`;
    const all = bytes(text);
    for (let at = 0; at <= all.length; at += 1) {
      const reader = createLineReader();
      const lines = [...reader.take(all.subarray(0, at)), ...reader.take(all.subarray(at))];
      expect(lines.map((line) => line.text)).toEqual(['grüße 👋', 'second']);
    }
  });

  it('reads a line of spaces and one without text', () => {
    expect(texts([`${AT} stdout F   indented\n${AT} stdout F\n`])).toEqual(['stdout:   indented', 'stdout: ']);
  });
});

describe('Docker', () => {
  it('reads stream, text and time, and joins what has no end', () => {
    const of = (log: string): string => `${JSON.stringify({ log, stream: 'stdout', time: AT })}\n`;
    expect(texts([of('one\n'), of('two '), of('three\n')])).toEqual(['stdout: one', 'stdout: two three']);
  });

  it('takes what only looks like it for unreadable', () => {
    const reader = createLineReader();
    expect(reader.take(bytes('{"log":1}\n{"log"\n{}\nnull\n'))).toEqual([]);
    expect(reader.unreadable).toBe(4);
  });
});

it('leaves out the rest of a line in whose middle it begins', () => {
  expect(texts([`out F half\n${AT} stdout F whole\n`], true)).toEqual(['stdout: whole']);
  expect(texts(['no end yet', ` still none\n${AT} stdout F whole\n`], true)).toEqual(['stdout: whole']);
});

it('counts what is in neither form, and goes on', () => {
  const reader = createLineReader();
  expect(
    reader.take(bytes(`plain text\n${AT} stdout X odd\nyesterday stdout F no time\n${AT} stdout F fine\n`)),
  ).toEqual([{ stream: 'stdout', at: AT_MS, text: 'fine' }]);
  expect(reader.unreadable).toBe(3);
});

it('keeps no more of a line than there is room for, in one piece or in parts', () => {
  const long = 'x'.repeat(40 * 1024);
  const [joined = ''] = texts([`${AT} stdout P ${long}\n`, `${AT} stdout P ${long}\n`, `${AT} stdout F ${long}\n`]);
  expect(joined.length).toBe('stdout: '.length + MAX_LINE_BYTES);
  const reader = createLineReader();
  for (let count = 0; count < 100; count += 1) expect(reader.take(bytes(long))).toEqual([]);
  expect(reader.take(bytes(`\n${AT} stdout F next\n`)).map(({ text }) => text)).toEqual(['next']);
});
