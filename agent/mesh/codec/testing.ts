/** Hostile input for decoders, and what must hold for whatever they accept. */

/** Randomness as tests have it. */
interface Random {
  integer(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  chance(probability: number): boolean;
}

/** Values that have broken decoders before. */
const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  4_294_967_296,
  '',
  'x'.repeat(5000),
  '\u001b[31mred\u202e\u0000',
  '__proto__',
  '\ud800',
  [],
  [[[[[]]]]],
  [null, null, null, null],
  {},
  { length: 3 },
  { toString: 1 },
];

/** A payload with some of its values replaced, dropped, doubled or moved, or with broken bytes. */
export function brokenPayload(items: readonly unknown[], random: Random): Uint8Array {
  let copy: unknown = structuredClone(items);
  for (let change = random.integer(4); change >= 0; change -= 1) copy = broken(copy, random);
  let text = JSON.stringify(copy);
  if (random.chance(0.1)) text = text.replace(/\d+/, '1e999');
  const bytes = Buffer.from(text);
  if (random.chance(0.2) && bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
  return random.chance(0.05) ? bytes.subarray(0, random.integer(bytes.length + 1)) : bytes;
}

function broken(value: unknown, random: Random): unknown {
  if (!Array.isArray(value) || value.length === 0) return random.pick(NASTY);
  const copy: unknown[] = [...(value as readonly unknown[])];
  const at = random.integer(copy.length);
  if (random.chance(0.6) && Array.isArray(copy[at])) {
    copy[at] = broken(copy[at], random);
    return copy;
  }
  const kind = random.integer(8);
  if (kind < 4) copy[at] = random.pick(NASTY);
  else if (kind === 4) copy.splice(at, 1);
  else if (kind < 7) copy.splice(at, 0, copy[random.integer(copy.length)]);
  else copy.push(...Array.from({ length: random.integer(400) }, () => copy[at]));
  return copy;
}

// oxlint-disable-next-line no-control-regex -- exactly what must not get through
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Everything in a decoded value that a reader would stumble over; empty is good. */
export function faultsIn(value: unknown, path = '$'): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (typeof value === 'string') {
    return HARMFUL.test(value) || value.length > 300 ? [`${path} is ${JSON.stringify(value.slice(0, 40))}`] : [];
  }
  if (value instanceof Uint8Array) return value.length === 32 ? [] : [`${path} has ${value.length} bytes`];
  if (Array.isArray(value)) {
    const long = value.length > 256 ? [`${path} has ${value.length} items`] : [];
    return [...long, ...value.flatMap((item, index) => faultsIn(item, `${path}[${index}]`))];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => faultsIn(item, `${path}.${key}`));
}
