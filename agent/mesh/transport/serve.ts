/** Runs a handler on an opened stream within its deadline. */
import type { Clock } from '../../base/clock.ts';
import type { FrameStream, StreamHandler, StreamLimits } from './types.ts';

/** So long a peer may take to end its side after the handler is done. */
const REST_MS = 2000;

/** Never rejects; resolves to whether the handler ended in time and did not reject. */
export async function serve(
  stream: FrameStream,
  limits: StreamLimits,
  handler: StreamHandler,
  clock: Clock,
): Promise<boolean> {
  const controller = new AbortController();
  const cancel = clock.after(limits.deadlineMs, () => {
    controller.abort();
    stream.abort();
  });
  try {
    await handler(stream, controller.signal);
    await stream.close();
    dropRest(stream, clock).catch(() => stream.abort());
    return !controller.signal.aborted;
  } catch {
    stream.abort();
    return false;
  } finally {
    cancel();
  }
}

/** Nobody reads any more, but an end in order has to be told from a peer that goes on. */
async function dropRest(stream: FrameStream, clock: Clock): Promise<void> {
  const late = new AbortController();
  const cancel = clock.after(REST_MS, () => late.abort());
  let result = await stream.receive(late.signal);
  while (result.kind === 'frame') result = await stream.receive(late.signal);
  cancel();
  stream.abort();
}
