/**
 * Base58 with Bitcoin's alphabet, as PeerIds are written.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-msporny-base58-03
 */

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const VALUES: ReadonlyMap<string, number> = new Map(ALPHABET.split('').map((letter, value) => [letter, value]));

/** The cost grows with the square of the length: longer input is nobody's key. */
const MAX_BYTES = 64;

/** Letters and bytes are taken several at a time: few steps, and the product of both bases stays within 48 bits. */
const LETTERS = 4;
const BYTES = 3;
const LETTER_GROUP = 58 ** LETTERS;
const BYTE_GROUP = 256 ** BYTES;

/** @throws {RangeError} beyond 64 bytes */
export function encodeBase58(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw new RangeError(`${bytes.length} bytes are too many for base58.`);
  const zeros = leading(bytes, 0);
  const groups = converted(grouped(bytes, 256, BYTES), BYTE_GROUP, LETTER_GROUP);
  const letters = ungrouped(groups, 58, LETTERS);
  let text = ALPHABET.charAt(0).repeat(zeros);
  for (let at = leading(letters, 0); at < letters.length; at += 1) text += ALPHABET.charAt(letters[at] ?? 0);
  return text;
}

/** Undefined for another alphabet, for more than `maxBytes`, and for text that no encoder writes. */
export function decodeBase58(text: string, maxBytes = MAX_BYTES): Uint8Array | undefined {
  if (text.length > maxBytes * 2) return undefined;
  const values: number[] = [];
  for (const letter of text) {
    const value = VALUES.get(letter);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const groups = converted(grouped(values, 58, LETTERS), LETTER_GROUP, BYTE_GROUP);
  const all = ungrouped(groups, 256, BYTES);
  const [zeros, unused] = [leading(values, 0), leading(all, 0)];
  const length = zeros + all.length - unused;
  if (length > maxBytes) return undefined;
  const bytes = new Uint8Array(length);
  bytes.set(all.slice(unused), zeros);
  return bytes;
}

/** So many digits to one, the first of fewer where they do not come out even. The most significant comes first. */
function grouped(digits: ArrayLike<number>, base: number, size: number): number[] {
  const groups: number[] = [];
  const missing = (size - (digits.length % size)) % size;
  for (let at = -missing; at < digits.length; at += size) {
    let group = 0;
    for (let next = at; next < at + size; next += 1) group = group * base + (digits[next] ?? 0);
    groups.push(group);
  }
  return groups;
}

function ungrouped(groups: readonly number[], base: number, size: number): number[] {
  const digits: number[] = [];
  for (const group of groups) {
    for (let place = base ** (size - 1); place >= 1; place /= base) digits.push(Math.trunc(group / place) % base);
  }
  return digits;
}

/** Digits in another base. The most significant comes first. */
function converted(digits: readonly number[], from: number, to: number): number[] {
  const result: number[] = [];
  for (const digit of digits) {
    let carry = digit;
    for (let at = 0; at < result.length; at += 1) {
      carry += (result[at] ?? 0) * from;
      const over = Math.floor(carry / to);
      result[at] = carry - over * to;
      carry = over;
    }
    for (; carry > 0; carry = Math.floor(carry / to)) result.push(carry % to);
  }
  return result.toReversed();
}

/** How many times `value` stands at the front. */
function leading(items: ArrayLike<number>, value: number): number {
  let count = 0;
  while (count < items.length && items[count] === value) count += 1;
  return count;
}
