/**
 * Whose names count. Anybody with the cluster's key can sign claims for agents that do not exist, as many as it likes; if
 * those were members, a cluster would seem to have lost most of itself. So a name is a member's only once it was met:
 *
 * - this agent has a connection with it, or it answered a probe, or it did when this agent ran before, or
 * - two members of my component state an edge to it, of whatever kind: an agent states edges only to whom it has met
 *   itself. One is enough while there are less than three to ask. So who starts among the dead hears of them.
 *
 * A name stays met, whatever key gets it later. Who was not met is probed now and then, and is nobody until it answers.
 */
import type { Clock } from '../../base/clock.ts';

export interface Acquaintance {
  isMet(name: string): boolean;
  /** All names that somebody holds now. */
  named(names: readonly string[]): void;
  /** It answered, or there is a connection. */
  met(name: string): void;
  /** A member, or somebody who would be one, stated an edge to it. */
  stated(by: string, name: string): void;
  /** Whether what these state of somebody is enough, whatever it is called. */
  isEnough(by: Iterable<string>): boolean;
  /** Who belongs to my component may be another one now. */
  review(): void;
  /** Names that nobody has met. */
  strangers(): number;
  stop(): void;
}

export interface AcquaintanceDeps {
  /** This node's own name. */
  readonly self: string;
  readonly clock: Clock;
  /** Names that were members' when this agent ran before. */
  readonly recalled: Iterable<string>;
  readonly component: () => ReadonlySet<string>;
  /** Probes each of these once. Those of whom no address is known are left out. */
  readonly probe: (names: readonly string[]) => void;
  /** Somebody was met. */
  readonly onMet: () => void;
}

/** Of strangers; an agent spends as much on lost members. */
const PROBES_PER_SECOND = 32;
const TICK_MS = 1000;
/** Two would do; more are kept because some of them may count later only. */
const MAX_VOUCHERS = 8;
const ENOUGH = 2;
/** With fewer members than this there is one to ask at most. */
const FEW = 3;

export function createAcquaintance(deps: AcquaintanceDeps): Acquaintance {
  const { self, clock } = deps;
  const known = new Set([self, ...deps.recalled]);
  /** Strangers' names, and who stated an edge to each. The one that was probed longest ago comes first. */
  const strangers = new Map<string, Set<string>>();
  let isTelling = false;
  let cancelTelling: () => void = () => {};

  const tell = (): void => {
    if (isTelling) return;
    isTelling = true;
    // All that one report tells of comes in the same turn.
    cancelTelling = clock.after(0, () => {
      isTelling = false;
      deps.onMet();
    });
  };
  const meet = (name: string): void => {
    strangers.delete(name);
    known.add(name);
    tell();
  };
  const isVouchedFor = (vouchers: ReadonlySet<string>, component: ReadonlySet<string>): boolean => {
    let count = 0;
    for (const by of vouchers) if (by !== self && known.has(by) && component.has(by)) count += 1;
    return count >= (component.size < FEW ? 1 : ENOUGH);
  };
  const review = (): void => {
    if (strangers.size === 0) return;
    const component = deps.component();
    for (const [name, vouchers] of strangers) if (isVouchedFor(vouchers, component)) meet(name);
  };
  const probe = (): void => {
    const names = [...strangers.keys()].slice(0, PROBES_PER_SECOND);
    for (const name of names) {
      const vouchers = strangers.get(name) ?? new Set();
      strangers.delete(name);
      strangers.set(name, vouchers);
    }
    if (names.length > 0) deps.probe(names);
  };
  const cancelTicks = clock.every(TICK_MS, () => {
    review();
    probe();
  });

  return {
    isMet: (name) => known.has(name),
    named(names) {
      const named = new Set(names);
      for (const name of strangers.keys()) if (!named.has(name)) strangers.delete(name);
      const fresh = names.filter((name) => !known.has(name) && !strangers.has(name));
      for (const name of fresh) strangers.set(name, new Set());
      if (fresh.length > 0) deps.probe(fresh.slice(0, PROBES_PER_SECOND));
    },
    met(name) {
      if (strangers.has(name)) meet(name);
    },
    stated(by, name) {
      const vouchers = strangers.get(name);
      if (vouchers === undefined || vouchers.has(by)) return;
      // Other strangers must not take the place of members.
      const other = vouchers.size < MAX_VOUCHERS ? undefined : [...vouchers].find((one) => !known.has(one));
      if (other === undefined && vouchers.size >= MAX_VOUCHERS) return;
      if (other !== undefined) vouchers.delete(other);
      vouchers.add(by);
      if (isVouchedFor(vouchers, deps.component())) meet(name);
    },
    isEnough: (by) => isVouchedFor(new Set(by), deps.component()),
    review,
    strangers: () => strangers.size,
    stop() {
      cancelTicks();
      cancelTelling();
    },
  };
}
