/** Waits until `register`'s callback is called or the signal is aborted; leaves no listener behind. */
export function waitUntil(register: (wake: () => void) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      resolve();
    };
    register(finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
