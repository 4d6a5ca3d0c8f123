/** Questions and answers of DNS. RFC 1035, section 4.1. */
import { RECURSION_DESIRED, decode, encode } from '@dnsquery/dns-packet';

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

export interface Answer {
  readonly code: string;
  readonly addresses: readonly string[];
}

const without = (name: string): string => name.toLowerCase().replace(/\.$/, '');

export const encodeQuestion = ({ id, name, type }: Question): Uint8Array =>
  encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ type, name: without(name) }] });

/** Undefined for what is no answer to that question. */
export function decodeAnswer(message: Uint8Array, { id, name, type }: Question): Answer | undefined {
  try {
    const packet = decode(message);
    const [asked] = packet.questions ?? [];
    if (packet.type !== 'response' || packet.id !== id) return undefined;
    if (asked === undefined || asked.type !== type || without(asked.name) !== without(name)) return undefined;
    const addresses = (packet.answers ?? []).flatMap((one) =>
      one.type === type && 'data' in one && typeof one.data === 'string' ? [one.data] : [],
    );
    return { code: packet.rcode ?? 'NOERROR', addresses };
  } catch {
    return undefined;
  }
}
