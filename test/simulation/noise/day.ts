/** Hours of noise on one node, and all that was said of it. */
import type { CheckRun } from '../../../agent/runner/runner.ts';
import { type FakeClock, createFakeClock } from '../../lib/fake-clock.ts';
import type { Profile } from '../../lib/profiles/profile.ts';
import { KUBEADM_MASTER, KUBEADM_WORKER } from '../../lib/profiles/kubeadm.ts';
import { waitBy } from '../../lib/virtual-timers.ts';
import type { Role } from './inputs.ts';
import { type NoisyNode, createNoisyNode } from './node.ts';
import { CALM_MS } from './noise.ts';
import { MINUTE, SECOND } from './part.ts';

export const PROFILES: Readonly<Record<Role, Profile>> = { master: KUBEADM_MASTER, worker: KUBEADM_WORKER };

export interface Day {
  /** What was raised, when, as `229.8 min: etcd raised …`. */
  readonly raised: readonly string[];
  /** Checks that could not look for a while, each once. */
  readonly blind: readonly string[];
  /** Whatever the diagnosis said, each once: its status, and its findings. */
  readonly said: readonly string[];
  /** By check: runs, and those among them that found something or could not look. */
  readonly runs: ReadonlyMap<string, { readonly all: number; readonly bad: number }>;
  /** By `check reading`: the lowest and the highest value. */
  readonly extremes: ReadonlyMap<string, readonly [low: number, high: number]>;
}

/** Results are at their newest then. */
const REVIEW_EVERY_MS = 5 * SECOND;

/** A clock of which all waiting hangs, and who makes errors by the million needs no stack of them. */
export async function inVirtualTime<T>(work: (clock: FakeClock) => Promise<T>): Promise<T> {
  const clock = createFakeClock(() => new Promise((resolve) => void setImmediate(resolve)));
  const { stackTraceLimit } = Error;
  const giveBack = waitBy(clock);
  Error.stackTraceLimit = 0;
  try {
    return await work(clock);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    giveBack();
  }
}

export const spendDay = (role: Role, seed: number, durationMs: number): Promise<Day> =>
  inVirtualTime(async (clock) => {
    const notes = createNotes(clock);
    const node = createNoisyNode(clock, { profile: PROFILES[role], role, seed, onRun: notes.onRun });
    await clock.advance(CALM_MS / 2);
    for (const end = clock.monotonic() + durationMs; clock.monotonic() < end; await clock.advance(REVIEW_EVERY_MS))
      notes.review(node);
    return notes.day;
  });

function createNotes(clock: FakeClock) {
  const raised: string[] = [];
  const [blind, said] = [new Set<string>(), new Set<string>()];
  const runs = new Map<string, { all: number; bad: number }>();
  const extremes = new Map<string, [number, number]>();
  return {
    onRun: ({ check, outcome, changes }: CheckRun): void => {
      const { all, bad } = runs.get(check) ?? { all: 0, bad: 0 };
      const isBad = outcome.status === 'problem' || outcome.status === 'unknown';
      runs.set(check, { all: all + 1, bad: bad + Number(isBad) });
      for (const { name, value } of 'readings' in outcome ? (outcome.readings ?? []) : []) {
        const [low, high] = extremes.get(`${check} ${name}`) ?? [value, value];
        extremes.set(`${check} ${name}`, [Math.min(low, value), Math.max(high, value)]);
      }
      for (const change of changes) {
        const at = `${(clock.monotonic() / MINUTE).toFixed(1)} min: ${check}`;
        if (change.kind === 'raised') raised.push(`${at} raised ${change.problem.reason}: ${change.problem.message}`);
        if (change.kind === 'changed' && change.to === 'unknown' && change.from !== 'none')
          blind.add(`${check}: ${change.message}`);
      }
    },
    review(node: NoisyNode): void {
      const { status, findings } = node.diagnosis();
      said.add(status);
      for (const { reason, sentence } of findings) said.add(`${reason}: ${sentence}`);
    },
    get day(): Day {
      return { raised, blind: [...blind], said: [...said], runs, extremes };
    },
  };
}
