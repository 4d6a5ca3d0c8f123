/** So many requests at once: a browser has six connections for each agent, and the stream holds one of them. */

export interface Limiter {
  /** Runs the task when there is room for it. `isUrgent`: before everything that waits. */
  run<T>(task: () => Promise<T>, isUrgent?: boolean): Promise<T>;
}

export function createLimiter(maxInFlight: number): Limiter {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  const next = (): void => {
    if (inFlight >= maxInFlight) return;
    const start = waiting.shift();
    if (start === undefined) return;
    inFlight += 1;
    start();
  };
  return {
    async run(task, isUrgent = false) {
      await new Promise<void>((resolve) => {
        if (isUrgent) waiting.unshift(resolve);
        else waiting.push(resolve);
        next();
      });
      try {
        return await task();
      } finally {
        inFlight -= 1;
        next();
      }
    },
  };
}
