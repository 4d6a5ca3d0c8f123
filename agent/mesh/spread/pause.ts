/** Long work gives way: to sockets, timers and probes. */
import type { Clock } from '../../base/clock.ts';

/** So many signatures are checked in one go; a few milliseconds. */
export const RECORDS_PER_TURN = 32;
/** So many records are looked at in one go where nothing is checked. */
export const LOOKS_PER_TURN = 2000;

/** Lets everything else run that is due. */
export const giveWay = (clock: Pick<Clock, 'sleep'>): Promise<void> => clock.sleep(0);
