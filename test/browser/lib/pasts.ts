/** What the log of an agent tells of the night in which the masters of five nodes went. */
import type { ApiStatus } from '../../../agent/http/contract.ts';
import { threeDead } from './clusters.ts';
import type { Scenario } from './scenarios.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export interface PastNight {
  readonly scenario: Scenario;
  /** Unix ms: everything was fine, before the masters went. */
  readonly fineAt: number;
  /** When they were gone. */
  readonly deadAt: number;
  /** The agent did not run. */
  readonly goneAt: number;
}

/** Dead for five minutes now; before that fine for an hour, and before that the agent did not run. */
export function pastNight(now: number): PastNight {
  const dead = threeDead();
  const [diedAt, beganAt] = [now - 5 * MINUTE_MS, now - HOUR_MS];
  const [fineAt, deadAt, goneAt] = [now - 20 * MINUTE_MS, now - 2 * MINUTE_MS, now - 2 * HOUR_MS];
  const iso = (at: number): string => new Date(at).toISOString();
  const { areas: _areas, elsewhere: _elsewhere, ...then } = dead.status;
  const past = (at: number): ApiStatus => {
    const common = { asked: iso(at), leftOut: 0, away: [], awayLeftOut: 0 };
    if (at < beganAt) {
      return {
        ...then,
        status: 'unknown',
        sentence: `Not observed from ${iso(goneAt - HOUR_MS)} to ${iso(beganAt)}: the agent on w1 did not run or was paused. Before that it said healthy: All is fine.`,
        at: iso(at),
        view: { node: 'w1', members: 0, current: 0, settled: false },
        findings: [],
        past: { ...common, gap: { from: iso(goneAt - HOUR_MS), to: iso(beganAt) } },
      };
    }
    if (at < diedAt) {
      return {
        ...then,
        status: 'healthy',
        sentence: 'All 5 nodes are fine.',
        at: iso(beganAt),
        view: { node: 'w1', members: 5, current: 5, component: 5, settled: true },
        findings: [],
        past: { ...common, since: iso(beganAt), until: iso(diedAt) },
      };
    }
    const [first, ...others] = then.findings;
    return {
      ...then,
      at: iso(diedAt),
      findings: first === undefined ? [] : [{ ...first, overBy: iso(now) }, ...others],
      past: {
        ...common,
        since: iso(diedAt),
        leftOut: 2,
        awayLeftOut: 1,
        away: ['m1', 'm2'].map((node) => ({ node, state: 'unreachable', since: iso(diedAt) })),
      },
    };
  };
  return { scenario: { ...dead, past }, fineAt, deadAt, goneAt };
}
