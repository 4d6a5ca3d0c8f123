/**
 * The agent's side of the overlay: takes the calls of its own node's responder, tells it whom to ping, and keeps what it
 * found.
 */
import type { OverlayPath, OverlayView } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { type OverlayKey, createKeyring } from './keys.ts';
import { type Call, MAX_PATHS, type PathFigures, decodeCall, encodeOrders } from './messages.ts';
import { ROUND_MS } from './responder.ts';
import { type OverlaySockets, openSockets } from './sockets.ts';

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
  stop(): Promise<void>;
}

/** Three calls and a bit. */
const SILENT_MS = 3.5 * ROUND_MS;
const RETRY_MS = 30_000;

interface Heard {
  readonly call: Call;
  /** Monotonic ms. */
  readonly at: number;
  readonly nodes: ReadonlyMap<string, string>;
}

export function createOverlayPort(port: number, deps: OverlayPortDeps): OverlayPort {
  const { clock, log } = deps;
  const keys = createKeyring();
  let heard: Heard | undefined;
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
  const onMessage = (message: Uint8Array, reply: (bytes: Uint8Array) => void): void => {
    const frame = decodeFrame(message, keys);
    const call = frame?.kind === 'call' ? decodeCall(frame.body) : undefined;
    if (frame === undefined || call === undefined) return;
    // Of two that run while one replaces the other.
    if (heard !== undefined && heard.call.startedAt > call.startedAt && silentMs() <= SILENT_MS) return;
    const targets = deps.targets().slice(0, MAX_PATHS);
    const nodes = new Map(targets.flatMap(({ node, addresses }) => placeFor(call, addresses).map((at) => [at, node])));
    heard = { call, at: clock.monotonic(), nodes };
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
      if (heard === undefined) return { kind: 'none', why: 'no overlay responder has called this agent' };
      if (podAddresses().length === 0)
        return {
          kind: 'unknown',
          why: `the overlay responder of this node has not called for ${Math.round(silentMs() / 1000)} s`,
        };
      const { call, nodes } = heard;
      return { kind: 'known', reached: call.reached, paths: call.paths.flatMap((path) => pathOf(path, nodes)) };
    },
    podAddresses,
    async stop() {
      isStopped = true;
      cancel();
      stopReviews();
      await sockets?.close();
    },
  };
}

/** Both families where the node has both: a responder knows its agent by one of them. */
async function openAny(port: number, onMessage: (message: Uint8Array, reply: (bytes: Uint8Array) => void) => void) {
  const open = (addresses: readonly string[]): Promise<OverlaySockets> =>
    openSockets(
      addresses.map((address) => ({ address, port })),
      (message, _from, reply) => onMessage(message, reply),
    );
  return open(['0.0.0.0', '::']).catch(() => open(['0.0.0.0']));
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
