/** Cuts and losses of an episode. The switch only knows how to end all of them at once. */
import type { Lab } from '../../test/lab/lib/lab/types.ts';

export interface NetworkFaults {
  /**
   * Applies it; the function that it resolves to ends it, which comes to pass when the last one has ended: to end all and
   * apply the others again would be one more fault.
   */
  add(apply: (lab: Lab) => Promise<void>): Promise<() => Promise<void>>;
  /** Ends all. */
  clear(): Promise<void>;
}

export function createNetworkFaults(lab: Lab): NetworkFaults {
  let active = 0;
  return {
    async add(apply) {
      active += 1;
      await apply(lab);
      return async () => {
        active -= 1;
        if (active === 0) await lab.heal();
      };
    },
    async clear() {
      active = 0;
      await lab.heal();
    },
  };
}
