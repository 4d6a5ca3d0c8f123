/**
 * Membership of one agent as a pure state machine: what it sees and hears goes in with the time, what it thinks and what
 * it wants to do next comes out. No sockets, no timers, no clock, no randomness of its own, so the agent and the
 * simulator drive the very same code.
 */
import {
  type Edge,
  type EdgeState,
  type LeavingReason,
  type Member,
  type Testimony,
  isReachable,
} from '../../model/member.ts';
import { createAttention } from './attention.ts';
import { componentOf } from './component.ts';
import type { ProbeAnswer, ProbeMiss } from './edge.ts';
import { type Isolation, type WitnessAnswer, createIsolationWatch } from './isolation.ts';
import { type EdgeChange, createOwnEdges } from './own-edges.ts';
import { type Rings, createRings } from './rings.ts';
import { type ExpectedMember, type MemberChange, createRoster } from './roster.ts';
import { createSampling } from './sampling.ts';
import type { LookResult } from './second-look.ts';
import { type StatementEffect, type StatementOrder, createTestimonyBook } from './testimony.ts';
import { createWave, weigh } from './verdict.ts';

/** One thing that happened. `peer`, `by` and `member` are node names. */
export type MembershipInput =
  /** Nothing; `wakeAtMs` is there. */
  | { readonly kind: 'tick' }
  /** All members that are known, each time in full. */
  | { readonly kind: 'expected'; readonly members: readonly ExpectedMember[] }
  | { readonly kind: 'answered'; readonly peer: string; readonly boot?: number; readonly answer: ProbeAnswer }
  | { readonly kind: 'missed'; readonly peer: string; readonly miss: ProbeMiss }
  /** A probe of the peer arrived: this direction works. */
  | { readonly kind: 'pinged'; readonly peer: string; readonly boot?: number }
  /** Its libp2p connection closed or was reset. */
  | { readonly kind: 'disconnected'; readonly peer: string }
  | { readonly kind: 'looked'; readonly peer: string; readonly result: LookResult }
  /** All edges that an author states, from its report. */
  | {
      readonly kind: 'reported';
      readonly by: string;
      readonly order: StatementOrder;
      readonly edges: ReadonlyMap<string, EdgeState>;
    }
  /** One edge of an author changed, from an event; without `state` it is withdrawn. */
  | {
      readonly kind: 'edge';
      readonly by: string;
      readonly order: StatementOrder;
      readonly peer: string;
      readonly state?: EdgeState;
    }
  | { readonly kind: 'leaving'; readonly member: string; readonly boot: number; readonly reason: LeavingReason }
  | { readonly kind: 'witnessed'; readonly answer: WitnessAnswer }
  /** SIGCONT, or a deadline of the prober was late. */
  | { readonly kind: 'away' };

export interface MembershipStep {
  /** Every known member, also myself, sorted by name. The same array while nothing changes. */
  readonly members: readonly Member[];
  /** Who is connected to me; see `component.ts`. */
  readonly component: ReadonlySet<string>;
  /** Whom to hold a connection to: at most 16 that may live, and those of the fixed neighbours that are gone. */
  readonly neighbours: readonly string[];
  /** Who of my component is to watch a member now. */
  readonly observersOf: (member: string) => readonly string[];
  /** My own edges, samples at the end. */
  readonly edges: () => readonly Edge[];
  readonly isolation: Isolation;
  /** True while nothing learned from disk is judged: until each own edge had 6 probes, or 10 s. */
  readonly settled: boolean;
  /** True for a second after a pause of this process. */
  readonly away: boolean;
  /** Whom to probe, with the mean time between two probes in ms. The same Map while nothing changes. */
  readonly probes: ReadonlyMap<string, number>;
  /** To be probed once more, at once. */
  readonly pings: readonly string[];
  /** To be looked at by TCP, at once. */
  readonly looks: readonly string[];
  /** Ask the witnesses, at once. */
  readonly witnessesWanted: boolean;
  /** What is worth an entry in the timeline. */
  readonly changes: readonly MemberChange[];
  /** What I state otherwise than before: to be published. */
  readonly edgeChanges: readonly EdgeChange[];
  /** Step again by then. */
  readonly wakeAtMs: number;
}

export interface MembershipOptions {
  /** My node name. */
  readonly self: string;
  /** Monotonic, ms, at the start. */
  readonly nowMs: number;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

export interface Membership {
  /** @param nowMs monotonic, ms; never runs back */
  step(input: MembershipInput, nowMs: number): MembershipStep;
}

/** So many probes tell an edge's state after the start, and so long it takes at most. */
const SETTLED_PROBES = 6;
const SETTLED_AFTER_MS = 10_000;
/** A pulse for what only time changes, and to notice that I was away. */
const HEARTBEAT_MS = 1000;
/**
 * What a member said while it was not in my component is history, also after it came back: that it lost us is what it saw
 * from the other side of the cut. It has probed again by then, or it means it.
 */
const TRUSTED_AFTER_MS = 3000;
/** Members whose only observer I have become and whom I have not probed yet, at once. */
const MOST_UNTESTED = 16;
/** Edges that are no longer needed are dropped after a while. */
const REAIM_MS = 5000;
/** Below this size every step may walk the component anew. */
const SMALL = 200;

export const createMembership = (options: MembershipOptions): Membership => new MembershipMachine(options);

class MembershipMachine implements Membership {
  readonly #self: string;
  readonly #startedAtMs: number;
  readonly #roster;
  readonly #book = createTestimonyBook();
  readonly #edges = createOwnEdges();
  readonly #wave = createWave();
  readonly #isolation = createIsolationWatch();
  readonly #attention = createAttention();
  readonly #sampling;
  #rings: Rings;
  #neighbours: readonly string[] = [];
  #component: ReadonlySet<string>;
  #observersOf: (member: string) => readonly string[];
  readonly #joinedAtMs = new Map<string, number>();
  #trustChangesAtMs = Infinity;
  #isSettled = false;
  #isDirty = true;
  #judgedAtMs = -Infinity;
  #aimedAtMs = -Infinity;
  #ownStatements = 0;
  // What the current step hands out.
  #pings = new Set<string>();
  #changes: MemberChange[] = [];
  #edgeChanges: readonly EdgeChange[] = [];
  #looks: readonly string[] = [];
  #probes: ReadonlyMap<string, number> = new Map();

  constructor({ self, nowMs, random }: MembershipOptions) {
    this.#self = self;
    this.#startedAtMs = nowMs;
    this.#roster = createRoster(self, nowMs);
    this.#roster.expect([], nowMs);
    this.#sampling = createSampling(random);
    this.#component = new Set([self]);
    this.#rings = createRings([self]);
    this.#observersOf = this.#rings.observersWithin(this.#component);
  }

  step(input: MembershipInput, nowMs: number): MembershipStep {
    this.#pings = new Set();
    this.#changes = [];
    this.#edgeChanges = [];
    this.#looks = [];
    if (this.#attention.arrive(nowMs)) this.#rearm(nowMs);
    this.#take(input, nowMs);
    if (input.kind !== 'reported' && input.kind !== 'edge') this.#lookAtOwnEdges(nowMs);
    if (this.#isDue(nowMs)) {
      this.#judge(nowMs);
      this.#probes = this.#edges.intervals(nowMs);
    }
    this.#sample(nowMs);
    return this.#result(nowMs);
  }

  #take(input: MembershipInput, nowMs: number): void {
    switch (input.kind) {
      case 'tick':
        return;
      case 'expected':
        return this.#expect(input.members, nowMs);
      case 'reported':
        return this.#hear(input.by, input.order.boot, nowMs, () =>
          this.#book.report(input.by, input.order, input.edges),
        );
      case 'edge':
        return this.#hear(input.by, input.order.boot, nowMs, () =>
          this.#book.change(input.by, input.order, input.peer, input.state),
        );
      case 'leaving':
        this.#roster.leaves(input.member, input.boot, input.reason, nowMs);
        this.#isDirty = true;
        return;
      case 'witnessed':
        this.#isolation.answered(input.answer, nowMs);
        this.#isDirty = true;
        return;
      case 'away':
        this.#attention.wasAway(nowMs);
        return this.#rearm(nowMs);
      default:
        return this.#observe(input, nowMs);
    }
  }

  /** What I saw myself of one peer. */
  #observe(
    input: Extract<MembershipInput, { readonly kind: 'answered' | 'missed' | 'pinged' | 'disconnected' | 'looked' }>,
    nowMs: number,
  ): void {
    const edge = this.#edges.get(input.peer);
    if ('boot' in input && input.boot !== undefined) this.#sawBoot(input.peer, input.boot);
    if (edge === undefined) {
      if (input.kind === 'answered' && this.#roster.isExpected(input.peer)) {
        this.#sampling.answered(input.peer, input.answer, nowMs);
      }
      return;
    }
    switch (input.kind) {
      case 'answered':
        return edge.answered(input.answer, nowMs);
      case 'missed':
        return edge.missed(input.miss, nowMs);
      case 'disconnected':
        return edge.disconnected();
      case 'looked':
        edge.looked(input.result, nowMs);
        // An agent that speaks on TCP answers a probe, too, if the path lets it.
        if (input.result === 'answered') this.#hasten(input.peer, nowMs);
        return;
      case 'pinged':
        if (edge.state !== 'good') this.#hasten(input.peer, nowMs);
    }
  }

  #expect(members: readonly ExpectedMember[], nowMs: number): void {
    const before = this.#roster.expected();
    this.#roster.expect(members, nowMs);
    this.#isDirty = true;
    const after = this.#roster.expected();
    if (before.size === after.size && before.isSubsetOf(after)) return;
    for (const name of before) if (!this.#roster.isExpected(name)) this.#book.forget(name);
    this.#rings = createRings(after);
    this.#observersOf = this.#rings.observersWithin(this.#component);
    this.#walk(nowMs);
    this.#choosePartners();
    this.#aim(nowMs);
  }

  #hear(author: string, boot: number, nowMs: number, put: () => StatementEffect): void {
    if (author === this.#self || !this.#roster.isExpected(author)) return;
    this.#sawBoot(author, boot);
    const effect = put();
    if (effect !== 'none') this.#isDirty = true;
    if (effect === 'lost' && this.#isTrusted(author, nowMs)) this.#wave.lossArrived(nowMs);
  }

  #sawBoot(name: string, boot: number): void {
    if (!this.#roster.sawBoot(name, boot)) return;
    // What it said in an earlier life is history.
    this.#book.report(name, { boot, sequence: 0, event: 0 }, new Map());
    this.#edges.get(name)?.rebooted();
    this.#isDirty = true;
  }

  #hasten(peer: string, nowMs: number): void {
    this.#edges.get(peer)?.hasten(nowMs);
    this.#pings.add(peer);
  }

  #rearm(nowMs: number): void {
    for (const edge of this.#edges.all()) edge.rearm();
    this.#wave.rearm(nowMs);
  }

  #lookAtOwnEdges(nowMs: number): void {
    this.#stateOwnEdges(nowMs);
    this.#settle(nowMs);
    this.#isolation.look([...this.#edges.all()], nowMs);
    this.#probes = this.#edges.intervals(nowMs);
    this.#looks = this.#edges.takeLooks(nowMs);
  }

  #stateOwnEdges(nowMs: number): void {
    this.#edgeChanges = this.#edges.takeChanges();
    for (const { peer, to } of this.#edgeChanges) {
      this.#ownStatements += 1;
      const order = { boot: 0, sequence: 0, event: this.#ownStatements };
      this.#book.change(this.#self, order, peer, to);
      if (to === 'lost') this.#wave.lossArrived(nowMs);
      this.#isDirty = true;
    }
    if (this.#edgeChanges.length > 0) this.#choosePartners();
    else if (nowMs - this.#aimedAtMs < REAIM_MS) return;
    this.#aim(nowMs);
  }

  #settle(nowMs: number): void {
    if (this.#isSettled) return;
    const edges = [...this.#edges.all()];
    const isTried = edges.length > 0 && edges.every(({ tried }) => tried >= SETTLED_PROBES);
    this.#isSettled = isTried || nowMs - this.#startedAtMs >= SETTLED_AFTER_MS;
    if (!this.#isSettled) return;
    this.#isDirty = true;
    this.#aim(nowMs);
  }

  /** Large clusters are judged a few times a second at most: a walk over 5,000 members takes milliseconds. */
  #gapMs(): number {
    const { size } = this.#roster.expected();
    return size < SMALL ? 0 : Math.min(250, size / 20);
  }

  #isDue(nowMs: number): boolean {
    const sinceMs = nowMs - this.#judgedAtMs;
    if (nowMs >= this.#wave.dueAtMs() || nowMs >= this.#trustChangesAtMs) return true;
    if (this.#isDirty) return sinceMs >= this.#gapMs();
    return sinceMs >= HEARTBEAT_MS && this.#roster.isRestless();
  }

  #judge(nowMs: number): void {
    this.#isDirty = false;
    this.#judgedAtMs = nowMs;
    this.#walk(nowMs);
    const cases = [...this.#roster.expected()].map((name) => {
      const testimony = this.#testimonyAbout(name, nowMs);
      return { name, testimony, weight: weigh(testimony, this.#component.size) };
    });
    const isHeld = !this.#isSettled || this.#isolation.state() === 'asking' || this.#isolation.state() === 'self';
    const lost = cases.filter(
      ({ name, weight }) => weight === 'lost' && this.#roster.verdictOf(name) !== 'unreachable',
    );
    const judged = new Set(this.#wave.judge(isHeld ? [] : lost.map(({ name }) => name), nowMs));
    for (const { name, testimony, weight } of cases) {
      const inComponent = this.#component.has(name);
      const evidence = { weight, testimony, inComponent, isJudged: judged.has(name) };
      this.#changes.push(...this.#roster.update(name, evidence, this.#isSettled, nowMs));
    }
    this.#updateRemoved(nowMs);
  }

  #updateRemoved(nowMs: number): void {
    const nothing = { weight: 'nothing', isJudged: false, inComponent: false, testimony: [] } as const;
    for (const { name, state } of this.#roster.all()) {
      if (state === 'left' || this.#roster.isExpected(name)) continue;
      this.#changes.push(...this.#roster.update(name, nothing, this.#isSettled, nowMs));
    }
  }

  /**
   * What the observers of a member say. An observer that has not probed it yet, because it has just taken over from a
   * dead one, has nothing to say: on each ring the first member of my component that states an edge stands in for it, so
   * that half of a cluster may die at once and the other half still knows in time.
   */
  #testimonyAbout(subject: string, nowMs: number): readonly Testimony[] {
    // Nobody doubts it, as nearly always: who says so is not worth the search.
    if (!this.#book.isDoubted(subject)) return [];
    const about = this.#book.about(subject);
    const heard = [...about].filter(
      ([author, state]) => this.#component.has(author) && (isReachable(state) || this.#isTrusted(author, nowMs)),
    );
    if (heard.every(([, state]) => isReachable(state))) return [];
    const observers = this.#rings.observers(
      subject,
      heard.map(([author]) => author),
    );
    return observers.flatMap((observer) => {
      const state = about.get(observer);
      return state === undefined ? [] : { observer, state };
    });
  }

  #isTrusted(author: string, nowMs: number): boolean {
    if (author === this.#self) return true;
    const joinedAtMs = this.#joinedAtMs.get(author);
    return joinedAtMs !== undefined && nowMs - joinedAtMs >= TRUSTED_AFTER_MS;
  }

  #walk(nowMs: number): void {
    const before = this.#component;
    const component = componentOf(this.#self, (author) => this.#book.statedBy(author), this.#roster.expected());
    const joined = [...component].filter((name) => !before.has(name));
    for (const name of joined) this.#joins(name, nowMs);
    for (const name of before) if (!component.has(name)) this.#joinedAtMs.delete(name);
    const trustTimes = [...this.#joinedAtMs.values()].map((atMs) => atMs + TRUSTED_AFTER_MS);
    this.#trustChangesAtMs = Math.min(Infinity, ...trustTimes.filter((atMs) => atMs > nowMs));
    if (joined.length === 0 && component.size === before.size) return;
    this.#component = component;
    this.#observersOf = this.#rings.observersWithin(component);
    this.#choosePartners();
    this.#aim(nowMs);
  }

  #joins(name: string, nowMs: number): void {
    this.#joinedAtMs.set(name, nowMs);
    const edge = this.#edges.get(name);
    // Others reach it again: do not wait for the slow pace of a lost member.
    if (edge !== undefined && edge.state !== 'good') this.#hasten(name, nowMs);
  }

  /**
   * Where neighbours of mine are gone, the next on their rings that may live stand in for them, so that the rest of a
   * cluster hangs together whatever died, and a small side of a partition finds its members.
   */
  #choosePartners(): void {
    const fixed = this.#rings.neighbours(this.#self);
    const isGone = (name: string): boolean => {
      const state = this.#edges.get(name)?.state;
      return !this.#component.has(name) || (state !== undefined && !isReachable(state));
    };
    if (fixed.length === this.#rings.members.length - 1 || !fixed.some(isGone)) {
      this.#neighbours = fixed;
      return;
    }
    const living = [...this.#component].filter((name) => name === this.#self || !isGone(name));
    this.#neighbours = [...new Set([...fixed, ...createRings(living).neighbours(this.#self)])];
  }

  /**
   * I probe my neighbours, and every member whose observer I am in my component. A few at a time of the latter: who is cut
   * off from thousands is the only observer of them all.
   */
  #aim(nowMs: number): void {
    this.#aimedAtMs = nowMs;
    const targets = new Set(this.#neighbours);
    let untested = 0;
    for (const name of this.#isSettled ? this.#rings.members : []) {
      if (targets.has(name) || !this.#observersOf(name).includes(this.#self)) continue;
      if (this.#edges.get(name)?.state === undefined) untested += 1;
      if (untested <= MOST_UNTESTED || this.#edges.get(name) !== undefined) targets.add(name);
    }
    this.#edges.aim(targets, (name) => this.#roster.isExpected(name), nowMs);
  }

  #sample(nowMs: number): void {
    const peer = this.#sampling.take(
      () => this.#rings.members.filter((name) => name !== this.#self && this.#edges.get(name) === undefined),
      nowMs,
    );
    if (peer !== undefined) this.#pings.add(peer);
  }

  #result(nowMs: number): MembershipStep {
    const witnessesWanted = this.#isolation.takeQuestion(nowMs);
    const wakeAtMs = Math.min(
      nowMs + HEARTBEAT_MS,
      this.#wave.dueAtMs(),
      this.#isolation.dueAtMs(),
      this.#trustChangesAtMs,
      this.#isDirty ? this.#judgedAtMs + this.#gapMs() : Infinity,
    );
    this.#attention.expect(wakeAtMs);
    return {
      members: this.#roster.all(),
      component: this.#component,
      neighbours: this.#neighbours,
      observersOf: this.#observersOf,
      edges: () => [...this.#edges.views(), ...this.#sampling.edges()],
      isolation: this.#isolation.state(),
      settled: this.#isSettled,
      away: this.#attention.isAway(nowMs),
      probes: this.#probes,
      pings: [...this.#pings],
      looks: this.#looks,
      witnessesWanted,
      changes: this.#changes,
      edgeChanges: this.#edgeChanges,
      wakeAtMs,
    };
  }
}
