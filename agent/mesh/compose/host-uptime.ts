/** When this host booted, by its kernel. */
import type { HostFiles } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';

const MAX_BYTES = 256;

/**
 * On the monotonic clock, ms, so negative; undefined where it cannot be read.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_uptime.5.html
 */
export async function readBootMs(
  host: Pick<HostFiles, 'readText'>,
  clock: Pick<Clock, 'monotonic'>,
): Promise<number | undefined> {
  const text = await host.readText('/proc/uptime', MAX_BYTES).catch(() => '');
  const [, seconds] = /^(\d+(?:\.\d+)?) /.exec(text) ?? [];
  return seconds === undefined ? undefined : clock.monotonic() - 1000 * Number(seconds);
}
