/** The database file: opened, checked, brought up to date; set aside and begun anew when it cannot be used. */
import type { Clock } from '../base/clock.ts';
import { codeOf } from '../base/errors.ts';
import { type Connection, connect } from './connection.ts';
import { DamagedDatabaseError, faultOf } from './faults.ts';
import { NewerDatabaseError, migrate } from './migrations.ts';
import { type SetAside, setAside, sizeOf } from './set-aside.ts';

/**
 * How far an existing file is trusted. `usual`: checked as far as that is quick. `check`: checked in full, because the
 * last process crashed in native code. `replace`: not opened at all, because it crashed several processes.
 */
export type Trust = 'usual' | 'check' | 'replace';

export interface Opened<T> {
  readonly value: T;
  readonly setAside?: SetAside;
}

/** Up to here a full check takes a fraction of a second; above, only the small tables are checked at the start. */
const QUICK_CHECK_BYTES = 32 * 1024 * 1024;
const SMALL_TABLES = ['meta', 'documents', 'series', 'tail'] as const;

/**
 * Opens the database and builds on it what reads and writes it. Throws the error of SQLite or of the file system when
 * neither the old nor a new database can be used; no connection is left open then.
 */
export function openDatabase<T>(
  path: string,
  trust: Trust,
  clock: Clock,
  build: (connection: Connection) => T,
): Opened<T> {
  if (trust === 'replace') return begin(path, 'corrupt', clock, build);
  try {
    return { value: openChecked(path, trust, build) };
  } catch (error) {
    if (error instanceof NewerDatabaseError) return begin(path, 'newer', clock, build);
    if (isUnusable(error)) return begin(path, 'corrupt', clock, build);
    throw error;
  }
}

function begin<T>(path: string, why: SetAside['why'], clock: Clock, build: (connection: Connection) => T): Opened<T> {
  const kept = setAside(path, why, clock.now());
  return { value: openChecked(path, 'usual', build), setAside: kept };
}

/** `SQLITE_ERROR` while opening is a table or a column that should be there and is not. */
const isUnusable = (error: unknown): boolean => faultOf(error) === 'corrupt' || codeOf(error) === 'SQLITE_ERROR';

function openChecked<T>(path: string, trust: Trust, build: (connection: Connection) => T): T {
  const partly = trust === 'usual' && sizeOf(path) > QUICK_CHECK_BYTES;
  const connection = connect(path);
  try {
    migrate(connection);
    if (!partly) check(connection, 'quick_check(1)');
    else for (const table of SMALL_TABLES) check(connection, `quick_check(${table})`);
    return build(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function check(connection: Connection, pragma: string): void {
  const verdict = String(connection.pragma(pragma, { simple: true }));
  if (verdict !== 'ok') throw new DamagedDatabaseError(verdict);
}
