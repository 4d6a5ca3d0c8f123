/** Chance that is always the same: a figure from a seed and the names of what it is for. */

/** From 0 to 1, 1 excluded; FNV-1a with the finaliser of MurmurHash3, whose low bits are well mixed. */
export function chance(seed: number, ...names: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const name of names) {
    const text = `${name}/`;
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One of several. */
export function pick<Item>(
  items: readonly Item[],
  seed: number,
  ...names: readonly (string | number)[]
): Item | undefined {
  return items[Math.floor(chance(seed, ...names) * items.length)];
}
