/** Who is expected to be there: told to all that goes by names, whenever names get other keys or become free. */
import type { Clock } from '../../base/clock.ts';
import type { ExpectedMember } from '../membership/roster.ts';
import type { Binding } from '../names/binding.ts';
import { RECORDS_PER_TURN } from '../spread/pause.ts';
import type { Apart } from './apart.ts';
import type { Acquaintance } from './acquaintance.ts';
import type { Directory, KnownNode } from './directory.ts';
import type { Hearing } from './hearing.ts';
import type { recalledMembers } from './memory.ts';
import type { Neighbours } from './neighbours.ts';
import type { ProbePlan } from './probe-plan.ts';
import type { Watch } from './watch.ts';

export interface Roll {
  /** All who hold a name now. */
  readonly holders: (holders: readonly Binding[]) => void;
  /** Somebody was met who held a name before. */
  readonly met: () => void;
  /** The agent was removed from the cluster: what it was before is no beginning of what it is when it comes back. */
  readonly removed: (peerId: string) => void;
  /** What some of them said before they were members is yet to be heard: of many at once it takes a while. */
  readonly isHearing: () => boolean;
  readonly stop: () => void;
}

export interface RollDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly acquaintance: Pick<Acquaintance, 'isMet' | 'named'>;
  readonly directory: Directory;
  readonly watch: Watch;
  readonly hearing: Pick<Hearing, 'named' | 'recognised'>;
  readonly neighbours: Neighbours;
  readonly plan: ProbePlan;
  readonly apart: Apart;
  readonly onChange: () => void;
  /** From the run before. */
  readonly recalled: ReturnType<typeof recalledMembers>;
  /** The own key. */
  readonly peerId: string;
}

export function createRoll(deps: RollDeps): Roll {
  const { directory, watch, hearing, neighbours, plan, acquaintance } = deps;
  const removed = new Set<string>();
  const expected = (): readonly ExpectedMember[] =>
    [...directory.all()].flatMap(({ name, peerId }) => {
      const last = deps.recalled.get(name);
      if (!acquaintance.isMet(name)) return [];
      return { name, ...(last?.peerId === peerId && !removed.has(peerId) && { last }) };
    });
  /** What they said before they were members counts from now on. */
  const told = new Set<string>();
  let unheard: readonly KnownNode[] = [];
  let cancel: (() => void) | undefined;
  const hearFresh = (fresh: readonly KnownNode[]): void => {
    const others = fresh.filter(({ name, peerId }) => peerId !== deps.peerId && acquaintance.isMet(name));
    for (const { name } of others) told.add(name);
    unheard = [...unheard, ...others];
    if (cancel !== undefined) return;
    if (unheard.length > RECORDS_PER_TURN) cancel = deps.clock.after(0, hearSome);
    else hearSome();
  };
  /** In later turns of the event loop where they are many: a report costs a fraction of a millisecond, and a cluster has thousands. */
  const hearSome = (): void => {
    cancel = undefined;
    const some = unheard.slice(0, RECORDS_PER_TURN);
    unheard = unheard.slice(RECORDS_PER_TURN);
    hearing.recognised(some.filter(({ name, peerId }) => directory.byName(name)?.peerId === peerId));
    // Hearing may have found somebody more.
    if (unheard.length > 0) cancel ??= deps.clock.after(0, hearSome);
  };
  return {
    holders(holders) {
      const fresh = directory.replace(holders);
      // What was known of a name under another key is about another agent.
      const renewed = new Set(fresh.map(({ name }) => name));
      const isKnown = watch.latest().members.some(({ name }) => renewed.has(name));
      const members = expected();
      if (isKnown) watch.take({ kind: 'expected', members: members.filter(({ name }) => !renewed.has(name)) });
      watch.take({ kind: 'expected', members });
      neighbours.renew();
      hearFresh(fresh);
      plan.refresh();
      acquaintance.named([...directory.all()].map(({ name }) => name));
      hearing.named(fresh);
      deps.apart.look(fresh.map(({ peerId }) => peerId));
      deps.onChange();
    },
    met() {
      watch.take({ kind: 'expected', members: expected() });
      neighbours.renew();
      hearFresh([...directory.all()].filter(({ name }) => !told.has(name)));
      deps.onChange();
    },
    removed(peerId) {
      if (deps.recalled.size > 0) removed.add(peerId);
    },
    isHearing: () => unheard.length > 0,
    stop() {
      cancel?.();
      unheard = [];
    },
  };
}
