/** From a record to what its author signed. */
import { decodeEnvelope } from '../envelope/envelope.ts';
import type { BookRecord } from '../records/record.ts';

/** The payload of a record that the book took in. */
export function payloadOf({ bytes }: BookRecord): Uint8Array {
  const decoded = decodeEnvelope(bytes);
  return decoded.ok ? decoded.envelope.payload : new Uint8Array();
}
