/**
 * The contract between a check and whatever runs it. A check gets all it touches as an argument, returns an outcome
 * as a value and never throws for what it came to look at.
 */
import type { Static, TObject } from 'typebox';
import type {
  ApiAuthority,
  AskDns,
  CheckClock,
  Connect,
  DiskSamples,
  EdgesView,
  Fetch,
  HostFiles,
  KernelLogRead,
  NodeFacts,
  NodeObjectView,
  OverlayView,
  PeerCertificate,
  PodsView,
  RunProgram,
  RuntimePort,
} from './ports.ts';
import type { LogsView } from './log-ports.ts';

export type * from './log-ports.ts';
export type * from './ports.ts';

/** `info` is told, and counts for nothing: neither its node nor the cluster is less well for it. */
export type Severity = 'info' | 'warning' | 'critical';

/** One thing a check may report. Names are PascalCase and never renamed: they are part of the API. */
export interface ReasonSpec {
  /** How grave this is for the node itself. What it means for the cluster is the diagnosis' business. */
  readonly severity: Severity;
  /** What is wrong, in one sentence without a subject. */
  readonly summary: string;
  /** What a person does next: a command where there is one. */
  readonly remedy: string;
  /** How long the fault must last before one run sees it, where that is longer than for the check's other reasons. */
  readonly windowMs?: number;
}

export interface Problem<Reason extends string = string> {
  readonly reason: Reason;
  /** What it is about when a check looks at several things: a mount point, a device, an endpoint. */
  readonly subject?: string;
  /** What was seen, with the figures. One sentence. */
  readonly message: string;
}

/** A number that was measured. The unit is the end of the name: `_seconds`, `_bytes`, `_ratio`, `_total`, `_count`. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  /** Which of several things, when a check looks at several. At most 16 a check. */
  readonly subject?: string;
}

export interface ReadingSpec {
  /** What it measures, in a few words; the unit is in the name. */
  readonly title: string;
  /** True when it travels to peers. */
  readonly shared?: boolean;
}

/**
 * What one run found. `unknown`: could not look. `absent`: looked, and there is nothing of the kind here. The runner
 * turns `absent` into a problem where the thing is expected (see {@link Presence}).
 */
export type Outcome<Reason extends string = string> =
  | { readonly status: 'ok'; readonly readings?: readonly Reading[] }
  | {
      readonly status: 'problem';
      readonly problems: readonly [Problem<Reason>, ...Problem<Reason>[]];
      readonly readings?: readonly Reading[];
    }
  | { readonly status: 'unknown'; readonly why: string; readonly readings?: readonly Reading[] }
  | { readonly status: 'absent'; readonly why: string };

/** A run that can only go well or say why it could not look. */
export const unknown = (why: string, readings: readonly Reading[] = []): Outcome<never> => ({
  status: 'unknown',
  why,
  readings,
});
export const absent = (why: string): Outcome<never> => ({ status: 'absent', why });

/** `problem` where there are any, else `ok`. */
export function outcomeOf<Reason extends string>(
  problems: readonly Problem<Reason>[],
  readings: readonly Reading[] = [],
): Outcome<Reason> {
  const [first, ...rest] = problems;
  return first === undefined ? { status: 'ok', readings } : { status: 'problem', problems: [first, ...rest], readings };
}

/** All that a check may touch. */
export interface CheckContext<Config = unknown, State = unknown> {
  readonly config: Config;
  /** The check's own memory between runs, made by `createState`. */
  readonly state: State;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
  /** From the start of the run to its deadline. */
  readonly timeoutMs: number;
  /** No further run follows: what is otherwise waited for is said at once. */
  readonly isOnly?: boolean;
  /** Of a check that `remembers`: an agent on this node saw its thing, this one or an earlier one. */
  readonly seenBefore?: boolean;
  readonly clock: CheckClock;
  readonly host: HostFiles;
  readonly fetch: Fetch;
  readonly peerCertificate: PeerCertificate;
  readonly connect: Connect;
  readonly runProgram: RunProgram;
  readonly dns: AskDns;
  readonly node: NodeFacts;
  readonly runtime: RuntimePort;
  readonly disk: () => DiskSamples;
  readonly pods: () => PodsView;
  /** What was read last of the logs that the configuration wants to be followed. */
  readonly logs: () => LogsView;
  readonly nodeObject: () => NodeObjectView;
  readonly overlay: () => OverlayView;
  /** Never waits: what there is, in bounds. */
  readonly kernelLog: () => Promise<KernelLogRead>;
  readonly edges: () => EdgesView;
  /** Base URLs at which the API is asked, that of its Service among them where this is a pod; empty: none is known. */
  readonly apiServers: () => readonly string[];
  /** Undefined: this agent has none of its own. Never rejects. */
  readonly apiAuthority: () => Promise<ApiAuthority | undefined>;
}

/** What no schema tells is wrong with a setting. `at` is below the check's section: `probes[2].url`. */
export interface SettingMistake {
  readonly at: string;
  readonly message: string;
}

/** The common settings that a check's own ones may have to fit. */
export type RunTimes = Readonly<Record<'intervalSeconds' | 'timeoutSeconds', number>>;

/** When the thing must be here, so that missing it is a problem and not `absent`. */
export interface Presence<Config, Reason extends string> {
  /** Reported when the thing is expected and missing. */
  readonly reason: Reason;
  /**
   * What says that the thing belongs here: a configured endpoint, a static manifest, an enabled unit. Undefined: no
   * trace. Having been seen here before is the runner's own knowledge.
   */
  traces(context: { readonly config: Config; readonly host: HostFiles }): Promise<string | undefined>;
}

export interface CheckDefinition<Config extends TObject = TObject, Reason extends string = string, State = unknown> {
  /** kebab-case; also the key in the configuration. */
  readonly id: string;
  readonly title: string;
  /** What it looks at and how, for the documentation. */
  readonly description: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long a fault must last before one run sees it, for checks over a window. */
  readonly windowMs?: number;
  /** It runs where `enabled` is set; what it is to look at depends on the cluster. */
  readonly isOffByDefault?: boolean;
  /** Where it runs, in words: "every node", "etcd members". */
  readonly runsOn: string;
  /** The check's own settings; every one with a default and a description. */
  readonly config: Config;
  /** All that is wrong with settings that are valid each for itself. */
  readonly mistakes?: (settings: Static<Config> & RunTimes) => readonly SettingMistake[];
  readonly reasons: Readonly<Record<Reason, ReasonSpec>>;
  readonly readings: Readonly<Record<string, ReadingSpec>>;
  /** What it needs mounted or allowed, and what it says without. */
  readonly needs: readonly string[];
  /** What it looks at is one and the same for all nodes: all agents together look so often at most. */
  readonly sharedPerSecond?: number;
  /**
   * Whose answers it looks at, where that may be away for a while: that it is silent is no fault of the agent. A `program` is
   * the operator's own: where it cannot tell any more, the node is not known to be well, and the agent not to be ill. A
   * `workload` that cannot be seen makes neither less well.
   */
  readonly looksThrough?: 'kubernetes-api' | 'overlay-responder' | 'peers' | 'program' | 'workload';
  /** Ids of checks whose change of state makes this one run at once. */
  readonly hintedBy?: readonly string[];
  readonly presence?: Presence<Static<Config>, NoInfer<Reason>>;
  /** That it was `ok`, or a problem, is known over a restart of the agent, and told by `seenBefore`. */
  readonly remembers?: true;
  readonly createState?: () => State;
  readonly run: (context: CheckContext<Static<Config>, State>) => Promise<Outcome<NoInfer<Reason>>>;
}

/** Gives a check its types: a misspelt reason does not compile. */
export const defineCheck = <Config extends TObject, Reason extends string, State = undefined>(
  definition: CheckDefinition<Config, Reason, State>,
): CheckDefinition<Config, Reason, State> => definition;

/** Any check, its own types forgotten: what lists and the runner hold. */
export interface AnyCheck extends Omit<CheckDefinition, 'run' | 'presence' | 'createState' | 'mistakes'> {
  readonly createState?: () => unknown;
  readonly mistakes?: (settings: never) => readonly SettingMistake[];
  readonly presence?: {
    readonly reason: string;
    traces(context: { readonly config: never; readonly host: HostFiles }): Promise<string | undefined>;
  };
  readonly run: (context: CheckContext<never, never>) => Promise<Outcome>;
}
