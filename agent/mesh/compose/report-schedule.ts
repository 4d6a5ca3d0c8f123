/** When the own report is published: soon after a change, and every so often whatever happened. */
import type { Clock } from '../../base/clock.ts';
import { HEARTBEAT_MS } from '../../model/report.ts';

export interface ReportSchedule {
  start(): void;
  /** Something may have changed: published within a second, at once where the last is older than that. */
  request(): void;
  /** Others have dropped what was said: published at once, whether anything changed or not. */
  renew(): void;
  stop(): void;
}

export interface ReportScheduleDeps {
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /**
   * @param force also when nothing but ages changed. Returns within how many ms the next is promised; undefined: nothing
   *   was published
   */
  readonly publish: (force: boolean) => number | undefined;
}

const GAP_MS = 1000;
/** After a change: what is measured of an edge over its last ten probes has followed its new state by then. */
const AGAIN_MS = 3000;

export function createReportSchedule({ clock, random, publish }: ReportScheduleDeps): ReportSchedule {
  let isRunning = false;
  let lastAt = -Infinity;
  let dueAt = -Infinity;
  let cancelLook: () => void = () => {};
  let cancelRequest: (() => void) | undefined;
  let cancelAgain: () => void = () => {};

  /** Not everything that changes a report asks for it: a result grows overdue, or a path loses packets. */
  const lookLater = (): void => {
    cancelLook();
    cancelLook = clock.after(Math.min(HEARTBEAT_MS, Math.max(GAP_MS, dueAt - clock.monotonic())), () => {
      run(clock.monotonic() >= dueAt);
      if (isRunning) lookLater();
    });
  };
  const run = (force: boolean): void => {
    cancelRequest?.();
    cancelRequest = undefined;
    const promisedMs = publish(force);
    if (promisedMs === undefined) return;
    lastAt = clock.monotonic();
    // Never later than promised, and the agents of a cluster that started together not all at once.
    dueAt = lastAt + promisedMs * (0.9 + 0.1 * random());
    if (!force) {
      cancelAgain();
      cancelAgain = clock.after(AGAIN_MS, () => run(false));
    }
    lookLater();
  };
  return {
    start() {
      isRunning = true;
      run(true);
      lookLater();
    },
    request() {
      if (!isRunning) return;
      cancelRequest ??= clock.after(Math.max(0, lastAt + GAP_MS - clock.monotonic()), () => run(false));
    },
    renew() {
      if (isRunning) run(true);
    },
    stop() {
      isRunning = false;
      cancelLook();
      cancelRequest?.();
      cancelAgain();
    },
  };
}
