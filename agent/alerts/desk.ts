/**
 * From what is found to what receivers are told. Every agent looks for itself, a few act, one after the other, and all tell
 * each other on the board what was told: see `decide.ts` and `ranks.ts`.
 *
 * At least once, and once wherever agents hear of each other: who sends says so first, so that nobody else does meanwhile.
 * Who dies between sending and saying so makes one duplicate. Sides of a cut each tell once, with how many they are.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { messageOf as errorText } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Board } from '../model/board.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { RuleAlert } from '../model/rule-alert.ts';
import { formatDuration } from '../model/text.ts';
import { graver, matters, seenIn } from './alert.ts';
import { type Book, type Kept, createBook } from './book.ts';
import { type Case, type News, dueMs, endsTold, isOfRule, knowsOfCritical, messageOf, newsFor } from './decide.ts';
import { type Keeper, createKeeper } from './keeper.ts';
import { type Audience, Line, SEND_WITHIN_MS } from './line.ts';
import type { LocalNote } from './local-board.ts';
import type { AlertMemory } from './memory.ts';
import { sendersFor } from './ranks.ts';
import { seenOfRules } from './rule-alerts.ts';
import type { Silences } from './silences.ts';
import { sayingOf, tellFitting } from './saying.ts';
import { type ToldLog, createToldLog } from './told-log.ts';
import { MAX_ROUND, nextRound } from './told-note.ts';
import { type Situation, firstIn, holdersIn, sendersIn, turnFor } from './turn.ts';
import type { Notification, SendOutcome } from './types.ts';

/** What is known at one look; what costs something is asked only where it matters. */
export interface Around {
  readonly diagnosis: Pick<Diagnosis, 'findings'>;
  /** What is found is not what there is: this agent has just started, was paused, or has not joined the others. */
  readonly isBlind: boolean;
  /** Why nobody may be told anything now. */
  paused(): string | undefined;
  /** Agents that are there, this one among them. */
  present(): readonly string[];
  /** False: what there is on that node cannot be told from here. */
  isVisible(node: string): boolean;
  view(): Notification['view'];
}

export interface DeskDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly self: string;
  /** How long something has to be gone until it is over, ms. */
  readonly resolveDelayMs: number;
  readonly audiences: readonly Audience[];
  readonly board: Board;
  readonly silences: Pick<Silences, 'isSilenced' | 'tend'>;
  readonly around: () => Around;
  /** What people's own rules say, as far as is known. */
  readonly ruleAlerts: () => readonly RuleAlert[];
  /** Into the timeline. */
  readonly notice: (message: string) => void;
  readonly save: (memory: AlertMemory) => void;
  /** What is kept of a board that nobody else keeps. */
  readonly localNotes: () => readonly LocalNote[];
}

export interface Desk {
  readonly told: ToldLog;
  readonly lines: readonly Line[];
  /** Looks, and sends what is due. Called about once a second. */
  look(): void;
  /** What the run before has kept; returns the notes of a board that nobody else keeps. */
  recall(memory: unknown): readonly LocalNote[];
  kept(): readonly Kept[];
  /** What a receiver does not know yet. */
  newsOf(line: Line): readonly News[];
  /** Who tells it first. */
  senderOf(line: Line, around: Around): string | undefined;
  /** Who says that it is telling it, or that it takes nothing now: all others wait. */
  holdersOf(line: Line, around: Around): readonly string[];
  /** Ends what is under way, and keeps what is to be kept. */
  stop(): void;
}

/** What is told so much later than it was due says so. */
const LATE_MS = 60_000;
const KEEP_OWED_MS = 24 * 3_600_000;
const FAILS_LONG_MS = 600_000;
const EXPIRE_MS = 60_000;
const KEEP_TOLD_MS = 3_600_000;

export const createDesk = (deps: DeskDeps): Desk => new AlertDesk(deps);

class AlertDesk implements Desk {
  readonly told: ToldLog;
  readonly lines: readonly Line[];
  readonly #deps: DeskDeps;
  readonly #book: Book;
  readonly #keeper: Keeper;
  readonly #ending = new AbortController();
  readonly #keepMs: number;
  /** The own note says more than what is on the board. */
  #isNoteOld = false;
  #expiredMs = -Infinity;

  constructor(deps: DeskDeps) {
    const { self, resolveDelayMs, audiences } = deps;
    this.#deps = deps;
    this.#book = createBook(resolveDelayMs);
    this.lines = audiences.map((audience) => new Line(audience));
    this.#keepMs = Math.max(0, ...audiences.map(({ timing }) => timing.repeatMs)) + KEEP_TOLD_MS;
    const duplicateMs = Math.min(Infinity, ...audiences.map(({ timing }) => timing.rankDelayMs));
    this.told = createToldLog({
      self,
      keepMs: this.#keepMs,
      duplicateMs,
      destinations: () => [...new Set(this.lines.map(({ destination }) => destination))],
      isNeeded: (fingerprint) => this.#book.get(fingerprint) !== undefined,
    });
    this.#keeper = createKeeper({ ...deps, book: this.#book, told: this.told, lines: this.lines });
  }

  look(): void {
    const { clock, board, self, silences, ruleAlerts } = this.#deps;
    const [nowMs, around] = [clock.monotonic(), this.#deps.around()];
    silences.tend(() => sendersFor('silences', around.present(), new Set())[0] === self);
    this.told.hear(board.notes('notified'), nowMs);
    if (!around.isBlind)
      this.#book.follow([...seenIn(around.diagnosis), ...seenOfRules(ruleAlerts())], {
        nowMs,
        now: clock.now(),
        isVisible: (node) => around.isVisible(node),
        isEndAwaited: (fingerprint) => this.lines.some((line) => this.#awaitsEnd(line, fingerprint)),
      });
    for (const line of this.lines) {
      line.refresh();
      this.#forgetDebts(line, nowMs);
      this.#tend(line, around, nowMs);
    }
    this.#forget(nowMs);
    this.#publish(nowMs);
    this.#keeper.save(nowMs);
  }

  recall(memory: unknown): readonly LocalNote[] {
    return this.#keeper.recall(memory);
  }

  kept(): readonly Kept[] {
    return this.#book.all();
  }

  newsOf(line: Line): readonly News[] {
    return newsFor(this.#caseOf(line), line.audience.timing, this.#deps.clock.monotonic());
  }

  senderOf(line: Line, around: Around): string | undefined {
    return sendersIn(this.#situationOf(line, around, this.#deps.clock.monotonic()))[0];
  }

  holdersOf(line: Line, around: Around): readonly string[] {
    return holdersIn(this.newsOf(line), this.#situationOf(line, around, this.#deps.clock.monotonic()));
  }

  stop(): void {
    this.#ending.abort();
    this.#keeper.keep(this.#deps.clock.monotonic());
  }

  #caseOf(line: Line): Case {
    const { silences } = this.#deps;
    const kept = this.#book.all();
    let wide: readonly Kept[] | undefined;
    return {
      wishes: line.audience.wishes,
      kept,
      told: (fingerprint) => this.told.of(line.destination, fingerprint),
      keepMs: this.#keepMs,
      wide: () => (wide ??= kept.filter(({ reach, standing }) => reach.length > 1 && standing !== 'ended')),
      isOwed: (fingerprint) => line.owed.has(fingerprint),
      isSilenced: (alert) => silences.isSilenced(alert),
    };
  }

  #situationOf(line: Line, around: Around, nowMs: number): Situation {
    return {
      self: this.#deps.self,
      destination: line.destination,
      present: around.present(),
      peers: this.told.peers(line.destination),
      wasToldBy: (fingerprint) => this.told.of(line.destination, fingerprint)?.by,
      isFailing: line.failingMs(nowMs) !== undefined,
    };
  }

  #tend(line: Line, around: Around, nowMs: number): void {
    if (line.sendingMs !== undefined) return;
    const { self } = this.#deps;
    const { timing } = line.audience;
    const one = this.#caseOf(line);
    const news = newsFor(one, timing, nowMs);
    line.noticed.follow(news, nowMs, (fingerprint) => this.#book.get(fingerprint));
    const { ripe } = line;
    line.ripe = undefined;
    if (news.length === 0) return;
    const situation = this.#situationOf(line, around, nowMs);
    const turn = turnFor(news, situation);
    if (turn === undefined) return;
    const before = { last: this.told.last(line.destination), knowsOfCritical: knowsOfCritical(one, timing) };
    const due = dueMs(turn.mine, (piece) => line.noticed.since(piece) ?? nowMs, before, timing);
    if (nowMs < due) return;
    if (around.paused() !== undefined) return this.#owe(line, turn.mine, nowMs);
    if (firstIn(situation) === self) this.#noteLongFailure(line, nowMs);
    // All who are held up go on at one moment, and then one after the other.
    if (holdersIn(news, situation).length > 0 || this.#isHeld(line, nowMs)) return;
    // Counted from here, and not from when it was due: that changes with what else stands, and the place when somebody
    // dies, for all at one moment.
    line.ripe = ripe?.place === turn.place ? ripe : { place: turn.place, sinceMs: nowMs };
    const afterMs = turn.place * timing.rankDelayMs;
    if (nowMs < line.ripe.sinceMs + afterMs) return;
    const message = messageOf(one, turn.mine, timing, line.audience.mostTold);
    const told = turn.mine.filter(({ kept }) => message.includes(kept));
    const sinceMs = Math.min(due, ...told.map(({ kept }) => line.owed.get(kept.alert.fingerprint) ?? due));
    const isLate = nowMs - sinceMs > LATE_MS + afterMs || sinceMs < due;
    const dueAt = isLate ? { dueAt: Math.round(this.#deps.clock.now() - (nowMs - sinceMs)) } : {};
    this.#send(line, message, told, { isLate, ...dueAt, view: around.view() }).catch((error: unknown) => {
      this.#deps.log.error({ receiver: line.name, err: errorText(error) }, 'what came of a notification is not noted');
    });
  }

  /** Another receiver of this agent leads to the same place: what that one tells and is told is said of both. */
  #isHeld(line: Line, nowMs: number): boolean {
    return this.lines.some(
      ({ destination, sendingMs, holdUntilMs, retryAtMs }) =>
        destination === line.destination && (sendingMs !== undefined || nowMs < holdUntilMs || nowMs < retryAtMs),
    );
  }

  async #send(
    line: Line,
    message: readonly Kept[],
    news: readonly News[],
    more: Pick<Notification, 'isLate' | 'dueAt' | 'view'>,
  ): Promise<void> {
    const { clock, log, random } = this.#deps;
    const beganMs = clock.monotonic();
    const about = { receiver: line.name, alerts: message.length, news: news.length };
    let outcome: SendOutcome;
    try {
      line.sendingMs = beganMs;
      // Who is killed while sending does not know whether it was told.
      this.#owe(line, news, beganMs);
      this.#keeper.hurry();
      // Said first, so that nobody else sends meanwhile; where it cannot be said it is sent all the same.
      this.#isNoteOld = true;
      this.#publish(beganMs);
      outcome = await this.#deliver(line, this.#notificationOf(line, message, news, more));
    } catch (error) {
      log.error({ ...about, err: errorText(error) }, 'a notification could not be made');
      outcome = { kind: 'failed', why: errorText(error) };
    }
    const nowMs = clock.monotonic();
    line.settle(outcome, nowMs, random());
    this.#isNoteOld = true;
    this.#keeper.hurry();
    if (outcome.kind === 'sent') {
      this.#noteTold(line, message, nowMs);
      for (const piece of news) line.noticed.forget(piece);
      if (news.every(({ kind }) => kind === 'repeat')) log.debug(about, 'a notification was sent again');
      else log.info({ ...about, late: more.isLate }, 'a notification was sent');
    } else if (outcome.kind === 'refused') {
      log.error({ ...about, why: outcome.why }, 'a notification was refused; it is tried again in five minutes');
    } else if (outcome.holds === 'allowance') {
      log.debug({ ...about, why: outcome.why }, 'a notification waits');
    } else {
      log.warn({ ...about, why: outcome.why }, 'a notification could not be sent; it is tried again');
    }
    if (this.#ending.signal.aborted) return;
    this.#publish(nowMs);
    this.#keeper.save(nowMs);
  }

  #notificationOf(
    line: Line,
    message: readonly Kept[],
    news: readonly News[],
    more: Pick<Notification, 'isLate' | 'dueAt' | 'view'>,
  ): Notification {
    const { clock, self } = this.#deps;
    return {
      id: idOf(line.destination, news, (fingerprint) => this.#roundOf(line, fingerprint)),
      alerts: inOrder(message, news).map(({ alert }) => alert),
      sender: self,
      at: clock.now(),
      ...more,
    };
  }

  async #deliver(line: Line, notification: Notification): Promise<SendOutcome> {
    const { clock } = this.#deps;
    const bound = new AbortController();
    const signal = AbortSignal.any([bound.signal, this.#ending.signal]);
    const why = `no answer within ${SEND_WITHIN_MS / 1000} s`;
    try {
      return await Promise.race([
        line.audience.receiver.send(notification, signal),
        clock.sleep(SEND_WITHIN_MS, signal).then((): SendOutcome => ({ kind: 'failed', why })),
      ]);
    } catch (error) {
      return { kind: 'failed', why: errorText(error) };
    } finally {
      bound.abort();
    }
  }

  #noteTold(line: Line, message: readonly Kept[], atMs: number): void {
    const { resolveDelayMs } = this.#deps;
    for (const { alert, standing, reach, beganMs } of message) {
      const { fingerprint, severity, rule } = alert;
      const before = this.told.of(line.destination, fingerprint);
      const isSame = before?.state === 'firing' && beganMs <= before.atMs + resolveDelayMs;
      this.told.add(line.destination, fingerprint, {
        state: standing === 'ended' ? 'resolved' : 'firing',
        severity,
        atMs,
        round: this.#roundOf(line, fingerprint),
        // Others may have seen more of it.
        size: Math.max(reach.length, isSame ? before.size : 0),
        ...(rule !== undefined && { ruleRound: Math.min(MAX_ROUND, rule.round) }),
      });
      line.owed.delete(fingerprint);
    }
    if (!line.isFailureTold) return;
    line.isFailureTold = false;
    this.#deps.notice(`notifications reach ${line.name} again`);
  }

  /** Of the next word on it. */
  #roundOf(line: Line, fingerprint: string): number {
    return nextRound(this.told.of(line.destination, fingerprint)?.round ?? 0);
  }

  /** It was to be told and could not: it is told late, also when it is over by then. */
  #owe(line: Line, news: readonly News[], nowMs: number): void {
    for (const { kept, kind } of news) {
      const { fingerprint } = kept.alert;
      if (kind === 'firing' && !line.owed.has(fingerprint)) line.owed.set(fingerprint, nowMs);
    }
  }

  /** Somebody has told it, it was too long ago, or it is known no more. */
  #forgetDebts(line: Line, nowMs: number): void {
    const { resolveDelayMs } = this.#deps;
    for (const [fingerprint, sinceMs] of line.owed) {
      const [kept, told] = [this.#book.get(fingerprint), this.told.of(line.destination, fingerprint)];
      const isTold = kept !== undefined && told !== undefined && kept.beganMs <= told.atMs + resolveDelayMs;
      if (kept === undefined || isTold || nowMs - sinceMs > KEEP_OWED_MS) line.owed.delete(fingerprint);
    }
  }

  #noteLongFailure(line: Line, nowMs: number): void {
    const { failingSinceMs, lastFailure, isFailureTold } = line;
    if (failingSinceMs === undefined || isFailureTold || nowMs - failingSinceMs < FAILS_LONG_MS) return;
    line.isFailureTold = true;
    const since = formatDuration(nowMs - failingSinceMs);
    this.#deps.notice(`notifications have not reached ${line.name} for ${since}: ${lastFailure?.why ?? ''}`);
  }

  /** The receiver was told that it stands, and is to be told that it does not. */
  #awaitsEnd(line: Line, fingerprint: string): boolean {
    const kept = this.#book.get(fingerprint);
    if (kept === undefined) return false;
    if (line.owed.has(fingerprint)) return true;
    const { wishes } = line.audience;
    const told = this.told.of(line.destination, fingerprint);
    if (told?.state !== 'firing' || !wishes.sendResolved) return false;
    return endsTold(kept, told, this.#deps) && matters(wishes, kept.alert, told.severity);
  }

  #forget(nowMs: number): void {
    for (const { standing, awayMs = nowMs, alert } of this.#book.all()) {
      if (standing !== 'ended') continue;
      const isAwaited = this.lines.some((line) => this.#awaitsEnd(line, alert.fingerprint));
      if (!isAwaited || nowMs - awayMs > KEEP_OWED_MS) this.#book.drop(alert.fingerprint);
    }
    if (nowMs - this.#expiredMs < EXPIRE_MS) return;
    this.#expiredMs = nowMs;
    this.told.expire(nowMs);
  }

  #publish(nowMs: number): void {
    if (!this.#isNoteOld) return;
    const telling = tellFitting(this.#deps.board, (maxBytes) =>
      this.told.note(sayingOf(this.lines, nowMs), nowMs, maxBytes),
    );
    if (telling === 'too-long') this.#deps.log.error({}, 'what was told does not fit on the board');
    this.#isNoteOld = telling === 'not-yet' || telling === 'busy';
  }
}

/** The same by whoever tells it, and another one when the same comes again. */
function idOf(destination: string, news: readonly News[], roundOf: (fingerprint: string) => number): string {
  const told = news.map(({ kept: { alert } }) => `${alert.fingerprint} ${roundOf(alert.fingerprint)}`);
  return hash('sha256', JSON.stringify([destination, ...told.sort()])).slice(0, 16);
}

/**
 * What is new first, what fires of it before what is over, then what stands; of each the graver
 * before the others, and findings before what rules say: of those there may be any number.
 */
function inOrder(message: readonly Kept[], news: readonly News[]): readonly Kept[] {
  const fresh = new Set(news.flatMap(({ kept, kind }) => (kind === 'repeat' ? [] : [kept])));
  const isKnown = (kept: Kept): number => Number(!fresh.has(kept));
  return message.toSorted(
    (a, b) =>
      isKnown(a) - isKnown(b) ||
      Number(a.standing === 'ended') - Number(b.standing === 'ended') ||
      graver(b.alert.severity, a.alert.severity) ||
      Number(isOfRule(a)) - Number(isOfRule(b)) ||
      a.alert.since - b.alert.since,
  );
}
