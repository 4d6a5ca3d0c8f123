import { expect, it } from 'vitest';
import { aReport } from '../../../test/lib/fixtures.ts';
import type { EdgeState } from '../../model/member.ts';
import { encodeReport } from '../codec/report.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { MembershipInput } from '../membership/step.ts';
import { aBook } from '../records/testing.ts';
import { createDirectory } from './directory.ts';
import { createHearing } from './hearing.ts';
import { createReportReader } from './report-reader.ts';

const [BEFORE, NOW, PEER] = [testKeys(1), testKeys(2), testKeys(3)];

function create() {
  const [book, directory] = [aBook(), createDirectory()];
  const taken: MembershipInput[] = [];
  const unnamed: (readonly string[])[] = [];
  const hearing = createHearing({
    self: { name: 'me', prefix: prefixOf(testKeys(9).author) },
    book,
    clock: { monotonic: () => 0 },
    directory,
    whereabouts: { announced: () => false } as never,
    take: (input) => void taken.push(input),
    readLatest: createReportReader(book),
    onUnnamed: (_, by) => void unnamed.push(by),
    onStated: () => {},
    onEvent: () => {},
    onReport: () => {},
    onGap: () => {},
    onAddresses: () => {},
  });
  const name = (names: Record<string, KeyPair>): void => {
    const fresh = directory.replace(
      Object.entries(names).map(([node, { peerId }]) => ({ name: node, peerId, generation: 1 })),
    );
    hearing.recognised(fresh);
  };
  const report = (keys: KeyPair, boot: number, state: EdgeState): void => {
    const content = {
      report: { ...aReport([]), node: 'node-a' },
      madeAt: 1,
      edges: [{ peer: prefixOf(PEER.author), network: 'underlay' as const, state, forMs: 0 }],
      store: { state: 'ok' as const, since: 0, message: '' },
      addresses: [],
    };
    const bytes = signEnvelope(
      'report',
      encodeReport({ boot, sequence: 1, contentSequence: 1 }, content),
      keys,
      TEST_CLUSTER,
    );
    const result = book.offer(bytes, 'peer', 0);
    if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
    hearing.hear({ record: result.record, contentChanged: true, via: 'sync', from: 'peer' });
  };
  return { taken, unnamed, name, report };
}

it('what an agent states of a key counts once that key has a name', () => {
  const { taken, unnamed, name, report } = create();
  name({ 'node-a': NOW });
  report(NOW, 2, 'refused');
  expect(unnamed).toEqual([['node-a']]);
  name({ 'node-a': NOW, 'node-b': PEER });

  expect(taken.filter(({ kind }) => kind === 'edge')).toMatchObject([
    { by: 'node-a', peer: 'node-b', state: 'refused', order: { boot: 2, sequence: 1 } },
  ]);
});

it('and not in the name of an agent that has another key by then', () => {
  const { taken, name, report } = create();
  name({ 'node-a': BEFORE });
  report(BEFORE, 875_066, 'refused');
  // The machine lost its key, and starts from a lower boot.
  name({ 'node-a': NOW });
  report(NOW, 2, 'good');
  name({ 'node-a': NOW, 'node-b': PEER });

  const boots = taken.flatMap((input) => ('order' in input && input.by === 'node-a' ? [input.order.boot] : []));
  expect(taken.filter(({ kind }) => kind === 'edge')).toMatchObject([{ by: 'node-a', state: 'good' }]);
  expect(boots.at(-1)).toBe(2);
});
