/**
 * What others ask all to wait for, as that they are about to send: so long in all, until they have told something. Who
 * says so for ever keeps nobody quiet for ever.
 */

export interface Claims {
  /** Called at each look at which it is said. True: it is heeded. */
  hear(destination: string, node: string, nowMs: number): boolean;
  /** It has told something. */
  redeem(destination: string, node: string): void;
}

interface Claim {
  heededMs: number;
  atMs: number;
}

/** Who was not heard for so long goes on as if it had said it all the time. */
const GAP_MS = 10_000;
const FORGOTTEN_MS = 3_600_000;
const MAX_CLAIMS = 2000;

export function createClaims(mostMs: number): Claims {
  const claims = new Map<string, Claim>();
  return {
    hear(destination, node, nowMs) {
      const key = `${destination}/${node}`;
      const known = claims.get(key);
      const isNew = known === undefined || nowMs - known.atMs > FORGOTTEN_MS;
      const claim = isNew ? { heededMs: 0, atMs: nowMs } : known;
      claim.heededMs += Math.min(GAP_MS, nowMs - claim.atMs);
      claim.atMs = nowMs;
      // The last one that was heard is the last to go.
      claims.delete(key);
      claims.set(key, claim);
      const [oldest] = claims.keys();
      if (claims.size > MAX_CLAIMS && oldest !== undefined) claims.delete(oldest);
      return claim.heededMs < mostMs;
    },
    redeem: (destination, node) => void claims.delete(`${destination}/${node}`),
  };
}
