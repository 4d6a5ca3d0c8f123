import { describe, expect, it } from 'vitest';
import { createConduct } from './conduct.ts';

function create() {
  let now = 1_000_000;
  const conduct = createConduct({ monotonic: () => now });
  const refused: string[] = [];
  conduct.onRefused(({ peerId }) => refused.push(peerId));
  const pass = (ms: number): void => void (now += ms);
  return { conduct, refused, pass, at: () => now };
}

describe('a peer that does what no agent does', () => {
  it('is cut off at the second frame that cannot be read', () => {
    const { conduct, refused } = create();
    conduct.note('evil', 'malformed');
    const early = conduct.isRefused('evil');
    conduct.note('evil', 'malformed');

    expect([early, conduct.isRefused('evil'), refused]).toEqual([false, true, ['evil']]);
    expect(conduct.culprits()).toEqual([
      { peerId: 'evil', misdeeds: { malformed: 2 }, sinceMs: 1_000_000, refusedUntilMs: 1_060_000 },
    ]);
    expect(conduct.isRefused('other')).toBe(false);
  });

  it('is not for what happens once in a while', () => {
    const { conduct, refused, pass } = create();
    for (let round = 0; round < 50; round += 1) {
      conduct.note('flaky', 'forged');
      pass(6000);
      conduct.note('late', 'malformed');
      pass(60_000);
    }

    expect(refused).toEqual([]);
    expect(conduct.culprits()).toEqual([]);
    expect(conduct.counts()).toMatchObject({ refusals: 0, refused: 0, misdeeds: { forged: 50, malformed: 50 } });
  });

  it('is refused for longer each time, up to an hour, and for a minute again after two good hours', () => {
    const { conduct, pass, at } = create();
    const spans: number[] = [];
    const offend = (): void => {
      conduct.note('evil', 'invented');
      const until = conduct.culprits()[0]?.refusedUntilMs ?? 0;
      spans.push((until - at()) / 60_000);
      pass(until - at());
    };
    for (let round = 0; round < 8; round += 1) offend();
    pass(2 * 3_600_000 + 1);
    offend();

    expect(spans).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 1]);
  });

  it('is told of for ten more minutes, with all that it did', () => {
    const { conduct, pass } = create();
    for (let count = 0; count < 300; count += 1) conduct.note('evil', 'forged');
    const during = conduct.culprits();
    pass(60_000 + 599_000);
    const after = conduct.culprits();
    pass(2000);

    expect(during).toMatchObject([{ misdeeds: { forged: 300 } }]);
    expect([after.length, conduct.culprits().length, conduct.counts().refusals]).toEqual([1, 0, 1]);
    conduct.note('evil', 'forged');
    expect(conduct.isRefused('evil')).toBe(false);
  });

  it('costs a bounded number of entries, whatever keys come', () => {
    const { conduct } = create();
    for (let count = 0; count < 2000; count += 1) conduct.note(`key-${count}`, 'invented');

    expect(conduct.culprits()).toHaveLength(512);
    expect(conduct.counts().refusals).toBe(2000);
  });
});
