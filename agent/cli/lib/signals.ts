/** What a terminal and a service manager tell a command that goes on until it is told to stop. */

/** Aborted at the first SIGINT, SIGTERM or SIGHUP. The next one ends the process. */
export function toldToStop(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort(signal));
  }
  return controller.signal;
}
