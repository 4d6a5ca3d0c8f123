/** Opens a framed stream over a libp2p connection. */
import type { Connection } from '@libp2p/interface';
import type { Clock } from '../../../base/clock.ts';
import { createFrameStream } from '../frame-stream.ts';
import type { FrameLimits, OpenResult } from '../types.ts';
import { createStreamChannel } from './channel.ts';

const OPEN_MS = 5000;

export async function openStream(
  connection: Connection | undefined,
  protocol: string,
  limits: FrameLimits,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenResult> {
  if (connection === undefined) return { kind: 'failed', why: 'not-connected' };
  if (signal.aborted) return { kind: 'failed', why: 'aborted' };
  try {
    const stream = await connection.newStream([protocol], {
      signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]),
    });
    const peerId = connection.remotePeer.toString();
    return { kind: 'open', stream: createFrameStream(peerId, createStreamChannel(stream), limits, { clock }) };
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', why: 'aborted' };
    const unsupported = error instanceof Error && error.name === 'UnsupportedProtocolError';
    return { kind: 'failed', why: unsupported ? 'unsupported' : 'closed' };
  }
}
