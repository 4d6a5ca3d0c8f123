/**
 * Server-sent events: what changes, as it changes, to every open page. All clients get the same bytes; a client that
 * does not read them is closed, and one too many is refused.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { StoredEvent } from '../model/timeline.ts';
import { NO_STORE, SECURITY_HEADERS } from './headers.ts';

export interface StreamSource {
  /** JSON of the current status. */
  status(): string;
  /** JSON of this node's current state; undefined before its first report. */
  node(): string | undefined;
  /** Every other node by name. */
  peers(): ReadonlyMap<string, StreamPeer>;
  timeline(events: readonly StoredEvent[]): string;
}

export interface StreamPeer {
  /** What tells two of its states apart, ages aside. */
  readonly gist: string;
  /** JSON of its current state. */
  readonly json: () => string;
}

export interface EventStream {
  /** Takes over a response. False when there are too many streams: the caller refuses it. */
  open(response: ServerResponse): boolean;
  /** The status or a node changed. */
  changed(): void;
  stored(events: readonly StoredEvent[]): void;
  /** Ends every stream. */
  stop(): void;
  readonly size: () => number;
}

export const MAX_STREAMS = 32;
const HEARTBEAT_MS = 15_000;
const COALESCE_MS = 1000;
/** A client that is this much behind does not read. */
const MAX_BACKLOG_BYTES = 512 * 1024;
/** What an outage changes at once in a large cluster goes out over some seconds. */
const MAX_NODES = 50;
/** Newest kept when more is stored within one interval. */
const MAX_EVENTS = 200;

export function createEventStream(source: StreamSource, clock: Clock): EventStream {
  return new Streams(source, clock);
}

class Streams implements EventStream {
  readonly #source: StreamSource;
  readonly #clock: Clock;
  readonly #clients = new Set<ServerResponse>();
  #changed = false;
  #events: StoredEvent[] = [];
  /** The other nodes as the clients have seen them or can ask for them. */
  #told = new Map<string, string>();
  #flushedAt = Number.NEGATIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(source: StreamSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  size = (): number => this.#clients.size;

  open(response: ServerResponse): boolean {
    if (this.#clients.size >= MAX_STREAMS) return false;
    response.on('error', () => this.#drop(response));
    response.on('close', () => this.#drop(response));
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': NO_STORE,
      // Proxies that buffer would turn a stream into a download.
      'x-accel-buffering': 'no',
    });
    // Who opens the stream first and asks for the nodes then misses nothing.
    if (this.#clients.size === 0)
      this.#told = new Map([...this.#source.peers()].map(([name, { gist }]) => [name, gist]));
    this.#clients.add(response);
    this.#cancelHeartbeat ??= this.#clock.every(HEARTBEAT_MS, () => this.#broadcast(': still here\n\n'));
    this.#send(response, `retry: 3000\n\n${this.#state()}`);
    return true;
  }

  changed(): void {
    if (this.#clients.size === 0) return;
    this.#changed = true;
    this.#flushSoon();
  }

  stored(events: readonly StoredEvent[]): void {
    if (this.#clients.size === 0 || events.length === 0) return;
    this.#events = [...this.#events, ...events].slice(-MAX_EVENTS);
    this.#flushSoon();
  }

  stop(): void {
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    this.#rest();
  }

  #flushSoon(): void {
    if (this.#cancelFlush !== undefined) return;
    const wait = this.#flushedAt + COALESCE_MS - this.#clock.monotonic();
    if (wait <= 0) return this.#flush();
    this.#cancelFlush = this.#clock.after(wait, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush = undefined;
    this.#flushedAt = this.#clock.monotonic();
    const newest = this.#events.toReversed();
    const timeline = newest.length === 0 ? '' : frame('timeline', this.#source.timeline(newest));
    const wasChanged = this.#changed;
    this.#events = [];
    this.#changed = false;
    this.#broadcast(`${wasChanged ? `${this.#state()}${this.#peers()}` : ''}${timeline}`);
  }

  /** The other nodes that changed. Those that find no room are left for the next time. */
  #peers(): string {
    const peers = this.#source.peers();
    const changed = [...peers].filter(([name, { gist }]) => this.#told.get(name) !== gist);
    const sent = changed.slice(0, MAX_NODES);
    for (const [name, { gist }] of sent) this.#told.set(name, gist);
    for (const name of this.#told.keys()) if (!peers.has(name)) this.#told.delete(name);
    if (changed.length > sent.length) this.changed();
    return sent.map(([, { json }]) => frame('node', json())).join('');
  }

  #state(): string {
    const node = this.#source.node();
    return `${frame('status', this.#source.status())}${node === undefined ? '' : frame('node', node)}`;
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) this.#send(client, text);
  }

  #send(client: ServerResponse, text: string): void {
    if (text === '') return;
    // What is about to be sent does not count: it may be large, and nobody could have read it yet.
    if (client.writableLength <= MAX_BACKLOG_BYTES) {
      client.write(text);
      return;
    }
    this.#drop(client);
    client.destroy();
  }

  #drop(client: ServerResponse): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#rest();
  }

  /** Without clients there is nothing to do, and no timer that would do it. */
  #rest(): void {
    this.#cancelHeartbeat?.();
    this.#cancelFlush?.();
    this.#cancelHeartbeat = undefined;
    this.#cancelFlush = undefined;
    this.#events = [];
    this.#told = new Map();
    this.#changed = false;
  }
}

/** JSON holds no line break of its own, so that one `data:` line carries it. */
const frame = (event: string, json: string): string => `event: ${event}\ndata: ${json}\n\n`;
