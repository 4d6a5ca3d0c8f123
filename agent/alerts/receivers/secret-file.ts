/** What is read from a file for each message, so that a Secret may be replaced while the agent runs. */
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';

/** Throws, or rejects, with the system's error, and for what is no file or too large. */
export interface FileReader {
  read(path: string): Promise<string>;
  readNow(path: string): string;
}

export interface SecretFile {
  /** As it was when it last could be read; undefined: it never could. Reads it again behind the scenes from time to time. */
  readonly latest: () => string | undefined;
  /** What is wrong with it, as far as is known. */
  readonly fault: () => string | undefined;
  /** As it is. @throws Error that names the file and says what to do, never what is in it */
  read(): Promise<string>;
}

/** What is wrong with a text, as it follows the name of the file. */
type Fault = (text: string) => string | undefined;

/** A file on a stalled disk must not hold up a message: what was read before holds. */
const READ_BOUND_MS = 500;
const REREAD_MS = 10_000;

/** Reads it at once, as the configuration is read: who sends what follows from it. */
export function createSecretFile(
  path: string,
  faultOf: Fault,
  { clock, files }: { readonly clock: Pick<Clock, 'monotonic' | 'sleep'>; readonly files: FileReader },
): SecretFile {
  let [latest, fault]: [string | undefined, string | undefined] = [undefined, undefined];
  let readAt = clock.monotonic();
  const take = (text: string): void => {
    const trimmed = text.trim();
    const wrong = trimmed === '' ? 'is empty' : faultOf(trimmed);
    fault = wrong === undefined ? undefined : `${path} ${wrong}`;
    if (wrong === undefined) latest = trimmed;
  };
  const lack = (error: unknown): void => {
    fault = `${path} ${codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read: ${messageOf(error)}`}`;
  };
  try {
    take(files.readNow(path));
  } catch (error) {
    lack(error);
  }
  let reading: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    reading ??= files
      .read(path)
      .then(take, lack)
      .finally(() => {
        reading = undefined;
        readAt = clock.monotonic();
      });
    return reading;
  };
  return {
    latest() {
      if (clock.monotonic() - readAt >= REREAD_MS) void refresh();
      return latest;
    },
    fault: () => fault,
    async read() {
      const bound = new AbortController();
      await Promise.race([refresh(), clock.sleep(READ_BOUND_MS, bound.signal)]);
      bound.abort();
      if (fault !== undefined) throw new Error(fault);
      if (latest === undefined) throw new Error(`${path} cannot be read within ${READ_BOUND_MS} ms`);
      return latest;
    },
  };
}
