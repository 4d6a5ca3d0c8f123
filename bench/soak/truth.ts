/** What an agent may say of a member, because of the faults of the moment. Everything else is a false accusation. */

export interface Truth {
  /** Whatever is said of these members is true: they do not run, or not all the time. */
  down(names: readonly string[]): void;
  /** These members and the others do not hear each other. */
  apart(names: readonly string[]): void;
  allows(viewer: string, member: string): boolean;
  /** All faults are over, and everybody said so. */
  reset(): void;
}

/** Nothing may be said yet. What is allowed stays allowed until the reset: a verdict may outlive its cause for seconds. */
export function createTruth(): Truth {
  const open = new Set<string>();
  const sides: ReadonlySet<string>[] = [];
  return {
    down: (names) => names.forEach((name) => open.add(name)),
    apart: (names) => void sides.push(new Set(names)),
    allows: (viewer, member) => open.has(member) || sides.some((side) => side.has(viewer) !== side.has(member)),
    reset() {
      open.clear();
      sides.length = 0;
    },
  };
}
