/**
 * Follows the log of one container through rotations and restarts. Files are read without waiting, so only in a thread that
 * has nothing else to do.
 *
 * A kubelet rotates by renaming and opening anew: what was open is read to its end, then the new file from its beginning. A
 * file that is shorter than what was read of it was cut. Where lines are of no interest nothing is read: a log was last
 * written to when its file was changed last, and a file that is new and empty says nothing, so that then the one before it
 * counts.
 */
import { type Stats, closeSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type InstanceFiles, latestInstance } from './log-files.ts';
import { type LineReader, type LogLine, createLineReader } from './line-format.ts';

export interface LogPosition {
  /** So often the container had been restarted before. */
  readonly restarts: number;
  /** When its log was made, Unix ms; where the file system does not know, when it was met. */
  readonly startedAt: number;
  /** From when on every line was read, Unix ms; undefined: nothing is read. */
  readonly readSince: number | undefined;
  /** Unix ms; undefined: it has not written yet. */
  readonly lastWriteAt: number | undefined;
  /** What this run of it wrote since it is followed, bytes. */
  readonly bytes: number;
  /** Of these, what was too much to be read. */
  readonly droppedBytes: number;
  readonly unreadableLines: number;
}

export interface FollowerOptions {
  /** The container's. */
  readonly directory: string;
  /** Called for each line in turn; without it nothing is read. */
  readonly onLine?: ((line: LogLine) => void) | undefined;
  /** Called before the first line of a run of the container. */
  readonly onRun?: (() => void) | undefined;
  /** Unix ms. */
  readonly now: () => number;
}

export interface Follower {
  /**
   * Looks what is new.
   *
   * @param maxBytes to be read; what is beyond is skipped
   * @returns undefined where the container has no log
   * @throws where files cannot be read: the system's error, or that a link leads nowhere
   */
  poll(maxBytes: number): LogPosition | undefined;
  close(): void;
}

/** Of a log that is met for the first time so much of its end is read: what matters may have been just before. */
const LOOK_BACK_BYTES = 256 * 1024;
const BLOCK_BYTES = 64 * 1024;

interface Open {
  readonly file: number;
  readonly device: number;
  readonly inode: number;
  offset: number;
  lines: LineReader;
}

export function createFollower({ directory, onLine, onRun, now }: FollowerOptions): Follower {
  let restarts = -1;
  let startedAt = 0;
  let readSince: number | undefined;
  let lastWriteAt: number | undefined;
  let open: Open | undefined;
  /** Of the current file by its size, where nothing is read. */
  let known: { readonly inode: number; readonly size: number } | undefined;
  let [bytes, droppedBytes, unreadable] = [0, 0, 0];
  let isFirstLook = true;

  const close = (): void => {
    if (open !== undefined) closeSync(open.file);
    open = undefined;
  };
  /** The file before the current one. */
  const beforeOf = ({ rotated: [newest] }: InstanceFiles): Stats | undefined =>
    newest === undefined ? undefined : statOf(join(directory, newest));
  const begin = (instance: InstanceFiles, current: Stats | undefined): void => {
    restarts = instance.restarts;
    const { birthtimeMs = 0 } = current ?? beforeOf(instance) ?? {};
    startedAt = birthtimeMs > 0 ? birthtimeMs : now();
    readSince = onLine && startedAt;
    lastWriteAt = undefined;
    known = undefined;
    [bytes, droppedBytes, unreadable] = [0, 0, 0];
    onRun?.();
  };
  const skipTo = (from: Open, offset: number): void => {
    unreadable += from.lines.unreadable;
    from.lines = createLineReader(offset > 0 && !isLineStart(from.file, offset));
    from.offset = offset;
    readSince = now();
  };
  /** A line may begin in one file and end in the next. */
  const openAt = (path: string, lines = createLineReader()): void => {
    const file = openIfThere(path);
    if (file === undefined) return;
    const { dev: device, ino: inode, size } = fstatSync(file);
    open = { file, device, inode, offset: 0, lines };
    if (isFirstLook && size > LOOK_BACK_BYTES) skipTo(open, size - LOOK_BACK_BYTES);
  };
  /** Reads on in what is open, to its end or as far as there is room; returns how much room is left. */
  const drain = (from: Open, room: number): number => {
    const { size } = fstatSync(from.file);
    if (size < from.offset) skipTo(from, 0);
    const behind = size - from.offset;
    bytes += behind;
    if (behind > room) {
      droppedBytes += behind - room;
      skipTo(from, size - room);
    }
    let left = room;
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    while (from.offset < size) {
      const count = readSync(from.file, block, 0, Math.min(block.length, size - from.offset), from.offset);
      if (count === 0) break;
      from.offset += count;
      left -= count;
      for (const line of from.lines.take(block.subarray(0, count))) {
        // Not the latest: a clock may have been set back.
        lastWriteAt = line.at;
        onLine?.(line);
      }
    }
    return left;
  };
  const read = (instance: InstanceFiles, current: Stats | undefined, maxBytes: number): void => {
    let room = maxBytes;
    const isSame = open !== undefined && current?.ino === open.inode && current.dev === open.device;
    if (open !== undefined) room = drain(open, room);
    if (isSame || current === undefined) return;
    const lines = open?.lines;
    close();
    openAt(join(directory, instance.current), lines);
    if (open !== undefined) drain(open, Math.max(room, isFirstLook ? LOOK_BACK_BYTES : 0));
  };
  /** Without reading: the newest file that has anything in it. */
  const look = (instance: InstanceFiles, current: Stats | undefined): void => {
    if (current !== undefined) {
      bytes += grownBy(known, current);
      known = { inode: current.ino, size: current.size };
    }
    const written = current !== undefined && current.size > 0 ? current : beforeOf(instance);
    lastWriteAt = written !== undefined && written.size > 0 ? written.mtimeMs : lastWriteAt;
  };

  return {
    poll(maxBytes) {
      const names = namesIn(directory);
      const instance = latestInstance(names);
      if (instance === undefined) {
        close();
        restarts = -1;
        return undefined;
      }
      const current = statOf(join(directory, instance.current));
      if (instance.restarts !== restarts) {
        // What the run before wrote last belongs to it.
        if (open !== undefined) drain(open, maxBytes);
        close();
        begin(instance, current);
      }
      if (current === undefined && names.includes(instance.current))
        throw new Error(`${join(directory, instance.current)} leads nowhere: is where it leads mounted?`);
      if (onLine === undefined) look(instance, current);
      else read(instance, current, maxBytes);
      isFirstLook = false;
      return {
        restarts,
        startedAt,
        readSince,
        lastWriteAt,
        bytes,
        droppedBytes,
        unreadableLines: unreadable + (open?.lines.unreadable ?? 0),
      };
    },
    close,
  };
}

const grownBy = (known: { readonly inode: number; readonly size: number } | undefined, { ino, size }: Stats): number =>
  known === undefined ? 0 : known.inode === ino && known.size <= size ? size - known.size : size;

function isLineStart(file: number, offset: number): boolean {
  const before = Buffer.alloc(1);
  return readSync(file, before, 0, 1, offset - 1) === 1 && before[0] === 0x0a;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
