/** A tar archive of one file, as POSIX.1-1988 (ustar) lays it out: what a container image is imported from. */

export interface TarFile {
  /** Relative path, at most 99 bytes of ASCII. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

const BLOCK_BYTES = 512;

/** The archive's bytes: always the same for the same file, so that its hash can name it. */
export function tarOf(file: TarFile): Uint8Array {
  const dataBytes = Math.ceil(file.content.length / BLOCK_BYTES) * BLOCK_BYTES;
  // Two empty blocks end an archive.
  const archive = new Uint8Array(BLOCK_BYTES + dataBytes + 2 * BLOCK_BYTES);
  archive.set(headerOf(file));
  archive.set(file.content, BLOCK_BYTES);
  return archive;
}

function headerOf(file: TarFile): Uint8Array {
  const header = new Uint8Array(BLOCK_BYTES);
  const text = (offset: number, value: string): void => header.set(Buffer.from(value, 'latin1'), offset);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  text(0, file.name);
  text(100, octal(file.mode, 7));
  text(108, octal(0, 7)); // uid
  text(116, octal(0, 7)); // gid
  text(124, octal(file.content.length, 11));
  text(136, octal(0, 11)); // mtime
  text(156, '0'); // a regular file
  text(257, 'ustar\u000000'); // the magic word, a zero byte, version 00
  // The checksum counts its own field as eight spaces.
  text(148, ' '.repeat(8));
  const sum = header.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}
