/**
 * Neighbours that broadcast more of their own than an agent has to say. What they pass on of others is not theirs: those
 * who hear an author first take no more of it than the book lets in.
 */
import type { Clock } from '../../base/clock.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';
import { decodeEnvelope } from '../envelope/envelope.ts';
import { type AuthorKey, authorOf } from '../identity/peer-id.ts';
import { type Rate, TokenBucket } from '../records/token-bucket.ts';

export interface OwnFloods {
  /** True when this broadcast of the neighbour is its own, and one too many. */
  isOne(envelope: Uint8Array, from: string): boolean;
}

/**
 * An agent broadcasts one of each type in 200 ms at most, and seldom. The burst is a minute of that: it may all arrive at
 * once after this agent was paused.
 */
const RATE: Rate = { burst: 600, perSecond: 10 };
const MAX_NEIGHBOURS = 128;

export function createOwnFloods(clock: Pick<Clock, 'monotonic'>): OwnFloods {
  const neighbours = new BoundedMap<string, { readonly author: AuthorKey | undefined; readonly tokens: TokenBucket }>(
    MAX_NEIGHBOURS,
  );
  return {
    isOne(envelope, from) {
      const now = clock.monotonic();
      const neighbour = neighbours.get(from) ?? { author: authorOf(from), tokens: new TokenBucket(RATE, now) };
      neighbours.set(from, neighbour);
      const decoded = decodeEnvelope(envelope);
      const { author, tokens } = neighbour;
      if (!decoded.ok || author === undefined || Buffer.compare(author, decoded.envelope.author) !== 0) return false;
      if (!tokens.has(RATE, now)) return true;
      tokens.take();
      return false;
    },
  };
}
