/**
 * Whom the responder pings does not change with every breath of the mesh: where another node dies, a report may be behind for
 * a moment, and a path that is left out for that moment begins anew, with nothing known of it. Then a cut that came at the
 * same time is told after a minute instead of half of one.
 */
import type { Clock } from '../../base/clock.ts';
import type { OverlayTarget } from './port.ts';

/** With the time until a responder that ended is missed, shorter than it takes to call a path broken: nobody is accused. */
const HOLD_MS = 6000;

/** @returns those that are named now, first, and those that were a moment ago */
export function createHeldTargets(
  clock: Pick<Clock, 'monotonic'>,
): (named: readonly OverlayTarget[]) => readonly OverlayTarget[] {
  const held = new Map<string, { readonly target: OverlayTarget; readonly at: number }>();
  return (named) => {
    const at = clock.monotonic();
    for (const [node, one] of held) if (at - one.at > HOLD_MS) held.delete(node);
    for (const target of named) held.set(target.node, { target, at });
    const names = new Set(named.map(({ node }) => node));
    return [...named, ...[...held.values()].flatMap(({ target }) => (names.has(target.node) ? [] : [target]))];
  };
}
