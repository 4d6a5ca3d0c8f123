/** When the own report is published: soon after a change, and every 15 s whatever happened. */
import type { Clock } from '../../base/clock.ts';

export interface ReportSchedule {
  start(): void;
  /** Something may have changed: published within a second, at once where the last is older than that. */
  request(): void;
  stop(): void;
}

export interface ReportScheduleDeps {
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** @param force also when nothing but ages changed. Returns whether anything was published. */
  readonly publish: (force: boolean) => boolean;
}

/** A peer may be behind by as much before anybody calls it late: see the freshness of reports. */
const HEARTBEAT_MS = 15_000;
const GAP_MS = 1000;
/** After a change: what is measured of an edge over its last ten probes has followed its new state by then. */
const AGAIN_MS = 3000;

export function createReportSchedule({ clock, random, publish }: ReportScheduleDeps): ReportSchedule {
  let isRunning = false;
  let lastAt = -Infinity;
  let cancelHeartbeat: () => void = () => {};
  let cancelRequest: (() => void) | undefined;
  let cancelAgain: () => void = () => {};

  const run = (force: boolean): void => {
    cancelRequest?.();
    cancelRequest = undefined;
    if (!publish(force)) return;
    lastAt = clock.monotonic();
    if (!force) {
      cancelAgain();
      cancelAgain = clock.after(AGAIN_MS, () => run(false));
    }
    cancelHeartbeat();
    // Never later than promised, and the agents of a cluster that started together not all at once.
    cancelHeartbeat = clock.after(HEARTBEAT_MS * (0.9 + 0.1 * random()), () => run(true));
  };
  return {
    start() {
      isRunning = true;
      run(true);
    },
    request() {
      if (!isRunning) return;
      cancelRequest ??= clock.after(Math.max(0, lastAt + GAP_MS - clock.monotonic()), () => run(false));
    },
    stop() {
      isRunning = false;
      cancelHeartbeat();
      cancelRequest?.();
      cancelAgain();
    },
  };
}
