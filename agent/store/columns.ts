/**
 * Compressed columns of numbers. Times are stored as differences of differences, as in Gorilla (Pelkonen et al., VLDB
 * 2015), in whole bytes. Values have few decimal places where they come from a kernel or were rounded, so they are
 * stored as whole multiples of a common unit; what is no short decimal is stored as XOR with its predecessor. Every
 * column comes back bit by bit.
 */
import { type ByteReader, ByteWriter, MAX_ZIGZAG } from './bytes.ts';

const TIMES = { changing: 0, regular: 1, verbatim: 2 } as const;
const VALUES = { constant: 0, decimal: 1, xor: 2, asBefore: 3 } as const;

/** Powers of ten that are exact doubles, so that a quotient by one is the double nearest to the decimal. */
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/** Differences of two such integers still fit a zigzag step. */
const MAX_SCALED = 2 ** 51;
/** A decimal column below this many bytes a value is good enough not to try XOR as well. */
const SHORT_DECIMAL = 5;

/** Writes Unix times in milliseconds; the reader must know how many. */
export function writeTimes(writer: ByteWriter, times: ArrayLike<number>): void {
  const first = times[0] ?? 0;
  const step = (times[1] ?? first) - first;
  const turns: number[] = [];
  let previous = step;
  for (let index = 2; index < times.length; index += 1) {
    const delta = (times[index] ?? 0) - (times[index - 1] ?? 0);
    turns.push(delta - previous);
    previous = delta;
  }
  if (![first, step, ...turns].every(isSmall)) return writeVerbatim(writer, times);
  const regular = turns.every((turn) => turn === 0);
  writer.byte(regular ? TIMES.regular : TIMES.changing);
  writer.zigzag(first);
  writer.zigzag(step);
  if (!regular) for (const turn of turns) writer.zigzag(turn);
}

export function readTimes(reader: ByteReader, count: number): number[] {
  const form = reader.byte();
  if (form === TIMES.verbatim) return Array.from({ length: count }, () => reader.double());
  const times = [reader.zigzag()];
  let delta = reader.zigzag();
  for (let index = 1; index < count; index += 1) {
    if (index > 1 && form === TIMES.changing) delta += reader.zigzag();
    times.push((times[index - 1] ?? 0) + delta);
  }
  return times.slice(0, count);
}

/** Writes any doubles; `before` is the column that was written just before, of the same length. */
export function writeValues(writer: ByteWriter, values: ArrayLike<number>, before?: ArrayLike<number>): void {
  const first = values[0] ?? 0;
  if (before !== undefined && isSame(values, before)) return writer.byte(VALUES.asBefore);
  if (isConstant(values)) {
    writer.byte(VALUES.constant);
    writer.double(first);
    return;
  }
  const decimal = encodeDecimal(values);
  if (decimal !== undefined && decimal.length <= values.length * SHORT_DECIMAL) return writer.append(decimal);
  const xor = encodeXor(values);
  writer.append(decimal !== undefined && decimal.length <= xor.length ? decimal : xor);
}

export function readValues(reader: ByteReader, count: number, before?: readonly number[]): number[] {
  const form = reader.byte();
  if (form === VALUES.asBefore && before !== undefined) return [...before];
  if (form === VALUES.constant) return Array.from<number>({ length: count }).fill(reader.double());
  if (form === VALUES.decimal) return readDecimal(reader, count);
  if (form === VALUES.xor) return readXor(reader, count);
  throw new RangeError(`unknown form of a column: ${form}`);
}

const isSmall = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) < MAX_ZIGZAG && !Object.is(value, -0);

function writeVerbatim(writer: ByteWriter, times: ArrayLike<number>): void {
  writer.byte(TIMES.verbatim);
  for (let index = 0; index < times.length; index += 1) writer.double(times[index] ?? 0);
}

function isSame(values: ArrayLike<number>, others: ArrayLike<number>): boolean {
  for (let index = 0; index < values.length; index += 1) {
    if (!Object.is(values[index], others[index])) return false;
  }
  return true;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let index = 1; index < values.length; index += 1) {
    if (!Object.is(values[index], values[0])) return false;
  }
  return true;
}

/** Places after the point, unit, first value, differences; all as integers. Undefined: no short decimals. */
function encodeDecimal(values: ArrayLike<number>): Uint8Array | undefined {
  const places = decimalPlaces(values);
  if (places === undefined) return undefined;
  const scale = POWERS_OF_TEN[places] ?? 1;
  const scaled = Array.from(values, (value) => Math.round(value * scale));
  if (!scaled.every((value) => Math.abs(value) < MAX_SCALED)) return undefined;
  const deltas = scaled.slice(1).map((value, index) => value - (scaled[index] ?? 0));
  const unit = deltas.reduce(greatestCommonDivisor, 0);
  const writer = new ByteWriter();
  writer.byte(VALUES.decimal);
  writer.byte(places);
  writer.varint(unit);
  writer.zigzag(scaled[0] ?? 0);
  for (const delta of deltas) writer.zigzag(delta / unit);
  return writer.finish();
}

/** The fewest places after the point that all values can be written with; undefined when there is no such number. */
function decimalPlaces(values: ArrayLike<number>): number | undefined {
  let places = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (!Number.isFinite(value) || Object.is(value, -0)) return undefined;
    for (;;) {
      const scale = POWERS_OF_TEN[places];
      if (scale === undefined) return undefined;
      if (Math.round(value * scale) / scale === value) break;
      places += 1;
    }
  }
  return places;
}

function greatestCommonDivisor(one: number, other: number): number {
  let [a, b] = [Math.abs(one), Math.abs(other)];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function readDecimal(reader: ByteReader, count: number): number[] {
  const scale = POWERS_OF_TEN[reader.byte()] ?? 1;
  const unit = reader.varint();
  let scaled = reader.zigzag();
  const values = [scaled / scale];
  for (let index = 1; index < count; index += 1) {
    scaled += reader.zigzag() * unit;
    values.push(scaled / scale);
  }
  return values;
}

/** Of each XOR with the predecessor: how many of the high and low bytes are zero, then the bytes between. */
function encodeXor(values: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(VALUES.xor);
  const view = new DataView(new ArrayBuffer(16));
  for (let index = 0; index < values.length; index += 1) {
    view.setFloat64(0, values[index] ?? 0);
    const bytes = Array.from({ length: 8 }, (_, at) => view.getUint8(at) ^ view.getUint8(at + 8));
    view.setFloat64(8, values[index] ?? 0);
    const high = bytes.findIndex((byte) => byte !== 0);
    if (high < 0) {
      writer.byte(0x80);
      continue;
    }
    const low = 7 - bytes.findLastIndex((byte) => byte !== 0);
    writer.byte((high << 4) | low);
    for (const byte of bytes.slice(high, 8 - low)) writer.byte(byte);
  }
  return writer.finish();
}

function readXor(reader: ByteReader, count: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from({ length: count }, () => {
    const control = reader.byte();
    const end = 8 - (control & 0x0f);
    for (let at = control >> 4; at < end; at += 1) view.setUint8(at, view.getUint8(at) ^ reader.byte());
    return view.getFloat64(0);
  });
}
