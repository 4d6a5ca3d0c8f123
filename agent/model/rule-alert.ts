/** What people's own rules say, over events, logs and results of checks; it never changes the status of the cluster. */
import type { FindingSeverity } from './finding.ts';

export const RULE_TYPES = ['any', 'frequency', 'flatline', 'cardinality'] as const;
export type RuleType = (typeof RULE_TYPES)[number];

export const RULE_SOURCES = ['events', 'logs', 'checks'] as const;
export type RuleSource = (typeof RULE_SOURCES)[number];

/** One rule, for one value of its key, that fires or did. All agents of a component tell the same one. */
export interface RuleAlert {
  /** 16 hexadecimal digits of the rule and the key; never of who saw it. */
  readonly fingerprint: string;
  readonly rule: string;
  /** The value of its key, for people: `prod/api-7d9f`. Empty: the rule has none. */
  readonly key: string;
  readonly severity: FindingSeverity;
  /** What was matched last, in one sentence, as the rule words it. */
  readonly sentence: string;
  /** What the sentence was made of, by name, for templates: `reason`, `kind`, `count`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Sorted; empty: it is about none in particular. */
  readonly nodes: readonly string[];
  /** Unix ms. */
  readonly since: number;
  readonly lastAt: number;
  /** Unix ms; set: it is over. */
  readonly endedAt?: number;
  /** How often people are to have been told of it: 1 at first, one more each time that `realert` lets it through. */
  readonly round: number;
  /** Unix ms: when the last of these rounds was let through; undefined: as it began to fire. */
  readonly roundAt?: number;
  /** Names of receivers; empty: all whose severity it has. */
  readonly receivers: readonly string[];
  /** Name of the node whose agent judged it. */
  readonly by: string;
  /** Its agent is in my component: it would know if it were over. */
  readonly isCurrent: boolean;
}

export interface RuleState {
  readonly name: string;
  readonly type: RuleType;
  readonly source: RuleSource;
  readonly severity: FindingSeverity;
  /** `unknown`: what it looks at could not be read for all of its time, so that silence says nothing. */
  readonly state: 'ok' | 'firing' | 'unknown';
  /** Why it is unknown: a clause. */
  readonly why?: string;
  /** It came with Meerkat, and nobody here can read what it looks at, nor ever could: no Kubernetes, or no right. */
  readonly isMoot?: boolean;
  /** How many of its alerts fire. */
  readonly firing: number;
  /** Where it is written: `/etc/meerkat/rules.yaml line 12`, or `built in`. */
  readonly place: string;
  /** Name of the node whose agent judges it; undefined: each judges its own node. */
  readonly judge?: string;
}

/** What is wrong with the file of rules: while there is anything, the rules before it hold. */
export interface RulesFileState {
  readonly path: string;
  /** Unix ms: when the rules that hold were read. */
  readonly readAt?: number;
  /** Each with its place, what is wrong and what is allowed. */
  readonly mistakes: readonly string[];
  /** Names of present nodes whose agents have other rules than this one; absent: none. What is about all is judged by the judge's. */
  readonly others?: readonly string[];
}

export interface RulesFigures {
  /** How many more fire, of which those who judge them had no room to tell. */
  readonly omitted: number;
  /** What was spent on rules since the agent began. */
  readonly evaluationSeconds: number;
}

export interface RulesPort {
  /** Those that fire, and those that were over a while ago; the latest first. */
  alerts(): readonly RuleAlert[];
  rules(): readonly RuleState[];
  /** Undefined: none is set. */
  file(): RulesFileState | undefined;
  figures?(): RulesFigures;
}
