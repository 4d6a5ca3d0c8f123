/**
 * Which check has control of the agent's event loop: 64 bytes in memory that the agent writes before each hand-over and
 * its store process reads when the agent is blocked. A file without a name on a tmpfs, because nothing cheaper can be
 * shared between two processes of Node (about one microsecond a write).
 */
import { closeSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MarkFile {
  /** For the child to inherit; undefined: there is no memory file system to write to. */
  readonly file: number | undefined;
  /** `undefined`: no check has control. Never throws. */
  mark(check: string | undefined): void;
  close(): void;
}

/** The store process inherits the file as this descriptor. */
export const MARK_DESCRIPTOR = 4;

const BYTES = 64;
/** TMPFS_MAGIC of statfs(2). A disk would block the agent where it is to be watched. */
const TMPFS = 0x01021994;
/** Ids of checks are few; users' own add some. */
const MAX_TEXTS = 200;

/** `name` tells the files of several agents apart for the moment in which they have a name. */
export function createMarkFile(name: string, directories: readonly string[] = ['/dev/shm', tmpdir()]): MarkFile {
  const file = directories.map((directory) => openNameless(directory, name)).find((found) => found !== undefined);
  const texts = new Map<string, Uint8Array>();
  const none = new Uint8Array(BYTES);
  let isOpen = file !== undefined;
  const textOf = (check: string): Uint8Array => {
    const known = texts.get(check);
    if (known !== undefined) return known;
    if (texts.size >= MAX_TEXTS) texts.clear();
    const text = new Uint8Array(BYTES);
    new TextEncoder().encodeInto(check, text.subarray(0, BYTES - 1));
    texts.set(check, text);
    return text;
  };
  return {
    file,
    mark(check) {
      if (file === undefined || !isOpen) return;
      try {
        writeSync(file, check === undefined ? none : textOf(check), 0, BYTES, 0);
      } catch {
        isOpen = false;
      }
    },
    close() {
      if (file !== undefined && isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** The check that was marked last; empty when none has control or it cannot be told. */
export function readMark(file: number): string {
  const bytes = new Uint8Array(BYTES);
  try {
    const length = readSync(file, bytes, 0, BYTES, 0);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, Math.min(length, end < 0 ? BYTES : end)));
  } catch {
    return '';
  }
}

function openNameless(directory: string, name: string): number | undefined {
  const path = join(directory, `meerkat-mark-${name}`);
  try {
    if (statfsSync(directory).type !== TMPFS) return undefined;
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return undefined;
  }
}
