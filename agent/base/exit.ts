/** The end of the process, also when something in it hangs. */

/** What a thread of the pool works on; a thread that hangs in one of these is waited for by `process.exit`. */
const POOL_WORK = /^(FSReq|GetAddrInfo|GetNameInfo|QueryReq)/;

/**
 * Ends the process with `code` at once. `process.exit` waits for every thread of the pool, so a file that never opens
 * (a dead mount, a named pipe without a writer) would hold it for ever; replacing the process image does not wait.
 */
export function endProcess(code: number): never {
  if (process.getActiveResourcesInfo().some((resource) => POOL_WORK.test(resource))) {
    process.removeAllListeners('warning');
    process.on('warning', () => {});
    process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {});
  }
  process.exit(code);
}
