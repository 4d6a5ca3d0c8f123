/** Frames that were received and not read yet, and how the stream ended behind them. */
import type { ReceiveResult } from './types.ts';
import { waitUntil } from './wait.ts';

/** What keeping a frame takes besides its bytes, so that empty ones are not free. */
const FRAME_OVERHEAD_BYTES = 64;

export interface Inbox {
  put(frame: Uint8Array): void;
  /** How it ends once all frames are read; only the first ending counts. */
  end(how: ReceiveResult): void;
  ended(): boolean;
  /** Waits for a frame or the end. @throws Error when somebody waits already. */
  take(signal: AbortSignal): Promise<ReceiveResult>;
  bytes(): number;
}

export function createInbox(): Inbox {
  const frames: Uint8Array[] = [];
  let bytes = 0;
  let ending: ReceiveResult | undefined;
  let wake: (() => void) | undefined;
  const next = (): ReceiveResult | undefined => {
    const frame = frames.shift();
    if (frame === undefined) return ending;
    bytes -= frame.length + FRAME_OVERHEAD_BYTES;
    return { kind: 'frame', bytes: frame };
  };
  return {
    put(frame) {
      if (ending !== undefined) return;
      frames.push(frame);
      bytes += frame.length + FRAME_OVERHEAD_BYTES;
      wake?.();
    },
    end(how) {
      ending ??= how;
      wake?.();
    },
    ended: () => ending !== undefined,
    async take(signal) {
      if (wake !== undefined) throw new Error('A frame stream is read by one reader at a time.');
      for (;;) {
        const result = next();
        if (result !== undefined) return result;
        if (signal.aborted) return { kind: 'aborted' };
        await waitUntil((now) => (wake = now), signal);
        wake = undefined;
      }
    },
    bytes: () => bytes,
  };
}
