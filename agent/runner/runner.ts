/** Runs every check on its schedule and keeps the settled results. */
import type { CheckContext, Outcome } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import { createCpuWaits } from '../base/cpu-wait.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ForgetCheckOutcome } from '../model/forget-outcome.ts';
import { type CheckResult, resultNews } from '../model/report.ts';
import { type CheckWorld, createContext } from './context.ts';
import { type ConfiguredCheck, Entry } from './entry.ts';
import { type Execution, type OwnTime, execute, watchStarving } from './execute.ts';
import { type Expectation, expectedBy, provesPresence, resolvePresence } from './presence.ts';
import { CONFIRM_AFTER_MS, absentIntervalMs, nextStart, sharedIntervalMs } from './schedule.ts';
import type { Change } from './settle.ts';

/** What an earlier agent on this node knew. */
export interface RunnerMemory {
  /** Settled results that are recent enough to go on from. */
  readonly results: readonly CheckResult[];
  /** When each check last saw its component here, Unix ms. Undefined: the memory could not be read. */
  readonly seen: Readonly<Record<string, number>> | undefined;
}

export interface RunnerOptions {
  readonly checks: readonly ConfiguredCheck[];
  /** So many checks run at the same time at most. */
  readonly parallelism: number;
}

export interface RunnerDeps {
  readonly world: CheckWorld;
  readonly clock: Clock;
  /** How long this process was ready to run and had no processor, ms since some moment. */
  readonly cpuWaitMs: () => number;
  /** How many agents there are. */
  readonly members: () => number;
  readonly log: Logger;
  /** Which check has control of the event loop; see {@link createContext}. */
  readonly enter: (check: string) => void;
  /** After every run: what it found, and what changed by it. */
  readonly onRun: (run: CheckRun) => void;
  /** A component is on this node; told when it is first seen and once an hour from then on. */
  readonly onSeen: (check: string, at: number) => void;
}

export interface CheckRun {
  readonly check: string;
  readonly outcome: Outcome;
  /** Unix ms. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly timedOut: boolean;
  readonly changes: readonly Change[];
  /** Something else is known than before: not only ages, figures and wording. */
  readonly isNews: boolean;
}

export interface Runner {
  start(memory: RunnerMemory): void;
  /** No new run starts; runs under way are left to their deadlines. */
  stop(): void;
  results(): readonly CheckResult[];
  /** True when every check has run once. */
  settled(): boolean;
  /** What an earlier agent saw on this node, where it could be read only after the start. */
  recall(seen: Readonly<Record<string, number>>): void;
  /** Runs a check at once, if it does not run already. Unknown ids are ignored. */
  hint(check: string): void;
  /** A person says that what was seen here before is not expected any more. Never of what something else expects. */
  forget(check: string): Promise<ForgetCheckOutcome>;
}

/** Without this much recency a result of an earlier agent says nothing about since when. */
const RESUME_WITHIN_MS = 10 * 60_000;
/** How often a component that is still here is remembered anew. */
const SEEN_AGAIN_MS = 60 * 60_000;

export function createRunner(options: RunnerOptions, deps: RunnerDeps): Runner {
  return new CheckRunner(options, deps);
}

class CheckRunner implements Runner {
  readonly #options: RunnerOptions;
  readonly #deps: RunnerDeps;
  readonly #time: OwnTime;
  #entries = new Map<string, Entry>();
  #seen = new Map<string, number>();
  #memoryKnown = false;
  /** Waiting for a free place, in order. */
  #waiting: { readonly entry: Entry; readonly confirms: boolean }[] = [];
  #active = 0;
  #stopped = false;

  constructor(options: RunnerOptions, deps: RunnerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#time = { clock: deps.clock, cpuWaits: createCpuWaits(deps.clock, deps.cpuWaitMs) };
    this.#fill([]);
  }

  start(memory: RunnerMemory): void {
    this.#memoryKnown = memory.seen !== undefined;
    this.#seen = new Map(Object.entries(memory.seen ?? {}));
    this.#fill(memory.results);
    for (const entry of this.#entries.values()) {
      if (entry.configured.leftOut !== undefined) continue;
      this.#enqueue(entry, false);
      this.#scheduleNext(entry, this.#deps.clock.monotonic());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  results(): readonly CheckResult[] {
    const monotonic = this.#deps.clock.monotonic();
    return [...this.#entries.values()].map((entry) => entry.result(monotonic));
  }

  settled(): boolean {
    return [...this.#entries.values()].every(
      ({ configured, settled, hanging }) =>
        configured.leftOut !== undefined || hanging !== undefined || settled.status !== 'none',
    );
  }

  recall(seen: Readonly<Record<string, number>>): void {
    this.#memoryKnown = true;
    // What was seen since the start is newer.
    this.#seen = new Map([...Object.entries(seen), ...this.#seen]);
  }

  hint(check: string): void {
    const entry = this.#entries.get(check);
    if (entry !== undefined && entry.configured.leftOut === undefined) this.#enqueue(entry, false);
  }

  async forget(check: string): Promise<ForgetCheckOutcome> {
    const entry = this.#entries.get(check);
    if (entry === undefined) return { kind: 'unknown-check' };
    const { presence, remembers } = entry.configured.check;
    if (presence === undefined && remembers !== true) return { kind: 'not-remembered' };
    const { seenAt: _seenAt, ...unseen } = this.#expectation(entry);
    const why = await expectedBy(entry.configured.check, entry.configured.config, this.#deps.world.host, unseen);
    if (why !== undefined) return why;
    if (!this.#memoryKnown) return { kind: 'not-settled' };
    if (entry.found === 'ok' || entry.found === 'problem') return { kind: 'present' };
    if (!this.#seen.delete(check)) return { kind: 'not-seen' };
    this.hint(check);
    return { kind: 'forgotten' };
  }

  #fill(earlier: readonly CheckResult[]): void {
    const now = this.#deps.clock.now();
    const byCheck = new Map(earlier.map((result) => [result.check, result]));
    this.#entries = new Map(
      this.#options.checks.map((configured) => {
        const result = byCheck.get(configured.check.id);
        // Ages count from when the result was saved; a long gap is unobserved time, and nothing is said about it.
        const resumes = result !== undefined && result.ageMs !== undefined && result.ageMs <= RESUME_WITHIN_MS;
        const settled = resumes ? { status: result.status, since: result.since, problems: result.problems } : undefined;
        return [configured.check.id, new Entry(configured, settled, now)];
      }),
    );
  }

  /** @param due when the last start was due: timers may be a moment early, and then it is still to come by the clock */
  #scheduleNext(entry: Entry, due: number): void {
    if (this.#stopped) return;
    const { clock, world } = this.#deps;
    const now = clock.monotonic();
    const { intervalMs, check } = entry.configured;
    const usualMs = sharedIntervalMs(intervalMs, check.sharedPerSecond, this.#deps.members());
    entry.intervalMs =
      entry.absentSince === undefined ? usualMs : absentIntervalMs(usualMs, clock.monotonic() - entry.absentSince);
    const next = nextStart(world.node.name, entry.id, entry.intervalMs, Math.max(now, due));
    entry.cancelNext = clock.after(next - now, () => {
      entry.repeated = false;
      this.#enqueue(entry, false);
      this.#scheduleNext(entry, next);
    });
  }

  #enqueue(entry: Entry, confirms: boolean): void {
    if (this.#stopped || entry.queued || entry.running) return;
    entry.queued = true;
    // A confirming run goes first: a bound counts on it.
    if (confirms) this.#waiting.unshift({ entry, confirms });
    else this.#waiting.push({ entry, confirms });
    this.#drain();
  }

  #drain(): void {
    while (this.#active < this.#options.parallelism) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#active += 1;
      next.entry.queued = false;
      next.entry.running = true;
      this.#run(next.entry, next.confirms)
        .catch((error: unknown) => {
          this.#deps.log.error({ err: error, check: next.entry.id }, 'a run could not be taken in');
        })
        .finally(() => {
          next.entry.running = false;
          this.#active -= 1;
          this.#drain();
        });
    }
  }

  async #run(entry: Entry, confirms: boolean): Promise<void> {
    const hangs = entry.hanging !== undefined;
    const execution = hangs ? this.#stillHanging(entry) : await this.#execute(entry);
    if (this.#stopped) return;
    const bad = execution.outcome.status !== 'ok' && execution.outcome.status !== 'absent';
    if (execution.away && bad) {
      // One that hangs runs again when it comes back, others once before they are due.
      if (hangs || entry.repeated) return;
      entry.repeated = true;
      const { durationMs } = execution;
      this.#deps.log.warn({ check: entry.id, durationMs }, 'the agent was paused or had no CPU during a run');
      this.#again(entry, false);
      return;
    }
    const wasAbsent = entry.settled.status === 'absent';
    const before = this.#newsOf(entry);
    const { changes, confirm } = entry.accept(execution, this.#deps.clock.monotonic());
    if (wasAbsent && entry.settled.status !== 'absent') {
      entry.cancelNext();
      this.#scheduleNext(entry, this.#deps.clock.monotonic());
    }
    this.#report(entry.id, execution, { changes, isNews: this.#newsOf(entry) !== before });
    if (confirm && !confirms) this.#again(entry, true);
  }

  async #execute(entry: Entry): Promise<Execution> {
    const { check, config, timeoutMs } = entry.configured;
    const { world, clock, enter, log } = this.#deps;
    const look = async (signal: AbortSignal): Promise<Outcome> => {
      const context = {
        ...createContext(world, { config, state: entry.checkState, signal, timeoutMs }, () => enter(check.id)),
        ...(check.remembers === true && { seenBefore: this.#seen.has(check.id) }),
      };
      // The registry forgets each check's own types; its configuration was validated against its schema.
      const outcome = await check.run(context as CheckContext<never, never>);
      entry.found = outcome.status;
      if (provesPresence(outcome)) this.#saw(entry, clock.now());
      return resolvePresence(check, config, outcome, context.host, this.#expectation(entry));
    };
    const execution = await execute(look, timeoutMs, this.#time);
    if (execution.error !== undefined) log.error({ err: execution.error, check: check.id }, 'a check failed to run');
    if (execution.stillRunning !== undefined) {
      entry.hanging = { isStarving: watchStarving(this.#time) };
      void execution.stillRunning.then(() => {
        entry.hanging = undefined;
        // Sight that came back is not kept waiting for the next interval.
        this.#again(entry, false);
      });
    }
    return execution;
  }

  #expectation(entry: Entry): Expectation {
    const seenAt = this.#seen.get(entry.id);
    return {
      configured: entry.configured.expected,
      memoryKnown: this.#memoryKnown,
      ...(seenAt !== undefined && { seenAt }),
    };
  }

  /** A check that hangs is not started again: one hung run is what it may cost. */
  #stillHanging(entry: Entry): Execution {
    const { clock } = this.#deps;
    const away = entry.hanging?.isStarving() === true;
    // What was long ago says nothing of now.
    entry.hanging = { isStarving: watchStarving(this.#time) };
    const why = 'an earlier run has still not come back';
    const outcome: Outcome = { status: 'unknown', why };
    return { outcome, startedAt: clock.now(), durationMs: 0, timedOut: true, away, cutShort: 'timeout' };
  }

  #saw(entry: Entry, now: number): void {
    const { presence, remembers } = entry.configured.check;
    if (presence === undefined && remembers !== true) return;
    const seenAt = this.#seen.get(entry.id);
    if (seenAt !== undefined && now - seenAt < SEEN_AGAIN_MS) return;
    this.#seen.set(entry.id, now);
    this.#deps.onSeen(entry.id, now);
  }

  #again(entry: Entry, confirms: boolean): void {
    this.#deps.clock.after(CONFIRM_AFTER_MS, () => this.#enqueue(entry, confirms));
  }

  #newsOf(entry: Entry): string {
    return JSON.stringify(resultNews(entry.result(this.#deps.clock.monotonic())));
  }

  #report(id: string, execution: Execution, { changes, isNews }: Pick<CheckRun, 'changes' | 'isNews'>): void {
    const { outcome, startedAt, durationMs, timedOut } = execution;
    try {
      this.#deps.onRun({ check: id, outcome, startedAt, durationMs, timedOut, changes, isNews });
    } catch (error) {
      this.#deps.log.error({ check: id, error: messageOf(error) }, 'a run could not be reported');
    }
    if (changes.length === 0) return;
    for (const other of this.#entries.values()) {
      if (other.configured.check.hintedBy?.includes(id) === true) this.hint(other.id);
    }
  }
}
