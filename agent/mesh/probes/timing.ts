/** The fixed times of the probes. */

/** An answer that takes longer is a miss. */
export const ANSWER_TIMEOUT_MS = 500;
/** Faster than this nobody is probed, whatever a plan says. */
export const MIN_PACE_MS = 100;
/** Probes vary by so much around their pace, so that an agent's many never march in step. */
export const PACE_JITTER = 0.1;
/** The first pings to new targets, and those after a pause, are spread over at most this time. */
export const SPREAD_MS = 250;
