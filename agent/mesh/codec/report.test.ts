import { describe, expect, it } from 'vitest';
import { MIXED_RESULTS, NOON, aProblem, aReport, aResult } from '../../../test/lib/fixtures.ts';
import { createRandom } from '../../../test/lib/random.ts';
import type { CheckResult } from '../../model/report.ts';
import { MAX_ENVELOPE_BYTES, envelopeOverhead } from '../envelope/envelope.ts';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { WireEdge } from './edge.ts';
import { contentOf } from './report-content.ts';
import { CUTS } from './report-cuts.ts';
import { type ReportContent, decodeReport, encodeReport } from './report.ts';
import { brokenPayload, faultsIn } from './testing.ts';

const COUNTERS = { boot: 3, sequence: 1207, contentSequence: 1180 };
const PEER = prefixOf(testKeys(2).author);

const anEdge = (overrides: Partial<WireEdge> = {}): WireEdge => ({
  peer: PEER,
  network: 'underlay',
  state: 'good',
  forMs: 3_600_000,
  rttMs: 0.42,
  offset: { offsetMs: -1.2, uncertaintyMs: 0.3 },
  lossTo: 0,
  lossFrom: 0,
  ...overrides,
});

const content = (
  results: readonly CheckResult[],
  overrides: Partial<Omit<ReportContent, 'omittedResults'>> = {},
): Omit<ReportContent, 'omittedResults'> => ({
  report: aReport(results),
  madeAt: NOON,
  edges: [
    anEdge(),
    anEdge({ peer: prefixOf(testKeys(3).author), state: 'lost', forMs: 5000, lossTo: 0.25, network: 'overlay' }),
  ],
  store: { state: 'ok', since: NOON - 3_600_000, message: '' },
  addresses: ['10.0.0.1:7576', '[fd00::1]:7576'],
  ...overrides,
});

const text = (payload: Uint8Array): string => Buffer.from(payload).toString('utf8');
const decoded = (payload: Uint8Array) => {
  const report = decodeReport(payload);
  if (report === undefined) throw new Error(`not decoded: ${text(payload)}`);
  return report;
};

/** A single look at a member that this node could not send to. */
const SAMPLED: WireEdge = {
  peer: prefixOf(testKeys(4).author),
  network: 'underlay',
  forMs: 0,
  hindered: true,
  sampled: true,
};

/** Something of everything that a result can have. */
const EVERYTHING: readonly CheckResult[] = [
  ...MIXED_RESULTS,
  aResult({
    check: 'container-start',
    status: 'problem',
    problems: [aProblem({ reason: 'CniAddFails', subject: 'eth0', severity: 'warning', message: 'no — “address”' })],
    confirming: true,
    cutShort: 'timeout',
    looked: true,
    ended: [{ ...aProblem({ reason: 'RuntimeHung' }), endedMs: 2500 }],
  }),
  aResult({ check: 'clock', status: 'unknown', why: 'the check threw', cutShort: 'crash' }),
];
/** A result that never ran. */
const {
  ageMs: _age,
  durationMs: _duration,
  ...NEVER_RAN
} = aResult({ check: 'pods', status: 'unknown', why: 'starting' });

/** The wire form stays: this vector may never change, only grow at its end. */
const GOLDEN =
  '[3,1207,1180,"node-a","0.1.0",1767268800000,3600000,["disk-space","kubelet","memory-pressure","dns","etcd","container-start","clock","pods"],[[0,0,3600000,4000,15000,12,null,null,null,[["used_ratio",0.43,"/"],["free_bytes",32212254720,"/"]]],[1,1,720000,2000,5000,12,null,[["KubeletDown",1,720000,"http://127.0.0.1:10248/healthz refused the connection"]]],[2,2,3600000,4000,15000,12,null,null,"the kernel offers no /proc/pressure"],[3,0,3600000,95000,10000,12],[4,3,3600000,4000,15000,12,null,null,"no manifest, no unit and no data directory"],[5,1,3600000,4000,15000,12,11,[["CniAddFails",0,720000,"no — “address”","eth0"]],null,null,[[2500,"RuntimeHung",1,720000,"http://127.0.0.1:10248/healthz refused the connection"]]],[6,2,3600000,4000,15000,12,4,null,"the check threw"],[7,2,3600000,null,15000,null,null,null,"starting"]],[["dCK5iHWYBo4",0,3600000,0.42,-1.2,0.3,0,0],["84FibkHnAn4",1,5000,0.42,-1.2,0.3,0.25,0,1],["_VC447FE6iQ",null,0,null,null,null,null,null,6]],["ok",3600000],["10.0.0.1:7576","[fd00::1]:7576"]]';

describe('report', () => {
  it('has the form that it always had', () => {
    const original = content([...EVERYTHING, NEVER_RAN]);

    expect(text(encodeReport(COUNTERS, { ...original, edges: [...original.edges, SAMPLED] }))).toBe(GOLDEN);
  });

  it('comes back as it was', () => {
    const original = content([...EVERYTHING, NEVER_RAN], {
      store: { state: 'full', since: NOON - 5000, message: 'No space is left.' },
      edges: [anEdge(), SAMPLED],
      hostUptimeMs: 86_400_000,
      keyIds: ['aabbccdd', '00112233'],
      report: aReport([...EVERYTHING, NEVER_RAN], {
        catchingUp: true,
        heartbeatMs: 60_000,
        podAddresses: ['10.244.1.5', 'fd00:244:1::5'],
      }),
    });

    expect(decoded(encodeReport(COUNTERS, original))).toEqual({
      ...original,
      header: { ...COUNTERS, node: 'node-a' },
      cuts: 0,
      omittedResults: 0,
    });
  });

  it('comes back also when the clock was set back since', () => {
    const original = content([aResult({ since: NOON + 3_600_000 })], { madeAt: NOON });

    expect(decoded(encodeReport(COUNTERS, original)).report).toEqual(original.report);
  });

  it('has at most 1.5 KiB with 11 checks, 12 readings and 8 neighbours', () => {
    const ids =
      'conntrack container-runtime container-start cpu-pressure disk-latency disk-space etcd file-handles kubelet memory-pressure pids';
    const results = ids.split(' ').map((check, index) =>
      aResult({
        check,
        looked: true,
        ageMs: 4321 + index,
        durationMs: 12.3,
        readings:
          index === 0
            ? []
            : [
                {
                  name: 'fsync_p99_seconds',
                  value: 0.012_345_678 / index,
                  ...(index > 8 && { subject: '/var/lib/etcd' }),
                },
              ],
      }),
    );
    const edges = Array.from({ length: 8 }, (_, index) => anEdge({ peer: prefixOf(testKeys(index).author) }));

    const size = encodeReport(COUNTERS, content(results, { edges })).length + envelopeOverhead('report');

    expect(size).toBeLessThanOrEqual(1536);
  });

  it('survives what a calculation made of figures', () => {
    const payload = encodeReport(
      COUNTERS,
      content(
        [aResult({ ageMs: -3, durationMs: Number.NaN, readings: [{ name: 'a_ratio', value: Number.NaN }], why: '' })],
        { edges: [anEdge({ forMs: Number.POSITIVE_INFINITY, rttMs: Number.NaN, lossTo: Number.NaN })] },
      ),
    );

    const { report, edges } = decoded(payload);
    expect(report.results).toEqual([aResult({ ageMs: 0, durationMs: 0, why: '' })]);
    expect(edges).toEqual([
      {
        peer: PEER,
        network: 'underlay',
        state: 'good',
        forMs: 0,
        offset: { offsetMs: -1.2, uncertaintyMs: 0.3 },
        lossFrom: 0,
      },
    ]);
  });
});

describe('a report of another version', () => {
  const items = (): unknown[] => JSON.parse(text(encodeReport(COUNTERS, content([aResult()])))) as unknown[];
  const encoded = (change: (copy: unknown[]) => void): Uint8Array => {
    const copy = items();
    change(copy);
    return Buffer.from(JSON.stringify(copy));
  };
  const at = (copy: unknown[], ...path: number[]): unknown[] =>
    path.reduce((array, index) => array[index] as unknown[], copy);

  it('may have more at every end', () => {
    const payload = encoded((copy) => {
      while (copy.length < 16) copy.push(null);
      copy.push(['aabbccdd', 'a key id of another form', 7]);
      copy.push(['uid-1', 1, 'eu-1a', 'more']);
      copy.push(['10.244.1.5', 'an address of another form', 7]);
      copy.push([
        ['worker', 3, 1, 0, 'more'],
        ['worker', 200, 0, 0],
      ]);
      copy.push('more', { and: 'more' });
      at(copy, 8, 0).push(...Array<null>(12 - at(copy, 8, 0).length).fill(null), 'more');
      at(copy, 9, 0).push(null, null, null, 'more');
    });

    expect(decoded(payload).report.results).toEqual([aResult()]);
    expect(decoded(payload).edges[0]).toMatchObject({ peer: PEER, state: 'good' });
    expect(decoded(payload).keyIds).toEqual(['aabbccdd']);
    expect(decoded(payload).report.place).toEqual({ uid: 'uid-1', isControlPlane: true, zone: 'eu-1a' });
    expect(decoded(payload).report.podAddresses).toEqual(['10.244.1.5']);
    expect(decoded(payload).report.liveness).toEqual([{ watch: 'worker', containers: 3, failing: 1, condemned: 0 }]);
  });

  it('tells what is no word on liveness: that word is left out, and not the report', () => {
    const good = ['worker', 3, 1, 0];
    const bad = [['much', 251, 0, 0], ['less', 3, -1, 0], ['half', 3, 0.5, 0], ['UP', 1, 0, 0], ['few', 3], 7, null];
    const payload = encoded((copy) => {
      while (copy.length < 19) copy.push(null);
      copy.push([...bad, good]);
    });

    expect(decoded(payload).report.results).toEqual([aResult()]);
    expect(decoded(payload).report.liveness).toEqual([{ watch: 'worker', containers: 3, failing: 1, condemned: 0 }]);
  });

  it('says something new: unknown, never green', () => {
    const payload = encoded((copy) => {
      at(copy, 8, 0)[1] = 9;
      at(copy, 9, 0)[1] = 9;
      at(copy, 10)[0] = 'melted';
    });

    const { report, edges, store } = decoded(payload);
    expect(report.results[0]).toMatchObject({ status: 'unknown', problems: [], why: /newer version/ });
    expect(edges.map(({ state }) => state)).toEqual(['lost']);
    expect(store.state).toBe('failed');
  });

  it('has a problem without a name: unknown', () => {
    expect(decoded(encoded((copy) => (at(copy, 8, 0)[1] = 1))).report.results[0]).toMatchObject({ status: 'unknown' });
  });

  it('tells of one check twice: the first holds', () => {
    const payload = encoded((copy) => {
      at(copy, 8).push([0, 2, 0, 0, 1000]);
    });

    expect(decoded(payload).report.results).toEqual([aResult()]);
  });

  it.each<[string, (copy: unknown[]) => void]>([
    ['an index without a check', (copy) => (at(copy, 8, 0)[0] = 1)],
    ['a check id of capitals', (copy) => (at(copy, 7)[0] = 'Disk')],
    ['an instant that no date holds', (copy) => (copy[5] = 8_640_000_000_000_001)],
    ['a since before 1970', (copy) => (at(copy, 8, 0)[2] = NOON + 1)],
    ['an edge to nobody', (copy) => (at(copy, 9, 0)[0] = 'node-b')],
    ['a loss above 1', (copy) => (at(copy, 9, 1)[6] = 1.01)],
    ['a name for an address', (copy) => (at(copy, 11)[0] = 'evil.example:1')],
    ['text for results', (copy) => (copy[8] = 'none')],
    ['no store', (copy) => (copy[10] = null)],
    ['an interval of nothing', (copy) => (at(copy, 8, 0)[4] = 0)],
  ])('is refused as a whole with %s', (_, change) => {
    expect(decodeReport(encoded(change))).toBeUndefined();
  });
});

it('tells of no more containers than anybody believes', () => {
  const liveness = [{ watch: 'worker', containers: 400, failing: 300, condemned: 2 }];
  const { report, ...rest } = content([aResult()]);
  const payload = encodeReport(COUNTERS, { ...rest, report: { ...report, liveness } });

  expect(decoded(payload).report.liveness).toEqual([{ watch: 'worker', containers: 250, failing: 250, condemned: 2 }]);
});

describe('a report that is too large', () => {
  const long = 'ö'.repeat(300);
  const large = (count: number): readonly CheckResult[] =>
    Array.from({ length: count }, (_, index) =>
      aResult({
        check: `check-${index}`,
        ...(index % 4 === 0 && {
          status: 'problem' as const,
          problems: Array.from({ length: 5 }, (__, nth) =>
            aProblem({ message: long, subject: long.slice(0, 200), severity: nth < 2 ? 'warning' : 'critical' }),
          ),
        }),
        readings: Array.from({ length: 16 }, () => ({ name: 'used_ratio', subject: '/mnt', value: 0.123_456 })),
        ended: [{ ...aProblem({ message: long }), endedMs: 1 }],
      }),
    );
  const room = MAX_ENVELOPE_BYTES - envelopeOverhead('report');

  it.each([
    [4, 0],
    [8, 1],
    [12, 2],
    [25, 3],
    [48, 5],
    [200, 6],
    [1000, 6],
  ])('of %i checks fits after %i cuts', (count, cuts) => {
    const payload = encodeReport(COUNTERS, content(large(count)));

    const report = decoded(payload);
    expect(payload.length).toBeLessThanOrEqual(room);
    expect(report.cuts).toBe(cuts);
    expect(report.report.results.length + report.omittedResults).toBe(count);
    expect(report.edges.map(({ state }) => state)).toEqual(['good', 'lost']);
  });

  it('gives up what says least first, and the gravest problems last', () => {
    const { report } = decoded(encodeReport(COUNTERS, content(large(200))));

    const statuses = report.results.map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(10);
    expect(new Set(statuses)).toEqual(new Set(['problem']));
    expect(new Set(report.results.flatMap(({ problems }) => problems.map(({ severity }) => severity)))).toEqual(
      new Set(['critical']),
    );
  });

  it('fits whatever is in it, and each cut ends', () => {
    const random = createRandom(5);
    for (let round = 0; round < 15; round += 1) {
      const message = random.pick(['\u{1f4a5}', '\\', '"', 'ö', 'x']).repeat(random.integer(400));
      const results = Array.from({ length: random.integer(600) }, (_, index) =>
        aResult({
          check: `${'c'.repeat(random.integer(50))}-${index}`.replace(/^-/, 'c'),
          status: 'problem',
          problems: Array.from({ length: 1 + random.integer(40) }, () => aProblem({ message, subject: message })),
        }),
      );
      const payload = encodeReport(COUNTERS, content(results, { edges: Array.from({ length: 90 }, () => anEdge()) }));

      expect(payload.length).toBeLessThanOrEqual(room);
      expect(decoded(payload).cuts).toBeLessThanOrEqual(CUTS.length);
    }
  });
});

it('decodes nothing that a reader would stumble over: 10,000 broken reports', () => {
  const random = createRandom(77);
  const items = JSON.parse(GOLDEN) as unknown[];
  let accepted = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const report = decodeReport(brokenPayload(items, random));
    if (report === undefined) continue;
    accepted += 1;
    expect(faultsIn(report)).toEqual([]);
    for (const { since, problems, status } of report.report.results) {
      expect(() => new Date(since).toISOString()).not.toThrow();
      expect(problems.length > 0).toBe(status === 'problem');
    }
  }
  expect(accepted).toBeGreaterThan(100);
});

describe('contentOf', () => {
  const base = content([...EVERYTHING]);
  const same: readonly [string, Partial<typeof base>][] = [
    ['ages', { madeAt: NOON + 5000 }],
    [
      'readings and durations',
      {
        report: aReport(
          EVERYTHING.map((result) => ({ ...result, readings: [], durationMs: 1, ageMs: (result.ageMs ?? 0) + 1 })),
        ),
      },
    ],
    [
      'wording',
      {
        report: aReport(
          EVERYTHING.map((result) => ({
            ...result,
            problems: result.problems.map((problem) => ({ ...problem, message: '42 %' })),
          })),
        ),
      },
    ],
    ['figures and order of edges', { edges: base.edges.map((edge) => ({ ...edge, rttMs: 9, forMs: 1 })).toReversed() }],
  ];
  it.each(same)('does not mind %s', (_, change) => {
    expect(contentOf({ ...base, ...change })).toBe(contentOf(base));
  });

  const other: readonly [string, Partial<typeof base>][] = [
    [
      'a check that does not run any more',
      { report: aReport(EVERYTHING.map((result) => ({ ...result, ageMs: 600_000 }))) },
    ],
    ['an end of a pause', { report: aReport(EVERYTHING, { catchingUp: true }) }],
    [
      'a status',
      {
        report: aReport(
          EVERYTHING.map((result, index) => (index === 0 ? { ...result, status: 'unknown' as const } : result)),
        ),
      },
    ],
    ['a since', { report: aReport(EVERYTHING.map((result) => ({ ...result, since: result.since + 1 }))) }],
    ['an edge', { edges: base.edges.map((edge) => ({ ...edge, state: 'refused' as const })) }],
    [
      'an edge of which the peer hears nothing',
      { edges: base.edges.map((edge) => ({ ...edge, state: 'lost' as const, lossTo: 1 })) },
    ],
    ['the store', { store: { ...base.store, state: 'stalled' } }],
    ['a restart', { report: { ...base.report, startedAt: NOON } }],
    ['an address', { addresses: [] }],
    ['where pods answer', { report: { ...base.report, podAddresses: ['10.244.1.5'] } }],
  ];
  it.each(other)('tells %s', (_, change) => {
    expect(contentOf({ ...base, ...change })).not.toBe(contentOf(base));
  });
});
