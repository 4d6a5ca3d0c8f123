/** One simulated run of a whole cluster, by a schedule: everything that an agent said and must not have said. */
import type { VirtualAgent } from './agent.ts';
import { beginFault } from './faults.ts';
import type { Running, Stage } from './faults/stage.ts';
import { type Invariant, type Violation, createMonitor } from './monitor.ts';
import { type Episode, type Fault, type Schedule, describeSchedule } from './schedule.ts';
import { createTruth } from './truth.ts';
import { differences, unwell } from './wellness.ts';
import { World } from './world.ts';

export interface Trial {
  readonly violations: readonly Violation[];
  /** From the begin of each fault until the last agent knew, ms, by its kind. */
  readonly known: readonly (readonly [kind: string, ms: number])[];
  /** From the end of each episode until all was well, ms, by the kinds of its faults. */
  readonly healed: readonly (readonly [kinds: string, ms: number])[];
}

const POLL_MS = 100;
/** The agents of a cluster that starts are well by then. */
const START_MS = 15_000;
/** What was broadcast is everywhere by then, whatever was lost on the way. */
const NEWS_MS = 3000;
/** Two rounds of sync with everybody, and the hashes of a minute need not be waited for. */
const SAME_MS = 20_000;
/** What a copy with the same key has brought is not offered to the original: it comes when hashes are compared. */
const SAME_KEY_MS = 90_000;
/** Loss makes everything slower. */
const LOSSY_MS = 12_000;
/** What was several things at once takes the sum of what each would take. */
const MANY_MS = 3000;
const CALM_MS = 1500;
/** An edge that has lost much remembers it for a while, and takes up to ten more misses, four a second. */
const WEARING: ReadonlySet<Fault['kind']> = new Set([
  'loss',
  'slow',
  'stutter',
  'starve',
  'freeze',
  'cut',
  'partition',
]);
const WORN_MS = 2600;
const WORN_FOR_MS = 60_000;

export async function runTrial(schedule: Schedule): Promise<Trial> {
  const monitor = createMonitor();
  const world = new World(schedule.size, schedule.spares, schedule.seed, monitor);
  const truth = createTruth(world);
  monitor.attach(world, truth);
  const trial = new RunningTrial({ world, truth, monitor });
  try {
    await trial.start();
    for (const episode of schedule.episodes) await trial.run(episode);
  } catch (error) {
    monitor.report('defect', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return { violations: monitor.violations, known: trial.known, healed: trial.healed };
}

class RunningTrial {
  readonly known: [string, number][] = [];
  readonly healed: [string, number][] = [];
  readonly #stage: Stage;
  /** Edges take more misses to be lost until then. */
  #wornUntilMs = -Infinity;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async start(): Promise<void> {
    const { world, truth } = this.#stage;
    for (const name of world.names) {
      world.start(name);
      truth.note();
      await world.runFor(world.random.chance(0.5) ? 0 : 400 * world.random.next());
    }
    await this.#until('not-healed', 'after the start', START_MS, () => unwell(this.#stage));
    await this.#settle('the start');
  }

  async run(episode: Episode): Promise<void> {
    const { world, truth, monitor } = this.#stage;
    const beganAt = world.queue.now();
    const kinds = episode.faults.map(({ kind }) => kind).join('+');
    const stopChatter = this.#chatter();
    const running: Running[] = [];
    for (const [index, fault] of episode.faults.entries()) {
      if (index > 0) await world.runFor(episode.apartMs);
      running.push(beginFault(this.#stage, fault, episode.faults.length === 1));
      truth.note();
    }
    monitor.verdicts.clear();
    const isKnown = await this.#waitForKnowledge(episode, kinds, running, beganAt);
    await world.runUntil(Math.max(world.queue.now(), beganAt + episode.lastsMs));
    for (const missing of running.flatMap(({ check }) => check?.() ?? [])) {
      monitor.report(kinds === 'remove' ? 'not-removed' : 'conflict-not-told', missing);
    }
    if (episode.faults.some(({ kind }) => WEARING.has(kind))) this.#wornUntilMs = world.queue.now() + WORN_FOR_MS;
    // Who never noticed that somebody was away takes what that one says of the others for news.
    if (!isKnown) world.sides = undefined;
    stopChatter();
    for (const one of running) {
      one.end();
      truth.note();
    }
    await this.#heal(kinds, Math.max(...running.map(({ healedAfterMs }) => healedAfterMs)), episode);
  }

  /** Returns whether everybody came to know of the fault, as far as that can be told. */
  async #waitForKnowledge(
    episode: Episode,
    kinds: string,
    running: readonly Running[],
    beganAt: number,
  ): Promise<boolean> {
    const [only] = running;
    if (running.length !== 1 || only?.knownAfterMs === undefined) return false;
    const isSlower = beganAt < this.#wornUntilMs && only.knownAfterMs >= WORN_MS;
    return this.#waitUntilKnown(episode, kinds, only.knownAfterMs + (isSlower ? WORN_MS : 0));
  }

  async #waitUntilKnown(episode: Episode, kinds: string, boundMs: number): Promise<boolean> {
    const { world, truth, monitor } = this.#stage;
    const limitMs = Math.min(boundMs, episode.lastsMs);
    const beganAt = world.queue.now();
    if (kinds === 'burst') {
      await this.#waitForNews(beganAt);
      return true;
    }
    function* disagreements(): Generator<string> {
      for (const agent of world.agents())
        if (!agent.process.isFrozen()) yield* disagreementsOf(agent, (name) => truth.expected(agent, name));
    }
    while (isAny(disagreements())) {
      if (world.queue.now() - beganAt >= limitMs) {
        if (limitMs === boundMs) monitor.report('fault-not-told', `${kinds}: ${some(disagreements(), 4).join('; ')}`);
        return false;
      }
      await world.runFor(POLL_MS);
    }
    this.known.push([kinds, world.queue.now() - beganAt]);
    this.#checkWaves(kinds);
    return true;
  }

  async #waitForNews(beganAt: number): Promise<void> {
    const { world, monitor } = this.#stage;
    const news = new Set(world.agents().flatMap(({ said }) => said));
    await this.#until('late-news', 'a burst', NEWS_MS, () => {
      for (const agent of world.agents()) agent.save();
      return world.agents().flatMap(({ host, said }) => {
        const missing = news.difference(monitor.holdings(host.kept).messages).difference(new Set(said));
        return missing.size > 0 ? [`${host.name} has not heard ${[...missing][0]}`] : [];
      });
    });
    this.known.push(['burst', world.queue.now() - beganAt]);
  }

  /** Who was lost with others is called so with them. */
  #checkWaves(kinds: string): void {
    const { monitor } = this.#stage;
    for (const [agent, waves] of monitor.verdicts) {
      const names = [...waves.values()].flat();
      if (names.length < 3 || waves.size <= 2) continue;
      const times = [...waves].map(([atMs, lost]) => `${lost.join()} at ${Math.round(atMs)}`);
      monitor.report('judged-apart', `${kinds}: ${agent.host.name} judged ${times.join(', ')}`);
    }
  }

  async #heal(kinds: string, boundMs: number, { faults }: Episode): Promise<void> {
    const { world, truth } = this.#stage;
    const endedAt = world.queue.now();
    const isLossy = faults.some(({ kind }) => kind === 'loss' || kind === 'slow');
    const allowedMs = boundMs + (isLossy ? LOSSY_MS : 0) + (faults.length > 1 ? MANY_MS : 0);
    const isWell = await this.#until('not-healed', `after ${kinds}`, allowedMs, () => unwell(this.#stage));
    if (isWell) this.healed.push([kinds, world.queue.now() - endedAt]);
    world.sides = undefined;
    // Who has a name back is believed by everybody once they hold the same.
    await this.#settle(kinds);
    truth.settle();
    truth.note();
  }

  /** All hold the same, and then nothing is said any more. */
  async #settle(kinds: string): Promise<void> {
    const { world, monitor } = this.#stage;
    const deadline = world.queue.now() + (kinds.includes('clone') ? SAME_KEY_MS : SAME_MS);
    while (isAny(differences(this.#stage))) {
      if (world.queue.now() >= deadline) {
        for (const [invariant, what] of some(differences(this.#stage), 3))
          monitor.report(invariant, `after ${kinds}: ${what}`);
        break;
      }
      await world.runFor(5 * POLL_MS);
    }
    await world.runFor(CALM_MS);
  }

  /** Agents have something to say now and then. Returns how to stop it. */
  #chatter(): () => void {
    const { world } = this.#stage;
    let isOn = true;
    const next = (): void =>
      world.queue.after(400 + 2500 * world.random.next(), () => {
        if (!isOn) return;
        const agents = world.agents().filter(({ hasLeft }) => !hasLeft);
        if (agents.length > 0) {
          const agent = world.random.pick(agents);
          if (world.random.chance(0.5)) world.update(agent);
          else world.say(agent, `news of ${agent.host.name} at ${Math.round(world.queue.now())}`);
        }
        next();
      });
    next();
    return () => void (isOn = false);
  }

  async #until(invariant: Invariant, what: string, boundMs: number, left: () => Iterable<string>): Promise<boolean> {
    const { world, monitor } = this.#stage;
    const deadline = world.queue.now() + boundMs;
    while (isAny(left())) {
      if (world.queue.now() >= deadline) {
        monitor.report(invariant, `${what}, not within ${boundMs} ms: ${some(left(), 4).join('; ')}`);
        return false;
      }
      await world.runFor(POLL_MS);
    }
    return true;
  }
}

/** Looks no further than at the first. */
const isAny = ([first]: Iterable<unknown>): boolean => first !== undefined;
const some = <Item>(items: Iterable<Item>, most: number): readonly Item[] => [...items].slice(0, most);

function disagreementsOf(agent: VirtualAgent, expected: (name: string) => string | undefined): string[] {
  const { mesh } = agent.mesh.state();
  if (!mesh.settled) return [];
  return mesh.members.flatMap(({ name, state }) => {
    const wanted = expected(name);
    if (wanted === undefined || wanted === state) return [];
    if (wanted === 'isolated' && mesh.isolated !== undefined) return [];
    return [`${agent.host.name} says that ${name} is ${state}, not ${wanted}`];
  });
}

/** What a person needs to see of a run that failed. */
export const describeFailure = (schedule: Schedule, { violations }: Trial): string =>
  [
    describeSchedule(schedule),
    ...violations.map(({ invariant, atMs, what }) => `  ${(atMs / 1000).toFixed(2)} s  ${invariant}: ${what}`),
  ].join('\n');
