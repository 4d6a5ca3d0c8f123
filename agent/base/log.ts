/** JSON lines on standard error: changes only, never a line a run. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Secrets never reach a log line, wherever in an object they are. */
const REDACTED = ['token', '*.token', 'key', '*.key', 'password', '*.password', 'headers.authorization'];

/** So much may wait to be written; beyond it the newest lines are dropped. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * Lines are written by a thread of the pool: whoever reads them may write them to the disk that stalls, and then a full
 * pipe must not hold the event loop.
 */
export function createLog(level: LogLevel, node: string): Logger {
  const destination = pino.destination({ dest: 2, sync: false, minLength: 0, maxLength: MAX_WAITING_BYTES });
  // Nobody reads the log any more: that is no reason to stop watching the node.
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: { node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    destination,
  );
}

/** Resolves when every line so far was written, or could not be. */
export const flushLog = (log: Logger): Promise<void> =>
  new Promise((resolve) => {
    log.flush(() => resolve());
  });
