/** SQLite as the store uses it: one process, one writer, little memory. */
import Database from 'better-sqlite3';

export type Connection = Database.Database;

/** An agent that is just ending gives its lock up within that time. */
const BUSY_MS = 2000;
const CACHE_KIBIBYTES = 1024;
/** SQLite moves the journal into the database at 1,000 pages of 4 KiB; what one batch adds to that is cut off. */
const JOURNAL_BYTES = 4 * 1024 * 1024;

/**
 * Opens or creates the database. Exclusive locking comes before the journal mode: then SQLite keeps the journal's index
 * in its own memory instead of mapping a file, which would end the process on a failing disk, and a second agent on
 * the same directory is refused. The process must never open the file in another way: closing that would drop the lock.
 */
export function connect(path: string): Connection {
  const connection = new Database(path, { timeout: BUSY_MS });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.pragma('auto_vacuum = INCREMENTAL');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    connection.pragma('temp_store = MEMORY');
    connection.pragma(`journal_size_limit = ${JOURNAL_BYTES}`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
