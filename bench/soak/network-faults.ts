/** Cuts and losses that begin and end each at its own time, where the switch only knows how to end all of them. */
import type { Lab } from '../../test/lab/lib/lab/types.ts';

export interface NetworkFaults {
  /** Applies it; the function that it resolves to ends it, and leaves the others as they are. */
  add(apply: (lab: Lab) => Promise<void>): Promise<() => Promise<void>>;
  /** Ends all. */
  clear(): Promise<void>;
}

export function createNetworkFaults(lab: Lab): NetworkFaults {
  const active = new Set<(lab: Lab) => Promise<void>>();
  let turn = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.catch(() => {}).then(work);
    return turn;
  };
  const again = async (): Promise<void> => {
    await lab.heal();
    for (const apply of active) await apply(lab);
  };
  return {
    async add(apply) {
      active.add(apply);
      await inTurn(() => apply(lab));
      return () => {
        active.delete(apply);
        return inTurn(again);
      };
    },
    clear() {
      active.clear();
      return inTurn(() => lab.heal());
    },
  };
}
