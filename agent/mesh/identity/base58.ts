/**
 * Base58 with Bitcoin's alphabet, as PeerIds are written.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-msporny-base58-03
 */

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const VALUES: ReadonlyMap<string, number> = new Map(ALPHABET.split('').map((letter, value) => [letter, value]));

/** The cost grows with the square of the length: longer input is nobody's key. */
const MAX_BYTES = 64;

/** @throws {RangeError} beyond 64 bytes */
export function encodeBase58(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw new RangeError(`${bytes.length} bytes are too many for base58.`);
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let at = 0; at < digits.length; at += 1) {
      carry += (digits[at] ?? 0) * 256;
      digits[at] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  const zeros = leading(bytes, 0);
  return (
    ALPHABET.charAt(0).repeat(zeros) +
    digits
      .map((digit) => ALPHABET.charAt(digit))
      .toReversed()
      .join('')
  );
}

/** Undefined for another alphabet, for more than `maxBytes`, and for text that no encoder writes. */
export function decodeBase58(text: string, maxBytes = MAX_BYTES): Uint8Array | undefined {
  if (text.length > maxBytes * 2) return undefined;
  const bytes: number[] = [];
  const values = text.split('').map((letter) => VALUES.get(letter) ?? -1);
  for (const value of values) {
    if (value < 0) return undefined;
    let carry = value;
    for (let at = 0; at < bytes.length; at += 1) {
      carry += (bytes[at] ?? 0) * 58;
      bytes[at] = carry % 256;
      carry = Math.floor(carry / 256);
    }
    if (carry > 0) bytes.push(carry);
  }
  const zeros = leading(values, 0);
  if (zeros + bytes.length > maxBytes) return undefined;
  return Uint8Array.from([...Array<number>(zeros).fill(0), ...bytes.toReversed()]);
}

/** How many times `value` stands at the front. */
function leading(items: ArrayLike<number>, value: number): number {
  let count = 0;
  while (count < items.length && items[count] === value) count += 1;
  return count;
}
