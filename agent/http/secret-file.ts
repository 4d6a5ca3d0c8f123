/** A secret in a file, read again when the file changed. */
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

export interface SecretFile {
  /** Without blanks around it. Undefined while there is none. */
  read(): Promise<string | undefined>;
}

export interface SecretFileDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

const CHECK_EVERY_MS = 1000;
/** A file on a stalled disk must not stall an answer: the secret known before goes on to hold. */
const READ_BOUND_MS = 500;
const MAX_BYTES = 4096;

/** @param unusable what is logged where it cannot be read, once for each reason */
export function createSecretFile(path: string, unusable: string, { clock, log }: SecretFileDeps): SecretFile {
  let secret: string | undefined;
  let version = '';
  let told = '';
  let checkedAt = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | undefined;

  /** Without the file nobody gets in; said once for each reason. */
  const fail = (error: string): void => {
    [secret, version] = [undefined, ''];
    if (error === told) return;
    told = error;
    log.error({ path, error }, unusable);
  };
  const refresh = async (): Promise<void> => {
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const current = `${mtimeMs} ${size} ${ino}`;
      if (current !== version) {
        if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
        const text = (await readFile(path, 'utf8')).trim();
        secret = text === '' ? undefined : text;
        version = current;
        if (text === '') throw new Error('it is empty');
      }
      told = '';
    } catch (error) {
      fail(messageOf(error));
    }
    checkedAt = clock.monotonic();
  };

  return {
    async read() {
      if (clock.monotonic() - checkedAt >= CHECK_EVERY_MS) {
        // One at a time: on a stalled disk only one read hangs.
        refreshing ??= refresh().finally(() => {
          refreshing = undefined;
        });
        const bound = new AbortController();
        await Promise.race([refreshing, clock.sleep(READ_BOUND_MS, bound.signal)]);
        bound.abort();
      }
      return secret;
    },
  };
}
