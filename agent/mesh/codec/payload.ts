/** Payloads: UTF-8 JSON, a compact array that begins with its header. */
import { Malformed } from '../../model/read.ts';

export const encodePayload = (items: readonly unknown[]): Uint8Array => Buffer.from(JSON.stringify(items));

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Runs a decoder over a payload's items. Never throws for what the payload holds: undefined is "not of this form".
 *
 * @param decode throws {@link Malformed}
 */
export function decodePayload<T>(payload: Uint8Array, decode: (items: readonly unknown[]) => T): T | undefined {
  let items: unknown;
  try {
    items = JSON.parse(UTF8.decode(payload));
  } catch {
    return undefined;
  }
  if (!Array.isArray(items)) return undefined;
  try {
    return decode(items);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** A duration in whole ms, whatever a clock or a calculation made of it. */
export const wireMs = (durationMs: number): number =>
  Number.isFinite(durationMs) ? Math.max(0, Math.round(durationMs)) : 0;

/** The items without those at the end that say nothing: a reader takes what is not there as null. */
export function trimmed(items: readonly unknown[]): readonly unknown[] {
  let length = items.length;
  while (length > 0 && (items[length - 1] === null || items[length - 1] === undefined)) length -= 1;
  return items.slice(0, length);
}
