/** The thread that reads logs: looks once a second, says what it saw, and reads the ends of logs when it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { type RunWatch, createRunWatch } from '../scenes/run-watch.ts';
import { createTailReader, rememberSome } from '../scenes/tails.ts';
import type { FromLogWorker, LogWorkerData, ToLogWorker } from './messages.ts';

const LOOK_MS = 1000;

const { directory, watches, namespaces } = workerData as LogWorkerData;
const now = (): number => systemClock.now();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: FromLogWorker): void => parentPort?.postMessage(message);
// With patterns come their tables of Unicode, two mebibytes.
const scan =
  watches.length === 0 ? undefined : (await import('./log-scan.ts')).createLogScan({ directory, watches, now });
const isWanted = (namespace: string): boolean => namespaces.includes('*') || namespaces.includes(namespace);
const runs: RunWatch | undefined = namespaces.length > 0 ? createRunWatch({ directory, isWanted, now }) : undefined;

const tails = createTailReader(directory);

parentPort?.on('message', ({ id, of }: ToLogWorker) => {
  try {
    say({ kind: 'tails', id, tails: tails.read(of) });
  } catch (error) {
    say({ kind: 'tails', id, tails: { logs: [], missing: [`log: ${messageOf(error)}`] } });
  }
});

// Until the thread is ended.
for (let last = systemClock.monotonic() - LOOK_MS; ;) {
  const began = systemClock.monotonic();
  try {
    // First, because what it tells of has less time.
    const restarts = runs?.look() ?? [];
    const logs = scan?.look(began - last) ?? [];
    say({ kind: 'seen', restarts, logs, unfollowed: scan?.unfollowed() ?? 0 });
    for (const restart of restarts) tails.note(restart);
    // In the next turn of the event loop all messages that came are served first.
    await rememberSome(tails, () => systemClock.sleep(0));
  } catch (error) {
    say({ kind: 'blind', why: messageOf(error) });
  }
  last = began;
  await systemClock.sleep(LOOK_MS);
}
