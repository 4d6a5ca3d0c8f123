/** Asks whether a connection still leads anywhere: yamux's own ping, a frame of 12 bytes each way. */
import type { Connection } from '@libp2p/interface';

/** libp2p's connection keeps its muxer to itself; yamux has the method in public. */
interface WithMuxer {
  readonly muxer?: { ping?(options: { readonly signal: AbortSignal }): Promise<number> };
}

/** Rejects when the signal is aborted before the answer came. */
export async function ping(connection: Connection, signal: AbortSignal): Promise<void> {
  const { muxer } = connection as unknown as WithMuxer;
  await muxer?.ping?.({ signal });
}
