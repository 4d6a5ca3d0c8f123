import { describe, expect, it } from 'vitest';
import { MAX_TEXT, createPatternBook, patternMistake } from './pattern.ts';

describe('patterns', () => {
  const found = (source: string, text: string): boolean | undefined => {
    const book = createPatternBook(() => 0);
    return book.test(book.add(source), text);
  };

  it('are found anywhere, unless they say where', () => {
    expect(found('refused', 'dial tcp: connection refused')).toBe(true);
    expect(found('^refused', 'dial tcp: connection refused')).toBe(false);
    expect(found('^dial .* refused$', 'dial tcp: connection refused')).toBe(true);
    expect(found('(?i)REFUSED', 'connection refused')).toBe(true);
    expect(found('^$', '')).toBe(true);
  });

  it.each([
    ['', 'is empty'],
    ['(a', 'is no pattern of RE2: missing closing )'],
    ['a**', 'is no pattern of RE2: invalid nested repetition'],
    ['(?<=a)b', 'is no pattern of RE2'],
    ['(a)\\1', 'is no pattern of RE2'],
    ['x'.repeat(501), 'has 501 characters'],
    ['((a{30}){30}){9}', 'is no pattern of RE2: invalid repeat count'],
    ['(a{40}){24}[a-z]{1000}', 'allowed: at most 2000; repeat less of it'],
  ])('%.20s is refused', (source, mistake) => {
    expect(patternMistake(source)).toContain(mistake);
  });

  it('look at the first part of a long text', () => {
    expect(found('end$', `${'x'.repeat(MAX_TEXT - 3)}end and more`)).toBe(true);
    expect(found('more', `${'x'.repeat(MAX_TEXT)}more`)).toBe(false);
  });

  it('are tried once on each text, and the same one in several rules once for all', () => {
    let asked = 0;
    const book = createPatternBook(() => {
      asked += 1;
      return 0;
    });
    const [one, same, other] = [book.add('a+b'), book.add('a+b'), book.add('c')];
    expect(same).toBe(one);
    for (let index = 0; index < 100; index += 1) for (const text of ['aab', 'ccc']) book.test(one, text);
    expect(asked).toBe(4);
    expect(book.test(other, 'ccc')).toBe(true);
    expect(asked).toBe(6);
  });

  it('remember few texts', () => {
    let asked = 0;
    const book = createPatternBook(() => {
      asked += 1;
      return 0;
    });
    const pattern = book.add('[a-z]9');
    for (let index = 0; index < 2000; index += 1) book.test(pattern, `text ${index}`);
    const before = asked;
    for (let index = 2000 - 256; index < 2000; index += 1) book.test(pattern, `text ${index}`);
    expect(asked - before).toBe(0);
    for (let index = 0; index < 100; index += 1) book.test(pattern, `text ${index}`);
    expect(asked - before).toBe(200);
  });

  it('take a tenth of each second; what is not tried is said, and known texts go on', () => {
    const time = { ms: 0, perTry: 3 };
    const book = createPatternBook(() => {
      // Twice for each that is tried.
      time.ms += time.perTry / 2;
      return time.ms;
    });
    const pattern = book.add('a(b|c)+d');
    const answers = Array.from({ length: 200 }, (_, index) =>
      book.test(pattern, `a${'b'.repeat(index % 100)}d ${index}`),
    );
    const tried = answers.filter((answer) => answer !== undefined).length;
    expect(tried).toBeGreaterThan(30);
    expect(tried).toBeLessThan(80);
    expect(book.skipped()).toBe(200 - tried);
    expect(book.test(pattern, 'abd 1')).toBe(answers[1]);
    time.ms += 1000;
    expect(book.test(pattern, 'abd 199')).toBe(true);
  });

  it('answer as ever where they came through more states than are kept', () => {
    const book = createPatternBook(() => 0);
    // Each next letter doubles the states that can be told apart.
    const pattern = book.add('(a|b)*a(a|b){14}x');
    for (let index = 0; index < 60; index += 1) {
      let text = '';
      for (let bit = 0; bit < 1000; bit += 1)
        text += ((index * 2_654_435_761 + bit * bit * 40_503) >>> (bit % 13)) & 1 ? 'a' : 'b';
      expect(book.test(pattern, text)).toBe(false);
    }
  });
});
