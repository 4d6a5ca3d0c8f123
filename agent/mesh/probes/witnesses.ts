/**
 * When all edges are lost at once, either all peers died or this node is cut off. Witnesses are others that would answer
 * if this node's network works: any answer, also a refusal, means that it does.
 */
import { connect } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import { startDeadline } from './deadline.ts';
import { blameFor } from './error-codes.ts';

/**
 * Somebody on another machine. Never a Service address: kube-proxy on this very node refuses in the name of a Service
 * without endpoints. Never an address of this node.
 */
export interface Witness {
  readonly kind: 'gateway' | 'apiserver' | 'peer';
  readonly host: string;
  readonly port: number;
}

export interface Testimony {
  /** `reachable`: somebody answered. `silent`: nobody did. `no-carrier`: every network device is without a link. `unasked`: there was nobody to ask. */
  readonly verdict: 'reachable' | 'silent' | 'no-carrier' | 'unasked';
  /** Who answered first, and how. */
  readonly answered?: Witness & { readonly how: 'accepted' | 'refused' };
  /** Who was asked. */
  readonly asked: readonly Witness[];
  readonly tookMs: number;
}

export interface WitnessDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Addresses of this node, as IP literals. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Carrier of each network device that is not loopback or virtual; undefined where it cannot be told. */
  readonly carriers: () => Promise<readonly boolean[] | undefined>;
}

export const WITNESS_TIMEOUT_MS = 1000;
/** A few gateways and apiservers, and the ports of four peers. */
export const MAX_WITNESSES = 10;

/** Asks at most 10 at the same time, each kind in turn, for at most 1 s; ends with the first answer. */
export async function askWitnesses(candidates: readonly Witness[], deps: WitnessDeps): Promise<Testimony> {
  const startedAt = deps.clock.monotonic();
  const took = (): number => deps.clock.monotonic() - startedAt;
  const carriers = await deps.carriers();
  if (carriers !== undefined && carriers.length > 0 && !carriers.includes(true)) {
    return { verdict: 'no-carrier', asked: [], tookMs: took() };
  }
  const asked = chooseWitnesses(candidates, deps.ownAddresses);
  if (asked.length === 0) return { verdict: 'unasked', asked, tookMs: took() };
  const answered = await firstAnswer(asked, deps);
  return {
    verdict: answered === undefined ? 'silent' : 'reachable',
    ...(answered !== undefined && { answered }),
    asked,
    tookMs: took(),
  };
}

/** The first of each kind, then the second of each: one dead rack must not be the only one that is asked. */
export function chooseWitnesses(candidates: readonly Witness[], ownAddresses: ReadonlySet<string>): Witness[] {
  const byKind = Map.groupBy(
    candidates.filter(({ host }) => !ownAddresses.has(host)),
    ({ kind }) => kind,
  );
  const queues = [...byKind.values()];
  const turns = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: turns }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? []))
    .flat()
    .slice(0, MAX_WITNESSES);
}

async function firstAnswer(witnesses: readonly Witness[], deps: WitnessDeps): Promise<Testimony['answered']> {
  const enough = new AbortController();
  const signal = AbortSignal.any([deps.signal, enough.signal]);
  try {
    return await new Promise((resolve, reject) => {
      const all = witnesses.map(async (witness) => {
        const how = await ask(witness, deps.clock, signal);
        if (how !== undefined) resolve({ ...witness, how });
      });
      Promise.all(all).then(() => resolve(undefined), reject);
    });
  } finally {
    enough.abort();
  }
}

function ask({ host, port }: Witness, clock: Clock, signal: AbortSignal): Promise<'accepted' | 'refused' | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (how?: 'accepted' | 'refused'): void => {
      cancelDeadline();
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(how);
    };
    const onAbort = (): void => finish();
    const cancelDeadline = startDeadline(clock, WITNESS_TIMEOUT_MS, () => finish());
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => finish('accepted'));
    socket.on('error', (error) => finish(blameFor(codeOf(error)) === 'refused' ? 'refused' : undefined));
  });
}
