/**
 * The rules as they live in an agent. Of what is about the whole cluster one agent judges for all; of what only its own node has
 * each does. What is judged is told on the board, so that all tell people the same and the next one who judges goes on from it.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Board } from '../../model/board.ts';
import type { RuleAlert, RuleState } from '../../model/rule-alert.ts';
import { LOOK_MS as ENGINE_LOOK_MS, type JudgedAlert, type Rule, type RuleEngine } from '../rules/types.ts';
import { createRuleBook } from './book.ts';
import { type Heritage, createHeritage } from './heritage.ts';
import type { LogScope } from './log-scope.ts';
import { mergeNotes } from './merge.ts';
import { makeNote } from './note.ts';
import { type RuleSet, isLocal, toRuleSet } from './rule-set.ts';
import { type CreateEngine, type Seat, type SeatDeps, alertOf, takeSeat } from './seat.ts';
import { statesOf } from './states.ts';
import { unsucceeded } from './succession.ts';
import {
  type HeardNote,
  type Judging,
  type Legacy,
  type NoteHead,
  type RuleWord,
  type Unknown,
  isJudging,
} from './word.ts';

export interface RuleDeskDeps extends Pick<SeatDeps, 'sources'> {
  readonly self: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: Board;
  readonly createEngine: CreateEngine;
  readonly logs: LogScope;
  /** Name of the node whose agent judges what is about the whole cluster; undefined: that is not settled. */
  readonly judge: () => string | undefined;
}

export interface RuleDesk {
  setRules(rules: readonly Rule[]): void;
  /** To be called once a second. */
  look(): void;
  alerts(): readonly RuleAlert[];
  rules(): readonly RuleState[];
  /** How many more fire of which the others had no room to tell. */
  omitted(): number;
  /** Names of present nodes whose agents have other rules, sorted; of many that agree with who judges, those that said so. */
  strangers(): readonly string[];
}

/** Who judges may be another one for a moment. */
const TAKE_OVER_MS = 2000;
/** When something fired last, and in which words, is told this often. */
const REFRESH_MS = 60_000;
/** While much changes all the time, a note of twelve kilobytes goes to all no more often. */
const TELL_EVERY_MS = 5000;
const TELL_BURST = 10;
/** What was not looked at yet is no news. */
const FIRST_MS = 15_000;
/** Not all agents are given a changed file at once. */
const STRANGER_MS = 30_000;
/** Another one has judged for so long: it has gone on from what was said here. */
const HANDED_OVER_MS = 60_000;
/** What has no room here is gone on with from the alerts, of which a hundred are to have room beside it. */
const SHARED_STATE_BYTES = 3328;
const LOCAL_STATE_BYTES = 1536;
/** Clocks that are compared drift by less than this; more is one that was set. */
const SAME_ORIGIN_MS = 1000;

/** What this agent said when it judged last, until the next one has gone on from it. */
interface Left {
  readonly judging: Judging;
  readonly words: readonly RuleWord[];
  readonly legacies: readonly Legacy[];
}

export const createRuleDesk = (deps: RuleDeskDeps): RuleDesk => new Desk(deps);

class Desk implements RuleDesk {
  readonly #deps: RuleDeskDeps;
  readonly #book: ReturnType<typeof createRuleBook>;
  readonly #local: RuleEngine;
  readonly #heritage: Heritage;
  #set: RuleSet = toRuleSet([]);
  #seat: Seat | undefined;
  /** Since when this agent is the one to judge. */
  #namedMs: number | undefined;
  #left: Left | undefined;
  #succeededMs: number | undefined;
  #isRecalled = false;
  #lookedMs = -Infinity;
  #originMs: number;
  readonly #startedMs: number;
  /** Since when whoever judges has other rules. */
  #otherMs: number | undefined;
  #notes: readonly HeardNote[] = [];
  #alerts: readonly RuleAlert[] = [];
  #told = { what: '', atMs: 0, left: TELL_BURST };

  constructor(deps: RuleDeskDeps) {
    const { clock, board, createEngine, logs } = deps;
    this.#deps = deps;
    this.#startedMs = clock.monotonic();
    this.#originMs = clock.now() - this.#startedMs;
    this.#book = createRuleBook({ clock, board });
    this.#local = createEngine({
      clock,
      source: () => logs.source(),
      idle: (rule, facts) => logs.idle(rule, facts),
      isGone: (rule, facts) => logs.isGone(rule, facts),
    });
    this.#heritage = createHeritage(clock, this.#local);
  }

  setRules(rules: readonly Rule[]): void {
    this.#set = toRuleSet(rules);
    this.#local.setRules(this.#set.local);
    this.#heritage.rulesAre(this.#set.local);
    if (this.#seat === undefined) return;
    this.#seat.setRules(this.#set.shared);
    this.#adopt(this.#book.others());
  }

  look(): void {
    const { clock, logs } = this.#deps;
    const nowMs = clock.monotonic();
    const originMs = clock.now() - nowMs;
    if (Math.abs(originMs - this.#originMs) > SAME_ORIGIN_MS) this.#originMs = originMs;
    this.#recall();
    const others = this.#book.others();
    this.#sit(others, nowMs);
    const lines = logs.look();
    if (this.#set.local.length > 0) this.#local.take(lines);
    if (nowMs - this.#lookedMs >= ENGINE_LOOK_MS) {
      this.#lookedMs = nowMs;
      this.#local.look();
      this.#seat?.engine.look();
    }
    const own = this.#ownNote(nowMs);
    this.#handOver(others, nowMs);
    this.#notes = [own, ...others];
    this.#alerts = mergeNotes(this.#notes, nowMs)
      .map(({ word, by, isCurrent }) => alertOf(word, this.#originMs, by, isCurrent))
      .sort((a, b) => b.since - a.since || (a.fingerprint < b.fingerprint ? -1 : 1));
    const isOther = others.some((note) => isJudging(note) && note.head.set !== this.#set.digest);
    this.#otherMs = isOther ? (this.#otherMs ?? nowMs) : undefined;
    if (this.#isNews(own, nowMs)) this.#tell(own, nowMs);
  }

  alerts(): readonly RuleAlert[] {
    return this.#alerts;
  }

  rules(): readonly RuleState[] {
    const firing = new Map<string, number>();
    for (const { rule, endedAt } of this.#alerts)
      if (endedAt === undefined) firing.set(rule, (firing.get(rule) ?? 0) + 1);
    return statesOf({ set: this.#set, notes: this.#notes, judge: this.#deps.judge(), firing });
  }

  omitted(): number {
    const [, ...others] = this.#notes;
    return others.reduce((sum, { isCurrent, head }) => sum + (isCurrent ? head.omitted : 0), 0);
  }

  strangers(): readonly string[] {
    return this.#notes
      .flatMap(({ node, isCurrent, head }) => (isCurrent && head.set !== this.#set.digest ? [node] : []))
      .sort();
  }

  /** An earlier run of this agent judged, too. */
  #recall(): void {
    const before = this.#isRecalled ? undefined : this.#book.before();
    if (before === undefined) return;
    this.#isRecalled = true;
    const { self } = this.#deps;
    const { words, legacies, madeMs, head } = before;
    if (head.judging !== undefined)
      this.#left = {
        judging: { sinceMs: head.judging.sinceMs, untilMs: head.judging.untilMs ?? madeMs },
        words: words.filter((word) => !word.isLocal),
        legacies: legacies.filter((legacy) => !legacy.isLocal),
      };
    const alerts = words.flatMap((word) => (word.isLocal ? [alertOf(word, this.#originMs, self)] : []));
    const own = legacies.find((legacy) => legacy.isLocal);
    if (own !== undefined) this.#heritage.take(self, { ...own, alerts });
  }

  /** Takes the seat when this agent is the one to judge, and leaves it to another. */
  #sit(others: readonly HeardNote[], nowMs: number): void {
    const { judge, self } = this.#deps;
    const named = judge();
    if (named !== self) this.#namedMs = undefined;
    else this.#namedMs ??= nowMs;
    if (this.#seat === undefined) {
      if (this.#namedMs === undefined || nowMs - this.#namedMs < TAKE_OVER_MS) return;
      this.#seat = takeSeat(this.#deps);
      const left = this.#leftNote();
      this.#seat.setRules(this.#set.shared);
      this.#adopt(left === undefined ? others : [left, ...others]);
    } else if (named !== undefined && named !== self) this.#leave(nowMs);
    else this.#adopt(others);
  }

  /** What was judged last first: what is known already stays. */
  #adopt(notes: readonly HeardNote[]): void {
    for (const note of unsucceeded(notes).toSorted((a, b) => b.madeMs - a.madeMs)) this.#seat?.adopt(note);
  }

  #leave(nowMs: number): void {
    const seat = this.#seat;
    if (seat === undefined) return;
    if (seat.isReady())
      this.#left = {
        judging: { sinceMs: seat.sinceMs, untilMs: nowMs },
        words: this.#wordsOf(seat.engine.alerts(), nowMs),
        legacies: [this.#legacyOf(seat.engine, nowMs)],
      };
    seat.leave();
    this.#seat = undefined;
  }

  /** What this agent said last is dropped when another one has gone on from it, or when it judges again itself. */
  #handOver(others: readonly HeardNote[], nowMs: number): void {
    if (this.#seat?.isReady() === true) this.#left = undefined;
    const isHeir = (one: HeardNote): boolean => isJudging(one) && one.head.set === this.#set.digest;
    if (this.#left === undefined || !others.some(isHeir)) this.#succeededMs = undefined;
    else this.#succeededMs ??= nowMs;
    if (this.#succeededMs !== undefined && nowMs - this.#succeededMs >= HANDED_OVER_MS) this.#left = undefined;
  }

  #leftNote(): HeardNote | undefined {
    if (this.#left === undefined) return undefined;
    const { judging, words, legacies } = this.#left;
    const head: NoteHead = { set: this.#set.digest, judging, unknown: [], absent: [], omitted: 0 };
    return {
      node: this.#deps.self,
      isCurrent: true,
      madeMs: judging.untilMs ?? judging.sinceMs,
      head,
      words,
      legacies,
    };
  }

  #ownNote(nowMs: number): HeardNote {
    const seat = this.#seat?.isReady() === true ? this.#seat : undefined;
    const left = seat === undefined ? this.#left : undefined;
    const judging = seat === undefined ? left?.judging : { sinceMs: seat.sinceMs };
    const shared = seat === undefined ? (left?.words ?? []) : this.#wordsOf(seat.engine.alerts(), nowMs);
    return {
      node: this.#deps.self,
      isCurrent: true,
      madeMs: left?.judging.untilMs ?? nowMs,
      head: {
        set: this.#set.digest,
        ...(judging !== undefined && { judging }),
        ...this.#unknown(seat),
        omitted: 0,
      },
      words: [...shared, ...this.#wordsOf(this.#local.alerts(), nowMs)],
      // What is to be gone on with is put together when it is told.
      legacies: [],
    };
  }

  #legacies(nowMs: number): readonly Legacy[] {
    const seat = this.#seat?.isReady() === true ? this.#seat : undefined;
    const shared = seat === undefined ? (this.#left?.legacies ?? []) : [this.#legacyOf(seat.engine, nowMs)];
    const own: Legacy = {
      isLocal: true,
      madeMs: nowMs,
      items: this.#local.dump({ maxBytes: LOCAL_STATE_BYTES, withText: false }),
    };
    return [...shared, own].filter(({ items }) => items.length > 0);
  }

  #legacyOf(engine: RuleEngine, nowMs: number): Legacy {
    return {
      isLocal: false,
      madeMs: nowMs,
      items: engine.dump({ maxBytes: SHARED_STATE_BYTES, withText: false }),
    };
  }

  #wordsOf(alerts: readonly JudgedAlert[], nowMs: number): RuleWord[] {
    const sources = new Map(this.#set.all.map((rule) => [rule.name, rule]));
    return alerts.map(({ since, lastAt, endedAt, roundAt, ...said }) => {
      const rule = sources.get(said.rule);
      return {
        ...said,
        isLocal: rule !== undefined && isLocal(rule),
        isSure: rule !== undefined && this.#canSee(rule, said),
        sinceMs: since - this.#originMs,
        lastMs: lastAt - this.#originMs,
        ...(endedAt !== undefined && { endedMs: endedAt - this.#originMs }),
        ...(roundAt !== undefined && { roundMs: roundAt - this.#originMs }),
        saidMs: nowMs,
      };
    });
  }

  #canSee(rule: Rule, { nodes, facts }: Pick<JudgedAlert, 'nodes' | 'facts'>): boolean {
    const { logs } = this.#deps;
    if (rule.source === 'logs')
      return logs.source().completeSince !== undefined && logs.idle(rule, facts) === undefined;
    return this.#seat?.canSee(rule.source, nodes) === true;
  }

  /** By their places in the set. */
  #unknown(seat: Seat | undefined): Pick<NoteHead, 'unknown' | 'absent'> {
    const { logs } = this.#deps;
    const states = new Map([...this.#local.states(), ...(seat?.engine.states() ?? [])].map((one) => [one.name, one]));
    const whys = new Map<string, number[]>();
    const absent: number[] = [];
    for (const [place, rule] of this.#set.all.entries()) {
      if (isLocal(rule) && logs.isAbsent(rule)) {
        absent.push(place);
        continue;
      }
      const why = states.get(rule.name)?.why ?? (isLocal(rule) ? logs.blind(rule) : seat?.unheard(rule));
      if (why !== undefined) whys.set(why, [...(whys.get(why) ?? []), place]);
    }
    return { unknown: [...whys].map(([why, rules]): Unknown => ({ why, rules })), absent };
  }

  /** Thousands of agents have nothing to say that others would not take for so: they say it only where they have said more. */
  #isNews({ head, words }: HeardNote, nowMs: number): boolean {
    const isStranger = nowMs - (this.#otherMs ?? nowMs) >= STRANGER_MS;
    const isSilent = head.judging === undefined && words.length === 0 && !isStranger;
    if (!isSilent || this.#told.what !== '' || this.#book.before() !== undefined) return true;
    if (head.absent.length === this.#set.local.length && head.unknown.length === 0) return false;
    return nowMs - this.#startedMs >= FIRST_MS;
  }

  /** What has changed at once, and the rest now and then. */
  #tell(own: HeardNote, nowMs: number): void {
    const what = gistOf(own);
    const fires = own.words.some(({ endedMs }) => endedMs === undefined);
    const isDue = what !== this.#told.what || (fires && nowMs - this.#told.atMs >= REFRESH_MS);
    const refilled = (nowMs - this.#told.atMs) / TELL_EVERY_MS;
    if (!isDue || this.#told.left + refilled < 1) return;
    const items = makeNote({ ...own, legacies: this.#legacies(nowMs) }, nowMs);
    if (this.#deps.board.tell('alerts', items) !== 'told') return;
    this.#isRecalled = true;
    this.#told = { what, atMs: nowMs, left: Math.min(TELL_BURST, this.#told.left + refilled) - 1 };
  }
}

/** What is news. */
const gistOf = ({ head, words }: HeardNote): string =>
  JSON.stringify([
    head.set,
    head.judging && [head.judging.sinceMs, head.judging.untilMs],
    // For how long is no news.
    head.unknown.map(({ why, rules }) => [why.replaceAll(/\d+/g, ''), rules]),
    head.absent,
    words.map(({ fingerprint, round, severity, isSure, nodes, endedMs, saidMs: _said }) => [
      fingerprint,
      round,
      severity,
      isSure,
      nodes,
      endedMs === undefined,
    ]),
  ]);
