/** Two channels of bytes that are joined, with a way between them that takes time and can be cut. */
import type { ByteChannel, ChannelSink } from '../channel.ts';

/** So much may be under way or unread in one direction, as in a stream of libp2p. */
const WINDOW_BYTES = 256 * 1024;

/** Delivers in order, later, and not while the way is cut. */
export type Carry = (deliver: () => void) => void;

interface End {
  sink: ChannelSink | undefined;
  paused: boolean;
  /** What arrived and was not handed on: bytes, or the peer's end. */
  readonly arrived: (Uint8Array | 'end')[];
  /** Bytes that were written to this end and not taken from it. */
  underWay: number;
  endSent: boolean;
  endTaken: boolean;
  closed: boolean;
}

const newEnd = (): End => ({
  sink: undefined,
  paused: false,
  arrived: [],
  underWay: 0,
  endSent: false,
  endTaken: false,
  closed: false,
});

export interface Pipe {
  readonly near: ByteChannel;
  readonly far: ByteChannel;
  /** Ends both directions of both ends at once, as when the connection is lost. */
  break(): void;
}

/** `there` carries from near to far, `back` the other way. */
export function createPipe(there: Carry, back: Carry): Pipe {
  const near = newEnd();
  const far = newEnd();
  return {
    near: channelOf(near, far, there),
    far: channelOf(far, near, back),
    break() {
      close(near);
      close(far);
    },
  };
}

function channelOf(own: End, other: End, carry: Carry): ByteChannel {
  const send = (what: Uint8Array | 'end'): void => {
    carry(() => {
      if (other.closed) return;
      other.arrived.push(what);
      handOn(other, own);
    });
  };
  return {
    attach(sink) {
      own.sink = sink;
      if (own.closed) sink.closed();
      else handOn(own, other);
    },
    writable: () => other.underWay < WINDOW_BYTES,
    write(bytes) {
      if (own.closed || own.endSent) return;
      other.underWay += bytes.length;
      send(bytes);
    },
    pause: () => void (own.paused = true),
    resume() {
      own.paused = false;
      handOn(own, other);
    },
    end() {
      if (own.closed || own.endSent) return;
      own.endSent = true;
      send('end');
      closeIfOver(own);
    },
    abort() {
      close(own);
      carry(() => close(other));
    },
  };
}

/** Gives what arrived to whoever reads, and tells the writer that there is room again. */
function handOn(own: End, writer: End): void {
  while (own.sink !== undefined && !own.paused && !own.closed) {
    const what = own.arrived.shift();
    if (what === undefined) return;
    if (what === 'end') {
      own.endTaken = true;
      own.sink.ended();
      closeIfOver(own);
      continue;
    }
    own.underWay -= what.length;
    own.sink.bytes(what);
    writer.sink?.drained();
  }
}

function closeIfOver(end: End): void {
  if (end.endSent && end.endTaken) close(end);
}

function close(end: End): void {
  if (end.closed) return;
  end.closed = true;
  end.arrived.length = 0;
  end.sink?.closed();
}
