/** The engine beside ElastAlert's algorithms, written out as its documentation and code have them, on streams by chance. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { BEGAN, MINUTE, rulesOf } from './testing.ts';
import { createRuleEngine } from './engine.ts';
import { CountWindow } from './count-window.ts';
import { LOOK_MS } from './types.ts';

interface Seen {
  readonly at: number;
  readonly key: string;
  readonly value: string;
}

interface Naive {
  add(seen: Seen): string[];
  /** Every run: what matches though nothing came. */
  run(now: number): string[];
}

/** `EventWindow`, `FrequencyRule.add_data` and `check_for_match`. */
function frequency(numEvents: number, timeframe: number): Naive {
  const occurrences = new Map<string, number[]>();
  return {
    add({ at, key }) {
      const data = [...(occurrences.get(key) ?? []), at].toSorted((a, b) => a - b);
      while ((data.at(-1) ?? 0) - (data[0] ?? 0) >= timeframe) data.shift();
      occurrences.set(key, data);
      if (data.length < numEvents) return [];
      occurrences.delete(key);
      return [key];
    },
    run: () => [],
  };
}

/** `FlatlineRule`: an event of count 0 is put into every window at each run. */
function flatline(threshold: number, timeframe: number, start: number): Naive {
  const occurrences = new Map<string, { at: number; count: number }[]>();
  const firstEvent = new Map<string, number>();
  const append = (key: string, at: number, count: number): { at: number; count: number }[] => {
    const data = [...(occurrences.get(key) ?? []), { at, count }];
    while ((data.at(-1)?.at ?? 0) - (data[0]?.at ?? 0) >= timeframe) data.shift();
    occurrences.set(key, data);
    return data;
  };
  append('', start, 0);
  firstEvent.set('', start);
  return {
    add({ at }) {
      append('', at, 1);
      return [];
    },
    run(now) {
      const data = append('', now, 0);
      if (now - (firstEvent.get('') ?? now) < timeframe) return [];
      const count = data.reduce((sum, one) => sum + one.count, 0);
      if (count >= threshold) return [];
      firstEvent.set('', Math.min(data[0]?.at ?? now, now - timeframe));
      return [''];
    },
  };
}

/** `CardinalityRule`. */
function cardinality(max: number, timeframe: number): Naive {
  const cache = new Map<string, Map<string, number>>();
  return {
    add({ at, key, value }) {
      const terms = cache.get(key) ?? new Map<string, number>();
      cache.set(key, terms);
      terms.set(value, at);
      if (terms.size <= max) return [];
      for (const [term, last] of terms) if (at - last > timeframe) terms.delete(term);
      return terms.size > max ? [key] : [];
    },
    run: () => [],
  };
}

/** `is_silenced` and `next_alert_time`: the exact code of the exponential realert. */
function realert(realertMs: number, longestMs: number | undefined) {
  const cache = new Map<string, readonly [until: number, exponent: number]>();
  const next = (key: string, now: number): readonly [number, number] => {
    const known = cache.get(key);
    if (known === undefined || longestMs === undefined) return [now + realertMs, 0];
    let [until, exponent] = known;
    let diff = now - until;
    if (diff < realertMs * 2 ** exponent) exponent += 1;
    else
      while (diff > realertMs * 2 ** exponent && exponent > 0) {
        diff -= realertMs * 2 ** exponent;
        exponent -= 1;
      }
    const wait = realertMs * 2 ** exponent;
    return wait >= longestMs ? [now + longestMs, exponent - 1] : [now + wait, exponent];
  };
  return (key: string, now: number): boolean => {
    const known = cache.get(key);
    if (known !== undefined && now < known[0]) return false;
    cache.set(key, next(key, now));
    return true;
  };
}

const RUNS = 40;
const HOURS = 6;

/** What people would have been told by both: `instant key`. */
function compare(seed: number, type: 'frequency' | 'flatline' | 'cardinality'): { ours: string[]; theirs: string[] } {
  const random = createRandom(seed);
  const [numEvents, max] = [2 + random.integer(9), 1 + random.integer(5)];
  const timeframeMinutes = 1 + random.integer(10);
  const realertMinutes = random.integer(7);
  const exponentialRealertHours = realertMinutes > 0 && random.chance(0.7) ? 1 : undefined;
  const settings = {
    frequency: { numEvents, queryKey: 'name' },
    flatline: { threshold: 1 + random.integer(3) },
    cardinality: { cardinalityField: 'node', maxCardinality: max, queryKey: 'name' },
  }[type];
  const common = { name: 'one', source: 'events', timeframeMinutes, realertMinutes, exponentialRealertHours };
  const timeframe = timeframeMinutes * MINUTE;
  const ours: string[] = [];
  let now = 0;
  const engine = createRuleEngine({
    clock: { now: () => BEGAN + now, monotonic: () => now },
    source: () => ({ completeSince: BEGAN }),
    onTold: ({ key }) => ours.push(`${now} ${key}`),
  });
  engine.setRules(rulesOf({ ...common, ...settings, type }));
  const naive = {
    frequency: () => frequency(numEvents, timeframe),
    flatline: () => flatline('threshold' in settings ? settings.threshold : 0, timeframe, 0),
    cardinality: () => cardinality(max, timeframe),
  }[type]();
  const isLet = realert(realertMinutes * MINUTE, exponentialRealertHours && exponentialRealertHours * 60 * MINUTE);
  const theirs: string[] = [];
  const tell = (keys: string[]): void =>
    keys.forEach((key) => {
      if (isLet(key, now)) theirs.push(`${now} ${key}`);
    });
  // Bursts and pauses, so that windows fill, empty and are just missed.
  let rate = 0;
  let next = 0;
  for (let look = LOOK_MS; look <= HOURS * 60 * MINUTE; look += LOOK_MS) {
    if (random.chance(0.02)) rate = random.pick([0, 0, 20_000, 60_000, timeframe / numEvents, timeframe / 2]);
    for (const end = rate > 0 ? look : -1; next <= end;) {
      now = Math.max(now, next);
      const seen = { at: now, key: random.pick(['a', 'b', 'c']), value: `n${random.integer(max * 2 + 1)}` };
      engine.take([
        { source: 'events', at: BEGAN + now, count: 1, facts: { name: seen.key, node: seen.value }, nodes: [] },
      ]);
      tell(naive.add(seen));
      next += Math.max(1, Math.round(rate * random.pick([0.1, 0.5, 1, 1, 2])));
    }
    if (rate === 0) next = look + 1;
    now = look;
    engine.look();
    tell(naive.run(now));
  }
  return { ours, theirs };
}

describe.each(['frequency', 'flatline', 'cardinality'] as const)('%s', (type) => {
  it(`tells at the same instants as ElastAlert, on ${RUNS} streams of ${HOURS} hours`, () => {
    let told = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { ours, theirs } = compare(seed, type);
      expect(ours, `seed ${seed}`).toEqual(theirs);
      told += ours.length;
    }
    // They would agree on nothing as well.
    expect(told).toBeGreaterThan(RUNS * 10);
  });
});

describe('the window of counts', () => {
  it('is exact up to 256 instants, and never counts more than there is beyond', () => {
    const random = createRandom(11);
    const timeframe = 5 * MINUTE;
    const window = new CountWindow(timeframe);
    const all: number[] = [];
    let at = 0;
    let worst = 0;
    for (let index = 0; index < 5000; index += 1) {
      at += random.integer(600);
      all.push(at);
      window.note(at, 1);
      const right = all.filter((one) => at - one < timeframe).length;
      const counted = window.countAt(at);
      expect(counted).toBeLessThanOrEqual(right);
      if (index < 256) expect(counted).toBe(right);
      worst = Math.max(worst, (right - counted) / right);
      expect(window.size).toBeLessThanOrEqual(700);
    }
    expect(worst).toBeLessThan(0.02);
  });

  it('finds the same matches in whatever order things come, where no match has emptied it', () => {
    const random = createRandom(5);
    for (let round = 0; round < 200; round += 1) {
      const instants = Array.from({ length: 8 }, () => random.integer(4 * MINUTE));
      const most = 3 + random.integer(4);
      const inOrder = new CountWindow(MINUTE);
      const mixed = new CountWindow(MINUTE);
      const found = (window: CountWindow, those: readonly number[]): boolean =>
        those.some((at) => window.add(at, 1, most) > 0);
      const late = instants.filter((at) => Math.max(...instants) - at < 3 * MINUTE);
      expect(found(mixed, late)).toBe(
        found(
          inOrder,
          late.toSorted((a, b) => a - b),
        ),
      );
    }
  });
});
