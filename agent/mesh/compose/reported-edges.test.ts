import { expect, it } from 'vitest';
import { encodeReport } from '../codec/report.ts';
import { createVerifier } from '../envelope/verifier.ts';
import { keyPairFromSeed } from '../identity/key-pair.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { parseClusterId } from '../identity/cluster-id.ts';
import { createRecordBook } from '../records/record-book.ts';
import { aReport } from '../../../test/lib/fixtures.ts';
import { NamedEdges } from './named-edges.ts';
import { createReportReader } from './report-reader.ts';

const clusterId = parseClusterId('6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10') ?? new Uint8Array(16);
const [WELL, GONE, NAMELESS] = ['AAAAAAAAAAA', 'BAAAAAAAAAA', 'CAAAAAAAAAA'] as const;
const SAMPLED = 'EAAAAAAAAAA';
const NAMES = new Map([
  [WELL, 'well'],
  [GONE, 'gone'],
]);

/** What two agents say of their neighbours, as one book has it. */
function setUp() {
  const book = createRecordBook({ verifier: createVerifier({ clusterId }), epoch: 'epoch' });
  const authors = [1, 2].map((number) => {
    const keys = keyPairFromSeed(new Uint8Array(32).fill(number));
    const edges = ([WELL, GONE, NAMELESS] as const).map((peer) => ({
      peer,
      network: 'underlay' as const,
      state: peer === GONE ? ('lost' as const) : ('good' as const),
      forMs: 1000 * number,
    }));
    const sample = { peer: SAMPLED, network: 'underlay', state: 'good', forMs: 0, sampled: true } as const;
    const payload = encodeReport(
      { boot: 1, sequence: 1, contentSequence: 1 },
      {
        report: aReport([]),
        madeAt: 0,
        edges: [...edges, sample, { peer: WELL, network: 'overlay', forMs: 0, lossTo: 0.1, rttMs: 0.4 }],
        store: { state: 'ok', since: 0, message: '' },
        addresses: [],
      },
    );
    book.offer(signEnvelope('report', payload, keys, clusterId), 'peer', 5000);
    return keys.author;
  });
  const readLatest = createReportReader(book);
  return authors.flatMap((author) => readLatest(author) ?? []);
}

it('has all edges of a report although it keeps only those that are not as they should be', () => {
  const reports = setUp();

  expect(reports.map(({ edges }) => edges.striking.map(({ peer }) => peer))).toEqual([[GONE], [GONE]]);
  expect(reports.map(({ edges }) => edges.all().map(({ peer, forMs }) => [peer, forMs]))).toEqual(
    [1000, 2000].map((forMs) => [...[WELL, GONE, NAMELESS].map((peer) => [peer, forMs]), [SAMPLED, 0]]),
  );
  expect(reports[0]?.edges.to(WELL)).toMatchObject([{ peer: WELL, state: 'good', forMs: 1000 }]);
  expect(reports[0]?.edges.to('DAAAAAAAAAA')).toEqual([]);
  // What was sampled once says nothing of now.
  expect(reports[0]?.edges.to(SAMPLED)).toEqual([]);
  expect(reports[0]?.edges.peers).toEqual([WELL, GONE, NAMELESS]);
});

it('names peers, and leaves out who has no name', () => {
  const [first] = setUp();
  if (first === undefined) throw new Error('the report was not read');
  const prefixOf = (name: string) => [...NAMES].find(([, one]) => one === name)?.[0];
  const named = new NamedEdges(first, { nameOf: (prefix) => NAMES.get(prefix as typeof WELL), prefixOf });

  expect(named.all()).toMatchObject([
    { peer: 'well', state: 'good', sinceMs: 4000 },
    { peer: 'gone', state: 'lost', sinceMs: 4000 },
  ]);
  expect(named.overlay()).toEqual([{ peer: 'well', lossRatio: 0.1, rttMs: 0.4 }]);
  expect(named.striking()).toMatchObject([{ peer: 'gone' }]);
  expect([named.to('well')?.state, named.to('nobody')]).toEqual(['good', undefined]);
});
