import { expect, it } from 'vitest';
import type { RuleAlert } from '../model/rule-alert.ts';
import type { Kept } from './book.ts';
import { LAST_RESORT, presentIn, sendersFor } from './ranks.ts';
import { seenOfRules } from './rule-alerts.ts';
import { turnFor } from './turn.ts';

const NAMES = Array.from({ length: 5000 }, (_, index) => `node-${index}`);
const DESTINATION = 'receiver';

const anAlert = (by: string): RuleAlert => ({
  fingerprint: '0123456789abcdef',
  rule: 'busy',
  key: 'prod/api',
  severity: 'warning',
  sentence: 'prod/api: BackOff, 5 times',
  facts: {},
  nodes: NAMES.slice(0, 100),
  since: 0,
  lastAt: 0,
  round: 1,
  receivers: [],
  by,
  isCurrent: true,
});

it('comes to whoever judged a rule where those who act had no room to hear of it, whatever it is about', () => {
  const present = presentIn('node-0', []).concat(NAMES.slice(1));
  const senders = new Set(sendersFor(DESTINATION, present, new Set()));
  for (const self of NAMES.slice(4900)) {
    if (senders.has(self)) continue;
    const news = seenOfRules([anAlert(self)]).map((seen) => {
      const kept: Kept = { ...seen, standing: 'stands', reach: seen.alert.nodes, beganMs: 0 };
      return { kept, kind: 'firing' as const };
    });
    const situation = { self, destination: DESTINATION, present, peers: [], wasToldBy: () => undefined };
    expect(turnFor(news, { ...situation, isFailing: false })).toEqual({ mine: news, place: LAST_RESORT });
  }
});
