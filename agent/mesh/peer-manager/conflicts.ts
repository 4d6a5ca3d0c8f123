/** Addresses at which another peer answered than the one that is said to be there. */

export interface AddressConflict {
  readonly address: string;
  readonly expectedPeerId: string;
  readonly actualPeerId: string;
  /** Milliseconds since it was seen last. */
  readonly ageMs: number;
}

export interface Conflicts {
  /** Whether it was not known yet. */
  note(address: string, expectedPeerId: string, actualPeerId: string): boolean;
  /** The expected peer answers there after all, or is not expected any more. */
  clear(expectedPeerId: string, address?: string): void;
  list(): readonly AddressConflict[];
}

const MAX_CONFLICTS = 256;
/** An address is tried again every few minutes; not seen for so long, it is over. */
const OVER_MS = 15 * 60_000;

export function createConflicts(monotonic: () => number): Conflicts {
  const conflicts = new Map<string, Omit<AddressConflict, 'ageMs'> & { readonly at: number }>();
  const keyOf = (expectedPeerId: string, address: string): string => `${expectedPeerId} ${address}`;
  const expire = (): void => {
    for (const [key, { at }] of conflicts) if (monotonic() - at > OVER_MS) conflicts.delete(key);
  };
  return {
    note(address, expectedPeerId, actualPeerId) {
      expire();
      const key = keyOf(expectedPeerId, address);
      const before = conflicts.get(key);
      conflicts.delete(key);
      const oldest = conflicts.size >= MAX_CONFLICTS ? conflicts.keys().next().value : undefined;
      if (oldest !== undefined) conflicts.delete(oldest);
      conflicts.set(key, { address, expectedPeerId, actualPeerId, at: monotonic() });
      return before?.actualPeerId !== actualPeerId;
    },
    clear(expectedPeerId, address) {
      for (const [key, conflict] of conflicts)
        if (conflict.expectedPeerId === expectedPeerId && (address ?? conflict.address) === conflict.address)
          conflicts.delete(key);
    },
    list() {
      expire();
      return [...conflicts.values()].map(({ at, ...conflict }) => ({ ...conflict, ageMs: monotonic() - at }));
    },
  };
}
