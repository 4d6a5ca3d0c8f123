/**
 * What one row of the database holds of a series: up to {@link CHUNK_SIZE} samples, or as many points of a roll-up,
 * compressed column by column.
 */
import { ByteReader, ByteWriter } from './bytes.ts';
import { readTimes, readValues, writeTimes, writeValues } from './columns.ts';
import { type Points, fromSamples } from './points.ts';

export const CHUNK_SIZE = 120;

const FORMAT = { samples: 1, points: 2 } as const;
/** More than any writer makes: a damaged length must not reserve memory. */
const MAX_COUNT = 10_000;
/** No instrument of a check is better than that, and every further digit of noise costs disk. */
const SIGNIFICANT_DIGITS = 7;

/** A fraction to seven significant digits; whole numbers keep every digit. */
export function roundReading(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(SIGNIFICANT_DIGITS));
}

export function encodeSamples(times: ArrayLike<number>, values: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(FORMAT.samples);
  writer.varint(times.length);
  writeTimes(writer, times);
  writeValues(writer, values);
  return writer.finish();
}

/** Averages come back rounded as {@link roundReading} does; everything else as it was. */
export function encodePoints(points: Points): Uint8Array {
  const writer = new ByteWriter();
  const averages = points.averages.map(roundReading);
  writer.byte(FORMAT.points);
  writer.varint(points.times.length);
  writeTimes(writer, points.times);
  writeValues(writer, points.counts);
  writeValues(writer, averages);
  writeValues(writer, points.minima, averages);
  writeValues(writer, points.maxima, points.minima);
  return writer.finish();
}

/** Throws RangeError when the bytes are not a chunk. */
export function decodeChunk(bytes: Uint8Array): Points {
  const reader = new ByteReader(bytes);
  const format = reader.byte();
  const count = reader.varint();
  if (count > MAX_COUNT) throw new RangeError(`a chunk of ${count} points`);
  const times = readTimes(reader, count);
  if (format === FORMAT.samples) return fromSamples(times, readValues(reader, count));
  if (format !== FORMAT.points) throw new RangeError(`unknown format of a chunk: ${format}`);
  const counts = readValues(reader, count);
  const averages = readValues(reader, count);
  const minima = readValues(reader, count, averages);
  return { times, counts, averages, minima, maxima: readValues(reader, count, minima) };
}
