/**
 * The cluster's DNS: dns.
 *
 * - For a moment now and then an answer is lost, over UDP, TCP or both, or is SERVFAIL or NXDOMAIN.
 * - One in fifty takes more than 0.5 s; for up to 15 s, two runs, all do (three in a row are a problem).
 * - A server that moves: for up to 30 s no answer, SERVFAIL, no name, or nothing over TCP (a problem after 40 s).
 */
import type { DnsRequest, DnsResult } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, SECOND } from './part.ts';

export interface Dns {
  ask(request: DnsRequest): DnsResult & { readonly durationMs: number };
  /** From now on it answers so; `udp`: over TCP alone. */
  force(answer: DnsResult, over?: DnsRequest['protocol']): void;
}

const API = '10.96.0.1';
const DEADLINE_MS = 1700;
/** Three are a problem. */
const MOST_IN_ROW = 2;

export const dnsAnswer = (code = 'NOERROR', addresses: readonly string[] = [API], durationMs = 2) =>
  ({ kind: 'answer', code, addresses, durationMs }) as const;
export const LOST: DnsResult = { kind: 'failure', failure: 'timeout', message: '10.96.0.10:53: no answer' };

export function createDns(noise: Noise): Dns {
  const [isMoment, usualMs] = [noise.singles()(0.02), noise.tail(2, 450)];
  const slow = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 15 * SECOND] });
  const moving = noise.spells({ everyMs: HOUR, lastsMs: [10 * SECOND, 30 * SECOND] });
  const troubles = [LOST, dnsAnswer('SERVFAIL', []), dnsAnswer('NXDOMAIN', [])];
  const forced = new Map<DnsRequest['protocol'], DnsResult>();
  const slowInRow = new Map<DnsRequest['protocol'], number>();
  const answer = ({ protocol }: DnsRequest): DnsResult => {
    const now = forced.get(protocol);
    if (now !== undefined) return now;
    const isTrouble = moving.isOn() || isMoment();
    if (isTrouble && noise.random.chance(0.7)) return noise.random.pick(troubles);
    const mayBeSlow = slow.isOn() || noise.random.chance(0.02);
    const inRow = slowInRow.get(protocol) ?? 0;
    // One by chance beside those of a spell would be one too many.
    const isSlow = mayBeSlow && inRow < MOST_IN_ROW;
    slowInRow.set(protocol, isSlow ? inRow + 1 : 0);
    return dnsAnswer('NOERROR', [API], isSlow ? noise.between(500, 1600) : usualMs());
  };
  return {
    ask: (request) => ({ durationMs: DEADLINE_MS, ...answer(request) }),
    force(result, over) {
      for (const protocol of over === undefined ? (['udp', 'tcp'] as const) : [over]) forced.set(protocol, result);
    },
  };
}
