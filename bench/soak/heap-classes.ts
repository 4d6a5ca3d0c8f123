/** Heap snapshots of V8, added up by class. Pure. */

export interface ClassSize {
  readonly count: number;
  readonly bytes: number;
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly (readonly string[] | string)[];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Kinds whose names are contents: they are added up by kind alone. */
const NAMELESS: readonly string[] = ['string', 'concatenated string', 'sliced string', 'number', 'bigint', 'symbol'];
const LONGEST_NAME = 60;

/** @param text a snapshot as V8 writes it; the fields of its nodes are named in it */
export function readClasses(text: string): ReadonlyMap<string, ClassSize> {
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const kinds = types[type] as readonly string[];
  const classes = new Map<string, { count: number; bytes: number }>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + type] ?? 0] ?? '';
    const own = NAMELESS.includes(kind) ? '' : ` ${(strings[nodes[at + name] ?? 0] ?? '').slice(0, LONGEST_NAME)}`;
    const key = kind + own;
    const sum = classes.get(key) ?? { count: 0, bytes: 0 };
    sum.count += 1;
    sum.bytes += nodes[at + size] ?? 0;
    classes.set(key, sum);
  }
  return classes;
}

/** Lines for people, what grew most first. */
export function growthOf(before: ReadonlyMap<string, ClassSize>, after: ReadonlyMap<string, ClassSize>): string[] {
  const none = { count: 0, bytes: 0 };
  const grown = [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const [was, is] = [before.get(key) ?? none, after.get(key) ?? none];
    return { key, was, is, bytes: is.bytes - was.bytes };
  });
  const total = (classes: ReadonlyMap<string, ClassSize>): number =>
    [...classes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    `heap: ${total(before)} -> ${total(after)} bytes`,
    ...grown
      .filter(({ bytes }) => bytes > 0)
      .toSorted((a, b) => b.bytes - a.bytes)
      .map(({ key, was, is, bytes }) => `  +${bytes} bytes, ${was.count} -> ${is.count}: ${key}`),
  ];
}
