/** JSON lines on standard error: changes only, never a line a run. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Secrets never reach a log line, wherever in an object they are. */
const REDACTED = ['token', '*.token', 'key', '*.key', 'password', '*.password', 'headers.authorization'];

export function createLog(level: LogLevel, node: string): Logger {
  return pino(
    {
      level,
      base: { node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
