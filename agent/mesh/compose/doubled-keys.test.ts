import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { NOON, aReport } from '../../../test/lib/fixtures.ts';
import { encodeReport } from '../codec/report.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { aBook } from '../records/testing.ts';
import { createDoubledKeys } from './doubled-keys.ts';
import { createReportReader } from './report-reader.ts';

const keys = testKeys(1);

function watch() {
  const clock = createFakeClock();
  const book = aBook();
  const doubles = createDoubledKeys({ clock, readLatest: createReportReader(book) });
  const hear = (boot: number, startedAt: number, sequence = 1): void => {
    const payload = encodeReport(
      { boot, sequence, contentSequence: sequence },
      {
        report: aReport([], { startedAt }),
        madeAt: NOON,
        edges: [],
        store: { state: 'ok', since: NOON, message: '' },
        addresses: [],
      },
    );
    const result = book.offer(signEnvelope('report', payload, keys, TEST_CLUSTER), 'peer', clock.monotonic());
    if (result.kind === 'accepted') doubles.note(result.record);
  };
  return { clock, doubles, hear };
}

it('names a key whose reports take turns, for as long as they do', async () => {
  const { clock, doubles, hear } = watch();
  hear(6, NOON - 5000);
  hear(7, NOON - 1000);
  expect(doubles.list()).toEqual([]);
  hear(8, NOON - 5000);

  expect(doubles.list()).toEqual([prefixOf(keys.author)]);
  await clock.advance(120_001);
  expect(doubles.list()).toEqual([]);
});

it('names no agent that is started again and again, nor one that outdoes what is left of its earlier life', () => {
  const { doubles, hear } = watch();
  for (let boot = 1; boot <= 9; boot += 1) hear(boot, NOON - 9000 + boot * 1000);
  hear(10, NOON);
  hear(11, NOON);
  hear(11, NOON, 2);
  hear(12, NOON);

  expect(doubles.list()).toEqual([]);
});
