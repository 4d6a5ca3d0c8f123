/** Draws that a schedule of faults needs. */
import type { Random } from '../../test/lib/random.ts';

/** From `low` to `high`, both whole and included. */
export const between = (random: Random, low: number, high: number): number => low + random.integer(high - low + 1);

/** Without repetition; fewer where there are not as many. */
export function draw<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const left = [...items];
  const drawn: Item[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(random.integer(left.length), 1));
  return drawn;
}

/** By weight. */
export function weighted<Item extends { readonly weight: number }>(random: Random, items: readonly Item[]): Item {
  let left = random.next() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return random.pick(items);
}
