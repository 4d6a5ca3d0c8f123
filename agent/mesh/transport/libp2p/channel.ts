/** A libp2p stream as a channel of bytes. */
import type { Stream } from '@libp2p/interface';
import type { ByteChannel } from '../channel.ts';

/** So long the last bytes may take to leave. */
const END_MS = 2000;

/**
 * `pause` matters: without it yamux opens the peer's window again as soon as bytes arrive, read or not. And not
 * stream.onDrain(): after its first drain it resolves at once for ever.
 */
export function createStreamChannel(stream: Stream): ByteChannel {
  const abort = (why: string): void => stream.abort(new Error(why));
  return {
    attach(sink) {
      stream.addEventListener('message', ({ data }) => {
        if (data instanceof Uint8Array) return sink.bytes(data);
        for (const chunk of data) sink.bytes(chunk);
      });
      // `end` alone may as well mean that the stream was reset or its connection lost.
      let ended = stream.remoteWriteStatus === 'closed' && stream.status === 'open';
      stream.addEventListener('remoteCloseWrite', () => (ended = true));
      stream.addEventListener('end', () => {
        if (ended) sink.ended();
      });
      stream.addEventListener('drain', () => sink.drained());
      stream.addEventListener('idle', () => sink.drained());
      stream.addEventListener('close', () => sink.closed());
      if (stream.status !== 'open') sink.closed();
    },
    writable: () => !stream.writableNeedsDrain && stream.writeBufferLength === 0,
    write(bytes) {
      try {
        stream.send(bytes);
      } catch {
        abort('the stream is closed for writing');
      }
    },
    pause: () => ifOpen(stream, () => stream.pause()),
    resume: () => ifOpen(stream, () => stream.resume()),
    end() {
      stream.close({ signal: AbortSignal.timeout(END_MS) }).catch(() => abort('the peer takes nothing more'));
    },
    abort,
  };
}

/** Both throw on a stream whose readable side is closed. */
function ifOpen(stream: Stream, action: () => void): void {
  if (stream.readStatus === 'readable' || stream.readStatus === 'paused') action();
}
