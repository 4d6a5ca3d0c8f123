/** What an error of SQLite or of the file system means for the store. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../base/errors.ts';
import type { StoreHealth } from '../model/store-health.ts';

/** `defect`: an error of our own; the same batch would fail again. */
export type Fault = 'corrupt' | 'locked' | 'full' | 'read-only' | 'failed' | 'defect';

export interface Trouble {
  readonly state: Extract<StoreHealth['state'], 'full' | 'read-only' | 'failed'>;
  /** For the operator: names the directory and what to do. */
  readonly message: string;
  readonly defect: boolean;
}

/** The database's content is damaged in a way that SQLite itself does not call so. */
export class DamagedDatabaseError extends Error {
  override readonly name = 'DamagedDatabaseError';
}

const BY_CODE: readonly (readonly [RegExp, Fault])[] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, 'corrupt'],
  [/^SQLITE_(BUSY|LOCKED)/, 'locked'],
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'full'],
  [/^(SQLITE_READONLY|EROFS|EACCES|EPERM)/, 'read-only'],
  [/^(SQLITE_|E[A-Z0-9]+$)/, 'failed'],
];

/** An error code alone; SQLite hides the system's behind `SQLITE_IOERR` and `SQLITE_CANTOPEN`. */
export function faultOf(error: unknown): Fault {
  if (error instanceof DamagedDatabaseError) return 'corrupt';
  const code = codeOf(error);
  if (code === undefined) return 'defect';
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? 'defect';
}

/** What to say of an error. Where SQLite hides the cause, a small file is written to find it. */
export function troubleOf(error: unknown, directory: string): Trouble {
  const fault = faultOf(error);
  const said = messageOf(error);
  if (fault === 'failed') {
    const cause = writeTest(directory);
    const found = cause === undefined ? 'failed' : faultOf(cause);
    if (found === 'full' || found === 'read-only') return describe(found, messageOf(cause), directory);
  }
  return describe(fault, said, directory);
}

function describe(fault: Fault, said: string, directory: string): Trouble {
  const defect = fault === 'defect';
  if (fault === 'full') {
    return { state: fault, message: `no space is left for ${directory} (${said}); make room, writing resumes`, defect };
  }
  if (fault === 'read-only') {
    return {
      state: fault,
      message: `${directory} takes no writes (${said}); make it writable, writing resumes`,
      defect,
    };
  }
  const message =
    fault === 'locked'
      ? `another agent uses ${directory}, or one that was told to stop has not ended yet; end it`
      : `the database in ${directory} cannot be used: ${said}`;
  return { state: 'failed', message, defect };
}

/** Writes and removes a small file; the error if that fails. */
function writeTest(directory: string): unknown {
  const path = join(directory, 'write-test');
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      writeSync(file, new Uint8Array(4096));
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
    return undefined;
  } catch (error) {
    return error;
  }
}
