/**
 * Of what people were told before, as whoever told them says: what was left was too small for all of it, and a rule may have
 * changed since. Of which value of a key it is comes out when that one is seen.
 */
import type { RuleAlert } from '../../model/rule-alert.ts';
import { type Key, type Now, fingerprintOf } from './key.ts';
import { pauseAfter } from './realert.ts';
import type { Rule } from './types.ts';

type Said = Pick<Key, 'round' | 'roundMs'> & { readonly sinceMs: number };

export interface SaidBook {
  keep(alerts: readonly RuleAlert[], now: Now): void;
  /** People who were told of it are left alone for as long as if it had been counted here. */
  takeUp(rule: Rule, key: Key): void;
}

const MOST_SAID = 2000;

export function createSaidBook(): SaidBook {
  const all = new Map<string, Said>();
  return {
    keep(alerts, now) {
      const toMono = (at: number): number => now.mono - Math.max(0, now.unix - at);
      for (const { fingerprint, round, since, roundAt = since } of alerts) {
        if (round === 0) continue;
        // The latest are the last.
        all.delete(fingerprint);
        all.set(fingerprint, { round, roundMs: toMono(roundAt), sinceMs: toMono(since) });
      }
      for (const fingerprint of all.keys()) {
        if (all.size <= MOST_SAID) break;
        all.delete(fingerprint);
      }
    },
    takeUp(rule, key) {
      if (all.size === 0) return;
      const fingerprint = fingerprintOf(rule, key.values);
      const said = all.get(fingerprint);
      if (said === undefined) return;
      all.delete(fingerprint);
      const { round, roundMs, sinceMs } = said;
      Object.assign(key, {
        round,
        roundMs,
        pause: pauseAfter({ rounds: round, firstMs: sinceMs, lastMs: roundMs }, rule),
      });
    },
  };
}
