/** Time and timers, handed to everything that needs them, so that tests own the time. */

export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds since an arbitrary start; never runs back. */
  monotonic(): number;
  /** Runs `action` once after `delayMs`. Returns how to call it off. Keeps the process alive until it ran. */
  after(delayMs: number, action: () => void): () => void;
  /** Runs `action` every `periodMs`. Does not keep the process alive. */
  every(periodMs: number, action: () => void): () => void;
  /** Resolves after `delayMs`, or at once when the signal is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, action) {
    const timer = setInterval(action, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
  async sleep(delayMs, signal) {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      signal?.addEventListener('abort', finish, { once: true });
    });
  },
};
