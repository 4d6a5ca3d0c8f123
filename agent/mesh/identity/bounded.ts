/** A bound for work that a frozen disk may never finish. */
import type { Clock } from '../../base/clock.ts';
import { formatDuration } from '../../model/text.ts';

/** The work was still under way at its bound. It may yet come to an end, unwatched. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** @throws {OutOfTime} after `boundMs`, and whatever the work throws before */
export function bounded<T>(clock: Clock, boundMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(boundMs, () => reject(new OutOfTime(`no answer within ${formatDuration(boundMs)}`)));
    work.then(resolve, reject).finally(cancel);
  });
}
