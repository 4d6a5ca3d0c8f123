/**
 * Whether this node opens connections to the ports of others: once after the start, and every hour. What a firewall between
 * the nodes closes nobody notices until the night on which one node is asked for another; by then it is no time to find out.
 *
 * Who does not answer probes is not asked: that a peer is down is told elsewhere. Of a few only one that nobody answers is
 * found twice, half a minute apart, before anything is said.
 */
import type { Connect, ConnectResult } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { parseEndpoint } from './base/endpoint.ts';
import type { Logger } from './base/log.ts';
import type { BlockedPort, PeerWay } from './model/ports.ts';

export interface PortWatch {
  start(): void;
  stop(): void;
  /** What is blocked as far as was looked; empty where nothing was. */
  blocked(): readonly BlockedPort[];
}

export interface PortWatchDeps {
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded: whom to ask. */
  readonly random: () => number;
  readonly log: Logger;
  readonly connect: (signal: AbortSignal) => Connect;
  /** Whom this agent probes. */
  readonly ways: () => readonly PeerWay[];
  readonly onChange: () => void;
}

/** Of all agents, as of this one. */
export interface WatchedPorts {
  /** Undefined: it serves nobody else, and is not looked at. */
  readonly http: number | undefined;
  readonly gossip: number;
}

/** All agents are taken to be configured alike. Who serves this machine alone, or not where agents reach it, is not looked for. */
export function watchedPorts({ http, mesh }: Pick<Config, 'http' | 'mesh'>): WatchedPorts {
  const isThere = EVERYWHERE.includes(http.address) || mesh.addresses.includes(http.address);
  const serves = isThere && http.access !== 'loopback' && http.port !== 0;
  return { http: serves ? http.port : undefined, gossip: mesh.port };
}

const EVERYWHERE: readonly string[] = ['', '0.0.0.0', '::'];

type Purpose = BlockedPort['purpose'];

const TICK_MS = 30_000;
const EVERY_MS = 60 * 60_000;
/** While something is blocked: whoever opens the port wants to see it. */
const BLOCKED_EVERY_MS = 5 * 60_000;
/** A peer that has just started, or is back, may not serve yet. */
const STEADY_MS = 60_000;
const MOST_ASKED = 2;
const TWICE = 2;
const TIMEOUT_MS = 3000;

/** What one round found of a port; `open` also where there is nobody to ask. Undefined: nothing can be concluded. */
type Round = { readonly peers: readonly string[]; readonly how: BlockedPort['how'] } | 'open' | undefined;

export function createPortWatch(ports: WatchedPorts, deps: PortWatchDeps): PortWatch {
  const { clock, log, onChange } = deps;
  const over = new AbortController();
  const found = new Map<Purpose, { times: number; readonly port: BlockedPort }>();
  let dueMs = Infinity;
  let isLooking = false;
  let stop = (): void => {};

  const blocked = (): readonly BlockedPort[] =>
    [...found.values()].flatMap(({ times, port }) => (times >= TWICE ? port : []));

  const note = (purpose: Purpose, port: number, round: Round): void => {
    const before = found.get(purpose);
    if (round === undefined) return;
    if (round === 'open') {
      found.delete(purpose);
      if ((before?.times ?? 0) >= TWICE) log.info({ port, purpose }, 'a port of other agents can be reached again');
      return;
    }
    const since = before?.port.since ?? clock.now();
    const times = (before?.times ?? 0) + 1;
    const peers = [...new Set([...(before?.port.peers ?? []), ...round.peers])].sort();
    found.set(purpose, { times, port: { port, purpose, peers, how: round.how, since } });
    if (times === TWICE)
      log.warn({ port, purpose, ...round }, 'a port of other agents cannot be reached from this node');
  };

  const look = async (): Promise<void> => {
    const steady = deps.ways().filter(({ forMs, addresses }) => forMs >= STEADY_MS && addresses.length > 0);
    const serving = steady.filter(({ state }) => state === 'good' || state === 'udp-blocked');
    // Over UDP it answers; that nobody is connected to it may have other reasons, which a connection tells.
    const unconnected = steady.filter(({ state, isConnected }) => state === 'good' && !isConnected);
    const connect = deps.connect(over.signal);
    const { http, gossip } = ports;
    const rounds = await Promise.all([
      http === undefined ? undefined : ask(pick(serving, deps.random), connect, http),
      ask(pick(unconnected, deps.random), connect),
    ]);
    if (over.signal.aborted) return;
    const told = JSON.stringify(blocked());
    if (http !== undefined) note('http', http, rounds[0]);
    note('gossip', gossip, rounds[1]);
    if (told !== JSON.stringify(blocked())) onChange();
    // Whoever starts before all others has nobody to ask for a while.
    const isOpen = serving.length === 0 || [...found.values()].some(({ times }) => times < TWICE);
    dueMs = clock.monotonic() + (isOpen ? 0 : found.size > 0 ? BLOCKED_EVERY_MS : EVERY_MS);
  };

  return {
    start() {
      dueMs = clock.monotonic() + STEADY_MS + TICK_MS;
      stop = clock.every(TICK_MS, () => {
        if (isLooking || clock.monotonic() < dueMs) return;
        isLooking = true;
        void look()
          .catch(() => {})
          .finally(() => (isLooking = false));
      });
    },
    stop() {
      stop();
      over.abort();
    },
    blocked,
  };
}

/** A few, others each time. */
const pick = (ways: readonly PeerWay[], random: () => number): readonly PeerWay[] =>
  ways
    .map((way) => ({ way, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, MOST_ASKED)
    .map(({ way }) => way);

/** @param port absent: that of the address */
async function ask(ways: readonly PeerWay[], connect: Connect, port?: number): Promise<Round> {
  const answers = await Promise.all(
    ways.map(async ({ node, addresses }) => ({ node, how: await askOne(addresses, connect, port) })),
  );
  if (answers.length === 0 || answers.some(({ how }) => how === 'open')) return 'open';
  if (answers.some(({ how }) => how === undefined)) return undefined;
  const how = answers.every((one) => one.how === 'refused') ? 'refused' : 'silent';
  return { peers: answers.map(({ node }) => node).sort(), how };
}

/** Undefined: what came of it is this process' doing, or nobody's. */
async function askOne(
  addresses: readonly string[],
  connect: Connect,
  port: number | undefined,
): Promise<BlockedPort['how'] | 'open' | undefined> {
  let how: BlockedPort['how'] | undefined;
  for (const address of addresses) {
    const place = parseEndpoint(address);
    if (place?.port === undefined) continue;
    const result = await connect({ host: place.host, port: port ?? place.port, timeoutMs: TIMEOUT_MS });
    if (result.kind === 'connected') return 'open';
    const heard = HEARD[result.failure];
    if (heard === undefined) return undefined;
    how = how === 'silent' ? how : heard;
  }
  return how;
}

const HEARD: Readonly<Partial<Record<Extract<ConnectResult, { kind: 'failure' }>['failure'], BlockedPort['how']>>> = {
  refused: 'refused',
  timeout: 'silent',
  unreachable: 'silent',
};
