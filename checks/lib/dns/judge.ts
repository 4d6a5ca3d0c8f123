/** What the answers of one DNS server say of it. */
import type { DnsResult, Problem } from '../../types.ts';
import { enumerate, seconds } from '../figures.ts';

export type DnsReason = 'DnsDown' | 'DnsFails' | 'DnsWrongAnswer' | 'DnsTcpBlocked' | 'DnsSlow' | 'UpstreamDnsFails';

/** What it was asked for, at once and each way. */
export interface Asked {
  readonly name: string;
  /** Nothing tells the cluster's domain. */
  readonly isGuessed: boolean;
  /** What the name may stand for; undefined: nobody knows. */
  readonly address: string | undefined;
}

export interface Answers {
  readonly udp: DnsResult;
  readonly tcp: DnsResult;
}

export interface DnsMemory {
  /** How many runs in a row a server was slow. */
  readonly slowRuns: Map<string, number>;
  /** The expected address was among the answers once. */
  wasRight: boolean;
}

const SLOW_MS = 500;
/** As many runs in a row, so that one answer that was lost is none. */
const SLOW_RUNS = 3;
/** A name that is not there: RFC 8020. */
const NO_SUCH_NAME = 'NXDOMAIN';

/** Undefined where all is well. A text: why it cannot be told. */
export function judgeAnswers(
  server: string,
  asked: Asked,
  { udp, tcp }: Answers,
  memory: DnsMemory,
): Problem<DnsReason> | string | undefined {
  if (udp.kind === 'failure') {
    memory.slowRuns.delete(server);
    const besides = tcp.kind === 'failure' ? '' : '; over TCP it answers';
    return { reason: 'DnsDown', message: `No answer over UDP from ${udp.message}${besides}.` };
  }
  const wrong =
    wrongAnswer(server, asked, udp, memory) ??
    (tcp.kind === 'answer' ? wrongAnswer(server, asked, tcp, memory) : undefined);
  if (wrong !== undefined) return wrong;
  if (tcp.kind === 'failure')
    return { reason: 'DnsTcpBlocked', message: `No answer over TCP from ${tcp.message}; over UDP it answers.` };
  const runs = udp.durationMs > SLOW_MS ? (memory.slowRuns.get(server) ?? 0) + 1 : 0;
  memory.slowRuns.set(server, runs);
  if (runs < SLOW_RUNS) return undefined;
  return {
    reason: 'DnsSlow',
    message: `${server} took ${seconds(udp.durationMs)} to answer, and more than ${seconds(SLOW_MS)} ${runs} times in a row.`,
  };
}

function wrongAnswer(
  server: string,
  { name, isGuessed, address }: Asked,
  { code, addresses }: Extract<DnsResult, { readonly kind: 'answer' }>,
  memory: DnsMemory,
): Problem<DnsReason> | string | undefined {
  if (code !== 'NOERROR' && code !== NO_SUCH_NAME)
    return { reason: 'DnsFails', message: `${server} answers ${code} when asked for ${name}.` };
  if (code === NO_SUCH_NAME || addresses.length === 0)
    return isGuessed
      ? `${server} knows no address of ${name}, and nothing tells the cluster’s domain: set checks.dns.name`
      : { reason: 'DnsWrongAnswer', message: `${server} knows no address of ${name}.` };
  if (address === undefined) return undefined;
  if (addresses.includes(address)) memory.wasRight = true;
  // Where it never was, the environment names something else than the Service: a load balancer, an API server.
  if (!memory.wasRight || addresses.includes(address)) return undefined;
  const message = `${server} says that ${name} is ${enumerate(addresses.slice(0, 3))}; the API is at ${address}.`;
  return { reason: 'DnsWrongAnswer', message };
}
