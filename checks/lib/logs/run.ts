/** How runs of containers are told apart, for each watch. */
import type { WatchedLog } from '../../types.ts';

/** The same container after a restart is the same place. */
export const placeOf = ({ watch, podUid, container }: WatchedLog): string => [watch, podUid, container].join('/');

/** One run of it. */
export const runOf = (log: WatchedLog): string => `${placeOf(log)}/${log.restarts}`;
