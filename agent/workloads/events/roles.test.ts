import { describe, expect, it } from 'vitest';
import { type HeardPart, type Situation, inOrder, rolesFor } from './roles.ts';

const MINUTE = 60_000;
const NAMES = inOrder(['a', 'b', 'c', 'd', 'e']);
const [FIRST = '', NEXT = '', THIRD = ''] = NAMES;

const rolesOf = (more: Partial<Situation> = {}): ReturnType<typeof rolesFor> =>
  rolesFor({
    self: THIRD,
    present: NAMES,
    heard: [],
    part: 'idle',
    isCurrent: false,
    readingForMs: 0,
    firstForMs: 0,
    unreadForMs: 0,
    staleForMs: 0,
    ...more,
  });
const reads = (node: string, isCurrent: boolean): HeardPart => ({ node, part: 'reads', isCurrent, ageMs: 1000 });

describe('an agent that only lists', () => {
  const heard = [reads(FIRST, false), reads(NEXT, true)];

  it('is not gone by while another one has all', () => {
    expect(rolesOf({ heard })).toMatchObject({ reader: NEXT, judge: NEXT, part: 'copies' });
    expect(rolesOf({ heard: [reads(FIRST, false)] })).toMatchObject({ reader: FIRST, judge: FIRST });
    expect(rolesOf({ heard: [reads(FIRST, true), reads(NEXT, true)] })).toMatchObject({ reader: FIRST });
  });

  it('goes by who has all, too, until it has it itself', () => {
    const own = { self: FIRST, part: 'reads', heard: [reads(NEXT, true)] } as const;
    expect(rolesOf(own)).toMatchObject({ reader: NEXT, judge: NEXT, part: 'reads' });
    expect(rolesOf({ ...own, isCurrent: true })).toMatchObject({ reader: FIRST, judge: FIRST, part: 'reads' });
    const isBack = rolesOf({ ...own, part: 'copies', firstForMs: MINUTE });
    expect(isBack).toMatchObject({ reader: NEXT, judge: NEXT, part: 'reads' });
  });

  it('is not waited for without end, and the next one has time for it, too', () => {
    const own = { self: NEXT, heard: [reads(FIRST, false)], unreadForMs: MINUTE };
    expect(rolesOf({ ...own, staleForMs: 29 * MINUTE })).toMatchObject({ reader: FIRST, part: 'copies' });
    expect(rolesOf({ ...own, staleForMs: 30 * MINUTE })).toMatchObject({ reader: undefined, part: 'reads' });
    const two = { ...own, self: THIRD, heard: [reads(FIRST, false), reads(NEXT, false)] };
    expect(rolesOf({ ...two, staleForMs: 59 * MINUTE })).toMatchObject({ reader: FIRST, part: 'copies' });
  });
});

describe('where nobody reads', () => {
  const MANY = inOrder(Array.from({ length: 200 }, (_, index) => `n${index}`));
  /** Places of those that may read by then. */
  const asked = (unreadForMs: number): readonly number[] =>
    MANY.flatMap((self, place) => (rolesOf({ self, present: MANY, unreadForMs }).part === 'reads' ? [place] : []));

  it('a few are asked to, twice as many after a while', () => {
    expect([0, 44_999, 45_000, 90_000, 180_000].map((ms) => asked(ms).length)).toEqual([1, 1, 2, 4, 16]);
  });

  it('all have their turn in the end, since those before them may know nothing of it, and few at once', () => {
    const had = new Set<number>();
    for (let ms = 0; ms < 10 * MINUTE; ms += 2000) {
      const now = asked(ms);
      expect(now.length).toBeLessThanOrEqual(32);
      for (const place of now) had.add(place);
    }
    expect(had.size).toBe(MANY.length);
  });

  it('nobody has a turn while so many have failed', () => {
    const heard = MANY.slice(0, 24).map((node): HeardPart => ({ node, part: 'fails', isCurrent: false, ageMs: 1000 }));
    const [, last = ''] = MANY.toReversed();
    for (let ms = 0; ms < 10 * MINUTE; ms += 2000)
      expect(rolesOf({ self: last, present: MANY, heard, unreadForMs: ms }).part).toBe('idle');
  });
});
