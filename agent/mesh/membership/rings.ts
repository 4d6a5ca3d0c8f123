/**
 * Who watches whom: K rings over the hashed names of the expected members, after Rapid's k-ring topology (Suresh et al.,
 * "Stable and Consistent Membership at Scale with Rapid", USENIX ATC '18, section 4.1).
 *
 * Every member finds the same rings from the same names, whatever the order in which it learned them; nobody assigns
 * anything. K independent rings make an expander: it stays connected when members vanish, every member is watched by K
 * others and watches K others, and one member more or less changes the neighbourhood of a few only.
 */

/** More rings make verdicts no safer and cost probes; Rapid uses 10. With 8, both sides of all rings are 16 members. */
export const MAX_RINGS = 8;

/** Connections that an agent holds at any size. */
export const MAX_NEIGHBOURS = 2 * MAX_RINGS;

export interface Rings {
  /** All members, sorted by name. */
  readonly members: readonly string[];
  /** K = min(8, N - 1). */
  readonly count: number;
  /** The next member on each ring, in the order of the rings. May name one twice. Empty for a stranger. */
  successors(name: string): readonly string[];
  /** The member before it on each ring. `a` is in `successors(b)` exactly when `b` is in `predecessors(a)`. */
  predecessors(name: string): readonly string[];
  /**
   * Whom a member probes and holds a connection to: its successors and predecessors, each once, at most 16. Where all
   * others are no more than that, everybody: small clusters need no economy.
   */
  neighbours(name: string): readonly string[];
  /** The same on the rings of these members only; the member itself is one of them. */
  neighboursAmong(name: string, living: ReadonlySet<string>): readonly string[];
  /**
   * The first of `candidates` after the subject on each ring, none taken twice, so that K observers are K opinions and
   * a small component does not depend on one member only. Costs K × candidates: meant for few of them, each once.
   */
  observers(subject: string, candidates: Iterable<string>): readonly string[];
  /** The same for one component and many subjects. */
  observersWithin(component: ReadonlySet<string>): ObserversWithin;
}

/** Who of one component watches whom. Costs K × N once. */
export interface ObserversWithin {
  /** Costs K. */
  of(subject: string): readonly string[];
  /** Whom this member watches, sorted by name. Costs K × N. */
  subjectsOf(observer: string): readonly string[];
}

export function createRings(names: Iterable<string>): Rings {
  const members = [...new Set(names)].sort();
  const indexOf = new Map(members.map((name, index) => [name, index]));
  const count = Math.max(0, Math.min(MAX_RINGS, members.length - 1));
  const rings = layOut(members, count);
  const shifted = (name: string, by: number): string[] => {
    const index = indexOf.get(name);
    if (index === undefined) return [];
    return rings.map(({ order, position }) => memberAt(members, order, at(position, index) + by));
  };
  return {
    members,
    count,
    successors: (name) => shifted(name, 1),
    predecessors: (name) => shifted(name, -1),
    neighbours(name) {
      if (!indexOf.has(name)) return [];
      if (members.length - 1 <= MAX_NEIGHBOURS) return members.filter((other) => other !== name);
      return [...new Set([...shifted(name, 1), ...shifted(name, -1)])];
    },
    neighboursAmong(name, living) {
      const index = indexOf.get(name);
      if (index === undefined) return [];
      if (living.size - 1 <= MAX_NEIGHBOURS) return members.filter((other) => other !== name && living.has(other));
      // Hashes decide over the order, so the rings of some members are those of all without the others.
      const next = (by: 1 | -1): string[] =>
        rings.map(({ order, position }) => {
          let place = at(position, index) + by;
          while (!living.has(memberAt(members, order, place))) place += by;
          return memberAt(members, order, place);
        });
      return [...new Set([...next(1), ...next(-1)])];
    },
    observers(subject, candidates) {
      const index = indexOf.get(subject);
      if (index === undefined) return [];
      const left: number[] = [];
      for (const name of candidates) {
        const candidate = indexOf.get(name);
        if (candidate !== undefined && candidate !== index) left.push(candidate);
      }
      return takeNearest(rings, index, left).map((one) => at(members, one));
    },
    observersWithin(component) {
      const inside = Uint8Array.from(members, (name) => (component.has(name) ? 1 : 0));
      const next = rings.map(({ order }) => nextInside(order, inside));
      return {
        of(subject) {
          const index = indexOf.get(subject);
          return index === undefined ? [] : walk(rings, next, index).map((one) => at(members, one));
        },
        subjectsOf(observer) {
          const index = indexOf.get(observer);
          return index === undefined ? [] : members.filter((_, subject) => walk(rings, next, subject).includes(index));
        },
      };
    },
  };
}

interface Ring {
  /** Member indices in the order of the ring. */
  readonly order: Uint32Array;
  /** Member index → its place in `order`. */
  readonly position: Uint32Array;
}

/** Room for a million members below the hash in a number without loss: 32 + 20 bits. */
const INDEX_SPACE = 2 ** 20;

function layOut(members: readonly string[], count: number): Ring[] {
  const hashes = members.map(hashName);
  return Array.from({ length: count }, (_, ring) => {
    // The index in the sorted names settles equal hashes; numbers sort many times faster than objects.
    const keys = Float64Array.from(hashes, (hash, index) => mix(hash, ring) * INDEX_SPACE + index).sort();
    const order = Uint32Array.from(keys, (key) => key % INDEX_SPACE);
    const position = new Uint32Array(order.length);
    for (const [place, index] of order.entries()) position[index] = place;
    return { order, position };
  });
}

/** FNV-1a over the UTF-16 code units, 32 bits (Fowler, Noll, Vo; draft-eastlake-fnv). */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** MurmurHash3's 32-bit finalizer over hash and ring: FNV alone leaves the names of one series close together. */
function mix(hash: number, ring: number): number {
  let mixed = hash ^ Math.imul(ring + 1, 0x9e3779b9);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** @param left candidates; taken ones are removed */
function takeNearest(rings: readonly Ring[], subject: number, left: number[]): number[] {
  const taken: number[] = [];
  for (const { position } of rings) {
    if (left.length === 0) break;
    const from = at(position, subject);
    let nearest = 0;
    let least = Infinity;
    for (let index = 0; index < left.length; index += 1) {
      const distance = at(position, at(left, index)) - from;
      const onwards = distance < 0 ? distance + position.length : distance;
      if (onwards < least) [nearest, least] = [index, onwards];
    }
    taken.push(at(left, nearest));
    left[nearest] = at(left, left.length - 1);
    left.pop();
  }
  return taken;
}

/** For each place of a ring the next place, going round, that holds a member inside; -1 where there is none. */
function nextInside(order: Uint32Array, inside: Uint8Array): Int32Array {
  const next = new Int32Array(order.length).fill(-1);
  let last = -1;
  // Twice round, backwards: the first round only finds what lies behind the end.
  for (let step = 2 * order.length - 1; step >= 0; step -= 1) {
    const place = step % order.length;
    next[place] = last;
    if (inside[at(order, place)] === 1) last = place;
  }
  return next;
}

function walk(rings: readonly Ring[], next: readonly Int32Array[], subject: number): number[] {
  const taken: number[] = [];
  for (const [index, { order, position }] of rings.entries()) {
    const places = at(next, index);
    const first = at(places, at(position, subject));
    for (let place = first; place >= 0;) {
      const member = at(order, place);
      if (member !== subject && !taken.includes(member)) {
        taken.push(member);
        break;
      }
      place = at(places, place);
      if (place === first) break;
    }
  }
  return taken;
}

const memberAt = (members: readonly string[], order: Uint32Array, place: number): string =>
  at(members, at(order, (place + order.length) % order.length));

/** An element that is there by construction. */
function at<T>(list: { readonly [index: number]: T }, index: number): T {
  // Every index here comes from the lists' own layout.
  return list[index] as T;
}
