/**
 * A tar archive, as POSIX.1-1988 (ustar) lays it out: what a container image is imported from, and what a bundle for a
 * ticket is.
 */

export interface TarFile {
  /** Relative path in ASCII: at most 99 bytes, or as much behind a slash of the first 155. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Unix seconds; 1970 where it is absent. */
  readonly modifiedAt?: number;
}

const BLOCK_BYTES = 512;

/** Bytes of a name, and of the folders before it, that a header holds. */
const MOST_NAME = 99;
const MOST_PREFIX = 154;

/**
 * The archive's bytes: always the same for the same files, so that its hash can name it.
 *
 * @throws {RangeError} for a name that is too long
 */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const sizes = files.map(({ content }) => BLOCK_BYTES + Math.ceil(content.length / BLOCK_BYTES) * BLOCK_BYTES);
  // Two empty blocks end an archive.
  const archive = new Uint8Array(sizes.reduce((sum, size) => sum + size, 2 * BLOCK_BYTES));
  let offset = 0;
  for (const [index, file] of files.entries()) {
    archive.set(headerOf(file), offset);
    archive.set(file.content, offset + BLOCK_BYTES);
    offset += sizes[index] ?? 0;
  }
  return archive;
}

function headerOf(file: TarFile): Uint8Array {
  const { prefix, name } = splitName(file.name);
  const header = new Uint8Array(BLOCK_BYTES);
  const text = (offset: number, value: string): void => header.set(Buffer.from(value, 'latin1'), offset);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  text(0, name);
  text(100, octal(file.mode, 7));
  text(108, octal(0, 7)); // uid
  text(116, octal(0, 7)); // gid
  text(124, octal(file.content.length, 11));
  text(136, octal(file.modifiedAt ?? 0, 11));
  text(156, '0'); // a regular file
  text(257, 'ustar\u000000'); // the magic word, a zero byte, version 00
  text(345, prefix);
  // The checksum counts its own field as eight spaces.
  text(148, ' '.repeat(8));
  const sum = header.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** A long name is cut at a slash, which is not stored. */
function splitName(path: string): { readonly prefix: string; readonly name: string } {
  if (path.length <= MOST_NAME) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - MOST_NAME - 1);
  if (slash === -1 || slash > MOST_PREFIX) throw new RangeError(`the name ${path} is too long for tar`);
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}
