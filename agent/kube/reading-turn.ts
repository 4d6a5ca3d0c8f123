/** When this agent reads all Nodes for everybody, and when it stops. Who the readers are, `readers.ts` says. */
import type { Member } from '../model/member.ts';
import type { HeardRoster } from '../model/roster.ts';
import { isReader, isShort, readDelayMs } from './readers.ts';

/** `read`: begin, or go on; `wait`: go on where it has begun; `stop`: others do. */
export type Turn = 'read' | 'wait' | 'stop';

/** What it is told by. */
export interface Readership {
  /** Empty where this agent talks to no other. */
  readonly members: readonly Member[];
  readonly rosters: readonly HeardRoster[];
  /** How many agents share the API, as far as is known. */
  readonly size: number;
  /** This node is known to be the only one. */
  readonly isOnly: boolean;
}

export interface ReadingTurn {
  review(readership: Readership, nowMs: number): Turn;
}

/** Who has just started knows the others by then. */
const FIRST_MS = 15_000;
const ALONE_MS = 60_000;
/** Members come and go; whoever has listed all Nodes goes on for a while. */
const UNWANTED_MS = 60_000;

/** @param random from 0 to 1, 1 excluded */
export function createReadingTurn(node: string, random: () => number): ReadingTurn {
  /** When there was a member first. */
  let metAt: number | undefined;
  /** Since when fewer read than should. */
  let shortSince: number | undefined;
  let wantedAt = -Infinity;
  /** From when on this agent reads, if it still has to. */
  let readsFrom: number | undefined;
  return {
    review({ members, rosters, size, isOnly }, nowMs) {
      // Without a mesh there is nobody to tell, and before the others are known everybody would read.
      metAt = members.length === 0 ? undefined : (metAt ?? nowMs);
      const waitedMs = nowMs - (metAt ?? nowMs);
      // Whoever knows nobody first learns how many there are.
      const isTime = waitedMs >= FIRST_MS && (size > 1 || isOnly || waitedMs >= ALONE_MS);
      shortSince = isShort(node, members, rosters) ? (shortSince ?? nowMs) : undefined;
      const isWanted = isTime && isReader(node, members, rosters, nowMs - (shortSince ?? nowMs));
      if (!isWanted) {
        readsFrom = undefined;
        return nowMs - wantedAt >= UNWANTED_MS ? 'stop' : 'wait';
      }
      wantedAt = nowMs;
      readsFrom ??= nowMs + readDelayMs(members, size) * random();
      return nowMs >= readsFrom ? 'read' : 'wait';
    },
  };
}
