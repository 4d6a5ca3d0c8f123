/** The thread that reads logs: looks once a second, and says what it saw. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { createLogScan } from './log-scan.ts';
import type { FromLogWorker, LogWorkerData } from './messages.ts';

const LOOK_MS = 1000;

const { directory, watches } = workerData as LogWorkerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: FromLogWorker): void => parentPort?.postMessage(message);
const scan = createLogScan({ directory, watches, now: () => systemClock.now() });

// Until the thread is ended.
for (let last = systemClock.monotonic() - LOOK_MS; ;) {
  const began = systemClock.monotonic();
  try {
    const logs = scan.look(began - last);
    say({ kind: 'seen', logs, unfollowed: scan.unfollowed() });
  } catch (error) {
    say({ kind: 'blind', why: messageOf(error) });
  }
  last = began;
  await systemClock.sleep(LOOK_MS);
}
