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
  let resuming = false;
  let pauseAgain = false;
  return {
    attach(sink) {
      stream.addEventListener('message', ({ data }) => {
        if (data instanceof Uint8Array) return sink.bytes(data);
        for (const chunk of data) sink.bytes(chunk);
      });
      // `end` alone may as well mean that the stream was reset or its connection lost.
      let inOrder = stream.remoteWriteStatus === 'closed' && stream.status === 'open';
      const ended = (): void => {
        if (inOrder) sink.ended();
        if (stream.status !== 'open') sink.closed();
      };
      stream.addEventListener('remoteCloseWrite', () => (inOrder = true));
      stream.addEventListener('end', ended);
      stream.addEventListener('drain', () => sink.drained());
      stream.addEventListener('idle', () => sink.drained());
      stream.addEventListener('close', () => {
        // What a paused stream still holds is handed on when it is resumed, and `end` follows.
        if (!inOrder || stream.readBufferLength === 0) sink.closed();
      });
      if (stream.readableEnded) ended();
      else if (stream.status !== 'open') sink.closed();
    },
    writable: () => !stream.writableNeedsDrain && stream.writeBufferLength === 0,
    write(bytes) {
      try {
        stream.send(bytes);
      } catch {
        abort('the stream is closed for writing');
      }
    },
    pause() {
      if (resuming) pauseAgain = true;
      else ifReadable(stream, () => stream.pause());
    },
    resume() {
      // resume() hands on what was kept, and then opens the peer's window, even if it was paused again in between.
      resuming = true;
      pauseAgain = false;
      ifReadable(stream, () => stream.resume());
      resuming = false;
      if (pauseAgain) ifReadable(stream, () => stream.pause());
    },
    end() {
      stream.close({ signal: AbortSignal.timeout(END_MS) }).catch(() => abort('the peer takes nothing more'));
    },
    abort,
  };
}

/** Both throw on a stream whose readable side is closed. */
function ifReadable(stream: Stream, action: () => void): void {
  if (stream.readStatus === 'readable' || stream.readStatus === 'paused') action();
}
