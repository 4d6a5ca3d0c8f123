/** One exchange's stream, with what its peer does wrong as an error. */
import type { FrameStream } from '../transport/types.ts';
import { FRAME } from './protocol.ts';

/**
 * Why an exchange ended before its end.
 *
 * - `malformed`, `too-large`, `unasked`, `rejected`: the neighbour broke the rules
 * - `timeout`: it was too slow, or we were
 * - `busy`: it has too many exchanges under way
 * - `unsupported`: it does not speak this protocol
 * - `internal`: a defect of ours
 */
export type ExchangeFault =
  | 'malformed'
  | 'too-large'
  | 'unasked'
  | 'rejected'
  | 'timeout'
  | 'closed'
  | 'busy'
  | 'unsupported'
  | 'internal';

export class ExchangeEnded extends Error {
  override readonly name = 'ExchangeEnded';
  readonly fault: ExchangeFault;

  constructor(fault: ExchangeFault) {
    super(fault);
    this.fault = fault;
  }
}

export interface LinkCounts {
  bytesSent: number;
  bytesReceived: number;
}

export interface Link {
  readonly peerId: string;
  /** @throws {ExchangeEnded} */
  send(frame: Uint8Array): Promise<void>;
  /** The next frame as `decode` reads it. @throws {ExchangeEnded} */
  receive<T>(decode: (frame: Uint8Array) => T | undefined): Promise<T>;
}

export function createLink(stream: FrameStream, signal: AbortSignal, counts: LinkCounts): Link {
  return {
    peerId: stream.peerId,
    async send(frame) {
      const outcome = await stream.send(frame, signal);
      if (outcome !== 'sent') throw new ExchangeEnded(signal.aborted ? 'timeout' : 'closed');
      counts.bytesSent += frame.length;
    },
    async receive(decode) {
      const result = await stream.receive(signal);
      if (result.kind !== 'frame') {
        if (signal.aborted) throw new ExchangeEnded('timeout');
        throw new ExchangeEnded(result.kind === 'failed' && result.why === 'too-large' ? 'too-large' : 'closed');
      }
      counts.bytesReceived += result.bytes.length;
      if (result.bytes[0] === FRAME.busy) throw new ExchangeEnded('busy');
      const decoded = decode(result.bytes);
      if (decoded === undefined) throw new ExchangeEnded('malformed');
      return decoded;
    },
  };
}
