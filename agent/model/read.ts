/** Reads values that a peer wrote: everything is checked once, here, so that nobody has to doubt it later. */
import { cleanText } from './text.ts';

/** The value is not of the form that it should be. Never leaves a decoder. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** The latest instant that a Date can hold; later ones throw where they are shown. */
const MAX_INSTANT_MS = 8_640_000_000_000_000;

export function readNumber(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    throw new Malformed('a number');
  }
  return value;
}

export function readInteger(value: unknown, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value)) throw new Malformed('an integer');
  return readNumber(value, min, max);
}

/** Unix ms. */
export const readInstant = (value: unknown): number => readInteger(value, 0, MAX_INSTANT_MS);

/** So many ms before an instant. Negative where a clock was set back. */
export const readSince = (value: unknown, instant: number): number =>
  readInstant(instant - readInteger(value, -MAX_INSTANT_MS, MAX_INSTANT_MS));

/** A duration in ms. */
export const readDuration = (value: unknown): number => readNumber(value, 0, Number.MAX_SAFE_INTEGER);

/** One harmless line, cut to `maxLength`. */
export function readText(value: unknown, maxLength: number): string {
  if (typeof value !== 'string') throw new Malformed('a text');
  // Cut first: a text of 16 KiB is not worth cleaning.
  return cleanText(value.slice(0, maxLength * 4), maxLength);
}

export function readMatch(value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Malformed(`a text like ${pattern.source}`);
  return value;
}

/** At most `maxLength` items; what is beyond was never sent by an agent that keeps the rules. Null is no items. */
export function readArray(value: unknown, maxLength: number): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Malformed('an array');
  return value.slice(0, maxLength);
}

/** Undefined for null and for what is not there. */
export const readOptional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === null || value === undefined ? undefined : read(value);
