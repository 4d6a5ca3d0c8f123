/** Names as people count: `w9` before `w10`. */
const KEYS = new Map<string, string>();
/** Of several large clusters; beyond it they are made anew. */
const MAX_KEYS = 20_000;

export function byName(a: string, b: string): number {
  const [first, second] = [keyOf(a), keyOf(b)];
  if (first === second) return a < b ? -1 : a > b ? 1 : 0;
  return first < second ? -1 : 1;
}

/** Kept, because a sort of a thousand names asks for each about ten times. */
function keyOf(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  if (KEYS.size >= MAX_KEYS) KEYS.clear();
  const key = name.replace(/\d+/g, (digits) => digits.padStart(12, '0'));
  KEYS.set(name, key);
  return key;
}
