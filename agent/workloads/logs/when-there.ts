/** The reader of logs where nobody asks for a log: it is started only when there is something to read. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { SeenRestart } from '../scenes/run-watch.ts';
import { type LogsPort, NO_LOGS, type SceneLogs } from './port.ts';

export interface WhenThereDeps {
  readonly clock: Pick<Clock, 'every'>;
  /** Whether the directory is there. */
  readonly isThere: () => Promise<boolean>;
}

/** A kubelet that comes late, or a mount. */
const LOOK_MS = 60_000;

/** @param directory of the host, as people know it @param start the reader */
export function startLogsWhenThere(
  directory: string,
  start: () => LogsPort,
  { clock, isThere }: WhenThereDeps,
): LogsPort {
  const listeners: ((restart: SeenRestart) => void)[] = [];
  let why = `${directory} was not looked for yet`;
  let logs: LogsPort | undefined;
  let isLooking = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      if (await isThere()) begin();
      else why = `${directory} of the host is not mounted (component deploy/logs), or there is none`;
    } catch (error) {
      why = `${directory} cannot be read: ${messageOf(error)}`;
    } finally {
      isLooking = false;
    }
  };
  const begin = (): void => {
    cancel();
    if (isStopped) return;
    logs = start();
    for (const listener of listeners) logs.onRestart(listener);
  };
  const cancel = clock.every(LOOK_MS, () => void look());
  void look();

  return {
    view: () => NO_LOGS,
    blind: () => (logs === undefined ? why : logs.blind()),
    tails: (of) => logs?.tails(of) ?? Promise.resolve({ logs: [], missing: [`log: ${why}`] }),
    onRestart(listener) {
      listeners.push(listener);
      logs?.onRestart(listener);
    },
    // Nobody asks for a log.
    onSeen: () => {},
    async stop() {
      isStopped = true;
      cancel();
      await logs?.stop();
    },
  };
}

export const NO_SCENE_LOGS: SceneLogs = {
  blind: () => 'no log is read here',
  tails: () => Promise.resolve({ logs: [], missing: ['log: no log is read here'] }),
  onRestart: () => {},
};
