/** Runs a handler on an opened stream within its deadline. */
import type { Clock } from '../../base/clock.ts';
import type { FrameStream, StreamHandler, StreamLimits } from './types.ts';

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
    return !controller.signal.aborted;
  } catch {
    stream.abort();
    return false;
  } finally {
    cancel();
  }
}
