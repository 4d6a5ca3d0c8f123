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

  /** The window has had fewer than {@link CALM} events since the moment in which the tenth latest left it. */
  const settle = (now: number): void => {
    const tenth = times.at(-CALM);
    if (tenth === undefined || now - tenth >= WINDOW_MS + CALM_FOR_MS) on = false;
  };

  return {
    note(now) {
      if (on) settle(now);
      times.push(now);
      if (times.length > STORM + 1) times.shift();
      const oldest = times[0];
      if (times.length > STORM && oldest !== undefined && now - oldest < WINDOW_MS) on = true;
    },
    isOn(now) {
      if (on) settle(now);
      return on;
    },
  };
}
