import { describe, expect, it } from 'vitest';
import { sharedText } from './shared-text.ts';

describe('sharedText', () => {
  it('is the text, however many there are', () => {
    const texts = Array.from({ length: 40_000 }, (_, index) => `name-${index % 20_000}`);

    expect(texts.map(sharedText)).toEqual(texts);
  });
});
