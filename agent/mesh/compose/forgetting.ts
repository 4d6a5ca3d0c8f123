/** A person, or the Kubernetes API, says that a member does not come back. Never believed of a member that is alive in my component. */
import type { ForgetOutcome } from '../../model/forget-outcome.ts';
import { type Member, isDown, isReachable } from '../../model/member.ts';
import { MAX_BURIED, type Tombstone } from '../codec/tombstone.ts';
import { authorOf } from '../identity/peer-id.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Binding } from '../names/binding.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { Directory } from './directory.ts';
import type { Knowledge } from './knowledge.ts';
import { reaches } from './name-facts.ts';
import type { NameKeeper } from './name-keeper.ts';
import type { ReadLatest } from './report-reader.ts';

export interface ForgettingDeps {
  /** This node's name. */
  readonly self: string;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly step: () => MembershipStep;
  readonly book: Pick<RecordBook, 'lastBuried' | 'grave'>;
  readonly directory: Directory;
  readonly names: Pick<NameKeeper, 'claims'>;
  readonly knowledge: Pick<Knowledge, 'memberOf' | 'isPresent'>;
  readonly readLatest: ReadLatest;
  /** Undefined: this agent may not speak yet. */
  readonly bury: (stone: Tombstone) => OfferResult | undefined;
}

/** Verdicts take seconds; who is in doubt for so long was never found by anybody. */
const DOUBTED_MS = 30_000;

/** Removes a member from the cluster, for that reason. */
export type Forget = (name: string, why: Tombstone['why']) => ForgetOutcome;

export function createForgetting(deps: ForgettingDeps): Forget {
  const { self, directory, names, knowledge, step } = deps;

  /** What speaks against it. */
  const objection = (name: string, member: Member | undefined): ForgetOutcome | undefined => {
    if (name === self) return { kind: 'self' };
    const { settled, isolation, component } = step();
    if (member === undefined && deps.directory.byName(name) === undefined)
      return { kind: deps.book.grave(name) === undefined ? 'unknown-name' : 'forgotten-before' };
    if (!settled) return { kind: 'not-settled' };
    if (isolation === 'self') return { kind: 'isolated' };
    if (isolation === 'asking') return { kind: 'in-doubt' };
    if (component.has(name)) return { kind: 'alive', reachedBy: reachedBy(name) };
    const isSure = member === undefined || isDown(member.state) || member.state === 'left' || isLong(member);
    return isSure ? undefined : { kind: 'in-doubt' };
  };
  const isLong = ({ state, sinceMs }: Member): boolean => state === 'leaving' || deps.now() - sinceMs >= DOUBTED_MS;

  const reachedBy = (name: string): readonly string[] => {
    const node = directory.byName(name);
    if (node === undefined) return [];
    const { component, edges } = step();
    const own = edges().some(({ peer, state }) => peer === name && isReachable(state)) ? [self] : [];
    const others = [...directory.all()].filter(
      (one) =>
        one.name !== self &&
        component.has(one.name) &&
        reaches(deps.readLatest(one.author)?.edges.to(node.prefix) ?? [], node.prefix),
    );
    return [...own, ...others.map((one) => one.name).sort()];
  };

  /** Also those who claimed the name in vain: it would be theirs now. The holder last, so that it never is. */
  const claimants = (name: string): readonly Binding[] => {
    const holder = directory.byName(name)?.peerId;
    const gone = names.claims(name).filter(({ peerId }) => peerId === holder || !knowledge.isPresent(peerId));
    return gone.sort((one, other) => Number(one.peerId === holder) - Number(other.peerId === holder));
  };

  return (name, why) => {
    const member = knowledge.memberOf(name);
    const refusal = objection(name, member);
    if (refusal !== undefined) return refusal;
    for (const { peerId, generation: claimed } of claimants(name)) {
      const author = authorOf(peerId);
      if (author === undefined) continue;
      // One that has expired is not taken again.
      const last = deps.book.lastBuried(author, name);
      const generation = Math.min(MAX_BURIED, last >= claimed ? last + 1 : claimed);
      const result = deps.bury({ name, author, generation, why });
      if (result === undefined) return { kind: 'not-settled' };
      if (result.kind !== 'accepted') return { kind: 'busy' };
    }
    return { kind: 'forgotten', state: member?.state ?? 'left' };
  };
}
