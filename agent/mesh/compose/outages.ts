/** Times in which members were not reachable, and which are over: what a partition looked like, once both sides can tell. */
import type { Clock } from '../../base/clock.ts';
import type { Member } from '../../model/member.ts';
import type { Outage } from '../../model/mesh-state.ts';
import type { MemberChange } from '../membership/roster.ts';

export interface Outages {
  note(changes: readonly MemberChange[], members: readonly Member[]): void;
  /** Of the last 15 minutes. */
  list(): readonly Outage[];
}

export interface OutagesDeps {
  readonly clock: Clock;
  /** Members that the node says it lost between these instants, by its own event log. */
  readonly lostBy: (node: string, from: number, to: number) => readonly string[];
}

const KEPT_MS = 15 * 60_000;
const MAX_KEPT = 1000;

type Span = Pick<Outage, 'node' | 'from' | 'observers'>;

export function createOutages({ clock, lostBy }: OutagesDeps): Outages {
  const open = new Map<string, Span>();
  let over: readonly (Span & { readonly to: number })[] = [];
  return {
    note(changes, members) {
      for (const change of changes) {
        if (change.kind !== 'state') continue;
        const node = change.member;
        if (change.to === 'unreachable') {
          const testimony = members.find(({ name }) => name === node)?.testimony ?? [];
          const observers = testimony.filter(({ state }) => state === 'lost').map(({ observer }) => observer);
          open.set(node, open.get(node) ?? { node, from: clock.now(), observers });
        }
        const span = change.to === 'alive' ? open.get(node) : undefined;
        if (span === undefined) continue;
        open.delete(node);
        over = [...over, { ...span, to: clock.now() }].slice(-MAX_KEPT);
      }
    },
    list() {
      const after = clock.now() - KEPT_MS;
      over = over.filter(({ to }) => to >= after);
      return over.map((span) => ({ ...span, lostByItself: lostBy(span.node, span.from, span.to) }));
    },
  };
}
