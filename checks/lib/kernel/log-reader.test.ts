import { expect, it } from 'vitest';
import { systemError } from '../system-error.ts';
import { type LogSource, MOST_BYTES, createKernelLog } from './log-reader.ts';

const LIVE = new AbortController().signal;

/** A log in which a test writes; `overrun` stands for what was overwritten. */
function setUp() {
  const written: (string | Error)[] = [];
  const counts = { opened: 0, closed: 0, given: 0 };
  let refusal: Error | undefined;
  const source: LogSource = {
    async next() {
      const one = written.shift();
      counts.given += 1;
      if (one === undefined) return 'end';
      if (one instanceof Error) throw one;
      return one === 'overrun' ? one : { record: one };
    },
    close: async () => void (counts.closed += 1),
  };
  const log = createKernelLog(async () => {
    if (refusal !== undefined) throw refusal;
    counts.opened += 1;
    return source;
  });
  return { log, written, counts, refuse: (error: Error | undefined) => (refusal = error) };
}
const records = (...list: readonly string[]) => ({ kind: 'records', records: list, lost: 0 });

it('gives what is logged after it was looked at first, once', async () => {
  const { log, written, counts } = setUp();
  written.push('old 1', 'old 2');
  expect(await log.read(LIVE)).toEqual(records());
  written.push('new 1', 'new 2');
  expect(await log.read(LIVE)).toEqual(records('new 1', 'new 2'));
  expect(await log.read(LIVE)).toEqual(records());
  expect(counts.opened).toBe(1);
  log.close();
  expect(counts.closed).toBe(1);
});

it('goes through a long history in several runs, and tells nothing of it', async () => {
  const { log, written } = setUp();
  const long = 'x'.repeat(MOST_BYTES / 4);
  written.push(...Array.from({ length: 9 }, () => long));
  for (let run = 0; run < 3; run += 1) expect(await log.read(LIVE)).toEqual(records());
  written.push('new');
  expect(await log.read(LIVE)).toEqual(records('new'));
});

it('goes on after an overrun', async () => {
  const { log, written } = setUp();
  written.push('old', 'overrun', 'old');
  expect(await log.read(LIVE)).toEqual(records());
  written.push('a', 'overrun', 'b');
  expect(await log.read(LIVE)).toEqual({ ...records('a', 'b'), lost: 1 });
  expect(await log.read(LIVE)).toEqual(records());
});

it('says how many were overwritten, by the numbers of the records, and not of what was there before', async () => {
  const { log, written } = setUp();
  const record = (number: number): string => `6,${number},71582917075,-;x`;
  written.push(record(1), 'overrun', record(90));
  expect(await log.read(LIVE)).toEqual(records());
  written.push(record(91));
  await log.read(LIVE);
  written.push('overrun', 'overrun', record(1000), record(1001), 'overrun', record(1003));
  expect(await log.read(LIVE)).toMatchObject({ lost: 908 + 1 });
  written.push(record(1004));
  expect(await log.read(LIVE)).toEqual(records(record(1004)));
});

it('ends where the log runs over all the time', async () => {
  const { log, counts } = setUp();
  await log.read(LIVE);
  counts.given = 0;
  const endless = createKernelLog(async () => ({
    next: async () => {
      counts.given += 1;
      return 'overrun';
    },
    close: async () => {},
  }));
  await endless.read(LIVE);
  expect(counts.given).toBe(32);
});

it('keeps for the next run what one has read that was given up, within bounds', async () => {
  const { log, written } = setUp();
  await log.read(LIVE);
  const gone = new AbortController();
  gone.abort();
  written.push('a');
  expect(await log.read(gone.signal)).toEqual(records());
  expect(await log.read(LIVE)).toEqual(records('a'));
  written.push(...Array.from({ length: 5000 }, (_, index) => `${index}`));
  expect(await log.read(LIVE)).toMatchObject({ records: { length: 4096 }, lost: 904 });
});

it('is read by one at a time', async () => {
  const { log, written } = setUp();
  await log.read(LIVE);
  written.push('a', 'b');
  const both = await Promise.all([log.read(LIVE), log.read(LIVE)]);
  expect(both).toEqual([records('a', 'b'), records()]);
});

it.each<[string, Error, string]>([
  ['ENOENT', systemError('ENOENT', 'x'), 'there is no /dev/kmsg'],
  ['EPERM', systemError('EPERM', 'x'), 'the agent may not read /dev/kmsg (EPERM)'],
  ['EINVAL', systemError('EINVAL', 'x'), '/dev/kmsg cannot be read: EINVAL: x'],
])('says why it has none (%s), and begins anew when it may', async (_, error, why) => {
  const { log, written, counts, refuse } = setUp();
  refuse(error);
  expect(await log.read(LIVE)).toEqual({ kind: 'none', why });
  refuse(undefined);
  written.push('old');
  expect(await log.read(LIVE)).toEqual(records());
  written.push(error, 'a');
  expect(await log.read(LIVE)).toEqual({ kind: 'none', why });
  expect(counts.closed).toBe(1);
  expect(await log.read(LIVE)).toEqual(records('a'));
  expect(counts.opened).toBe(2);
});

const numbered = (number: number): string => `6,${number},71582917075,-;x`;
const FAILS = systemError('EINVAL', 'x');

it('tells nothing twice when the device begins with its oldest record again', async () => {
  const { log, written } = setUp();
  written.push(numbered(1));
  await log.read(LIVE);
  written.push(numbered(2), numbered(3));
  expect(await log.read(LIVE)).toEqual(records(numbered(2), numbered(3)));
  written.push(FAILS);
  expect(await log.read(LIVE)).toMatchObject({ kind: 'none' });
  written.push(numbered(1), numbered(2), 'overrun', numbered(3), numbered(4));
  expect(await log.read(LIVE)).toMatchObject({ records: [numbered(4)] });
  written.push(numbered(5));
  expect(await log.read(LIVE)).toEqual(records(numbered(5)));
});

it('says how many were overwritten before the device was opened anew', async () => {
  const { log, written } = setUp();
  written.push(numbered(1));
  await log.read(LIVE);
  written.push(FAILS);
  await log.read(LIVE);
  written.push(numbered(12), numbered(13));
  expect(await log.read(LIVE)).toEqual({ ...records(numbered(12), numbered(13)), lost: 10 });
});

it('reads on where the numbers began anew, without what was there', async () => {
  const { log, written } = setUp();
  written.push(numbered(900));
  await log.read(LIVE);
  written.push(FAILS);
  await log.read(LIVE);
  written.push(numbered(1), numbered(2));
  expect(await log.read(LIVE)).toEqual(records());
  written.push(numbered(3));
  expect(await log.read(LIVE)).toEqual(records(numbered(3)));
});
