/** Pairs of nodes between which something is broken, put together by the node that they have in common. */

/**
 * Each item goes to the end of it that has more broken pairs; of two that have as many, to the one that sorts first.
 *
 * @param endsOf the two nodes; several items may be about one pair
 */
export function byCentre<Item>(
  items: readonly Item[],
  endsOf: (item: Item) => readonly [string, string],
): ReadonlyMap<string, readonly Item[]> {
  const pairs = new Map(items.map((item) => [endsOf(item).toSorted().join(' '), endsOf(item)]));
  const count = new Map<string, number>();
  for (const end of [...pairs.values()].flat()) count.set(end, (count.get(end) ?? 0) + 1);
  return Map.groupBy(items, (item) => {
    const [one = '', other = ''] = endsOf(item).toSorted();
    return (count.get(other) ?? 0) > (count.get(one) ?? 0) ? other : one;
  });
}
