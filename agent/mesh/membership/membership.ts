/**
 * Membership of one agent as a pure state machine: what it sees and hears goes in with the time, what it thinks and what
 * it wants to do next comes out. No sockets, no timers, no clock, no randomness of its own, so the agent and the
 * simulator drive the very same code.
 */
import { type EdgeState, isReachable } from '../../model/member.ts';
import { createAttention } from './attention.ts';
import { type WitnessAnswer, createIsolationWatch } from './isolation.ts';
import { type Surroundings, createNeighbourhood } from './neighbourhood.ts';
import { LOOK_AT_MISSES } from './edge.ts';
import { type EdgeChange, createOwnEdges } from './own-edges.ts';
import { type ExpectedMember, type MemberChange, createRoster } from './roster.ts';
import { createSampling } from './sampling.ts';
import { SETTLED_PROBES, createSettling } from './settling.ts';
import type { Membership, MembershipInput, MembershipOptions, MembershipStep } from './step.ts';
import { hearsayOf, isHeard } from './hearsay.ts';
import { chooseTargets } from './targets.ts';
import { createTestimonyBook } from './testimony.ts';
import { createWave, weigh } from './verdict.ts';

/** A pulse for what only time changes, and to notice that I was away. */
const HEARTBEAT_MS = 1000;
/** News is on its way for so long at most where nobody is cut off from anybody. */
const OUT_OF_TOUCH_MS = 6000;
/** Edges that are no longer needed are dropped after a while. */
const REAIM_MS = 5000;
/** Up to this size every step may judge anew: fewer than this have little to say. */
const SMALL = 16;
/** What comes within this time of a judgement waits for the next: after a cut everybody tells of many peers. */
const JUDGE_EVERY_MS = 40;
const SLOWEST_JUDGE_MS = 250;

export const createMembership = (options: MembershipOptions): Membership => new MembershipMachine(options);

class MembershipMachine implements Membership {
  readonly #self: string;
  readonly #roster;
  readonly #book = createTestimonyBook();
  readonly #edges = createOwnEdges();
  readonly #wave = createWave();
  readonly #isolation = createIsolationWatch();
  readonly #attention = createAttention();
  readonly #sampling;
  readonly #neighbourhood;
  #apart: ReadonlySet<string> = new Set();
  readonly #settling;
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
  /** The last result, without what it asked for: what is handed out while inputs change nothing. */
  #calm: MembershipStep | undefined;

  constructor(options: MembershipOptions) {
    const { self, nowMs, random } = options;
    this.#settling = createSettling(options);
    this.#self = self;
    this.#roster = createRoster(self, nowMs);
    this.#roster.expect([], nowMs);
    this.#sampling = createSampling(random);
    this.#neighbourhood = createNeighbourhood(self);
  }

  step(input: MembershipInput, nowMs: number): MembershipStep {
    this.#pings = new Set();
    this.#changes = [];
    this.#edgeChanges = [];
    this.#looks = [];
    if (this.#attention.arrive(nowMs)) this.#rearm(nowMs);
    const calm = this.#isCalm(input, nowMs) ? this.#calm : undefined;
    this.#take(input, nowMs);
    if (calm !== undefined && !this.#isDirty) return calm;
    if (input.kind !== 'reported' && input.kind !== 'edge') this.#lookAtOwnEdges(nowMs);
    if (this.#isDue(nowMs)) {
      this.#judge(nowMs);
      this.#probes = this.#edges.intervals(nowMs, this.#settling.isSettled() ? 0 : SETTLED_PROBES);
    }
    this.#sample(nowMs);
    return this.#result(nowMs);
  }

  /**
   * One more answer on an edge that is good, as nearly every input is: it changes a figure of that edge, and nothing
   * follows from it that would not follow from the next tick.
   */
  #isCalm(input: MembershipInput, nowMs: number): boolean {
    if (input.kind !== 'answered' && input.kind !== 'pinged') return false;
    if (this.#calm === undefined || nowMs >= this.#calm.wakeAtMs || this.#calm.away || this.#isDirty) return false;
    const edge = this.#edges.get(input.peer);
    const isClean = edge?.state === 'good' && edge.misses === 0 && !edge.isExcused;
    return isClean && this.#settling.isSettled() && this.#isolation.state() === 'no';
  }

  #take(input: MembershipInput, nowMs: number): void {
    switch (input.kind) {
      case 'tick':
        return;
      case 'expected':
        return this.#expect(input.members, nowMs);
      case 'reported':
        return this.#hear(input.by, input.order.boot, nowMs, () => {
          const changed = this.#book.report(input.by, input.order, input.edges, input.since);
          for (const subject of changed)
            this.#doubtLate(input.by, input.edges.get(subject), input.since?.get(subject), nowMs);
          return changed;
        });
      case 'edge':
        if (!this.#roster.isExpected(input.peer)) return;
        return this.#hear(input.by, input.order.boot, nowMs, () => {
          const changed = this.#book.change(input.by, input.order, input.peer, input.state, input.saidAtMs);
          if (changed.length > 0) this.#doubtLate(input.by, input.state, input.saidAtMs, nowMs);
          return changed;
        });
      case 'leaving':
        this.#roster.leaves(input.member, input.boot, input.reason, nowMs);
        this.#isDirty = true;
        return;
      case 'apart':
        this.#apart = input.members;
        this.#isDirty = true;
        return this.#aim(nowMs);
      case 'recalled':
        return this.#settling.recalled(nowMs);
      case 'witnessed':
        this.#hearWitness(input.answer, nowMs);
        this.#isDirty = true;
        return;
      case 'away':
        this.#attention.wasAway(nowMs);
        return this.#rearm(nowMs);
      default:
        return this.#observe(input, nowMs);
    }
  }

  #hearWitness(answer: WitnessAnswer, nowMs: number): void {
    const wasIsolated = this.#isolation.state() === 'self';
    this.#isolation.answered(answer, nowMs);
    if (!wasIsolated || this.#isolation.state() !== 'asking') return;
    for (const { peer } of this.#edges.views()) this.#hasten(peer, nowMs);
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
        edge.missed(input.miss, nowMs);
        return this.#doubtSilent(input.peer, edge.misses, nowMs);
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
    this.#neighbourhood.expect(after);
    this.#walk(nowMs);
    this.#choose(nowMs);
  }

  #hear(author: string, boot: number, nowMs: number, put: () => readonly string[]): void {
    if (author === this.#self || !this.#roster.isExpected(author)) return;
    this.#sawBoot(author, boot);
    const changed = put();
    if (changed.length > 0) this.#isDirty = true;
    for (const subject of changed) {
      const said = this.#book.about(subject).find((one) => one.author === author);
      if (said === undefined || isReachable(said.state)) continue;
      if (!isHeard(said, subject, this.#neighbourhood, nowMs)) continue;
      if (said.state === 'lost') this.#wave.lossArrived(subject, nowMs);
      this.#askAtOnce(subject);
    }
  }

  /**
   * That an author lost somebody is heard at once, or it was on the other side of a cut, which an agent that stood still
   * meanwhile has not noticed: then it has lost all of this side, and that is history.
   */
  #doubtLate(author: string, state: EdgeState | undefined, sinceMs: number | undefined, nowMs: number): void {
    if (state !== 'lost' || nowMs - (sinceMs ?? nowMs) < OUT_OF_TOUCH_MS) return;
    this.#neighbourhood.distrust(author, nowMs);
  }

  /**
   * Who came back and falls silent again before its word counts had no time to take back what it said from the other side.
   * Of a member that I do not probe I would not know; then one observer's word is a doubt for a moment, and no verdict.
   */
  #doubtSilent(author: string, misses: number, nowMs: number): void {
    if (misses < LOOK_AT_MISSES || this.#neighbourhood.isTrusted(author, nowMs)) return;
    this.#neighbourhood.distrust(author, nowMs);
  }

  /** Others do not reach a peer that answered me last: my next probe is not to be waited for, because my word counts, too. */
  #askAtOnce(peer: string): void {
    const edge = this.#edges.get(peer);
    if (edge?.state === 'good' && edge.misses === 0) this.#pings.add(peer);
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
    for (const edge of this.#edges.all()) edge.rearm(nowMs);
    if (this.#attention.isAwayForLong(nowMs)) return;
    this.#wave.rearm(nowMs);
    this.#isolation.rearm(nowMs);
  }

  #lookAtOwnEdges(nowMs: number): void {
    this.#stateOwnEdges(nowMs);
    this.#settle(nowMs);
    this.#isolation.look([...this.#edges.all()], nowMs);
    this.#probes = this.#edges.intervals(nowMs, this.#settling.isSettled() ? 0 : SETTLED_PROBES);
    this.#looks = this.#edges.takeLooks(nowMs);
  }

  #stateOwnEdges(nowMs: number): void {
    this.#edgeChanges = this.#edges.takeChanges();
    for (const { peer, to } of this.#edgeChanges) {
      this.#ownStatements += 1;
      const order = { boot: 0, sequence: 0, event: this.#ownStatements };
      this.#book.change(this.#self, order, peer, to, nowMs);
      if (to === 'lost') this.#wave.lossArrived(peer, nowMs);
      this.#isDirty = true;
    }
    if (this.#edgeChanges.length > 0) this.#choose(nowMs);
    else if (nowMs - this.#aimedAtMs >= REAIM_MS) this.#aim(nowMs);
  }

  #settle(nowMs: number): void {
    if (!this.#settling.review(this.#edges.all(), nowMs)) return;
    this.#isDirty = true;
    this.#aim(nowMs);
  }

  /** The first news is judged at once. A walk over 40 members takes a millisecond after a cut, one over 5,000 ten. */
  #gapMs(): number {
    const { size } = this.#roster.expected();
    return size < SMALL ? 0 : Math.min(SLOWEST_JUDGE_MS, JUDGE_EVERY_MS + size / 25);
  }

  #isDue(nowMs: number): boolean {
    const sinceMs = nowMs - this.#judgedAtMs;
    if (nowMs >= this.#wave.dueAtMs() || nowMs >= this.#neighbourhood.trustChangesAtMs()) return true;
    if (this.#isDirty) return sinceMs >= this.#gapMs();
    return sinceMs >= HEARTBEAT_MS && this.#roster.isRestless();
  }

  #judge(nowMs: number): void {
    this.#isDirty = false;
    this.#judgedAtMs = nowMs;
    this.#walk(nowMs);
    const component = this.#neighbourhood.component();
    const cases = [...this.#roster.expected()].map((name) => {
      const hearsay = hearsayOf(name, this.#book, this.#neighbourhood, nowMs);
      return { name, hearsay, weight: weigh(hearsay.testimony, component.size) };
    });
    const lost = cases.filter(
      ({ name, weight }) => weight === 'lost' && this.#roster.verdictOf(name) !== 'unreachable',
    );
    const judged = new Set(this.#wave.judge(this.#isHeld(nowMs) ? [] : lost.map(({ name }) => name), nowMs));
    for (const { name, hearsay, weight } of cases) {
      const inComponent = component.has(name);
      const isReached = isReachable(this.#edges.get(name)?.state);
      const evidence = { ...hearsay, weight, inComponent, isReached, isJudged: judged.has(name) };
      const before = this.#roster.verdictOf(name);
      this.#changes.push(...this.#roster.update(name, evidence, this.#settling.isSettled(), nowMs));
      // Its process has ended. Of others that died with it, it would say that they live as soon as it is back itself.
      if (before !== 'agent-down' && this.#roster.verdictOf(name) === 'agent-down') this.#book.withdraw(name);
    }
  }

  /** What I hear just after a pause may be history; what makes it history may still lie in a buffer. */
  #isHeld(nowMs: number): boolean {
    const isolation = this.#isolation.state();
    const wasAway = this.#attention.isAway(nowMs) && !this.#attention.isAwayForLong(nowMs);
    return !this.#settling.isSettled() || wasAway || isolation === 'asking' || isolation === 'self';
  }

  #walk(nowMs: number): void {
    const joined = this.#neighbourhood.walk(this.#surroundings(), nowMs);
    if (joined === undefined) return;
    for (const name of joined) {
      const edge = this.#edges.get(name);
      // Others reach it again: do not wait for the slow pace of a lost member.
      if (edge !== undefined && edge.state !== 'good') this.#hasten(name, nowMs);
    }
    this.#choose(nowMs);
  }

  #choose(nowMs: number): void {
    this.#neighbourhood.choose(this.#surroundings());
    this.#aim(nowMs);
  }

  #surroundings(): Surroundings {
    return { expected: this.#roster.expected(), statedBy: (author) => this.#book.statedBy(author) };
  }

  #aim(nowMs: number): void {
    this.#aimedAtMs = nowMs;
    this.#edges.aim(
      chooseTargets({
        neighbourhood: this.#neighbourhood,
        observes: this.#settling.isSettled(),
        edgeOf: (name) => this.#edges.get(name),
        apart: this.#apart,
      }),
      {
        isExpected: (name) => this.#roster.isExpected(name) && !this.#apart.has(name),
        isDoubted: (name) => this.#book.isDoubted(name),
      },
      nowMs,
    );
  }

  #sample(nowMs: number): void {
    const isFree = (name: string): boolean =>
      name !== this.#self && this.#edges.get(name) === undefined && !this.#apart.has(name);
    const peer = this.#sampling.take(() => this.#neighbourhood.rings().members.filter(isFree), nowMs);
    if (peer !== undefined) this.#pings.add(peer);
  }

  #result(nowMs: number): MembershipStep {
    const witnessesWanted = this.#isolation.takeQuestion(nowMs);
    const wakeAtMs = Math.min(
      nowMs + HEARTBEAT_MS,
      this.#wave.dueAtMs(),
      this.#isolation.dueAtMs(),
      this.#neighbourhood.trustChangesAtMs(),
      this.#isDirty ? this.#judgedAtMs + this.#gapMs() : Infinity,
    );
    this.#attention.expect(wakeAtMs);
    const state = {
      members: this.#roster.all(),
      component: this.#neighbourhood.component(),
      neighbours: this.#neighbourhood.neighbours(),
      observersOf: this.#neighbourhood.observersOf,
      edges: () => [...this.#edges.views(), ...this.#sampling.edges()],
      isolation: this.#isolation.state(),
      settled: this.#settling.isSettled(),
      away: this.#attention.isAway(nowMs),
      probes: this.#probes,
      wakeAtMs,
    };
    this.#calm = { ...state, pings: [], looks: [], witnessesWanted: false, changes: [], edgeChanges: [] };
    return {
      ...state,
      pings: [...this.#pings],
      looks: this.#looks,
      witnessesWanted,
      changes: this.#changes,
      edgeChanges: this.#edgeChanges,
    };
  }
}
