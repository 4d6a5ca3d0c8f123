/** The fixed times of the probes. */

/** An answer that takes longer is a miss. */
export const ANSWER_TIMEOUT_MS = 500;
/** Faster than this nobody is probed, whatever a plan says. */
export const MIN_PACE_MS = 100;
/** Probes vary by so much around their pace, so that an agent's many never march in step. */
export const PACE_JITTER = 0.1;
/** The first pings to new targets, and those after a pause, are spread over at most this time. */
export const SPREAD_MS = 250;
/**
 * Waking up costs an idle process several times what a ping costs. So pings that are due within this part of their pace
 * go along with the first, and a peer that pings is pinged back at once when its next ping is at most half a pace away:
 * it then reads the ack and the ping together. With 16 targets that is 0.5 % of a core instead of 0.9 %.
 */
export const EARLY_JOIN = 0.2;
export const PAIRING = 0.5;
