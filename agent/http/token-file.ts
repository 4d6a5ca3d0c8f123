/** The bearer token, read again when its file changed. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

export interface TokenFile {
  /** True when `token` is what the file holds, compared in constant time. False while there is no token. */
  matches(token: string): Promise<boolean>;
}

const CHECK_EVERY_MS = 1000;
/** A file on a stalled disk must not stall an answer: the token known before goes on to hold. */
const READ_BOUND_MS = 500;
const MAX_TOKEN_BYTES = 4096;

export function createTokenFile(path: string, deps: { readonly clock: Clock; readonly log: Logger }): TokenFile {
  return new WatchedToken(path, deps.clock, deps.log);
}

class WatchedToken implements TokenFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #digest: Buffer | undefined;
  #version = '';
  #error = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor(path: string, clock: Clock, log: Logger) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
  }

  async matches(token: string): Promise<boolean> {
    if (this.#clock.monotonic() - this.#checkedAt >= CHECK_EVERY_MS) {
      // One at a time: on a stalled disk only one read hangs.
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = undefined;
      });
      const bound = new AbortController();
      await Promise.race([this.#refreshing, this.#clock.sleep(READ_BOUND_MS, bound.signal)]);
      bound.abort();
    }
    // Digests have one length, so that the comparison tells nothing about the token's.
    return this.#digest !== undefined && timingSafeEqual(this.#digest, digestOf(token));
  }

  async #refresh(): Promise<void> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version !== this.#version) {
        if (size > MAX_TOKEN_BYTES) throw new Error(`it is larger than ${MAX_TOKEN_BYTES} bytes`);
        const token = (await readFile(this.#path, 'utf8')).trim();
        this.#digest = token === '' ? undefined : digestOf(token);
        this.#version = version;
        if (token === '') throw new Error('it is empty');
      }
      this.#error = '';
    } catch (error) {
      this.#unreadable(messageOf(error));
    }
    this.#checkedAt = this.#clock.monotonic();
  }

  /** Without the file nobody gets in; said once for each reason. */
  #unreadable(error: string): void {
    this.#digest = undefined;
    this.#version = '';
    if (error === this.#error) return;
    this.#error = error;
    this.#log.error(
      { path: this.#path, error },
      'the token file cannot be used: every request that needs it is refused',
    );
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
