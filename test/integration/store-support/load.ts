/** Batches whose content follows from their number, and the proof that a database holds exactly so many of them. */
import { expect } from 'vitest';
import { join } from 'node:path';
import { systemClock } from '../../../agent/base/clock.ts';
import { createChunkTable } from '../../../agent/store/chunk-table.ts';
import { openDatabase } from '../../../agent/store/database.ts';
import { createEventTable } from '../../../agent/store/event-table.ts';
import type { Batch } from '../../../agent/store/messages.ts';
import { appendPoints } from '../../../agent/store/points.ts';
import { SINGLE } from '../../../agent/store/resolutions.ts';
import { createSampleLog } from '../../../agent/store/sample-log.ts';
import { createSeriesTable } from '../../../agent/store/series-table.ts';
import { createTail } from '../../../agent/store/tail.ts';

const SERIES = 12;
const SAMPLES_A_SERIES = 3;
const STEP_MS = 1000;

export const numberedBatch = (run: string, number: number, start: number): Batch => {
  const rows = Array.from({ length: SERIES * SAMPLES_A_SERIES }, (_, index) => {
    const count = (number - 1) * SAMPLES_A_SERIES + Math.floor(index / SERIES);
    return { series: index % SERIES, at: start + count * STEP_MS, value: count };
  });
  return {
    run,
    number,
    samples: {
      keys: Array.from({ length: SERIES }, (_, index) => ({ node: 'n', check: 'c', reading: `r${index}_count` })),
      series: Uint32Array.from(rows, ({ series }) => series),
      times: Float64Array.from(rows, ({ at }) => at),
      values: Float64Array.from(rows, ({ value }) => value),
    },
    events: [{ kind: 'agent-notice', at: start + number, node: 'n', message: `batch ${number}` }],
    documents: number % 7 === 0 ? { seen: { etcd: number } } : {},
  };
};

/** Every event in order and every sample of every series once. Opens the file: nobody else may have it open. */
export function expectBatches(directory: string, count: number, start: number): void {
  const { value: connection } = openDatabase(join(directory, 'history.db'), 'check', systemClock, (opened) => opened);
  try {
    const messages = createEventTable(connection)
      .newest(1_000_000)
      .map(({ sequence, message }) => `${sequence}: ${message}`);
    expect(messages).toEqual(Array.from({ length: count }, (_, index) => `${index + 1}: batch ${index + 1}`));
    const series = createSeriesTable(connection);
    const chunks = createChunkTable(connection);
    const log = createSampleLog({ series, chunks, tail: createTail(connection) }, () => {});
    log.reload();
    const expected = Array.from({ length: count * SAMPLES_A_SERIES }, (_, index) => index);
    for (let index = 0; index < SERIES; index += 1) {
      const id = series.idOf({ node: 'n', check: 'c', reading: `r${index}_count` });
      const points = chunks.read(id, SINGLE, 0, Infinity);
      appendPoints(points, log.open(id));
      expect(points.averages).toEqual(expected);
      expect(points.times).toEqual(expected.map((value) => start + value * STEP_MS));
    }
  } finally {
    connection.close();
  }
}
