import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { createArrivalLog } from './arrival-log.ts';
import { Attestations, LAGGING_MS, freshnessOf } from './attestations.ts';
import { createAuthorFinder, createAuthorIndex } from './authors.ts';
import { BucketHashes, bucketOf, differingBuckets } from './bucket-hashes.ts';
import { EventLog } from './event-log.ts';
import { eventBytesPerAuthor, BOOK_LIMITS } from './limits.ts';
import type { KeptRecord } from './record.ts';
import { idText, parseId } from './record-id.ts';
import { TokenBucket } from './token-bucket.ts';

const aRecord = (sequence: number, bytes = 100): KeptRecord => ({
  author: new Uint8Array(32),
  type: 'event',
  boot: 1,
  sequence,
  contentSequence: sequence,
  epoch: 'AQIDBAUGBwg',
  bytes: new Uint8Array(bytes),
  from: 'self',
  madeAt: 0,
  offset: 0,
});

describe('record id', () => {
  it.each([
    ['AQIDBAUGBwg/report/3/1207', { author: 'AQIDBAUGBwg', type: 'report', run: 3, sequence: 1207 }],
    ['AQIDBAUGBwg/event/1QIDBAUGBwg/1', { author: 'AQIDBAUGBwg', type: 'event', run: '1QIDBAUGBwg', sequence: 1 }],
    // An epoch may be made of digits alone.
    ['AQIDBAUGBwg/event/12345678901/1', { author: 'AQIDBAUGBwg', type: 'event', run: '12345678901', sequence: 1 }],
  ])('%s', (text, id) => {
    expect(idText(id)).toBe(text);
    expect(parseId(text)).toEqual(id);
  });

  it.each([
    '',
    'a/b/1/1',
    'AQIDBAUGBwg/report/0/1',
    'AQIDBAUGBwg/report/1/01',
    'AQIDBAUGBwg/Report/1/1',
    'AQIDBAUGBwg/report/1/9007199254740993',
  ])('is not %j', (text) => {
    expect(parseId(text)).toBeUndefined();
  });
});

it('finds an author again by the same key object, and not one that was removed meanwhile', () => {
  const index = createAuthorIndex(BOOK_LIMITS);
  const find = createAuthorFinder(index);
  const key = new Uint8Array(32).fill(7);
  expect(find(key)).toBeUndefined();

  const author = index.admit(key, 0);
  expect([find(key), find(key), find(Uint8Array.from(key))]).toEqual([author, author, author]);

  index.remove(author);
  expect(find(key)).toBeUndefined();
  const anew = index.admit(key, 0);
  expect(find(key)).toBe(anew);
});

describe('token bucket', () => {
  const rate = { burst: 2, perSecond: 4 };

  it('gives the burst, then so many a second, and never more than the burst', () => {
    const bucket = new TokenBucket(rate, 1000);
    const take = (now: number): boolean => {
      const has = bucket.has(rate, now);
      if (has) bucket.take();
      return has;
    };

    expect([take(1000), take(1000), take(1000), take(1249), take(1250), take(1251)]).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
    expect([take(100_000), take(100_000), take(100_000)]).toEqual([true, true, false]);
  });

  it('is not filled by a clock that runs back', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 5000);
    bucket.take();

    expect(bucket.has({ burst: 1, perSecond: 1 }, 0)).toBe(false);
    expect(bucket.has({ burst: 1, perSecond: 1 }, 5500)).toBe(false);
    expect(bucket.has({ burst: 1, perSecond: 1 }, 6000)).toBe(true);
  });
});

describe('arrival log', () => {
  it('reads on from a cursor and skips what was replaced: 200 random histories', () => {
    const random = createRandom(42);
    for (let history = 0; history < 200; history += 1) {
      const log = createArrivalLog('e');
      const model: KeptRecord[] = [];
      for (let step = random.integer(1500); step > 0; step -= 1) {
        const goner = model[random.integer(model.length)];
        if (goner !== undefined && random.chance(0.7)) {
          log.remove(goner);
          model.splice(model.indexOf(goner), 1);
        }
        const record = aRecord(step);
        log.append(record);
        model.push(record);
      }
      const offset = random.integer(log.head() + 2);
      const limit = random.integer(50);

      expect(log.since(offset, limit)).toEqual(model.filter((record) => record.offset > offset).slice(0, limit));
    }
  });
});

describe('event log', () => {
  it('keeps the newest that have room; its floor says what is gone for good', () => {
    const log = new EventLog('e', 1);
    for (const sequence of [5, 7, 6]) expect(log.add(aRecord(sequence), 300)).toEqual([]);
    expect([log.floor, log.head, log.bytes]).toEqual([1, 7, 300]);

    expect(log.add(aRecord(9), 300).map(({ sequence }) => sequence)).toEqual([5]);

    expect(log.records.map(({ sequence }) => sequence)).toEqual([6, 7, 9]);
    expect([log.floor, log.head, log.bytes]).toEqual([6, 9, 300]);
    expect(log.missing(1, 12, 10)).toEqual([12, 11, 10, 8]);
    expect(log.missing(1, 12, 2)).toEqual([12, 11]);
    expect(log.get(8)).toBeUndefined();
    expect(log.get(9)?.sequence).toBe(9);
  });

  it('keeps the newest even when it alone is too large', () => {
    const log = new EventLog('e', 1);
    log.add(aRecord(1), 50);

    expect(log.add(aRecord(2, 500), 50).map(({ sequence }) => sequence)).toEqual([1]);
    expect(log.head).toBe(2);
  });

  it('counts missing ones of an absurd head in a bounded way', () => {
    const log = new EventLog('e', 1);
    log.add(aRecord(Number.MAX_SAFE_INTEGER), 1000);

    expect(log.missing(1, Number.MAX_SAFE_INTEGER, 3)).toHaveLength(3);
  });
});

it('event logs share their room evenly, within bounds', () => {
  expect([1, 256, 1000, 5000, 20_000].map((authors) => eventBytesPerAuthor(BOOK_LIMITS, authors))).toEqual([
    65_536, 65_536, 16_777, 3355, 2048,
  ]);
});

describe('bucket hashes', () => {
  const author = Uint8Array.from({ length: 32 }, (_, at) => at + 200);
  const content = { author, boot: 2, contentSequence: 9 };

  it('have the form that they always had', () => {
    const hashes = new BucketHashes();
    hashes.toggle(content);

    const bucket = bucketOf(author);
    expect(bucket).toBe(200);
    expect(Buffer.from(hashes.snapshot().subarray(bucket * 8, bucket * 8 + 8)).toString('hex')).toBe(
      '64d7ff990c1a1052',
    );
  });

  it('do not depend on the way there', () => {
    const [one, other] = [new BucketHashes(), new BucketHashes()];
    const second = { ...content, author: author.map((byte, at) => (at === 5 ? 0 : byte)) };
    for (const item of [content, second]) one.toggle(item);
    for (const item of [second, { ...content, boot: 1 }, content, { ...content, boot: 1 }]) other.toggle(item);

    expect(differingBuckets(one.snapshot(), other.snapshot())).toEqual([]);
    other.toggle({ ...content, contentSequence: 10 });
    expect(differingBuckets(one.snapshot(), other.snapshot())).toEqual([200]);
    expect(differingBuckets(one.snapshot(), new Uint8Array(8))).toHaveLength(256);
  });
});

describe('freshness', () => {
  it.each([
    [{ hasReport: false, inComponent: true, behindForMs: undefined }, 'none'],
    [{ hasReport: true, inComponent: false, behindForMs: undefined }, 'stale'],
    [{ hasReport: true, inComponent: false, behindForMs: 1e9 }, 'stale'],
    [{ hasReport: true, inComponent: true, behindForMs: undefined }, 'current'],
    [{ hasReport: true, inComponent: true, behindForMs: LAGGING_MS }, 'current'],
    [{ hasReport: true, inComponent: true, behindForMs: LAGGING_MS + 1 }, 'lagging'],
  ])('of %j is %s', (facts, freshness) => {
    expect(freshnessOf(facts)).toBe(freshness);
  });

  const at = (sequence: number, boot = 1): { boot: number; sequence: number } => ({ boot, sequence });

  it('an author that always is a little ahead does not lag', () => {
    const attestations = new Attestations();
    for (let second = 1; second <= 60; second += 1) {
      attestations.add(at(second), at(Math.max(0, second - 4)), second * 1000);
      attestations.settle(at(second - 4));
      expect(attestations.behindForMs(second * 1000) ?? 0).toBeLessThanOrEqual(4000);
    }
  });

  it('an author whose reports come a minute late lags, however many come', () => {
    const attestations = new Attestations();
    for (let second = 1; second <= 120; second += 1) {
      attestations.add(at(second), at(Math.max(0, second - 60)), second * 1000);
      attestations.settle(at(second - 60));
      if (second > 12) expect(attestations.behindForMs(second * 1000)).toBeGreaterThan(LAGGING_MS);
    }
  });

  it('does not mind what is attested at or below the report, nor repetitions', () => {
    const attestations = new Attestations();
    attestations.add(at(5), at(5), 0);
    attestations.add(at(9, 1), at(1, 2), 0);
    expect(attestations.behindForMs(1000)).toBeUndefined();

    attestations.add(at(6), at(5), 1000);
    attestations.add(at(6), at(5), 9000);
    expect(attestations.behindForMs(9000)).toBe(8000);
    attestations.settle(at(1, 2));
    expect(attestations.behindForMs(9000)).toBeUndefined();
  });
});
