/** When a check runs. */

/** A run that differs from the settled state is repeated after this long. */
export const CONFIRM_AFTER_MS = 500;
/** How long after its deadline a run may still hand in what it found. */
export const GRACE_MS = 250;
/** What is not here, and what nothing expects here, is looked for so often at most. */
const ABSENT_INTERVAL_MS = 15_000;
/** The same once it was not here for that long: a node that started has all of its parts by then. */
const LONG_ABSENT_MS = 60_000;
const LONG_ABSENT_INTERVAL_MS = 60_000;

/**
 * How often a check looks at what it has found absent.
 *
 * @param forMs for so long
 */
export const absentIntervalMs = (usualMs: number, forMs: number): number =>
  Math.max(usualMs, forMs < LONG_ABSENT_MS ? ABSENT_INTERVAL_MS : LONG_ABSENT_INTERVAL_MS);
/** Room for the confirming run's delay and the agent's own lateness in every bound. */
const SLACK_MS = 1000;

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/): spreads names evenly and costs nothing. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

/**
 * How often one of so many agents runs a check: where all look at the same thing, the more there are the more seldom.
 *
 * @param members how many agents there are
 */
export const sharedIntervalMs = (intervalMs: number, perSecond: number | undefined, members: number): number =>
  perSecond === undefined ? intervalMs : Math.max(intervalMs, Math.ceil((steady(members) * 1000) / perSecond));

/** The next power of two: that one comes or goes makes no agent look at other times. */
const steady = (members: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, members)));

/**
 * Checks of a node start together, so often: what wakes the agent costs more than what it then does, and eight that are due
 * in one moment wake it about as often as one. A divisor of all usual intervals of 5 s and more.
 */
const SLOT_MS = 2500;

/**
 * The next start after `now`, both on the monotonic clock. Every node has its own phase, and every check its own slot on it,
 * so that the agents of a cluster do not all ask the same server in the same moment.
 */
export function nextStart(node: string, check: string, intervalMs: number, now: number): number {
  const slotMs = Math.min(SLOT_MS, intervalMs);
  const slot = Math.floor((hash(`${node}/${check}`) % intervalMs) / slotMs);
  const phase = slot * slotMs + (hash(node) % slotMs);
  return phase + (Math.floor((now - phase) / intervalMs) + 1) * intervalMs;
}

/**
 * The longest time from a fault to its raised problem: the fault comes just after a look, two runs use up their
 * deadlines, and a check over a window needs the window to fill.
 */
export const boundMs = (check: {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly windowMs?: number;
}): number => check.intervalMs + 2 * check.timeoutMs + SLACK_MS + (check.windowMs ?? 0);
