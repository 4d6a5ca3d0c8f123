/**
 * The agent's side of the overlay: takes the calls of its own node's responder, tells it whom to ping, and keeps what it
 * found.
 */
import type { OverlayPath, OverlayView, SeenFromPod } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { MAX_KNOCK_BYTES, MAX_MESSAGE_BYTES, decodeFrame, encodeFrame } from './frame.ts';
import { type OverlayKey, createKeyring } from './keys.ts';
import { createHeldTargets } from './held-targets.ts';
import { type Caller, createKnockRequests } from './knock-requests.ts';
import { type Call, MAX_PATHS, type PathFigures, decodeCall, encodeOrders } from './messages.ts';
import { ROUND_MS } from './responder.ts';
import { type OnMessage, type OverlaySockets, openSockets } from './sockets.ts';

/** A node whose agent is reached, with the pod address of its responder. */
export interface OverlayTarget {
  readonly node: string;
  readonly addresses: readonly string[];
}

export interface OverlayPortDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Whom to ping: asked for each call. */
  readonly targets: () => readonly OverlayTarget[];
  /** Where the own responder answers has changed. */
  readonly onMoved: () => void;
}

export interface OverlayPort {
  /** Takes calls from now on; where the port is taken it says so and tries again. */
  start(): void;
  /** Those that are accepted from now on. */
  admit(keys: readonly OverlayKey[]): void;
  view(): OverlayView;
  /** Where the responder of this node answers; empty while there is none. */
  podAddresses(): readonly string[];
  /**
   * Has the responder of this node knock at the first of the addresses that it can reach. Undefined: there is none, or it did
   * not say. Never rejects.
   */
  knock(addresses: readonly string[], signal: AbortSignal): Promise<SeenFromPod | undefined>;
  stop(): Promise<void>;
}

/** Three calls and a bit. */
const SILENT_MS = 3.5 * ROUND_MS;
const RETRY_MS = 30_000;
const WANTED = { call: MAX_MESSAGE_BYTES, knocked: MAX_KNOCK_BYTES };
/** Calls in a row of one that was told whom to ping, and pings nobody. */
const MOST_DEAF = 4;
/** A caller with another key is spoken of for so long. */
const FOREIGN_MS = 60_000;
/** Clocks step; nobody is from the future for long. */
const AHEAD_MS = 60_000;

interface Heard {
  readonly call: Call;
  readonly caller: Caller;
  /** Monotonic ms. */
  readonly at: number;
  /** Pod address → node. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly deafFor: number;
}

export function createOverlayPort(port: number, deps: OverlayPortDeps): OverlayPort {
  const { clock, log } = deps;
  const keys = createKeyring();
  const knocks = createKnockRequests(clock);
  const hold = createHeldTargets(clock);
  let heard: Heard | undefined;
  /** A responder of this node was answered by another once: what it finds now proves something. */
  let reached = false;
  let foreignAt = -Infinity;
  let told: readonly string[] = [];
  let fault: string | undefined;
  let sockets: OverlaySockets | undefined;
  let isStopped = false;
  let cancel = (): void => {};
  let stopReviews = (): void => {};

  const silentMs = (): number => (heard === undefined ? Infinity : clock.monotonic() - heard.at);
  const podAddresses = (): readonly string[] =>
    heard === undefined || heard.call.leaving || silentMs() > SILENT_MS ? [] : heard.call.addresses;
  const review = (): void => {
    const now = podAddresses();
    if (now.join() === told.join()) return;
    told = now;
    deps.onMoved();
  };
  const onMessage: OnMessage = (message, { address }, reply) => {
    const frame = decodeFrame(message, keys, WANTED);
    if (frame === 'unknown-key') foreignAt = clock.monotonic();
    if (frame === undefined || frame === 'unknown-key') return;
    const { kind, nonce, signer } = frame;
    if (kind === 'knocked') return knocks.take(nonce, frame.body);
    const call = decodeCall(frame.body);
    if (call === undefined) return;
    // A pod speaks for itself, and nothing stands between it and its own node.
    if (!call.addresses.includes(address) || call.startedAt > clock.now() + AHEAD_MS) return;
    // Of two that run while one replaces the other.
    if (heard !== undefined && heard.call.startedAt > call.startedAt && silentMs() <= SILENT_MS) return;
    const targets = hold(deps.targets()).slice(0, MAX_PATHS);
    const nodes = new Map(targets.flatMap(({ node, addresses }) => placeFor(call, addresses).map((at) => [at, node])));
    const isDeaf = call.paths.length === 0 && (heard?.nodes.size ?? 0) > 0;
    const deafFor = isDeaf ? (heard?.deafFor ?? 0) + 1 : 0;
    heard = { call, caller: { nonce, signer, reply }, at: clock.monotonic(), nodes, deafFor };
    reached ||= call.reached;
    review();
    reply(encodeFrame({ ...frame, kind: 'orders', body: encodeOrders([...nodes.keys()]) }, frame.signer));
  };
  const open = async (): Promise<void> => {
    try {
      const opened = await openAny(port, onMessage);
      if (isStopped) return await opened.close();
      [sockets, fault] = [opened, undefined];
    } catch (error) {
      const why = messageOf(error);
      if (why !== fault) log.error({ err: why }, 'no overlay responder can call; it tries again');
      fault = why;
      if (!isStopped) cancel = clock.after(RETRY_MS, () => void open());
    }
  };

  return {
    start() {
      void open();
      stopReviews = clock.every(ROUND_MS, review);
    },
    admit: (accepted) => keys.replace(accepted),
    view() {
      if (fault !== undefined) return { kind: 'unknown', why: fault };
      if (podAddresses().length === 0 && clock.monotonic() - foreignAt < FOREIGN_MS)
        return { kind: 'unknown', why: 'an overlay responder calls with a key that this agent does not accept' };
      if (heard === undefined) return { kind: 'none', why: 'no overlay responder has called this agent' };
      const { call, nodes, deafFor } = heard;
      if (call.leaving) return { kind: 'unknown', why: 'the overlay responder of this node has ended' };
      if (silentMs() > SILENT_MS)
        return {
          kind: 'unknown',
          why: `the overlay responder of this node has not called for ${Math.round(silentMs() / 1000)} s`,
        };
      if (deafFor >= MOST_DEAF)
        return { kind: 'unknown', why: 'the overlay responder of this node calls and does not hear the answers' };
      return { kind: 'known', reached, paths: call.paths.flatMap((path) => pathOf(path, nodes)) };
    },
    podAddresses,
    async knock(addresses, signal) {
      if (heard === undefined || isStopped || podAddresses().length === 0) return undefined;
      const [address] = placeFor(heard.call, addresses);
      return address === undefined ? undefined : knocks.ask(heard.caller, address, signal);
    },
    async stop() {
      isStopped = true;
      cancel();
      stopReviews();
      await sockets?.close();
    },
  };
}

/** Both families where the node has both: a responder knows its agent by one of them. */
async function openAny(port: number, onMessage: OnMessage): Promise<OverlaySockets> {
  const open = (addresses: readonly string[]): Promise<OverlaySockets> =>
    openSockets(
      addresses.map((address) => ({ address, port })),
      onMessage,
    );
  return open(['0.0.0.0', '::']).catch((error: unknown) => {
    if (!/EAFNOSUPPORT|EADDRNOTAVAIL/.test(messageOf(error))) throw error;
    return open(['0.0.0.0']);
  });
}

/** The first of the other's addresses that is of a family of the own ones. */
function placeFor({ addresses: own }: Call, addresses: readonly string[]): readonly string[] {
  const families = new Set(own.map((one) => one.includes(':')));
  return addresses.filter((one) => families.has(one.includes(':'))).slice(0, 1);
}

/** None where the node is not to be pinged any more. */
function pathOf({ address, short, full, rttMs }: PathFigures, nodes: ReadonlyMap<string, string>): OverlayPath[] {
  const node = nodes.get(address);
  if (node === undefined) return [];
  return [{ node, address, short, ...(full !== undefined && { full }), ...(rttMs !== undefined && { rttMs }) }];
}
