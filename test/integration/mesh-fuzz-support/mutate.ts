/** Bytes that were valid, and are broken in the ways that break decoders. */
import type { Random } from '../../lib/random.ts';

/** Lengths, counts and sequences at the ends of their ranges. */
const EXTREMES: readonly (readonly number[])[] = [
  [0],
  [0x7f],
  [0x80],
  [0xff],
  [0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];
/** Longer than anything that may be sent at once. */
const MOST_BYTES = 600_000;

/** A few changes, one after the other: bits, bytes, lengths, cuts, repetitions, and pieces of another message. */
export function mutate(valid: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(valid);
  for (let change = random.integer(6); change >= 0; change -= 1) bytes = Buffer.from(changed(bytes, other, random));
  return new Uint8Array(bytes.subarray(0, MOST_BYTES));
}

function changed(bytes: Buffer, other: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.integer(40));
  const join = (middle: Uint8Array): Uint8Array => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(to)]);
  switch (random.integer(8)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.integer(256);
      return bytes;
    case 2:
      return join(Uint8Array.from(random.pick(EXTREMES)));
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return join(new Uint8Array(0));
    case 5:
      return join(Buffer.concat(Array.from({ length: random.integer(5) }, () => bytes.subarray(at, to))));
    case 6:
      return join(other.subarray(random.integer(other.length + 1)));
    default:
      return random.chance(0.02) ? Buffer.alloc(random.integer(MOST_BYTES), random.integer(256)) : join(noise(random));
  }
}

const noise = (random: Random): Uint8Array =>
  Uint8Array.from({ length: random.integer(24) }, () => random.integer(256));
