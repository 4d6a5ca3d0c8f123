/** Frames on a stream of bytes: four bytes of length, big-endian, then so many bytes. */

const HEADER_BYTES = 4;

export interface FrameReader {
  /**
   * Takes the next bytes, which may be a view into a buffer that is used again: they are copied.
   * Returns the frames that are complete with them, or `too-large`, after which the reader is of no use.
   */
  push(chunk: Uint8Array): readonly Uint8Array[] | 'too-large';
  /** Bytes of a frame that is not complete yet, its length included. */
  pendingBytes(): number;
}

export function createFrameReader(maxFrameBytes: number): FrameReader {
  // What was received of the frame is kept in the pieces it came in, so that a length alone reserves no memory.
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let wanted = HEADER_BYTES;
  let inHeader = true;
  return {
    pendingBytes: () => pending,
    push(chunk) {
      const frames: Uint8Array[] = [];
      for (let offset = 0; offset < chunk.length;) {
        // Not slice(): a Buffer's is a view. The constructor copies.
        const piece = new Uint8Array(chunk.subarray(offset, offset + wanted - pending));
        offset += piece.length;
        pieces.push(piece);
        pending += piece.length;
        if (pending < wanted) break;
        const whole = pieces.length === 1 ? piece : concatenate(pieces, pending);
        pieces = [];
        pending = 0;
        if (inHeader) {
          wanted = new DataView(whole.buffer, whole.byteOffset).getUint32(0);
          if (wanted > maxFrameBytes) return 'too-large';
          inHeader = false;
          if (wanted > 0) continue;
        }
        frames.push(wanted === 0 ? new Uint8Array() : whole);
        inHeader = true;
        wanted = HEADER_BYTES;
      }
      return frames;
    },
  };
}

/** The frame with its length before it. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, HEADER_BYTES);
  return bytes;
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  // Not Buffer.concat(): small ones are views into a shared pool.
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
