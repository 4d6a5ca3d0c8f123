/** Who is expected to be there: told to all that goes by names, whenever names get other keys or become free. */
import type { ExpectedMember } from '../membership/roster.ts';
import type { Binding } from '../names/binding.ts';
import type { Apart } from './apart.ts';
import type { Directory } from './directory.ts';
import type { Hearing } from './hearing.ts';
import type { recalledMembers } from './memory.ts';
import type { Neighbours } from './neighbours.ts';
import type { ProbePlan } from './probe-plan.ts';
import type { Watch } from './watch.ts';

export interface Roll {
  /** All who hold a name now. */
  readonly holders: (holders: readonly Binding[]) => void;
  /** The agent was removed from the cluster: what it was before is no beginning of what it is when it comes back. */
  readonly removed: (peerId: string) => void;
}

export interface RollDeps {
  readonly directory: Directory;
  readonly watch: Watch;
  readonly hearing: Pick<Hearing, 'recognised'>;
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
  const { directory, watch, hearing, neighbours, plan } = deps;
  const removed = new Set<string>();
  const expected = (): readonly ExpectedMember[] =>
    [...directory.all()].map(({ name, peerId }) => {
      const last = deps.recalled.get(name);
      return { name, ...(last?.peerId === peerId && !removed.has(peerId) && { last }) };
    });
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
      hearing.recognised(fresh.filter(({ peerId }) => peerId !== deps.peerId));
      plan.refresh();
      deps.apart.look(fresh.map(({ peerId }) => peerId));
      deps.onChange();
    },
    removed(peerId) {
      if (deps.recalled.size > 0) removed.add(peerId);
    },
  };
}
