/** After a heal: is there anything that anybody says and that is not so? */
import { loadavg, availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import { isWhole } from '../../test/lab/lib/agents.ts';
import type { Ask } from '../mesh/ask.ts';
import type { Herd } from './herd.ts';
import type { Heard, Listener } from './listener.ts';

export interface Calm {
  /** Ms after the heal; undefined: not within the longest wait. */
  readonly tookMs: number | undefined;
  /** What stood when the bound was over; empty: nothing. */
  readonly standing: readonly string[];
  /** What was wrong at the last look before all was right. */
  readonly last: readonly string[];
  readonly boundMs: number;
}

const BOUND_MS = 20_000;
/** On a machine on which so many processes wait for each core. */
const BUSY = 3;
const BUSY_BOUND_MS = 40_000;
/** What stands at the bound is waited for until then, to tell what is late from what stays. */
const LONGEST_MS = 180_000;
const EVERY_MS = 500;

/** Resolves when everybody says that all is well and knows the same, or when that does not come. */
export async function untilCalm(
  herd: Herd,
  listener: Listener,
  ask: Ask,
  signal: AbortSignal,
  onBound: (standing: readonly string[]) => void,
): Promise<Calm> {
  const healedAt = performance.now();
  const busy = loadPerCore() > BUSY;
  const boundMs = busy ? BUSY_BOUND_MS : BOUND_MS;
  let standing: readonly string[] | undefined;
  let last: readonly string[] = [];
  for (;;) {
    const wrong = await wrongsOf(herd, listener, ask, healedAt);
    const tookMs = performance.now() - healedAt;
    if (wrong.length === 0) return { tookMs, standing: standing ?? [], last, boundMs };
    if (standing === undefined && tookMs > boundMs) {
      standing = wrong.filter((line) => !isPaused(listener.latest.get(line.split(':')[0] ?? '')));
      onBound(standing);
    }
    if (tookMs > LONGEST_MS) return { tookMs: undefined, standing: standing ?? wrong, last: wrong, boundMs };
    last = wrong;
    await sleep(EVERY_MS, undefined, { signal });
  }
}

/** It says itself that it does not know, because it does not get the CPU. */
const isPaused = (heard: Heard | undefined): boolean =>
  heard?.status.status === 'unknown' && heard.status.sentence.includes('was paused');

const loadPerCore = (): number => (loadavg()[0] ?? 0) / availableParallelism();

/** Everything wrong that is said now, each with who says it. Digests are compared only where all the rest is right. */
async function wrongsOf(herd: Herd, { latest }: Listener, ask: Ask, since: number): Promise<string[]> {
  const wrong = herd.names.flatMap((name) => wrongsIn(name, herd.names, latest.get(name), since));
  return wrong.length > 0 ? wrong : digestsOf(herd, ask);
}

/** What one agent says that is not so. Pure. */
export function wrongsIn(viewer: string, names: readonly string[], heard: Heard | undefined, since: number): string[] {
  if (heard === undefined || heard.askedAt < since) return [`${viewer}: has not answered since the heal`];
  const { status, members } = heard;
  const known = new Set(members.members.map(({ node }) => node));
  const missing = names.filter((name) => !known.has(name)).map((name) => `${viewer}: does not know ${name}`);
  const states = members.members
    .filter(({ node, state }) => state !== 'alive' && names.includes(node))
    .map(({ node, state, since: from }) => `${viewer}: ${node} is ${state} since ${from}`);
  const { view } = status;
  const whole = isRight(status, names.length)
    ? []
    : [
        `${viewer}: status ${status.status}, ${view.component ?? 'no'} of ${view.members} connected, ` +
          `${view.current} current: ${status.sentence}`,
      ];
  return [...missing, ...states, ...whole];
}

/** All hosts write to one disk of this machine: that it keeps them waiting for seconds is so, and no matter of the mesh. */
const OF_THE_MACHINE: readonly string[] = ['DiskStalled'];

function isRight(status: ApiStatus, count: number): boolean {
  const { settled, component, current } = status.view;
  const grave = status.findings.filter(({ severity }) => severity !== 'info');
  const isOfMachine = grave.length > 0 && grave.every(({ reason }) => OF_THE_MACHINE.includes(reason));
  if (status.status === 'degraded' && isOfMachine) return settled && component === count && current === count;
  return isWhole(status, count);
}

/** All asked at once, because what is true of them changes all the time. */
async function digestsOf(herd: Herd, ask: Ask): Promise<string[]> {
  const answers = await Promise.all(
    herd.lab.hosts.map(async ({ name, address }) => ({
      name,
      said: await ask<ApiMembers>(address, '/api/v1/members'),
    })),
  );
  const groups = Map.groupBy(answers, ({ said }) => said?.digest ?? 'no answer');
  if (groups.size === 1 && !groups.has('no answer')) return [];
  const words = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  return words
    .slice(1)
    .map(([digest, who]) => `${who.map(({ name }) => name).join(' ')}: digest ${digest.slice(0, 12)} differs`);
}
