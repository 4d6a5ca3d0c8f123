/** Writes and reads the fields of sync frames. */
import { Malformed } from '../../model/read.ts';

const PREFIX_BYTES = 8;
const EPOCH = /^[\w-]{11}$/;
const MAX_VARINT_BYTES = 8;

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
    return this;
  }

  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer.`);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    return this.byte(rest);
  }

  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  ascii(text: string): this {
    return this.raw(Buffer.from(text, 'latin1'));
  }

  /** With its length before it, in a byte. */
  text(text: string): this {
    return this.byte(text.length).ascii(text);
  }

  /** The first 8 bytes of an author's key, from their 11 characters of base64url. */
  author(prefix: string): this {
    return this.raw(Buffer.from(prefix, 'base64url').subarray(0, PREFIX_BYTES));
  }

  /** A copy of what was written. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Throws {@link Malformed} where a field is missing or out of its bounds. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new Malformed('another byte');
    this.#at += 1;
    return value;
  }

  varint(min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) {
        if (value < min || value > max) throw new Malformed('an integer within its bounds');
        return value;
      }
    }
    throw new Malformed('an integer of at most 8 bytes');
  }

  /** A view. */
  raw(length: number): Uint8Array {
    if (length > this.left) throw new Malformed(`${length} more bytes`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(maxLength: number): string {
    const length = this.byte();
    if (length > maxLength) throw new Malformed(`a text of at most ${maxLength} bytes`);
    return this.#latin1(length);
  }

  author(): string {
    const at = this.#at;
    this.raw(PREFIX_BYTES);
    return this.#bytes.toString('base64url', at, this.#at);
  }

  epoch(): string {
    const epoch = this.#latin1(11);
    if (!EPOCH.test(epoch)) throw new Malformed('an epoch');
    return epoch;
  }

  end(): void {
    if (this.left > 0) throw new Malformed('the end of the frame');
  }

  #latin1(length: number): string {
    const at = this.#at;
    this.raw(length);
    return this.#bytes.toString('latin1', at, this.#at);
  }
}

/** What `read` makes of a frame of this kind; undefined for anything that is none. */
export function readFrame<T>(frame: Uint8Array, kind: number, read: (reader: ByteReader) => T): T | undefined {
  const reader = new ByteReader(frame);
  try {
    return reader.byte() === kind ? read(reader) : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
