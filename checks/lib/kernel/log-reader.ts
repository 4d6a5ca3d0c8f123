/** Reads on in the kernel's log, from the moment at which it was looked at first. */
import type { KernelLogRead } from '../../types.ts';
import { explainFailure } from '../procfs.ts';

export interface KernelLog {
  /**
   * What was logged since it was asked last, also where the device was opened anew meanwhile; nothing of what was logged
   * before the first time. Never waits, never rejects.
   */
  read(signal: AbortSignal): Promise<KernelLogRead>;
  close(): void;
}

/** Gives one record after the other; `overrun`: some were overwritten before they were read. */
export interface LogSource {
  next(): Promise<{ readonly record: string } | 'end' | 'overrun'>;
  close(): Promise<void>;
}

/** In a part of a second. More than the kernel's ring has on most machines; what is left is read the next time. */
export const MOST_BYTES = 524_288;
/** An overrun costs as much as a long record, so that a log that runs over all the time ends, too. */
const OVERRUN_BYTES = 16_384;
/** Of what a run has read for which nobody waits any more. */
const MOST_PENDING = 4096;

/** @param open rejects where the log is not granted; it is tried again each time */
export function createKernelLog(open: () => Promise<LogSource>): KernelLog {
  let source: LogSource | undefined;
  /**
   * Times of records say nothing: they are by a clock of the kernel's own, which after months is minutes away from the
   * others. What is there before the end was reached first was there before.
   */
  let isHistory = true;
  let pending: string[] = [];
  let lost = 0;
  /** Read last. */
  let last: string | undefined;
  /** Some were overwritten after that one. */
  let isOverrun = false;
  /** Opened anew: the device begins with the oldest record that there is, which may have been read. */
  let isCatchingUp = false;
  let reading: Promise<string | undefined> | undefined;

  const close = (): void => {
    void source?.close().catch(() => {});
    source = undefined;
    isCatchingUp = true;
  };
  /** Whether this one was read before the device was opened anew; counts what was overwritten meanwhile. */
  const wasRead = (record: string): boolean => {
    if (!isCatchingUp || last === undefined) return false;
    const ahead = numberOf(record) - numberOf(last);
    if (ahead <= 0) return true;
    isCatchingUp = false;
    isOverrun = ahead > 1;
    return false;
  };
  const drain = async (log: LogSource, signal: AbortSignal): Promise<void> => {
    for (let bytes = 0; bytes < MOST_BYTES && !signal.aborted;) {
      const next = await log.next();
      if (next === 'end') {
        isHistory = false;
        // One that is numbered below what was read is new from here on.
        isCatchingUp = false;
        return;
      }
      bytes += next === 'overrun' ? OVERRUN_BYTES : next.record.length;
      if (next === 'overrun') {
        isOverrun = true;
        continue;
      }
      if (wasRead(next.record)) continue;
      // What was there before the agent looked first is nobody's loss.
      if (isOverrun && !isHistory) lost += missingBetween(last, next.record);
      isOverrun = false;
      last = next.record;
      if (isHistory) continue;
      if (pending.length < MOST_PENDING) pending.push(next.record);
      else lost += 1;
    }
  };
  /** Why it could not be read; undefined: it could. */
  const readOn = async (signal: AbortSignal): Promise<string | undefined> => {
    try {
      source ??= await open();
      await drain(source, signal);
      return undefined;
    } catch (error) {
      close();
      return explainFailure(error, '/dev/kmsg');
    }
  };
  return {
    async read(signal) {
      reading ??= readOn(signal).finally(() => (reading = undefined));
      const why = await reading;
      if (why !== undefined) return { kind: 'none', why };
      const read = { kind: 'records', records: pending, lost } as const;
      pending = [];
      lost = 0;
      return read;
    },
    close,
  };
}

/** How many records there were between the two, by their numbers; where these cannot be read, one at least. */
function missingBetween(before: string | undefined, after: string): number {
  const missing = numberOf(after) - numberOf(before ?? '') - 1;
  return missing >= 1 ? missing : 1;
}

/** `6,1234,71582917075,-;message`: the second one. Source: Documentation/ABI/testing/dev-kmsg of Linux. */
const numberOf = (record: string): number => Number(/^\d+,(\d+),/.exec(record)?.[1] ?? NaN);
