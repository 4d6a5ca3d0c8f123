/**
 * Who stayed on this side of a cut while others were away. Half of a large cluster may be away at once: what many have in
 * common is kept once, and only what is not as one would expect.
 */

/** When somebody was lost, in the order of all that happened here. */
export interface Start {
  readonly order: number;
  /** Who was not in my component then. */
  readonly outside: ReadonlySet<string>;
}

export interface Sides {
  /** Members are lost now, while these are not in my component. */
  begin(outside: Iterable<string>): Start;
  lost(name: string): void;
  back(name: string): void;
  /** For those that are back now: tells whether a member was there since a start, in my component, and not lost. */
  end(): (start: Start) => (name: string) => boolean;
  /** All that are members now. */
  expect(names: ReadonlySet<string>): void;
}

/** So many are remembered that are no members any more. */
const MAX_REMOVED = 1000;

/** @param known members that were there before */
export function createSides(known: Iterable<string>): Sides {
  let order = 0;
  /** Name → since when it is known, whether it is lost, and when it was lost last until then. */
  const knownSince = new Map([...known].map((name) => [name, order]));
  const lost = new Set<string>();
  const lostUntil = new Map<string, number>();
  const lostSince = ({ order: since, outside }: Start): ReadonlySet<string> => {
    const before = [...lostUntil].flatMap(([name, until]) => (until >= since ? name : []));
    return new Set([...lost, ...before].filter((name) => !outside.has(name)));
  };
  return {
    begin: (outside) => ({ order: (order += 1), outside: new Set(outside) }),
    lost: (name) => void lost.add(name),
    back(name) {
      lost.delete(name);
      lostUntil.set(name, order);
    },
    end() {
      const made = new Map<Start, (name: string) => boolean>();
      return (start) => {
        const before = made.get(start);
        if (before !== undefined) return before;
        const gone = lostSince(start);
        const stayed = (name: string): boolean =>
          (knownSince.get(name) ?? Infinity) < start.order && !start.outside.has(name) && !gone.has(name);
        made.set(start, stayed);
        return stayed;
      };
    },
    expect(names) {
      for (const name of names) if (!knownSince.has(name)) knownSince.set(name, order);
      if (knownSince.size <= names.size + MAX_REMOVED) return;
      for (const name of knownSince.keys()) {
        if (names.has(name)) continue;
        knownSince.delete(name);
        lostUntil.delete(name);
      }
    },
  };
}
