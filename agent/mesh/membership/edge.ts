/**
 * The state of one probed edge. Probes alone cannot tell a dead host from a dead agent or a blocked port, so silence is
 * looked at a second time by TCP (design section 6; Serf's measured detection pays the full time-out for all three):
 *
 * | probes | second look | state |
 * |---|---|---|
 * | answered | | `good`, at once |
 * | | refused twice, 200 ms apart | `refused`, at once |
 * | silent for long | accepted and silent | `unresponsive` |
 * | silent for long | speaks the protocol, for 2 s | `udp-blocked` |
 * | silent for long | nothing | `lost` |
 * | another agent answers, for long | | `refused`: the host is there, and this agent is not |
 * | another agent answers, for 10 s | | `lost`: the peer is not where it was |
 *
 * "For long" is at least 6 misses over at least 2 s (`misses.ts`). Whatever else happens, the state stays as it was. The
 * machine needs no timer: every conclusion is drawn when a probe or a look ends.
 */
import { type ClockOffset, type Edge, type EdgeState, isReachable } from '../../model/member.ts';
import { createClockFilter } from './clock-filter.ts';
import { createMisses } from './misses.ts';
import { NORMAL_MS, createPace } from './pace.ts';
import { type LookResult, createSecondLook } from './second-look.ts';

/** `lost` of `of` probes; `of` is 0 where nothing is known. */
export interface Share {
  readonly lost: number;
  readonly of: number;
}

/** Over the last 10 probes. */
export interface PathLoss {
  readonly toPeer: Share;
  readonly fromPeer: Share;
}

export interface ProbeAnswer {
  /** Without the peer's own time. Missing where a pause of this process lies in between. */
  readonly rttMs?: number;
  readonly clock?: ClockOffset;
  readonly loss?: PathLoss;
}

export interface ProbeMiss {
  readonly cause: 'timeout' | 'refused' | 'unreachable' | 'own-fault' | 'other-agent';
  /** Monotonic, ms. */
  readonly sentAtMs: number;
  readonly loss?: PathLoss;
}

/** Misses that call for a second look. */
export const LOOK_AT_MISSES = 2;
/** TCP works, and still no probe was answered: no agent takes this long to start. */
const UDP_BLOCKED_AFTER_MS = 2000;
/** A process that is late again and again must come to a conclusion all the same. Any answer begins the count anew. */
const MAX_EXCUSES = 5;
/** A machine whose agent got a new key has its name back by then, and nobody calls its host lost meanwhile. */
const ELSEWHERE_MS = 10_000;
/** At the slow pace of a long silence it is asked every 15 s. */
const ELSEWHERE_KEPT_MS = 60_000;

export class EdgeMachine {
  readonly peer: string;
  readonly #misses = createMisses();
  readonly #look = createSecondLook();
  readonly #pace = createPace();
  readonly #clock = createClockFilter();
  #state: EdgeState | undefined;
  #sinceMs: number;
  #isHindered = false;
  /** Since when another agent answers in the peer's place, and when it did last. */
  #elsewhere: { readonly sinceMs: number; readonly seenMs: number } | undefined;
  #excuses = 0;
  #tried = 0;
  #rttMs: number | undefined;
  #answeredAtMs: number | undefined;
  #loss: PathLoss | undefined;

  constructor(peer: string, createdAtMs: number) {
    this.peer = peer;
    this.#sinceMs = createdAtMs;
  }

  answered(answer: ProbeAnswer, nowMs: number): void {
    this.#tried += 1;
    this.#isHindered = false;
    this.#elsewhere = undefined;
    this.#excuses = 0;
    this.#misses.answered();
    this.#look.answered();
    this.#pace.answered();
    this.#answeredAtMs = nowMs;
    this.#rttMs = answer.rttMs ?? this.#rttMs;
    this.#loss = answer.loss ?? this.#loss;
    if (answer.clock !== undefined) this.#clock.add(answer.clock);
    this.#move('good', nowMs);
  }

  missed(miss: ProbeMiss, nowMs: number): void {
    this.#loss = miss.loss ?? this.#loss;
    this.#isHindered = miss.cause === 'own-fault';
    if (this.#isHindered) return;
    this.#tried += 1;
    this.#noteElsewhere(miss.cause, nowMs);
    this.#misses.missed(miss.sentAtMs);
    this.#pace.missed(nowMs);
    if (miss.cause === 'refused' || this.#misses.count() >= LOOK_AT_MISSES) this.#look.suggest(nowMs);
    this.#move(this.#conclude(nowMs), nowMs);
  }

  /** The libp2p connection closed or was reset: look at once. */
  disconnected(): void {
    this.#look.demand();
  }

  looked(result: LookResult, nowMs: number): void {
    this.#look.ended(result, nowMs);
    this.#move(this.#conclude(nowMs), nowMs);
  }

  /**
   * I was away: what was missed meanwhile is my fault. The state stays. A silent edge is probed often again: at the slow
   * pace a starved agent would take six seconds after each pause, and call good meanwhile what was cut off long ago.
   */
  rearm(nowMs: number): void {
    if (this.#misses.count() > 0) this.#excuses += 1;
    if (this.#excuses > MAX_EXCUSES) return;
    this.#misses.forget();
    this.#look.forget();
    if (this.#state !== 'lost') this.#pace.doubtAnew(nowMs);
  }

  /** Somebody says that the peer is there: probe it more often again. */
  hasten(nowMs: number): void {
    this.#pace.hasten(nowMs);
  }

  /** Others do not reach it: probe it from the start as often as after a miss. */
  doubt(nowMs: number): void {
    this.#pace.missed(nowMs);
  }

  /** The peer runs anew; its clock may be another one. */
  rebooted(): void {
    this.#clock.clear();
  }

  /** True when a second look is to be started now. */
  takeLook(nowMs: number): boolean {
    return this.#look.take(nowMs);
  }

  /** What I state of the peer; undefined while I do not know, or cannot send. */
  get state(): EdgeState | undefined {
    return this.#isHindered ? undefined : this.#state;
  }

  /** When its state changed, or it was begun; monotonic, ms. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Consecutive misses. */
  get misses(): number {
    return this.#misses.count();
  }

  /** True while this node cannot send to it. */
  get isHindered(): boolean {
    return this.#isHindered;
  }

  /** It was silent when I was away, and has not answered since. */
  get isExcused(): boolean {
    return this.#excuses > 0;
  }

  /** Probes that ended, with or without an answer. */
  get tried(): number {
    return this.#tried;
  }

  intervalMs(nowMs: number): number {
    return this.#state === 'udp-blocked' ? NORMAL_MS : this.#pace.intervalMs(nowMs);
  }

  /** True when its probes belong to the budget for lost members. */
  isSlow(nowMs: number): boolean {
    return this.#state !== 'udp-blocked' && this.#pace.isSlow(nowMs);
  }

  view(): Edge {
    const { state } = this;
    const offset = this.#clock.best();
    return {
      peer: this.peer,
      sinceMs: this.#sinceMs,
      ...(state !== undefined && { state }),
      ...(this.#answeredAtMs !== undefined && { answeredAtMs: this.#answeredAtMs }),
      ...(this.#loss !== undefined && losses(this.#loss)),
      ...(this.#rttMs !== undefined && { rttMs: this.#rttMs }),
      ...(offset !== undefined && { offset }),
      ...(this.#isHindered && { hindered: true as const }),
    };
  }

  #move(next: EdgeState | undefined, nowMs: number): void {
    if (next === this.#state) return;
    this.#state = next;
    this.#sinceMs = nowMs;
  }

  /**
   * One that is too busy to answer every probe is still there: that it speaks the protocol over TCP says nothing for the
   * peer, whose earlier word would keep others like it alive for ever.
   */
  #noteElsewhere(cause: ProbeMiss['cause'], nowMs: number): void {
    const before = this.#elsewhere;
    if (cause === 'other-agent') this.#elsewhere = { sinceMs: before?.sinceMs ?? nowMs, seenMs: nowMs };
    else if (cause !== 'timeout' || (before !== undefined && nowMs - before.seenMs > ELSEWHERE_KEPT_MS))
      this.#elsewhere = undefined;
  }

  #conclude(nowMs: number): EdgeState | undefined {
    const run = this.#look.run();
    if (run?.evidence === 'no-agent') return 'refused';
    if (!this.#misses.isLong(nowMs)) return this.#state;
    if (this.#elsewhere !== undefined) return this.#concludeElsewhere(nowMs - this.#elsewhere.sinceMs);
    if (run?.evidence === 'stuck-agent') return 'unresponsive';
    if (run?.evidence === 'agent') return nowMs - run.sinceMs >= UDP_BLOCKED_AFTER_MS ? 'udp-blocked' : this.#state;
    // A host that answered a moment ago is not lost by one look that came to nothing.
    const needed = this.#state === 'refused' || this.#state === 'unresponsive' ? 2 : 1;
    return run?.evidence === 'nothing' && run.count >= needed ? 'lost' : this.#state;
  }

  #concludeElsewhere(forMs: number): EdgeState | undefined {
    if (forMs >= ELSEWHERE_MS) return 'lost';
    return isReachable(this.#state) ? 'refused' : this.#state;
  }
}

function losses({ toPeer, fromPeer }: PathLoss): Pick<Edge, 'lossTo' | 'lossFrom'> {
  return {
    ...(toPeer.of > 0 && { lossTo: toPeer.lost / toPeer.of }),
    ...(fromPeer.of > 0 && { lossFrom: fromPeer.lost / fromPeer.of }),
  };
}
