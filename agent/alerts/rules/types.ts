/**
 * What rules look at, what one is after it was read, and what judges them. Nothing here asks a clock, a file or the network
 * by itself: whoever holds an engine feeds it, says what of its sources could be read, and tells others what it says.
 */
import type { FindingSeverity } from '../../model/finding.ts';
import type { RuleAlert, RuleSource, RuleState, RuleType } from '../../model/rule-alert.ts';
import type { Template } from '../template.ts';

/** What is known of an occurrence, by name; what is not there is as good as empty. Cleaned texts. */
export type Facts = Readonly<Record<string, string>>;

/** Something happened, once or several times. */
export interface Observation {
  readonly source: RuleSource;
  /** Unix ms, by the clock of whoever wrote it. */
  readonly at: number;
  /** At least 1. */
  readonly count: number;
  /** Of several: about so far apart, the last of them at `at`. Absent: all at `at`. */
  readonly apartMs?: number;
  /** Of {@link FIELDS} of its source. */
  readonly facts: Facts;
  /** Names of the nodes that it is about. */
  readonly nodes: readonly string[];
  /** The same one given twice counts once, so that what was kept may be given again: `uid/count`. */
  readonly id?: string;
}

/** What rules may ask of each source, and templates may name beside {@link SAID_NAMES}. */
export const FIELDS = {
  events: [
    'namespace',
    'kind',
    'name',
    'object',
    'reason',
    'type',
    'message',
    'component',
    'node',
    'container',
    'objectUid',
  ],
  logs: ['watch', 'namespace', 'workload', 'name', 'object', 'container', 'node'],
  checks: ['change', 'check', 'reason', 'subject', 'severity', 'status', 'message', 'node'],
} as const satisfies Readonly<Record<RuleSource, readonly string[]>>;

/** What the engine says of a match: the rule, the key for people, how often within the time of the rule, and on which nodes. */
export const SAID_NAMES = ['rule', 'key', 'count', 'nodes'] as const;

/** One rule after it was read: complete and valid. */
export interface Rule {
  readonly name: string;
  readonly type: RuleType;
  readonly source: RuleSource;
  readonly matcher: Matcher;
  /** Names of facts; each of their values is judged by itself. Empty: all together. */
  readonly queryKey: readonly string[];
  /** Of `any` it is 0. */
  readonly timeframeMs: number;
  /** Of `frequency`: it matches at so many within the time. */
  readonly numEvents?: number;
  /** Of `flatline`: it matches below so many within the time. */
  readonly threshold?: number;
  /** Of `cardinality`: it matches above `max` or below `min` different values of the fact. */
  readonly cardinality?: { readonly field: string; readonly max?: number; readonly min?: number };
  /** So long after people were to be told of it, a match of the same key does not count. */
  readonly realertMs: number;
  /** Each time that it matches again soon the pause is twice as long, up to this. Undefined: it stays the same. */
  readonly exponentialRealertMs?: number;
  /** It is over when it did not hold for so long. */
  readonly keepFiringMs: number;
  readonly severity: FindingSeverity;
  readonly receivers: readonly string[];
  readonly sentence: Template;
  /** Where it is written: `/etc/meerkat/rules.yaml line 12`, or `built in`. */
  readonly place: string;
  /** Of everything that it says, 16 hexadecimal digits: what is remembered of it holds as long as this stays. */
  readonly digest: string;
}

/** What an observation has to be for a rule; see `matcher.ts`. */
export interface Matcher {
  /** Facts that have to be one of these texts: rules are found by them. */
  readonly is: readonly (readonly [field: string, texts: readonly string[]])[];
  /** Facts that must be none of these. */
  readonly isNot: readonly (readonly [field: string, texts: readonly string[]])[];
  readonly has: readonly FieldPattern[];
  readonly hasNot: readonly FieldPattern[];
}

export interface FieldPattern {
  readonly field: string;
  /** RE2, found anywhere in the text unless it has anchors itself. */
  readonly source: string;
}

/** Whether a source can be read now, and since when without a gap. */
export interface SourceState {
  /**
   * Unix ms: everything that happened since then was given to the engine, or it was not there. Undefined: it cannot be read
   * now, or not yet.
   */
  readonly completeSince?: number;
  /** Why it cannot be read, or not for longer: a clause. */
  readonly why?: string;
}

export interface RuleEngineDeps {
  readonly clock: { readonly now: () => number; readonly monotonic: () => number };
  /** Asked at every look. */
  readonly source: (source: RuleSource) => SourceState;
  /**
   * Why silence of this says nothing: it cannot be read, or was not for all of the time. A clause; undefined: it says something.
   * Of other sources than logs only the rule's source and the node matter.
   *
   * @param facts of the latest that was seen of the key; before there was any, those that the rule asks for
   */
  readonly idle?: (rule: Rule, facts: Facts) => string | undefined;
  /** Nothing runs of which it could be: what fires may be over, and nothing is missing. Asked as {@link idle} is. */
  readonly isGone?: (rule: Rule, facts: Facts) => boolean;
  /** Called each time that people are to be told of an alert. */
  readonly onTold?: (alert: JudgedAlert) => void;
  /** For who looks for numbers: called with how many there are within the time of the rule, whether it matches or not. */
  readonly onCount?: (rule: Rule, key: string, count: number) => void;
}

/** An alert as the engine knows it; who judged it is added by who holds the engine. */
export type JudgedAlert = Omit<RuleAlert, 'by' | 'isCurrent'>;

export interface RuleEngine {
  /**
   * Takes the place of the rules before. One that did not change keeps what it counted; of one that was changed, what fires goes
   * on until it is seen to be over; one that went ends its alerts.
   */
  setRules(rules: readonly Rule[]): void;
  /** In any order; what is older than its rule's time and two minutes is left out. Matches are found at once. */
  take(observations: readonly Observation[]): void;
  /** What may have happened before rules were set: taken by those alone of which {@link replayed} was not called yet. */
  replay(observations: readonly Observation[]): void;
  /**
   * All that happened in a source since then (Unix ms) was given to the rules that are new, so that silence since then says
   * something. Without it a rule knows nothing of the time before it was set.
   */
  replayed(source: RuleSource, from: number): void;
  /** Finds what is missing, and ends what is over. To be called every {@link LOOK_MS}, and before it is asked. */
  look(): void;
  /** Those that fire, and for an hour those that are over; the latest first. */
  alerts(): readonly JudgedAlert[];
  /** In the order of the rules. */
  states(): readonly RuleState[];
  /** What another judge, or this one after a restart, goes on with. Small enough as JSON: what fires and is newest first. */
  dump(options: DumpOptions): readonly unknown[];
  /**
   * Takes up what was dumped. Untrusted: what cannot be read, or is of a rule that is not here as it was, is left out. What is
   * known here already stays, and of two words the one that keeps people alone for longer holds.
   *
   * @param ageMs since it was dumped
   * @param said alerts as they were told, for what the dump is too small to say: people who were told of one that is not in it, or
   *   whose rule has changed, are left alone for as long, should it match again
   */
  recall(items: readonly unknown[], ageMs: number, said?: readonly RuleAlert[]): void;
  figures(): EngineFigures;
}

export const LOOK_MS = 15_000;

export interface DumpOptions {
  readonly maxBytes: number;
  /** Sentence and facts of what fires, too: where nobody else keeps them. */
  readonly withText: boolean;
}

export interface EngineFigures {
  /** Values of keys that are kept, over all rules. */
  readonly keys: number;
  /** Keys that had to be given up because there were too many; 0 is right. */
  readonly overflowed: number;
  /** Observations that came too late to count. */
  readonly late: number;
  /** Patterns that were not tried, because trying them took too long; 0 is right. */
  readonly skippedPatterns: number;
  /** Since it began. */
  readonly taken: number;
}
