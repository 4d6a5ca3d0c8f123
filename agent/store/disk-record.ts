/** How the disk under the store does: the newest measurements, and how long one has not come back. */
import type { DiskSamples } from '../../checks/types.ts';
import { formatDuration } from '../model/text.ts';
import { type ProcessState, isStopped } from './process-state.ts';

export interface DiskRecord {
  add(at: number, durationMs: number): void;
  /** Why nothing could be measured; holds until the next measurement. */
  fail(error: string): void;
  /** `waitingMs`: since the oldest write that was asked for; `state`: of the process that was asked. */
  read(waitingMs: number, state: () => ProcessState | undefined): DiskSamples;
}

const CAPACITY = 32;
/** A batch and a probe together take less on any disk that works. */
const USUAL_MS = 1000;

export function createDiskRecord(directory: string): DiskRecord {
  let samples: { readonly at: number; readonly durationMs: number }[] = [];
  let error: string | undefined = 'nothing was measured yet';
  return {
    add(at, durationMs) {
      samples = [...samples, { at, durationMs }].slice(-CAPACITY);
      error = undefined;
    },
    fail(message) {
      error = message;
    },
    read(waitingMs, state) {
      if (waitingMs <= USUAL_MS) return { directory, samples, stalledForMs: 0, ...(error !== undefined && { error }) };
      const process = state();
      if (isStopped(process)) return { directory, samples, stalledForMs: 0, error: "the store's process is stopped" };
      // A process that runs, or waits for its turn on a busy machine, does not wait for the disk.
      if (process?.state === 'R') {
        const since = formatDuration(waitingMs);
        return { directory, samples, stalledForMs: 0, error: `the store's process has been busy for ${since}` };
      }
      return { directory, samples, stalledForMs: Math.round(waitingMs) };
    },
  };
}

/** Why a process that was asked to write has not answered, for people. */
export function explainSilence(process: ProcessState | undefined): string {
  if (isStopped(process)) return 'its process is stopped: kill -CONT it';
  if (process?.state === 'R') return 'its process is busy or does not get its turn on the CPU';
  return 'its process waits for the disk';
}
