/**
 * The overlay responder: has a pod's address, pings the responders of other nodes across the overlay, answers theirs, and
 * calls its own node's agent, which never crosses the overlay, with what it found.
 */
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import type { KnockAt } from '../knock.ts';
import {
  FRAME_BYTES,
  MAX_FRAME_BYTES,
  MAX_KNOCK_BYTES,
  MAX_MESSAGE_BYTES,
  type Received,
  decodeFrame,
  encodeFrame,
  mtuIn,
  pingBody,
} from './frame.ts';
import type { Keyring, Signer } from './keys.ts';
import { type Knocks, createKnocks } from './knocks.ts';
import { MAX_PATHS, decodeKnock, decodeOrders, encodeCall, encodeKnocked } from './messages.ts';
import { type Path, createPath } from './path.ts';
import { type Place, openSockets } from './sockets.ts';

export interface ResponderOptions {
  /** Its pod's: one, or one of each family. */
  readonly addresses: readonly string[];
  /** At these addresses, and at those of all other responders. */
  readonly port: number;
  /** Where this node's agent takes calls. */
  readonly agent: Place;
}

export interface ResponderDeps {
  readonly clock: Clock;
  /** May be replaced while it runs; empty: it neither calls nor answers. */
  readonly keys: Keyring;
  /** Of the interface that has an own address, bytes; 0: not known. */
  readonly mtuOf: (address: string) => number;
  readonly knockAt: KnockAt;
  /** A line for people. */
  readonly tell: (line: string) => void;
}

export interface Responder {
  /** Tells the agent that it ends. */
  stop(): Promise<void>;
}

export const ROUND_MS = 2000;
/** A round that comes so much later says nothing of the others. */
const LATE_MS = ROUND_MS / 2;
/** Without orders for so long there is nobody for whom to ping. */
const ORDERS_MS = 30_000;
/** The agent answers at once or not at all. */
const OPEN_CALLS = 4;
/** Calls in a row without an answer before that is told: half a minute. An agent that starts anew takes less. */
const SILENT_CALLS = 15;
/** One may be under way while the next is made. */
const OPEN_KNOCKS = 2;

/** @throws {AgentError} `unavailable` where an address cannot be bound */
export async function startResponder(options: ResponderOptions, deps: ResponderDeps): Promise<Responder> {
  const { clock } = deps;
  const { addresses, port } = options;
  const running = new RunningResponder(options, deps);
  const places = addresses.map((address) => ({ address, port }));
  const sockets = await openSockets(places, (message, from, reply) => running.take(message, from, reply));
  const send: Send = (bytes, to) => sockets.send(bytes, to);
  running.round(send);
  const stop = clock.every(ROUND_MS, () => running.round(send));
  return {
    async stop() {
      stop();
      running.leave(send);
      await sockets.close();
    },
  };
}

const WANTED = { ping: MAX_FRAME_BYTES, echo: MAX_FRAME_BYTES, orders: MAX_MESSAGE_BYTES, knock: MAX_KNOCK_BYTES };

type Send = (bytes: Uint8Array, to: Place) => void;

class RunningResponder {
  readonly #options: ResponderOptions;
  readonly #deps: ResponderDeps;
  readonly #startedAt: number;
  /** By the other's address. */
  readonly #paths = new Map<string, Path>();
  /** Nonces of calls that may still be answered, the oldest first. */
  readonly #calls = new Set<string>();
  readonly #knocks: Knocks;
  /** Nonces of the last calls, the newest first: who knows one is the agent of this node. */
  #mayAsk: readonly string[] = [];
  #hasLeft = false;
  /** Id of the key with which each other address answered last. */
  readonly #understood = new Map<string, string>();
  /** Calls in a row without an answer. */
  #unanswered = 0;
  #reached = false;
  #roundAt: number;
  #orderedAt: number;

  constructor(options: ResponderOptions, deps: ResponderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#knocks = createKnocks({ ...deps, own: [...options.addresses, options.agent.address] });
    this.#startedAt = deps.clock.now();
    this.#orderedAt = deps.clock.monotonic();
    this.#roundAt = this.#orderedAt;
  }

  take(message: Uint8Array, from: Place, reply: (bytes: Uint8Array) => void): void {
    const frame = decodeFrame(message, this.#deps.keys, WANTED);
    if (frame === undefined || frame === 'unknown-key') return;
    const { kind, nonce, body, signer } = frame;
    const mtu = mtuIn(body);
    if (kind === 'ping' && mtu !== undefined) {
      const own = pingBody(this.#mtuTo(from.address), FRAME_BYTES + body.length);
      reply(encodeFrame({ kind: 'echo', nonce, body: own }, signer));
    } else if (kind === 'echo' && mtu !== undefined) {
      const isAnswer = this.#paths.get(from.address)?.take(nonce, mtu, this.#deps.clock.monotonic()) === true;
      this.#reached ||= isAnswer;
      if (isAnswer) this.#understood.set(from.address, signer.id);
    } else if (kind === 'orders' && this.#calls.delete(nonce)) {
      this.#understood.set(this.#options.agent.address, signer.id);
      this.#follow(body);
    } else if (kind === 'knock') this.#knock(frame, reply);
  }

  round(send: Send): void {
    const now = this.#deps.clock.monotonic();
    const wasHeldUp = now - this.#roundAt > ROUND_MS + LATE_MS;
    this.#roundAt = now;
    if (now - this.#orderedAt > ORDERS_MS) this.#paths.clear();
    for (const [address, path] of this.#paths) {
      const signer = this.#signerFor(address, path.misses());
      if (signer === undefined) continue;
      const to = { address, port: this.#options.port };
      for (const { nonce, bytes } of path.begin(now, wasHeldUp))
        send(encodeFrame({ kind: 'ping', nonce, body: pingBody(this.#mtuTo(address), bytes) }, signer), to);
    }
    this.#call(send);
  }

  leave(send: Send): void {
    this.#hasLeft = true;
    this.#call(send, true);
  }

  /** On request of the own node's agent alone: a nonce of a call is good for one, and never again. */
  #knock({ nonce, body, signer }: Received, reply: (bytes: Uint8Array) => void): void {
    const address = decodeKnock(body);
    if (address === undefined || !this.#isOfOwnFamily(address) || !this.#mayAsk.includes(nonce)) return;
    this.#mayAsk = [];
    void this.#knocks.at(address).then((heard) => {
      if (heard !== undefined && !this.#hasLeft)
        reply(encodeFrame({ kind: 'knocked', nonce, body: encodeKnocked(heard) }, signer));
    });
  }

  #call(send: Send, isLeaving = false): void {
    const signer = this.#signerFor(this.#options.agent.address, this.#unanswered);
    if (signer === undefined) return;
    const call = {
      startedAt: this.#startedAt,
      addresses: this.#options.addresses,
      reached: this.#reached,
      leaving: isLeaving,
      paths: [...this.#paths.values()].map((path) => path.figures()),
    };
    const nonce = freshNonce();
    this.#calls.add(nonce);
    this.#mayAsk = [nonce, ...this.#mayAsk].slice(0, OPEN_KNOCKS);
    for (const oldest of this.#calls) if (this.#calls.size > OPEN_CALLS) this.#calls.delete(oldest);
    this.#unanswered += 1;
    if (this.#unanswered === SILENT_CALLS && !isLeaving)
      this.#deps.tell(
        `${this.#agent} has not answered for half a minute: where it runs, a firewall keeps its own pods from that port, or it has another key`,
      );
    send(encodeFrame({ kind: 'call', nonce, body: encodeCall(call) }, signer), this.#options.agent);
  }

  #follow(body: Uint8Array): void {
    const orders = decodeOrders(body);
    if (orders === undefined) return;
    if (this.#unanswered > SILENT_CALLS) this.#deps.tell(`${this.#agent} answers again`);
    this.#unanswered = 0;
    this.#orderedAt = this.#deps.clock.monotonic();
    const wanted = new Set(orders.filter((one) => this.#mayReach(one)).slice(0, MAX_PATHS));
    for (const address of this.#paths.keys()) {
      if (wanted.has(address)) continue;
      this.#paths.delete(address);
      this.#understood.delete(address);
    }
    for (const address of wanted)
      if (!this.#paths.has(address))
        this.#paths.set(
          address,
          createPath(address, () => this.#mtuTo(address), freshNonce),
        );
  }

  get #agent(): string {
    return `the agent at ${formatEndpoint({ host: this.#options.agent.address, port: this.#options.agent.port })}/udp`;
  }

  #mayReach(address: string): boolean {
    return !this.#options.addresses.includes(address) && this.#isOfOwnFamily(address);
  }

  #isOfOwnFamily(address: string): boolean {
    return this.#options.addresses.some((own) => isIPv6(own) === isIPv6(address));
  }

  /** MTU of the interface whose address is of that family; 0: not known. */
  #mtuTo(address: string): number {
    const own = this.#options.addresses.find((one) => isIPv6(one) === isIPv6(address));
    return own === undefined ? 0 : this.#deps.mtuOf(own);
  }

  /** The other may know only one of two keys: the one that it answered last, and after failures each in turn. */
  #signerFor(address: string, failures: number): Signer | undefined {
    const { signers } = this.#deps.keys;
    const understood = signers.findIndex(({ id }) => id === this.#understood.get(address));
    return signers[(Math.max(0, understood) + failures) % Math.max(1, signers.length)];
  }
}

const freshNonce = (): string => randomBytes(8).toString('hex');
