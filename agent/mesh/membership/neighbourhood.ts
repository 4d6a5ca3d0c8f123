/** Who is connected to me, since when, who watches whom, and whom I hold on to. */
import { type EdgeState, isReachable } from '../../model/member.ts';
import { componentOf } from './component.ts';
import { type Rings, createRings } from './rings.ts';
import type { Statement } from './testimony.ts';
import { createTrust } from './trust.ts';

/** What a walk needs to know. */
export interface Surroundings {
  readonly expected: ReadonlySet<string>;
  /** Subject → state, of all that a member states; my own edges under my own name. */
  readonly statedBy: (author: string) => ReadonlyMap<string, EdgeState>;
}

export interface Neighbourhood {
  /** Who belongs to the rings changed. */
  expect(names: ReadonlySet<string>): void;
  /** Finds the component anew. Returns who came in, or undefined when nothing changed. */
  walk(surroundings: Surroundings, nowMs: number): readonly string[] | undefined;
  /** Chooses the neighbours anew. */
  choose(surroundings: Surroundings): void;
  readonly rings: () => Rings;
  readonly component: () => ReadonlySet<string>;
  readonly neighbours: () => readonly string[];
  readonly observersOf: (member: string) => readonly string[];
  /** Whose observer I am, sorted by name. The same array while nothing changes. */
  readonly subjects: () => readonly string[];
  /** Whether what an author says against others counts. */
  isTrusted(author: string, nowMs: number): boolean;
  /**
   * Whether an author, who may be trusted, speaks of what it saw from the other side of a cut. Of who is in my component
   * somebody says that it lives.
   */
  isHistory(statement: Statement, subject: string, nowMs: number): boolean;
  /** What the author says against others counts anew in a while: it was out of touch with me. */
  distrust(author: string, nowMs: number): void;
  /** When the next word counts; Infinity when all do. */
  trustChangesAtMs(): number;
}

export function createNeighbourhood(self: string): Neighbourhood {
  let rings = createRings([self]);
  let component: ReadonlySet<string> = new Set([self]);
  let neighbours: readonly string[] = [];
  let observers = rings.observersWithin(component);
  let subjects: readonly string[] | undefined;
  const trust = createTrust();
  const assign = (): void => {
    observers = rings.observersWithin(component);
    subjects = undefined;
  };
  return {
    expect(names) {
      rings = createRings(names);
      trust.expect(names);
      assign();
    },
    walk({ expected, statedBy }, nowMs) {
      const before = component;
      const after = componentOf(self, statedBy, expected);
      const joined = [...after].filter((name) => !before.has(name));
      for (const name of joined) trust.joined(name, nowMs);
      for (const name of before) if (!after.has(name)) trust.left(name);
      trust.review(nowMs);
      if (joined.length === 0 && after.size === before.size) return undefined;
      component = after;
      assign();
      return joined;
    },
    choose({ statedBy }) {
      neighbours = chooseNeighbours(self, rings, component, statedBy(self));
    },
    rings: () => rings,
    component: () => component,
    neighbours: () => neighbours,
    observersOf: (member) => observers.of(member),
    subjects: () => (subjects ??= observers.subjectsOf(self)),
    isTrusted: (author, nowMs) => author === self || trust.isTrusted(author, nowMs),
    isHistory: ({ author, sinceMs }, subject, nowMs) =>
      component.has(subject) && trust.isHistory(author, sinceMs, nowMs),
    distrust: (author, nowMs) => trust.distrust(author, nowMs),
    trustChangesAtMs: () => trust.changesAtMs(),
  };
}

/**
 * My fixed neighbours on the rings. Where some of them are gone, the next on the rings that may live stand in for them,
 * so that the rest of a cluster hangs together whatever died, and a small side of a partition finds its members.
 */
export function chooseNeighbours(
  self: string,
  rings: Rings,
  component: ReadonlySet<string>,
  myEdges: ReadonlyMap<string, EdgeState>,
): readonly string[] {
  const isGone = (name: string): boolean => {
    const state = myEdges.get(name);
    return !component.has(name) || (state !== undefined && !isReachable(state));
  };
  const fixed = rings.neighbours(self);
  if (fixed.length === rings.members.length - 1 || !fixed.some(isGone)) return fixed;
  const living = new Set(component);
  for (const [name, state] of myEdges) if (name !== self && !isReachable(state)) living.delete(name);
  return [...new Set([...fixed, ...rings.neighboursAmong(self, living)])];
}
