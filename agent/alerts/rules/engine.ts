/**
 * What rules make of what happens. Windows are of the time at which things happened, carried over to the monotonic clock when
 * they are taken, so that a clock that is set neither empties a window nor holds an alert.
 */
import type { RuleAlert, RuleSource, RuleState } from '../../model/rule-alert.ts';
import { LATE_MS } from './count-window.ts';
import { carryOver, createFormer } from './former.ts';
import { type Firing, type Now, showFiring } from './key.ts';
import { type MatcherIndex, createIndex } from './matcher.ts';
import { dumpRuns, recallInto } from './memory.ts';
import { type Newcomers, isStillNew, newcomersAmong } from './newcomers.ts';
import { createPatternBook } from './pattern.ts';
import { type About, type Common, RuleRun, type Sight } from './run.ts';
import { createSaidBook } from './said.ts';
import { createTakenIds } from './taken-ids.ts';
import type {
  DumpOptions,
  EngineFigures,
  Facts,
  JudgedAlert,
  Observation,
  Rule,
  RuleEngine,
  RuleEngineDeps,
} from './types.ts';

/** Of all rules together: values of keys, and what is counted for them. */
const MAX_KEYS_OF_ALL = 10_000;
const MAX_SIZE_OF_ALL = 300_000;
const GIVEN_UP_AT_ONCE = 500;
/** More are not shown. */
const MAX_ALERTS = 1000;

export const createRuleEngine = (deps: RuleEngineDeps): RuleEngine => new Engine(deps);

class Engine implements RuleEngine {
  readonly #deps: RuleEngineDeps;
  #runs: RuleRun[] = [];
  #index: MatcherIndex<RuleRun>;
  #patterns: ReturnType<typeof createPatternBook>;
  readonly #former = createFormer();
  readonly #common: Common;
  readonly #sights = new Map<RuleSource, Sight & { readonly since: number }>();
  readonly #ids = createTakenIds();
  #newcomers: readonly Newcomers[] = [];
  #taken = 0;
  #late = 0;
  #overflowedBefore = 0;
  #skippedBefore = 0;

  constructor(deps: RuleEngineDeps) {
    this.#deps = deps;
    const { onTold, onCount } = deps;
    this.#common = {
      room: MAX_KEYS_OF_ALL,
      said: createSaidBook(),
      ...(onTold !== undefined && { onTold }),
      ...(onCount !== undefined && { onCount }),
    };
    this.#patterns = createPatternBook(deps.clock.monotonic);
    this.#index = createIndex<RuleRun>([], ({ rule }) => rule, this.#patterns);
  }

  setRules(rules: readonly Rule[]): void {
    const now = this.#now();
    const before = new Map(this.#runs.map((run) => [run.rule.name, run]));
    const newcomers: RuleRun[] = [];
    this.#runs = rules.map((rule) => {
      const run = before.get(rule.name);
      if (run !== undefined && run.rule.digest === rule.digest) {
        before.delete(rule.name);
        run.rule = rule;
        return run;
      }
      const fresh = new RuleRun(rule, now.mono, this.#common);
      newcomers.push(fresh);
      this.#common.room += run?.keys.size ?? 0;
      for (const one of run === undefined ? this.#former.of(rule.name) : [run]) carryOver(one, fresh, now);
      return fresh;
    });
    for (const run of before.values()) {
      this.#overflowedBefore += run.overflowed;
      this.#former.add(run, now);
    }
    const known = new Set(this.#runs);
    this.#newcomers = [
      ...this.#newcomers.filter(({ runs }) => [...runs].some((run) => known.has(run))),
      ...newcomersAmong(newcomers),
    ];
    this.#skippedBefore += this.#patterns.skipped();
    this.#patterns = createPatternBook(this.#deps.clock.monotonic);
    this.#index = createIndex(this.#runs, ({ rule }) => rule, this.#patterns);
  }

  take(observations: readonly Observation[]): void {
    const now = this.#now();
    this.#makeRoom();
    for (const seen of observations) {
      if (!isCountable(seen) || (seen.id !== undefined && !this.#ids.add(seen.id))) continue;
      this.#taken += 1;
      const had = this.#newcomers.filter(({ source, ids }) => source === seen.source && !isNewTo(ids, seen));
      if (this.#give(seen, now, (run) => !had.some(({ runs }) => runs.has(run)))) this.#late += 1;
    }
  }

  replay(observations: readonly Observation[]): void {
    const now = this.#now();
    this.#makeRoom();
    for (const seen of observations) {
      if (!isCountable(seen)) continue;
      const ageMs = now.unix - seen.at;
      const those = this.#newcomers.filter(
        ({ source, ids, doneMs }) => source === seen.source && doneMs === undefined && isNewTo(ids, seen),
      );
      if (those.length === 0) continue;
      // It is read as far back as the slowest of them needs.
      const isOfUse = ({ rule }: RuleRun): boolean => ageMs <= (rule.timeframeMs || rule.keepFiringMs) + LATE_MS;
      this.#give(seen, now, (run) => isOfUse(run) && those.some(({ runs }) => runs.has(run)));
    }
  }

  replayed(source: RuleSource, from: number): void {
    const now = this.#now();
    const knownMs = now.mono - Math.max(0, now.unix - from);
    for (const newcomers of this.#newcomers) {
      if (newcomers.source !== source || newcomers.doneMs !== undefined) continue;
      newcomers.doneMs = now.mono;
      for (const run of newcomers.runs) run.knownMs = Math.min(run.knownMs, knownMs);
    }
  }

  look(): void {
    const now = this.#now();
    const aboutOf = createAbout(this.#deps);
    for (const run of this.#runs) run.look(now, this.#sight(run.rule.source, now), aboutOf(run.rule));
    this.#former.look(now.mono);
    this.#newcomers = this.#newcomers.filter((one) => isStillNew(one, now.mono));
    this.#boundSize(now.mono);
  }

  alerts(): readonly JudgedAlert[] {
    const now = this.#now();
    const those = this.#runs.flatMap(({ rule, keys }) =>
      [...keys.values()].flatMap((key) => (key.firing === undefined ? [] : [{ rule, key, firing: key.firing }])),
    );
    // Only those that are shown are made.
    const shown = those.toSorted((a, b) => byUse(a.firing, b.firing)).slice(0, MAX_ALERTS);
    const alerts = shown.map(({ rule, key, firing }) => showFiring(rule, key, firing, now));
    return [...alerts, ...this.#former.without(alerts, now)].toSorted(byUse).slice(0, MAX_ALERTS);
  }

  states(): readonly RuleState[] {
    const now = this.#now();
    return this.#runs.map((run) => run.state(now, this.#sight(run.rule.source, now)));
  }

  dump(options: DumpOptions): readonly unknown[] {
    return dumpRuns(this.#runs, this.#now(), options);
  }

  recall(items: readonly unknown[], ageMs: number, said: readonly RuleAlert[] = []): void {
    this.#makeRoom();
    const now = this.#now();
    const known = recallInto(this.#runs, items, { now, ageMs, said });
    this.#common.said.keep(
      said.filter(({ fingerprint }) => !known.has(fingerprint)),
      now,
    );
    for (const { rule, keys } of this.#runs)
      for (const key of keys.values()) if (key.round === 0) this.#common.said.takeUp(rule, key);
  }

  figures(): EngineFigures {
    return {
      keys: this.#runs.reduce((sum, { keys }) => sum + keys.size, 0),
      overflowed: this.#overflowedBefore + this.#runs.reduce((sum, { overflowed }) => sum + overflowed, 0),
      late: this.#late,
      skippedPatterns: this.#skippedBefore + this.#patterns.skipped(),
      taken: this.#taken,
    };
  }

  #now(): Now {
    const { clock } = this.#deps;
    return { mono: clock.monotonic(), unix: clock.now() };
  }

  /** Since when it is complete goes on with the monotonic clock as long as the source says the same. */
  #sight(source: RuleSource, now: Now): Sight {
    const { completeSince: since, why } = this.#deps.source(source);
    if (since === undefined) {
      this.#sights.delete(source);
      return { completeMs: Infinity, why };
    }
    const known = this.#sights.get(source);
    if (known !== undefined && known.since === since) return { completeMs: known.completeMs, why };
    const sight = { since, completeMs: now.mono - Math.max(0, now.unix - since), why };
    this.#sights.set(source, sight);
    return sight;
  }

  /** @returns true: it came too late for one of them */
  #give(seen: Observation, now: Now, isWanted: (run: RuleRun) => boolean): boolean {
    const atMs = now.mono - Math.max(0, now.unix - seen.at);
    const facts = withObject(seen.facts);
    let isLate = false;
    this.#index.candidates(seen.source, facts, ({ item: run, fits }) => {
      if (!isWanted(run)) return;
      const fit = fits(facts);
      if (fit === 'unknown') run.blind(now.mono, 'its pattern takes too long on what comes');
      else if (fit === 'yes' && !run.take(seen, facts, atMs, now)) isLate = true;
    });
    return isLate;
  }

  /** The rule with most gives up first; where all that is there fires, nothing new is counted. */
  #makeRoom(): void {
    let keys = this.#runs.reduce((sum, run) => sum + run.keys.size, 0);
    if (keys >= MAX_KEYS_OF_ALL) {
      const most = this.#runs.reduce((one, other) => (other.keys.size > one.keys.size ? other : one));
      keys -= most.giveUp(GIVEN_UP_AT_ONCE, this.#now().mono);
    }
    this.#common.room = MAX_KEYS_OF_ALL - keys;
  }

  #boundSize(nowMs: number): void {
    const sizes = this.#runs.map((run) => ({ run, size: run.size() })).toSorted((a, b) => b.size - a.size);
    let size = sizes.reduce((sum, one) => sum + one.size, 0);
    for (const { run, size: before } of sizes) {
      if (size <= MAX_SIZE_OF_ALL) return;
      run.giveUp(Math.ceil(run.keys.size / 2), nowMs);
      size -= before - run.size();
    }
  }
}

/** What is no number would stay in a window for ever. */
const isCountable = ({ at, count }: Observation): boolean => Number.isFinite(at) && count >= 1;

const isNewTo = (ids: Newcomers['ids'], { id }: Observation): boolean => id === undefined || ids.add(id);

/** Those that fire first, since there may be more than are shown; of those the latest. */
const byUse = (one: Pick<Firing, 'endedAt' | 'lastAt'>, other: Pick<Firing, 'endedAt' | 'lastAt'>): number =>
  Number(one.endedAt !== undefined) - Number(other.endedAt !== undefined) || other.lastAt - one.lastAt;

/** For one look: many keys are about the same node. */
function createAbout({ idle, isGone }: RuleEngineDeps): (rule: Rule) => About {
  const whys = new Map<string, string | undefined>();
  const idleOn = (rule: Rule, facts: Facts): string | undefined => {
    if (rule.source === 'logs') return idle?.(rule, facts);
    const where = `${rule.source} ${facts['node'] ?? ''}`;
    if (!whys.has(where)) whys.set(where, idle?.(rule, facts));
    return whys.get(where);
  };
  return (rule) => ({
    isGone: (facts) => isGone?.(rule, facts) === true,
    idle: (facts) => idleOn(rule, facts),
  });
}

/** `object` is what people call it: with its namespace where it is in one. */
function withObject(facts: Facts): Facts {
  const { namespace = '', name = '', object } = facts;
  if (object !== undefined || name === '') return facts;
  return { ...facts, object: namespace === '' ? name : `${namespace}/${name}` };
}
