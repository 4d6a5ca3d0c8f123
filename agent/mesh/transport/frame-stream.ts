/** Frames over a channel of bytes, with bounds on what is kept and a peer that waits instead of filling our memory. */
import type { Clock } from '../../base/clock.ts';
import type { ByteChannel, ChannelSink } from './channel.ts';
import { createFrameReader, encodeFrame } from './frames.ts';
import { createInbox } from './inbox.ts';
import type { FrameLimits, FrameStream, ReceiveResult, SendOutcome } from './types.ts';
import { waitUntil } from './wait.ts';

export interface FrameStreamDeps {
  readonly clock: Clock;
  /** Called once, when both directions are over. */
  readonly onClosed?: () => void;
}

/** So long a peer may keep its side of a stream open and say nothing after we closed ours. */
const LINGER_MS = 2000;

export const createFrameStream = (
  peerId: string,
  channel: ByteChannel,
  limits: FrameLimits,
  deps: FrameStreamDeps,
): FrameStream => new ChannelFrameStream(peerId, channel, limits, deps);

class ChannelFrameStream implements FrameStream, ChannelSink {
  readonly peerId: string;
  readonly #channel: ByteChannel;
  readonly #limits: FrameLimits;
  readonly #deps: FrameStreamDeps;
  readonly #reader;
  readonly #inbox = createInbox();
  #over = false;
  #ending = false;
  #paused = false;
  #wake: () => void = () => {};
  #stopLinger: () => void = () => {};

  constructor(peerId: string, channel: ByteChannel, limits: FrameLimits, deps: FrameStreamDeps) {
    this.peerId = peerId;
    this.#channel = channel;
    this.#limits = limits;
    this.#deps = deps;
    this.#reader = createFrameReader(limits.maxFrameBytes);
    channel.attach(this);
  }

  async send(frame: Uint8Array, signal: AbortSignal): Promise<SendOutcome> {
    if (frame.length > this.#limits.maxFrameBytes) return 'too-large';
    for (;;) {
      if (signal.aborted) return 'aborted';
      if (this.#over || this.#ending) return 'closed';
      if (this.#channel.writable()) break;
      await waitUntil((wake) => (this.#wake = wake), signal);
      // The channel tells before it has taken what waited; it has when this continues.
      await Promise.resolve();
    }
    this.#channel.write(encodeFrame(frame));
    return this.#over ? 'closed' : 'sent';
  }

  async receive(signal: AbortSignal): Promise<ReceiveResult> {
    const result = await this.#inbox.take(signal);
    this.#balance();
    return result;
  }

  async close(): Promise<void> {
    if (this.#over || this.#ending) return;
    this.#ending = true;
    this.#channel.end();
    if (this.#inbox.ended()) return this.closed();
    this.#linger();
  }

  abort(): void {
    this.#abort('aborted');
  }

  bytes(chunk: Uint8Array): void {
    if (this.#over) return;
    const frames = this.#reader.push(chunk);
    if (frames === 'too-large') {
      this.#inbox.end({ kind: 'failed', why: 'too-large' });
      return this.#abort('a frame above the limit');
    }
    for (const frame of frames) this.#inbox.put(frame);
    this.#balance();
    if (this.#ending) this.#linger();
  }

  ended(): void {
    this.#inbox.end(this.#reader.pendingBytes() > 0 ? { kind: 'failed', why: 'truncated' } : { kind: 'end' });
    if (this.#ending) this.closed();
  }

  drained(): void {
    this.#wake();
  }

  closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopLinger();
    this.#inbox.end({ kind: 'failed', why: 'closed' });
    this.#wake();
    this.#deps.onClosed?.();
  }

  /** After we closed our side: waits for the peer as long as it sends, or its frames are not read yet. */
  #linger(): void {
    this.#stopLinger();
    if (this.#over) return;
    this.#stopLinger = this.#deps.clock.after(LINGER_MS, () => {
      if (this.#inbox.bytes() > 0) this.#linger();
      else this.#abort('the peer kept its side open');
    });
  }

  #abort(why: string): void {
    if (this.#over) return;
    this.#channel.abort(why);
    this.closed();
  }

  /** Lets the peer go on while there is room. A frame that has begun can always end, or nothing would ever move. */
  #balance(): void {
    const kept = this.#inbox.bytes() + this.#reader.pendingBytes();
    const full = this.#inbox.bytes() > 0 && kept >= this.#limits.maxBufferedBytes;
    if (full === this.#paused || this.#over) return;
    this.#paused = full;
    if (full) this.#channel.pause();
    else this.#channel.resume();
  }
}
