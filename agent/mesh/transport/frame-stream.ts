/** Frames over a channel of bytes, with bounds on what is kept and a peer that waits instead of filling our memory. */
import type { Clock } from '../../base/clock.ts';
import type { ByteChannel } from './channel.ts';
import { createFrameReader, encodeFrame } from './frames.ts';
import { createInbox } from './inbox.ts';
import { waitUntil } from './wait.ts';
import type { FrameLimits, FrameStream, SendOutcome } from './types.ts';

/** So long a peer may keep its side of a stream open after we closed ours. */
const LINGER_MS = 2000;

export interface FrameStreamHooks {
  /** Called once, when both directions are over. */
  readonly onClosed?: () => void;
}

export function createFrameStream(
  peerId: string,
  channel: ByteChannel,
  limits: FrameLimits,
  deps: { readonly clock: Clock } & FrameStreamHooks,
): FrameStream {
  const reader = createFrameReader(limits.maxFrameBytes);
  const inbox = createInbox();
  let over = false;
  let ending = false;
  let paused = false;
  let wake: () => void = () => {};
  let stopLinger: () => void = () => {};

  const finish = (): void => {
    if (over) return;
    over = true;
    stopLinger();
    inbox.end({ kind: 'failed', why: 'closed' });
    wake();
    deps.onClosed?.();
  };
  const abort = (why: string): void => {
    if (over) return;
    channel.abort(why);
    finish();
  };
  const balance = (): void => {
    const kept = inbox.bytes() + reader.pendingBytes();
    // A frame that has begun must be able to end, else the stream would stand still for ever.
    const full = inbox.bytes() > 0 && kept >= limits.maxBufferedBytes;
    if (full === paused || over) return;
    paused = full;
    if (full) channel.pause();
    else channel.resume();
  };

  channel.attach({
    bytes(chunk) {
      if (over) return;
      const frames = reader.push(chunk);
      if (frames === 'too-large') {
        inbox.end({ kind: 'failed', why: 'too-large' });
        return abort('frame above the limit');
      }
      for (const frame of frames) inbox.put(frame);
      balance();
    },
    ended() {
      inbox.end(reader.pendingBytes() > 0 ? { kind: 'failed', why: 'truncated' } : { kind: 'end' });
      if (ending) finish();
    },
    drained: () => wake(),
    closed: finish,
  });

  async function room(signal: AbortSignal): Promise<SendOutcome | undefined> {
    for (;;) {
      if (signal.aborted) return 'aborted';
      if (over || ending) return 'closed';
      if (channel.writable()) return undefined;
      await waitUntil((now) => (wake = now), signal);
      // The channel tells before it has taken what waited; it has when this continues.
      await Promise.resolve();
    }
  }

  return {
    peerId,
    async send(frame, signal) {
      if (frame.length > limits.maxFrameBytes) return 'too-large';
      const obstacle = await room(signal);
      if (obstacle !== undefined) return obstacle;
      channel.write(encodeFrame(frame));
      return over ? 'closed' : 'sent';
    },
    async receive(signal) {
      const result = await inbox.take(signal);
      balance();
      return result;
    },
    async close() {
      if (over || ending) return;
      ending = true;
      channel.end();
      if (inbox.ended()) return finish();
      stopLinger = deps.clock.after(LINGER_MS, () => abort('the peer kept its side open'));
    },
    abort: () => abort('aborted'),
  };
}
