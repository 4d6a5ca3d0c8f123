/** Trouble, heal, calm, again and again, and what was wrong in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, createRandom } from '../../test/lib/random.ts';
import type { Ask } from '../mesh/ask.ts';
import { type Calm, untilCalm } from './calm.ts';
import type { Ground } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Listener } from './listener.ts';
import { planEpisode } from './schedule.ts';

export interface Outcome {
  readonly episodes: number;
  /** Ms from each heal until all was right. */
  readonly heals: readonly number[];
  /** Verdicts that stood when the bound was over. */
  readonly standing: number;
  /** Episodes after which all was never right. */
  readonly neverCalm: number;
  readonly byKind: Readonly<Record<string, number>>;
}

export interface EpisodesDeps extends Ground {
  readonly listener: Listener;
  readonly ask: Ask;
  readonly journal: Journal;
}

const QUIET_MS = 5000;
/** What takes longer is worth a reason. */
const SLOW_MS = 10_000;
const TRIES = 5;
const LINES_SHOWN = 12;

/** Runs episodes until the time is over or the signal says so; the last one is finished in the first case. */
export async function runEpisodes(
  { seed, until }: { readonly seed: number; readonly until: () => boolean },
  deps: EpisodesDeps,
): Promise<Outcome> {
  const random = createRandom(seed);
  const heals: number[] = [];
  const byKind = new Map<string, number>();
  let [episodes, standing, neverCalm] = [0, 0, 0];
  const outcome = (): Outcome => ({ episodes, heals, standing, neverCalm, byKind: Object.fromEntries(byKind) });
  const count = (calm: Calm): void => {
    standing += calm.standing.length;
    if (calm.tookMs === undefined) neverCalm += 1;
    else heals.push(Math.round(calm.tookMs));
  };
  try {
    while (!until()) {
      episodes += 1;
      const kinds = await trouble(random, episodes, deps);
      for (const kind of kinds) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
      count(await heal(episodes, deps));
    }
  } catch (error) {
    if (!deps.signal.aborted) throw error;
  }
  return outcome();
}

async function trouble(random: Random, episode: number, deps: EpisodesDeps): Promise<readonly string[]> {
  const { herd, truth, journal, signal } = deps;
  const planned = planEpisode(random, herd.names, herd.spared);
  // Where paths fail beside other trouble, too few may be left who see the ends of one.
  if (planned.length > 1) for (const { fault } of planned) truth.down(fault.ends ?? []);
  await Promise.all(
    planned.map(async ({ fault, delaySeconds }) => {
      await sleep(delaySeconds * 1000, undefined, { signal });
      journal.say(`#${episode} ${fault.text}`);
      await fault.run(deps).catch((error: unknown) => giveUp(error, deps));
    }),
  );
  return planned.map(({ id }) => id);
}

/** Ends what is left of the trouble, and waits until all is right; then nothing wrong may be said any more. */
export async function heal(episode: number, deps: EpisodesDeps): Promise<Calm> {
  const { herd, network, truth, journal, listener, ask, signal } = deps;
  herd.thaw(herd.names);
  await again(() => network.clear(), deps);
  await again(() => herd.powerOn(herd.names), deps);
  await herd.start(herd.names);
  const calm = await untilCalm(herd, listener, ask, signal, (standing) => {
    journal.say(`#${episode} WRONG ${standing.length} verdicts stand after the heal`);
    for (const line of standing.slice(0, LINES_SHOWN)) journal.say(`#${episode}   ${line}`);
    journal.keep(`standing-${episode}.txt`, `${standing.join('\n')}\n`);
  });
  const took = calm.tookMs === undefined ? 'NEVER' : `${(calm.tookMs / 1000).toFixed(1)} s`;
  journal.say(`#${episode} all right after ${took} (bound ${calm.boundMs / 1000} s)`);
  if ((calm.tookMs ?? Infinity) > SLOW_MS)
    for (const line of calm.last.slice(0, 2)) journal.say(`#${episode}   the last was ${line}`);
  truth.reset();
  await sleep(QUIET_MS, undefined, { signal });
  return calm;
}

/** On a machine that is busy beyond measure a command of the lab may not end in time: that is no fault of an agent. */
function giveUp(error: unknown, { journal, signal }: EpisodesDeps): void {
  signal.throwIfAborted();
  journal.say(`the machine does not follow: ${String(error).slice(0, 300)}`);
}

async function again(work: () => Promise<unknown>, deps: EpisodesDeps): Promise<void> {
  for (let left = TRIES; left > 1; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      giveUp(error, deps);
    }
  }
  await work();
}
