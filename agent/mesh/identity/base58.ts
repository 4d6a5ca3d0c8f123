/**
 * Base58 with Bitcoin's alphabet, as PeerIds are written.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-msporny-base58-03
 */

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const VALUES: ReadonlyMap<string, number> = new Map(ALPHABET.split('').map((letter, value) => [letter, value]));

/** The cost grows with the square of the length: longer input is nobody's key. */
const MAX_BYTES = 64;

/** Two letters and two bytes at a time: a quarter of the steps, and all of it stays within 31 bits. */
const TWO_LETTERS = 58 * 58;
const TWO_BYTES = 256 * 256;

/** @throws {RangeError} beyond 64 bytes */
export function encodeBase58(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw new RangeError(`${bytes.length} bytes are too many for base58.`);
  const zeros = leading(bytes, 0);
  const digits = converted(pairs(bytes, 256), TWO_BYTES, TWO_LETTERS);
  const letters = digits.flatMap((digit) => [Math.trunc(digit / 58), digit % 58]);
  const text = letters
    .slice(leading(letters, 0))
    .map((digit) => ALPHABET.charAt(digit))
    .join('');
  return ALPHABET.charAt(0).repeat(zeros) + text;
}

/** Undefined for another alphabet, for more than `maxBytes`, and for text that no encoder writes. */
export function decodeBase58(text: string, maxBytes = MAX_BYTES): Uint8Array | undefined {
  if (text.length > maxBytes * 2) return undefined;
  const values = Array.from(text, (letter) => VALUES.get(letter) ?? -1);
  if (values.includes(-1)) return undefined;
  const digits = converted(pairs(values, 58), TWO_LETTERS, TWO_BYTES);
  const all = digits.flatMap((digit) => [digit >> 8, digit & 255]);
  const bytes = all.slice(leading(all, 0));
  const zeros = leading(values, 0);
  if (zeros + bytes.length > maxBytes) return undefined;
  return Uint8Array.from([...Array<number>(zeros).fill(0), ...bytes]);
}

/** Digits of twice the size, the first of one digit where their number is odd. The most significant comes first. */
function pairs(digits: ArrayLike<number>, base: number): number[] {
  const list: number[] = [];
  for (let at = -(digits.length % 2); at < digits.length; at += 2) {
    list.push((digits[at] ?? 0) * base + (digits[at + 1] ?? 0));
  }
  return list;
}

/** Digits in another base. The most significant comes first. */
function converted(digits: readonly number[], from: number, to: number): number[] {
  const result: number[] = [];
  for (const digit of digits) {
    let carry = digit;
    for (let at = 0; at < result.length; at += 1) {
      carry += (result[at] ?? 0) * from;
      result[at] = carry % to;
      carry = Math.trunc(carry / to);
    }
    for (; carry > 0; carry = Math.trunc(carry / to)) result.push(carry % to);
  }
  return result.toReversed();
}

/** How many times `value` stands at the front. */
function leading(items: ArrayLike<number>, value: number): number {
  let count = 0;
  while (count < items.length && items[count] === value) count += 1;
  return count;
}
