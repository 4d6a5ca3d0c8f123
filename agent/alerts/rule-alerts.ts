/** What people's own rules say, as alerts beside the findings. */
import { hash } from 'node:crypto';
import type { RuleAlert } from '../model/rule-alert.ts';
import { type SeenAlert, graver } from './alert.ts';

/** Of one look; the others have their turn when some of these are over. */
const MOST_ALERTS = 500;
/** Of them that one agent has judged: none is to take the place of all others. */
export const MOST_OF_ONE = 250;
const MOST_NODES = 100;

/** @param alerts the latest first */
export function seenOfRules(alerts: readonly RuleAlert[]): readonly SeenAlert[] {
  const counts = new Map<string, number>();
  const isAmongFirst = ({ by }: RuleAlert): boolean => {
    const count = (counts.get(by) ?? 0) + 1;
    counts.set(by, count);
    return count <= MOST_OF_ONE;
  };
  return alerts.toSorted(byUse).filter(isAmongFirst).slice(0, MOST_ALERTS).map(toSeen);
}

/** What fires first, of it the graver: what is left out is taken for one that nobody hears of any more. */
const byUse = (one: RuleAlert, other: RuleAlert): number =>
  Number(one.endedAt !== undefined) - Number(other.endedAt !== undefined) || graver(other.severity, one.severity);

function toSeen(one: RuleAlert): SeenAlert {
  const { rule, key, severity, sentence, facts, nodes, since, endedAt, round, receivers, by, isCurrent, roundAt } = one;
  const fingerprint = fingerprintOf(one.fingerprint);
  return {
    alert: {
      fingerprint,
      reason: rule,
      severity,
      nodes: nodes.slice(0, MOST_NODES),
      sentence,
      since,
      ...(endedAt !== undefined && { endedAt }),
      // Who judged it tells it where nobody else does.
      observers: [by],
      rule: { key, facts, round, receivers },
    },
    isCause: true,
    // No two of them are one story, whatever nodes they share.
    subject: fingerprint,
    isHistory: !isCurrent,
    ...(roundAt !== undefined && { roundAt }),
  };
}

/** The same alerts come again every second. */
const MAX_KNOWN = 2048;
const known = new Map<string, string>();

/** Never that of a finding. */
function fingerprintOf(ofRule: string): string {
  const before = known.get(ofRule);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const fingerprint = hash('sha256', `meerkat/rule/1/${ofRule}`).slice(0, 16);
  known.set(ofRule, fingerprint);
  return fingerprint;
}
