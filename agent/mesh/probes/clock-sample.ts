/** How far a peer's clock is from mine, from one ping and its ack. */

/** The peer's clock minus mine; the truth lies within `offsetMs` ± `uncertaintyMs`. */
export interface ClockSample {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

export interface Exchange {
  /** My clock when the ping left, Unix ms. */
  readonly originMs: number;
  /** From then until the ack was read, on my monotonic clock: a step of my wall clock in between does no harm. */
  readonly elapsedMs: number;
  /** The peer's clock when it read the ping. */
  readonly receiveMs: number;
  /** How long the peer held it. */
  readonly holdMs: number;
}

/** The way there and back without the peer's own time; never negative. */
export const roundTripMs = ({ elapsedMs, holdMs }: Pick<Exchange, 'elapsedMs' | 'holdMs'>): number =>
  Math.max(0, elapsedMs - holdMs);

/**
 * Offset = ((receive − origin) + (transmit − destination)) / 2 with an error of at most half the round trip, because
 * nobody knows how the trip divides between the two ways (RFC 5905, section 8).
 */
export function clockSample(exchange: Exchange): ClockSample {
  const { originMs, elapsedMs, receiveMs, holdMs } = exchange;
  const there = receiveMs - originMs;
  const back = receiveMs + holdMs - (originMs + elapsedMs);
  return { offsetMs: (there + back) / 2, uncertaintyMs: roundTripMs(exchange) / 2 };
}
