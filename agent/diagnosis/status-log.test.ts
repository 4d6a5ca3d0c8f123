import { expect, it } from 'vitest';
import { NOON, aDiagnosis, aFinding } from '../../test/lib/fixtures.ts';
import type { StatusChange, StatusRecord } from '../model/past-status.ts';
import { createStatusLog } from './status-log.ts';

const SECOND = 1000;
const healthy = aDiagnosis();
const down = aDiagnosis({ status: 'degraded', sentence: 'Down.', findings: [aFinding()] });
const nobody = () => [];
const recordOf = ({ body = '' }: StatusChange): StatusRecord => JSON.parse(body) as StatusRecord;

/** Reviews once a second; a step is a diagnosis and for how many seconds it is made. */
function reviewed(...steps: readonly (readonly [diagnosis: typeof healthy, seconds: number])[]) {
  const log = createStatusLog();
  let now = NOON;
  const changes: StatusChange[] = [];
  for (const [diagnosis, seconds] of steps) {
    for (let second = 0; second < seconds; second += 1) {
      changes.push(...log.review({ ...diagnosis, at: now }, now, nobody));
      now += SECOND;
    }
  }
  return { log, changes, now };
}
const short = ({ from, until, body }: StatusChange) => [
  (from - NOON) / SECOND,
  (until - NOON) / SECOND,
  body === undefined ? '' : recordOf({ from, until, body }).status,
];

it('writes what is new once, and until when the one before held', () => {
  const { changes, log } = reviewed([healthy, 60], [down, 60], [healthy, 5]);

  expect(changes.map(short)).toEqual([
    [0, 0, 'healthy'],
    [0, 60, ''],
    [60, 60, 'degraded'],
    [60, 120, ''],
    [120, 120, 'healthy'],
  ]);
  expect(log.close().map(short)).toEqual([[120, 124, '']]);
});

it('does not take figures for news', () => {
  const other = aDiagnosis({ ...down, findings: [aFinding({ sentence: 'Other figures.', evidence: ['17 %'] })] });

  expect(reviewed([down, 30], [other, 30]).changes).toHaveLength(1);
});

it.each([
  ['another severity', aFinding({ severity: 'critical' })],
  ['another cause', aFinding({ causedBy: 'x' })],
  ['other nodes', aFinding({ nodes: ['node-a', 'node-b'] })],
  ['other alternatives', aFinding({ alternatives: ['powered off'] })],
])('takes %s for news', (_, finding) => {
  expect(
    reviewed([down, 30], [{ ...down, findings: [finding] }, 30])
      .changes.map(short)
      .slice(1),
  ).toEqual([
    [0, 30, ''],
    [30, 30, 'degraded'],
  ]);
});

it('takes blind checks for news, and counts not', () => {
  const of = (sentence: string) => [aDiagnosis({ sentence }), 10] as const;
  const { changes } = reviewed(
    of('All well: 3 fine; could not look: dns.'),
    of('All well: 4 fine; could not look: dns.'),
    of('All well.'),
  );

  expect(changes.map(short)).toEqual([
    [0, 0, 'healthy'],
    [0, 20, ''],
    [20, 20, 'healthy'],
  ]);
});

it('writes what is short, and of what changes all the time a part, dated by when it began', () => {
  const burst = reviewed(
    ...Array.from(
      { length: 15 },
      () =>
        [
          [healthy, 2],
          [down, 2],
        ] as const,
    ).flat(),
  );
  expect(burst.changes.filter(({ body }) => body !== undefined)).toHaveLength(30);

  const flapping = Array.from({ length: 300 }, (_, index) => [index % 2 === 0 ? healthy : down, 2] as const);
  const bodies = reviewed(...flapping).changes.filter(({ body }) => body !== undefined);

  expect(bodies.length).toBeGreaterThan(160);
  // 32 at once, and 16 a minute for ten minutes.
  expect(bodies.length).toBeLessThanOrEqual(195);
  for (const { from, until } of bodies) expect(until - from).toBeLessThanOrEqual(SECOND);
});

it('leaves a gap where it wrote nothing, and none where it wrote each', () => {
  const flapping = Array.from({ length: 300 }, (_, index) => [index % 2 === 0 ? healthy : down, 2] as const);
  const spans = new Map<number, number>();
  for (const { from, until } of reviewed(...flapping).changes) spans.set(from, until);
  const written = [...spans].slice(0, -1);
  const gaps = written.map(([, until], index) => ([...spans.keys()][index + 1] ?? 0) - until);

  for (const [from, until] of written) expect(until - from, 'each held for two seconds').toBe(2 * SECOND);
  expect(gaps.slice(0, 32)).toEqual(Array.from({ length: 32 }, () => 0));
  expect(gaps.some((gap) => gap > 0)).toBe(true);
  // Every gap is of spans that were not written, which are two seconds each.
  for (const gap of gaps) expect(gap % (2 * SECOND)).toBe(0);
});

it('knows until when those held that are on their way to the store', () => {
  const { log } = reviewed([healthy, 60], [down, 30], [healthy, 5]);

  expect([log.endOf(NOON), log.endOf(NOON + 60 * SECOND)]).toEqual([NOON + 60 * SECOND, NOON + 90 * SECOND]);
  expect(log.endOf(NOON + 90 * SECOND)).toBeUndefined();
});

it('writes 128 KiB at once and 66 a minute at most, however much there is to say', () => {
  const many = (start: number) =>
    aDiagnosis({
      status: 'critical',
      findings: Array.from({ length: 500 }, (_, index) =>
        aFinding({ id: `f${start + index}`, sentence: 'x'.repeat(300), evidence: Array(40).fill('y'.repeat(300)) }),
      ),
    });
  const steps = Array.from({ length: 300 }, (_, index) => [many(index), 2] as const);
  const { changes } = reviewed(...steps);
  const bodies = changes.filter(({ body }) => body !== undefined);
  const characters = bodies.reduce((sum, { body = '' }) => sum + body.length, 0);

  expect(characters).toBeLessThan((128 + 10 * 66) * 1024);
  const { findings, leftOut } = recordOf(bodies[0]!);
  expect(findings.length + leftOut).toBe(500);
  expect(findings.length).toBeGreaterThan(3);
  expect(findings[0]?.evidence).toHaveLength(5);
});

it('begins anew after a pause and after the clock was set, so that the time in between stays unseen', () => {
  const log = createStatusLog();
  log.review(healthy, NOON, nobody);
  log.review(healthy, NOON + SECOND, nobody);

  expect(log.review(healthy, NOON + 60 * SECOND, nobody).map(short)).toEqual([
    [0, 1, ''],
    [60, 60, 'healthy'],
  ]);
  expect(log.review(healthy, NOON + 30 * SECOND, nobody).map(short)).toEqual([
    [60, 60, ''],
    [30, 30, 'healthy'],
  ]);
});

it('recalls what is concluded now, written or not, and nothing from before', () => {
  const { log, now } = reviewed([healthy, 60], [down, 1]);

  expect(log.recall(now)).toMatchObject({
    span: { from: NOON + 60 * SECOND, until: now, record: { status: 'degraded' } },
  });
  expect(log.recall(NOON + 60 * SECOND)).toMatchObject({ span: { record: { sentence: 'Down.' } } });
  expect(log.recall(NOON + 59 * SECOND)).toBeUndefined();
  expect(createStatusLog().recall(NOON)).toBeUndefined();
});

it('has members that are away, of many the first', () => {
  const away = Array.from({ length: 130 }, (_, index) => ({ node: `n${index}`, state: 'suspect', since: 1 }) as const);
  const [change] = createStatusLog().review(down, NOON, () => away);

  expect(recordOf(change!)).toMatchObject({ awayLeftOut: 30 });
  expect(recordOf(change!).away).toHaveLength(100);
});
