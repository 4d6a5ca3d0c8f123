import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { enumerate } from './lib/figures.ts';
import { hostAndPort } from './lib/place.ts';
import { isSpecialAddress } from './lib/special-addresses.ts';
import {
  type CheckContext,
  type FetchResult,
  type Problem,
  type Reading,
  absent,
  defineCheck,
  outcomeOf,
  unknown,
} from './types.ts';

type Reason = 'ApiserverUnreachable' | 'ApiserverNeverReached';

/** By address: `10.0.0.1:6443`. */
type Conditions = Map<string, Condition>;

type Context = CheckContext<object, Conditions>;

const INTERVAL_MS = 15_000;
/** Of a handshake with a server that has much to do. */
const ANSWER_MS = 2000;
/** An API server that is started anew, or updated, is away for so long; its own node tells of it meanwhile. */
const RESTARTS_MS = 60_000;
/** Nobody has reached it from here yet: the node, its rules and the way there may all be new. */
const STARTS_MS = 120_000;
/** Nobody needs a right for it, and it costs the API server nothing. */
const PATH = '/version';
const MAX_ADDRESSES = 7;
/** What a load balancer says for want of a server, in a page of its own; an API server writes no pages. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 503, 504]);

const REMEDY =
  'From this node and from one that reaches it try `curl -k https://ADDRESS/version`; where only this one fails look at firewall rules and routes between the two. On the node that has the address see with `ss -ltnp` on which address its API server listens.';

export const apiserverAddress = defineCheck({
  id: 'apiserver-address',
  title: 'API servers by their addresses',
  description: [
    'Asks every API server for /version at its own address, as other nodes see it: whatever answers lives, a refusal (401,',
    '403) too. The addresses are those of the Service `default/kubernetes`, those of control-plane nodes that are missing',
    'there, and those that are configured; seven at most. What lasts less than a minute is none of its business, because an',
    'API server that is started anew takes that long. One node alone does not know whether the server or the way there is',
    'at fault: the diagnosis puts together what all of them see. In a large cluster it asks more seldom: all agents together',
    'ask each server 5 times a second at most.',
  ].join(' '),
  intervalMs: INTERVAL_MS,
  timeoutMs: 2500,
  // It begins with the first look that fails.
  windowMs: RESTARTS_MS + INTERVAL_MS,
  runsOn: 'every node of a Kubernetes cluster',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    ApiserverUnreachable: {
      severity: 'warning',
      summary: 'An API server that did answer this node at its address does not any more.',
      remedy: REMEDY,
    },
    ApiserverNeverReached: {
      severity: 'warning',
      summary: 'An API server has never answered this node at its address since the agent started.',
      remedy: REMEDY,
      windowMs: STARTS_MS + INTERVAL_MS,
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer at its own address' },
  },
  needs: [
    'The addresses: the Kubernetes API and the rights by which agents learn them, or `kubernetes.apiServers`. Without any the check is absent.',
  ],
  looksThrough: 'kubernetes-api',
  sharedPerSecond: 5,
  createState: (): Conditions => new Map(),
  run: async (context) => {
    const addresses = addressesOf(context);
    if (addresses.length === 0) return absent('no API server is known by an address of its own');
    forgetOthers(context.state, addresses);
    const looks = await Promise.all(addresses.map((address) => lookAt(address, context)));
    const readings = looks.flatMap(({ reading }) => reading ?? []);
    const problems = looks.flatMap(({ problem }) => problem ?? []);
    const cannot = looks.flatMap(({ why }) => why ?? []);
    if (problems.length === 0 && cannot.length > 0) return unknown(enumerate(cannot), readings);
    return outcomeOf(problems, readings);
  },
});

/** The same on every node, in the same order. */
function addressesOf({ apiServers, node }: Context): readonly string[] {
  const { apiServiceAddress, apiServicePort = 443 } = node;
  const service = apiServiceAddress === undefined ? undefined : hostAndPort(apiServiceAddress, apiServicePort);
  const places = apiServers().flatMap((url) => {
    const { protocol, hostname, port } = new URL(url);
    // On loopback listens a proxy to servers elsewhere, and without TLS somebody's `kubectl proxy`.
    if (protocol !== 'https:' || hostname === 'localhost' || isSpecialAddress(hostname.replace(/^\[|\]$/g, '')))
      return [];
    // `hostname` has the brackets of an address of IPv6 already.
    return `${hostname}:${port === '' ? 443 : port}`;
  });
  return [...new Set(places)]
    .filter((place) => place !== service)
    .sort()
    .slice(0, MAX_ADDRESSES);
}

function forgetOthers(state: Conditions, addresses: readonly string[]): void {
  for (const address of state.keys()) if (!addresses.includes(address)) state.delete(address);
}

interface Look {
  readonly problem?: Problem<Reason>;
  readonly reading?: Reading;
  /** Nothing can be told of it now. */
  readonly why?: string;
}

async function lookAt(address: string, { state, clock, fetch, isOnly = false }: Context): Promise<Look> {
  const answer = await fetch({ url: `https://${address}${PATH}`, timeoutMs: ANSWER_MS, maxBodyBytes: 4096 });
  const condition = state.get(address) ?? createCondition();
  state.set(address, condition);
  const fault = faultOf(address, answer);
  if (fault.kind === 'none') {
    condition.noteWell();
    return { reading: { name: 'latency_seconds', subject: address, value: answer.durationMs / 1000 } };
  }
  if (fault.kind === 'unclear') return { why: fault.message };
  const { message } = fault;
  const badForMs = condition.noteBad(clock.monotonic());
  if (condition.wasWell) {
    if (badForMs < RESTARTS_MS) return {};
    return { problem: { reason: 'ApiserverUnreachable', subject: address, message } };
  }
  if (badForMs < STARTS_MS && !isOnly) return { why: `${message} This node may still be starting.` };
  return { problem: { reason: 'ApiserverNeverReached', subject: address, message } };
}

type Fault =
  | { readonly kind: 'none' }
  /** Of this node, or of nobody that is known. */
  | { readonly kind: 'unclear'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string };

function faultOf(address: string, answer: FetchResult): Fault {
  const fault = (message: string): Fault => ({ kind: 'fault', message });
  if (answer.kind === 'response') {
    const isPage = answer.body.trimStart().startsWith('<');
    return isPage && NOBODY_BEHIND.has(answer.status)
      ? fault(`What answers at ${address} has no API server behind it: ${PATH} answers ${answer.status}.`)
      : { kind: 'none' };
  }
  const said = sameAlways(answer.message);
  switch (answer.failure) {
    case 'refused':
      return fault(`The API server at ${address} is not there: nobody listens.`);
    case 'timeout':
      return fault(`The API server at ${address} accepts connections and does not answer: ${said}.`);
    case 'unreachable':
      // A name that is not found is for want of DNS.
      if (/ENOTFOUND|EAI_AGAIN/.test(said)) return { kind: 'unclear', message: said };
      return fault(`Nothing answers at ${address}, where an API server is: ${said}.`);
    case 'reset':
      return fault(`What listens at ${address} ends connections without an answer: ${said}.`);
    case 'tls':
      return fault(`What listens at ${address} does not speak TLS as an API server does: ${said}.`);
    case 'other':
      // Of Node's parser of HTTP; anything else is this process's own trouble.
      return answer.message.includes('Parse Error')
        ? fault(`What listens at ${address} answers nonsense: ${said}.`)
        : { kind: 'unclear', message: said };
    case 'aborted':
      return { kind: 'unclear', message: said };
    default:
      return answer.failure satisfies never;
  }
}

/** Without the port of this end, which is another one each time. */
const sameAlways = (message: string): string => message.replace(/ - Local \(.*\)/, '').replace(/\.$/, '');
