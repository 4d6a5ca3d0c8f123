/** Claims and defends this agent's name, and tells whose the others are. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { NodeUids } from '../../model/node-uids.ts';
import { type BindingClaim, BINDING, decodeBinding } from '../codec/binding.ts';
import { TOMBSTONE } from '../codec/tombstone.ts';
import { REPORT } from '../codec/report.ts';
import { type AuthorKey, authorOf, peerIdOf } from '../identity/peer-id.ts';
import { type Binding, bindingOf } from '../names/binding.ts';
import { answerTo, ownClaim } from '../names/judge.ts';
import { type Eligible, type FactsOf, type NameConflict, createNameRegister } from '../names/register.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

export interface NameKeeper {
  /**
   * A claim of a name, also an own one; or a tombstone, which may make a name free, or be this agent's own; or a report,
   * by which an agent is there.
   */
  hear(record: BookRecord): void;
  /** Everybody who claims the name. */
  claims(name: string): readonly Binding[];
  /** Names that two agents or more claim that are here now. */
  contested(): readonly string[];
  /** Claims of all names. */
  readonly count: () => number;
  /** The agent was removed from the cluster. */
  forget(name: string, peerId: string): void;
  /** Whatever these agents claim; nobody has met them. */
  forgetAll(peerIds: readonly string[]): void;
  /** Claims from the run before, with who held each name then by its PeerId. Nothing follows before {@link restored}. */
  restore(records: readonly BookRecord[], holders: ReadonlyMap<string, string>): void;
  /** That was all from the run before. */
  restored(): void;
  /** Claims and answers may go out from now on. */
  start(): void;
  /** @param isPresent whether the agent is in my component, whatever it is called */
  conflicts(isPresent: (peerId: string) => boolean): readonly NameConflict[];
  stop(): void;
}

export interface NameKeeperDeps {
  readonly self: { readonly name: string; readonly peerId: string };
  readonly book: Pick<RecordBook, 'buriedUpTo' | 'grave' | 'latest'>;
  /** When the agent has said something of itself last, monotonic ms; undefined: never. */
  readonly heardAt: (peerId: string) => number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is known of a claim, but for what the book knows. */
  readonly factsOf: FactsOf;
  readonly nodes?: NodeUids | undefined;
  /** Whether the agent is in my component, whatever it is called. */
  readonly isPresent: (peerId: string) => boolean;
  readonly claim: (claim: BindingClaim) => void;
  /** This agent was removed from the cluster by mistake, or while it was away, and has claimed its name anew. */
  readonly onReturn: () => void;
  /** Who holds the names now; called when a holder changed. */
  readonly onHolders: (holders: readonly Binding[]) => void;
}

/** A claim may have to wait for facts that nobody tells of. */
const TICK_MS = 1000;
/** The other side may not know the roster yet. */
const ANSWER_MS = 10_000;

export function createNameKeeper(deps: NameKeeperDeps): NameKeeper {
  const { self, book, clock, nodes } = deps;
  const isThere = (peerId: string): boolean => peerId === self.peerId || deps.isPresent(peerId);
  const isHere = ({ peerId }: Binding): boolean => isThere(peerId);
  const register = createNameRegister(isThere);
  let isStarted = false;
  let answeredAt = -Infinity;
  let cancel: () => void = () => {};

  const buriedUpTo = (peerId: string, name: string): number | undefined => {
    const author = authorOf(peerId);
    return author && book.buriedUpTo(author, name);
  };
  const factsOf: FactsOf = (claim, holder) => {
    const holderBuriedUpTo = buriedUpTo(holder.peerId, holder.name);
    const rosterUid = nodes?.of(holder.name);
    return {
      ...deps.factsOf(claim, holder),
      ...(holderBuriedUpTo !== undefined && { holderBuriedUpTo }),
      ...(rosterUid !== undefined && { rosterUid }),
    };
  };

  const isGhost = ({ name, peerId, generation }: Binding): boolean => {
    const grave = peerId === self.peerId ? undefined : book.grave(name);
    return grave !== undefined && generation <= grave.upTo && (deps.heardAt(peerId) ?? -Infinity) < grave.atMs;
  };

  const tellHolders = (): void => deps.onHolders(register.names().flatMap((name) => register.holder(name) ?? []));

  const settle = (eligible: Eligible = { isGhost }): void => {
    const changes = register.settle(clock.monotonic(), factsOf, eligible);
    if (changes.length === 0) return;
    for (const { name, holder, before, why } of changes)
      if (before !== undefined)
        deps.log.warn({ name, peer: holder.peerId, before: before.peerId, why }, 'another agent has the name now');
    tellHolders();
  };

  const say = ({ generation, refuted, nodeUid }: Binding): void => {
    const key = refuted === undefined ? undefined : authorOf(refuted);
    deps.claim({
      generation,
      ...(key !== undefined && { refuted: key }),
      ...(nodeUid !== undefined && { nodeUid }),
    });
  };

  const defend = (holder: Binding): void => {
    const [threat] = register.waiting(self.name);
    const rosterUid = threat && nodes?.of(self.name);
    const answer = threat && answerTo(threat, holder, rosterUid === undefined ? {} : { rosterUid });
    if (answer === undefined || clock.monotonic() - answeredAt < ANSWER_MS) return;
    answeredAt = clock.monotonic();
    say(answer);
  };

  const speakUp = (): void => {
    if (!isStarted) return;
    const holder = register.holder(self.name);
    if (holder?.peerId === self.peerId) defend(holder);
    const own = register.latest(self.name, self.peerId);
    const ownBuriedUpTo = buriedUpTo(self.peerId, self.name);
    const known = {
      holder,
      own,
      highest: register.highest(self.name),
      ...(ownBuriedUpTo !== undefined && { ownBuriedUpTo }),
    };
    // What it said before stands while the Node is another machine's: it lived on one that there was.
    const nodeUid = nodes?.own() ?? own?.nodeUid;
    const me = { ...self, ...(nodeUid !== undefined && { nodeUid }) };
    // Nobody disputes its own claim.
    const isOwn = holder === undefined || holder.peerId === self.peerId;
    const facts = isOwn ? { holderHasGoodEdge: false } : factsOf({ ...me, generation: 0 }, holder);
    const claim = ownClaim(me, known, facts);
    if (claim === undefined) return;
    say(claim);
    // Also where it has not kept what it said before, and hears from others that it was buried.
    if (ownBuriedUpTo === undefined || (own !== undefined && own.generation > ownBuriedUpTo)) return;
    deps.log.warn({ name: self.name }, 'this node was removed from the cluster and claims its name anew');
    deps.onReturn();
  };

  const forget = (claims: readonly { readonly name: string; readonly peerId: string }[]): void => {
    for (const { name, peerId } of claims) register.forget(name, peerId);
    register.settle(clock.monotonic(), factsOf, { isGhost });
    tellHolders();
  };

  /** Of whoever is heard of: others may have pushed it out before, see {@link createNameRegister}. */
  const recallClaim = (author: AuthorKey): void => {
    if (register.claimedBy(peerIdOf(author)).length > 0) return;
    const record = book.latest(author, BINDING);
    const binding = record && readBinding(record);
    if (binding !== undefined) register.note(binding, clock.monotonic());
  };

  const tick = (): void => {
    settle();
    speakUp();
  };

  return {
    hear(record) {
      if (record.type === TOMBSTONE) return tick();
      if (record.type === REPORT) return recallClaim(record.author);
      const binding = readBinding(record);
      if (binding === undefined) return;
      register.note(binding, clock.monotonic());
      tick();
    },
    contested: () =>
      register.names().filter((name) => {
        const claims = register.claims(name);
        return claims.length > 1 && claims.filter(isHere).length > 1;
      }),
    claims: (name) => register.claims(name),
    count: () => register.names().reduce((sum, name) => sum + register.claims(name).length, 0),
    forget: (name, peerId) => forget([{ name, peerId }]),
    forgetAll: (peerIds) =>
      forget(peerIds.flatMap((peerId) => register.claimedBy(peerId).map((name) => ({ name, peerId })))),
    restore(records, holders) {
      for (const binding of records.flatMap((record) => readBinding(record) ?? [])) {
        const isHolder = holders.get(binding.name) === binding.peerId;
        register[isHolder ? 'restore' : 'note'](binding, clock.monotonic());
      }
    },
    restored() {
      settle();
      tellHolders();
    },
    start() {
      isStarted = true;
      cancel = clock.every(TICK_MS, () => {
        tick();
        // Who ranks lower counts by what is seen only, which nobody tells of.
        settle({ isGhost, isPresent: deps.isPresent });
      });
      tick();
    },
    conflicts: (isPresent) => register.conflicts(clock.monotonic(), isPresent),
    stop() {
      isStarted = false;
      cancel();
    },
  };
}

function readBinding(record: BookRecord): Binding | undefined {
  const decoded = record.type === BINDING ? decodeBinding(payloadOf(record)) : undefined;
  return decoded && bindingOf(record.author, decoded);
}
