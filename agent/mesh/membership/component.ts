/**
 * Who is connected to me. A walk from me along my own probes, then along the edges that members already in it state.
 *
 * Members outside it testify to nothing: what reached me from them is what they saw before the cut. Without this rule
 * the other side of a partition, or a dead node's last report, would keep its fellows alive in my view for ever.
 */
import { type EdgeState, isReachable } from '../../model/member.ts';

/**
 * @param statedBy what a member says of others, my own edges under my own name
 * @param expected members that were not removed, with myself; edges to others lead nowhere
 */
export function componentOf(
  self: string,
  statedBy: (author: string) => ReadonlyMap<string, EdgeState>,
  expected: ReadonlySet<string>,
): ReadonlySet<string> {
  const component = new Set([self]);
  // A Set iterates over what is added on the way.
  for (const author of component) {
    if (component.size === expected.size) break;
    for (const [subject, state] of statedBy(author)) {
      // Nearly all are in it already: each is stated by sixteen.
      if (isReachable(state) && !component.has(subject) && expected.has(subject)) component.add(subject);
    }
  }
  return component;
}
