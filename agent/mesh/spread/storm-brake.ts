/**
 * When many nodes fall silent at once every other one has something to say of each. A broadcast costs every agent some
 * milliseconds, a synced record some microseconds: in a storm nobody broadcasts any more.
 */

export interface StormBrake {
  /** An event came that was not known. */
  note(now: number): void;
  /** True while own events are left to sync. */
  isOn(now: number): boolean;
}

const WINDOW_MS = 1000;
/** More than so many in the window are a storm. */
const STORM = 50;
/** Fewer than so many in the window, for so long, are none. */
const CALM = 10;
const CALM_FOR_MS = 2000;

export function createStormBrake(): StormBrake {
  /** When the latest events came, oldest first. */
  const times: number[] = [];
  let on = false;
  /** Until then the window has {@link CALM} events or more. */
  let busyUntil = -Infinity;

  const settle = (now: number): void => {
    if (now - busyUntil >= CALM_FOR_MS) on = false;
  };

  return {
    note(now) {
      settle(now);
      times.push(now);
      if (times.length > STORM + 1) times.shift();
      const tenth = times.at(-CALM) ?? -Infinity;
      if (now - tenth < WINDOW_MS) busyUntil = tenth + WINDOW_MS;
      const oldest = times[0] ?? -Infinity;
      if (times.length > STORM && now - oldest < WINDOW_MS) on = true;
    },
    isOn(now) {
      settle(now);
      return on;
    },
  };
}
