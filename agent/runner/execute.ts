/** One run of one check, isolated: whatever it does, an outcome comes back in bounded time. */
import type { Outcome, Problem, Reading } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import type { CpuWaits } from '../base/cpu-wait.ts';
import { messageOf } from '../base/errors.ts';
import { cleanText, formatDuration } from '../model/text.ts';
import { GRACE_MS } from './schedule.ts';

/** A run whose deadline fired this much too late says more about a paused agent than about the node. */
const AWAY_MS = 1000;
/**
 * So does one that used up its time while the agent waited for a processor for a good part of it: its timers run, while
 * each of the steps that an answer takes comes late. With two ready processes for each processor an agent waits for 3 % of
 * its time, with eight for 13 %, with twenty for 33 %.
 */
const STARVED_SHARE = 0.25;
/** What took less of its deadline had its answer in time. */
const SLOW_SHARE = 0.8;
/** Bounds on what one run may report. */
const MAX_PROBLEMS = 16;
const MAX_READINGS = 64;

export interface Execution {
  readonly outcome: Outcome;
  /** Unix ms. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** The agent itself was paused or had no CPU: the outcome is about the agent and is not to be used when it is bad. */
  readonly away: boolean;
  /** The run gave no answer of its own. */
  readonly cutShort?: 'timeout' | 'crash';
  /** What the check threw. */
  readonly error?: unknown;
  /** Settles when a run that did not come back in time ends after all. */
  readonly stillRunning?: Promise<void>;
}

/** The agent's own time. */
export interface OwnTime {
  readonly clock: Clock;
  /** How long it was ready to run and had no processor. */
  readonly cpuWaits: CpuWaits;
}

/** Tells whether the agent has waited for a processor for too much of the time since then. */
export function watchStarving({ cpuWaits }: OwnTime): () => boolean {
  const start = cpuWaits.recent();
  return () => {
    const { atMs, waitedMs } = cpuWaits.now();
    return waitedMs - start.waitedMs > STARVED_SHARE * (atMs - start.atMs);
  };
}

/** Lets `look` run until it returns, throws, or is given up a moment after its deadline. Never rejects. */
export async function execute(
  look: (signal: AbortSignal) => Promise<Outcome>,
  timeoutMs: number,
  time: OwnTime,
): Promise<Execution> {
  const { clock } = time;
  const isStarving = watchStarving(time);
  const startedAt = clock.now();
  const start = clock.monotonic();
  const controller = new AbortController();
  const cancelDeadline = clock.after(timeoutMs, () => controller.abort(new Error('deadline')));
  let cancelGrace: () => void = () => {};
  const givenUp = new Promise<'given up'>((resolve) => {
    cancelGrace = clock.after(timeoutMs + GRACE_MS, () => resolve('given up'));
  });
  // The check starts inside a promise, so that a synchronous throw is a rejection like any other.
  const settled: Promise<{ outcome: Outcome; error?: unknown }> = Promise.resolve()
    .then(() => look(controller.signal))
    .then((outcome) => ({ outcome: validate(outcome) }))
    .catch((error: unknown) => ({ outcome: crashed(error), error }));
  const result = await Promise.race([settled, givenUp]);
  cancelDeadline();
  cancelGrace();
  controller.abort(new Error('the run is over'));
  const durationMs = clock.monotonic() - start;
  const away = durationMs > timeoutMs + GRACE_MS + AWAY_MS || (durationMs >= SLOW_SHARE * timeoutMs && isStarving());
  if (result === 'given up') {
    const outcome: Outcome = { status: 'unknown', why: `no result within ${formatDuration(timeoutMs)}` };
    const stillRunning = settled.then(() => {});
    return { outcome, startedAt, durationMs, timedOut: true, away, cutShort: 'timeout', stillRunning };
  }
  const timedOut = durationMs >= timeoutMs;
  const cutShort = cutShortBy(result, timedOut);
  return { ...result, startedAt, durationMs, timedOut, away, ...(cutShort !== undefined && { cutShort }) };
}

/** A check that says itself that it had no time to look was cut short as well. */
function cutShortBy(result: { outcome: Outcome; error?: unknown }, timedOut: boolean): Execution['cutShort'] {
  if ('error' in result) return 'crash';
  return timedOut && result.outcome.status === 'unknown' ? 'timeout' : undefined;
}

const crashed = (error: unknown): Outcome => ({
  status: 'unknown',
  why: `the check failed: ${cleanText(messageOf(error))}`,
});

/** A check is code that may be wrong: what it returns is cut and cleaned before anything else sees it. */
function validate(outcome: Outcome): Outcome {
  switch (outcome.status) {
    case 'ok':
      return { status: 'ok', readings: validReadings(outcome.readings) };
    case 'problem': {
      const [first, ...rest] = outcome.problems.slice(0, MAX_PROBLEMS).map(validProblem);
      if (first === undefined) return crashed(new Error('it reported a problem without saying which'));
      return { status: 'problem', problems: [first, ...rest], readings: validReadings(outcome.readings) };
    }
    case 'unknown':
      return { status: 'unknown', why: cleanText(outcome.why), readings: validReadings(outcome.readings) };
    case 'absent':
      return { status: 'absent', why: cleanText(outcome.why) };
    default:
      return crashed(new Error('it returned no outcome'));
  }
}

const validProblem = (problem: Problem): Problem => ({
  ...problem,
  message: cleanText(problem.message),
  ...(problem.subject !== undefined && { subject: cleanText(problem.subject, 120) }),
});

const validReadings = (readings: readonly Reading[] = []): Reading[] =>
  readings
    .filter((reading) => Number.isFinite(reading.value))
    .slice(0, MAX_READINGS)
    .map((one) => (one.subject === undefined ? one : { ...one, subject: cleanText(one.subject, 120) }));
