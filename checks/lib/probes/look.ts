/** One run of a check that is a list of probes. */
import {
  absent,
  type CheckContext,
  type Outcome,
  outcomeOf,
  type Problem,
  type Reading,
  unknown,
} from '../../types.ts';
import { count } from '../figures.ts';
import { type Answer, NEW_PROBE, type ProbeMemory, remember, type Thresholds } from './memory.ts';
import { MARGIN, type Probe } from './settings.ts';

/** The state of the check. */
export interface ProbesState {
  /** Monotonic ms of the first run. */
  startedAt: number | undefined;
  readonly probes: Map<string, Known>;
}

interface Known {
  readonly memory: ProbeMemory;
  /** Monotonic ms. */
  readonly dueAt: number;
}

export const createProbesState = (): ProbesState => ({ startedAt: undefined, probes: new Map() });

/** The readings of every such check. */
export const PROBE_READINGS = {
  duration_seconds: { title: 'Time to the last answer' },
  failures_count: { title: 'Failures in a row' },
  not_looked_at_count: { title: 'Probes of which it is not known how they stand' },
};

export interface ProbeKind<P extends Probe, Reason extends string> {
  /** The check's id. */
  readonly check: string;
  readonly reasons: Readonly<Record<Probe['severity'], Reason>>;
  /** Never rejects, and ends by the run's signal. */
  readonly ask: (probe: P) => Promise<Answer>;
  /** So many are asked at a time, the others in turn; without it all of a run. */
  readonly concurrency?: number;
}

/** Runs begin a little early or late, at most by this share of the period, and by this many ms. */
const EARLY_SHARE = 0.25;
const EARLY_MS = 2500;
const NAMED = 3;

/**
 * Asks the probes that are due, and tells how they all stand. One that would have to wait for others for so long that the
 * run may end before its own time is up is not asked, which changes nothing about how it stands, and comes first in the
 * next run.
 */
export async function lookByProbes<P extends Probe, Reason extends string>(
  { config: { probes }, state, clock, timeoutMs, isOnly }: CheckContext<{ readonly probes: readonly P[] }, ProbesState>,
  { check, reasons, ask, concurrency: most = probes.length }: ProbeKind<P, Reason>,
): Promise<Outcome<Reason>> {
  if (probes.length === 0) return absent(`no probe is configured in checks.${check}.probes`);
  const now = clock.monotonic();
  state.startedAt ??= now;
  const ageMs = now - state.startedAt;
  const look = async ({ probe, known }: Due<P>): Promise<void> => {
    const answer = await ask(probe);
    const counts = isOnly === true || ageMs >= probe.initialDelaySeconds * 1000;
    const memory = remember(known.memory, answer, thresholdsOf(probe, isOnly), counts);
    state.probes.set(probe.name, { memory, dueAt: now + probe.periodSeconds * 1000 });
  };
  const queue = dueOf(probes, state, now);
  // Who looks only once has no next run for those that have to wait.
  const concurrency = isOnly === true ? probes.length : most;
  const hasTime = ({ probe }: Due<P>): boolean =>
    clock.monotonic() - now + (probe.timeoutSeconds + MARGIN) * 1000 <= timeoutMs;
  const first = queue.splice(0, concurrency);
  await Promise.all(
    first.map(async (one) => {
      await look(one);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) if (hasTime(next)) await look(next);
    }),
  );
  const looks = probes.map((probe) => ({ probe, memory: state.probes.get(probe.name)?.memory ?? NEW_PROBE }));
  return outcome(looks, reasons);
}

interface Due<P> {
  readonly probe: P;
  readonly known: Known;
}

/** Those that are looked at a second time at once come first, then who has waited longest. */
function dueOf<P extends Probe>(probes: readonly P[], state: ProbesState, now: number): Due<P>[] {
  const all = probes.map((probe) => ({
    probe,
    known: state.probes.get(probe.name) ?? { memory: NEW_PROBE, dueAt: -Infinity },
  }));
  const orderOf = ({ known: { memory, dueAt } }: Due<P>): number => (memory.hasTurned ? -Infinity : dueAt);
  const isDue = ({ probe: { periodSeconds }, known: { memory, dueAt } }: Due<P>): boolean =>
    memory.hasTurned || now >= dueAt - Math.min(EARLY_MS, periodSeconds * 1000 * EARLY_SHARE);
  // Of two that wait for ever the difference is no number.
  return all.filter(isDue).sort((a, b) => orderOf(a) - orderOf(b) || 0);
}

/** Who looks only once takes the one answer for what it is. */
const thresholdsOf = (probe: Probe, isOnly: boolean | undefined): Thresholds =>
  isOnly === true ? { failureThreshold: 1, successThreshold: 1 } : probe;

interface Look {
  readonly probe: Probe;
  readonly memory: ProbeMemory;
}

function outcome<Reason extends string>(
  looks: readonly Look[],
  reasons: Readonly<Record<Probe['severity'], Reason>>,
): Outcome<Reason> {
  const failing = looks.filter(({ memory }) => memory.standing === 'failing');
  const blind = looks.filter(({ memory }) => memory.standing === 'new' || memory.standing === 'unknown');
  const readings = [...looks.flatMap(readingsOf), { name: 'not_looked_at_count', value: blind.length }];
  if (failing.length === 0 && blind.length > 0) {
    const whys = blind.map(({ probe, memory }) => `${probe.name}: ${whyBlind(probe, memory)}`);
    const more = whys.length - NAMED;
    return unknown([...whys.slice(0, NAMED), ...(more > 0 ? [`${count(more)} more`] : [])].join('; '), readings);
  }
  // While another fails, what failed and is out of sight has not been seen to be over.
  const told = looks.filter((look) => failing.includes(look) || (blind.includes(look) && look.memory.wasFailing));
  const problems = told.map(({ probe, memory }) => problemOf(reasons[probe.severity], probe, memory));
  const isCritical = ({ reason }: Problem<Reason>): number => Number(reason === reasons.critical);
  return outcomeOf(
    problems.sort((a, b) => isCritical(b) - isCritical(a)),
    readings,
  );
}

function problemOf<Reason extends string>(
  reason: Reason,
  probe: Probe,
  { standing, last, failure = '' }: ProbeMemory,
): Problem<Reason> {
  const what = standing === 'failing' ? failure : `it failed, and cannot be told any more: ${last?.message ?? ''}`;
  // Where a problem is told without its subject the message has to say which probe it is.
  const parts = [probe.name, probe.description.trim().replace(/[.:]$/, ''), what].filter((part) => part !== '');
  return { reason, subject: probe.name, message: `${parts.join(': ')}.` };
}

function whyBlind({ failureThreshold, successThreshold }: Probe, memory: ProbeMemory): string {
  const { verdicts, last } = memory;
  if (last === undefined) return 'it was not asked yet';
  if (last.verdict === 'unknown') return last.message;
  if (verdicts.length === 0) return `${last.message}; it may still be starting`;
  const [done, needed] = last.verdict === 'success' ? ['well', successThreshold] : ['failed', failureThreshold];
  const times = verdicts.length - verdicts.findLastIndex((one) => one !== last.verdict) - 1;
  return `${last.message}; ${done} ${times} of the ${needed} times in a row that count`;
}

const readingsOf = ({ probe: { name }, memory: { last, failures } }: Look): Reading[] => [
  ...(last?.durationMs === undefined
    ? []
    : [{ name: 'duration_seconds', subject: name, value: last.durationMs / 1000 }]),
  { name: 'failures_count', subject: name, value: failures },
  ...(last?.readings ?? []).map((reading) => ({ ...reading, subject: name })),
];
