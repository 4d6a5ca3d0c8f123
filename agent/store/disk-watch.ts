/** Has the disk under the store measured from time to time, and knows how long it has not answered. */
import type { DiskSamples } from '../../checks/types.ts';
import { createDiskRecord } from './disk-record.ts';
import { type Link, processOf } from './link.ts';
import type { FromProcess } from './messages.ts';
import type { Waits } from './waits.ts';

export interface DiskWatch {
  /** Once a second: a sign of life to the process, every fifth with a measurement. */
  tick(): void;
  probed(message: Extract<FromProcess, { kind: 'probed' }>): void;
  read(): DiskSamples;
}

const PROBE_TICKS = 5;

export function createDiskWatch(
  directory: string,
  { waits, link }: { readonly waits: Waits; readonly link: Pick<Link, 'beat' | 'pid'> },
): DiskWatch {
  const record = createDiskRecord(directory);
  let ticks = 0;
  return {
    tick() {
      ticks += 1;
      const probe = ticks % PROBE_TICKS === 1 && !waits.has('probe') && !waits.has('open');
      if (link.beat(probe) && probe) waits.begin('probe');
    },
    probed(message) {
      waits.end('probe');
      if ('error' in message) record.fail(message.error);
      else record.add(message.at, message.durationMs);
    },
    read: () => record.read(waits.longestMs(), () => processOf(link)),
  };
}
