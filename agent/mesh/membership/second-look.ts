/** When to look at a silent peer by TCP, and what the last looks said. */

/**
 * - `answered`: an agent speaks the protocol there
 * - `refused`: the host refused twice, 200 ms apart
 * - `unresponsive`: accepted, and silent for 1 s
 * - `foreign`: accepted, and spoke something else or hung up
 * - `unreachable`: the network says so; `timed-out`: nothing in 1.2 s
 * - `own-fault`: nothing left this node
 */
export type LookResult =
  | 'answered'
  | 'refused'
  | 'unresponsive'
  | 'foreign'
  | 'unreachable'
  | 'timed-out'
  | 'own-fault';

/** What looks say: the host and the agent live; the host lives and no agent listens; listens and is stuck; nothing. */
export type LookEvidence = 'agent' | 'no-agent' | 'stuck-agent' | 'nothing';

/** Equal evidence in a row. */
export interface LookRun {
  readonly evidence: LookEvidence;
  readonly count: number;
  readonly sinceMs: number;
}

export interface SecondLook {
  /** Look at once: a connection closed, or the peer's kernel refused a probe. */
  demand(): void;
  /** Look if the last one is long enough ago. */
  suggest(nowMs: number): void;
  /** True when a look is to be started now; it counts as running then. */
  take(nowMs: number): boolean;
  ended(result: LookResult, nowMs: number): void;
  run(): LookRun | undefined;
  /** A probe was answered: earlier looks say nothing any more, and the one under way only that its agent has ended. */
  answered(): void;
  /** I was away: earlier looks say nothing any more. */
  forget(): void;
}

/** Looks cost a connection; probes go on meanwhile. */
const SPACING_MS = 1000;
/** Where TCP works and UDP does not, only to notice when that ends. */
const SPACING_AGENT_MS = 5000;
/** A look ends after 3.2 s. One that was never answered for must not be the last. */
const FORGOTTEN_MS = 5000;

export function createSecondLook(): SecondLook {
  let startedAtMs = -Infinity;
  let isRunning = false;
  let isWanted = false;
  /** The one under way began before the last answer to a probe. */
  let isOutdated = false;
  let run: LookRun | undefined;
  const forget = (): void => {
    run = undefined;
    isWanted = false;
  };
  return {
    demand() {
      isWanted = true;
    },
    suggest(nowMs) {
      const spacingMs = run?.evidence === 'agent' ? SPACING_AGENT_MS : SPACING_MS;
      if (nowMs - startedAtMs >= spacingMs) isWanted = true;
    },
    take(nowMs) {
      if (isRunning && nowMs - startedAtMs < FORGOTTEN_MS) return false;
      if (!isWanted) return false;
      isWanted = false;
      isRunning = true;
      isOutdated = false;
      startedAtMs = nowMs;
      return true;
    },
    ended(result, nowMs) {
      isRunning = false;
      const evidence = evidenceOf(result);
      if (evidence === undefined) return;
      // It may have met the peer before that answer, when all was well, and what followed was cut off half-way. On a slow path
      // a look takes a second and more.
      if (isOutdated && evidence !== 'no-agent') return;
      run = run?.evidence === evidence ? { ...run, count: run.count + 1 } : { evidence, count: 1, sinceMs: nowMs };
    },
    run: () => run,
    answered() {
      isOutdated = isRunning;
      forget();
    },
    forget,
  };
}

/** Undefined for what says nothing about the peer. */
function evidenceOf(result: LookResult): LookEvidence | undefined {
  switch (result) {
    case 'answered':
      return 'agent';
    case 'refused':
      return 'no-agent';
    // Whoever took the port, our agent does not answer on it and its host is up.
    case 'unresponsive':
    case 'foreign':
      return 'stuck-agent';
    case 'unreachable':
    case 'timed-out':
      return 'nothing';
    default:
      return undefined;
  }
}
