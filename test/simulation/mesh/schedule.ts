/** What is done to a virtual cluster, as data: made from a seed, printed when it fails, made smaller to see why. */
import { type Random, createRandom } from '../../lib/random.ts';
import type { DiskLoss } from './world.ts';

export type Fault =
  /** SIGKILL; started again when it ends. */
  | { readonly kind: 'crash'; readonly hosts: readonly string[]; readonly loss: DiskLoss }
  | { readonly kind: 'power-off'; readonly hosts: readonly string[]; readonly loss: DiskLoss }
  | { readonly kind: 'freeze'; readonly hosts: readonly string[] }
  /** Stands still for 8 s of every 9. */
  | { readonly kind: 'stutter'; readonly hosts: readonly string[] }
  /** Gets the CPU for moments only: it stands still for so long, again and again. */
  | { readonly kind: 'starve'; readonly hosts: readonly string[]; readonly stopsMs: number; readonly runsMs: number }
  | {
      readonly kind: 'partition';
      readonly groups: readonly (readonly string[])[];
      readonly withoutGateway: readonly string[];
    }
  | { readonly kind: 'cut'; readonly pairs: readonly (readonly [string, string])[]; readonly oneWay: boolean }
  | { readonly kind: 'loss'; readonly ratio: number }
  | { readonly kind: 'slow'; readonly host: string; readonly byMs: number }
  | { readonly kind: 'clock'; readonly host: string; readonly byMs: number }
  | { readonly kind: 'restart'; readonly hosts: readonly string[] }
  | { readonly kind: 'join'; readonly host: string }
  /** The machine is gone for good, and another one gets its name. */
  | { readonly kind: 'reinstall'; readonly host: string; readonly spare: string }
  /** Another machine calls itself the same while the first lives. */
  | { readonly kind: 'impostor'; readonly host: string; readonly spare: string }
  /** A copy of the data directory on another machine of another name. */
  | { readonly kind: 'copy'; readonly host: string; readonly spare: string }
  /** A copy of the whole machine, with its name. */
  | { readonly kind: 'clone'; readonly host: string; readonly spare: string }
  /**
   * It leaves, and somebody writes its tombstone; it comes back when the fault ends, or never. Another one may be down
   * meanwhile, and hears of it when it comes back with all that it knew of the one who was removed.
   */
  | { readonly kind: 'remove'; readonly host: string; readonly forGood: boolean; readonly absent?: string }
  /** A member says in the name of another what that never said. */
  | { readonly kind: 'forge'; readonly host: string; readonly victim: string }
  | { readonly kind: 'burst'; readonly host: string; readonly count: number }
  /** A type of record that only a later version knows. */
  | { readonly kind: 'future'; readonly host: string };

export interface Episode {
  /** Begun one after the other, so many ms apart. */
  readonly faults: readonly Fault[];
  readonly apartMs: number;
  readonly lastsMs: number;
}

export interface Schedule {
  readonly seed: number;
  readonly size: number;
  readonly spares: number;
  readonly episodes: readonly Episode[];
}

export function makeSchedule(seed: number): Schedule {
  const random = createRandom(0x9e3779b1 * seed);
  const size = clusterSize(random);
  const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
  const count = size > 8 ? 1 : 1 + random.integer(2);
  const spares = Array.from({ length: count }, (_, index) => `x${index + 1}`);
  const episodes = spares.map((spare) => makeEpisode(names, spare, random));
  return { seed, size, spares: count, episodes: vary(episodes, names, createRandom(0x85ebca6b * seed)) };
}

/** Kinds of faults that came later, with random numbers of their own: seeds that found something stay as they are. */
function vary(episodes: readonly Episode[], names: readonly string[], random: Random): Episode[] {
  return episodes.map((episode, index) => ({
    ...episode,
    faults: episode.faults.map((fault): Fault => {
      // Whoever is gone for good is of no use to what comes after it.
      if (fault.kind === 'remove' && index === episodes.length - 1) return removal(fault, names, random);
      // Most of its answers are late, and some come after the next question: up to 0.8 s after their own.
      if (fault.kind === 'slow' && random.chance(0.3)) return { ...fault, byMs: 150 + random.integer(250) };
      // Nearly everybody: whoever takes its own pauses for the silence of others finds witnesses of the same mind.
      if (fault.kind === 'starve' && random.chance(0.3)) {
        const spared = random.integer(names.length);
        return { ...fault, hosts: names.filter((_, at) => at !== spared) };
      }
      return fault;
    }),
  }));
}

function removal(fault: Extract<Fault, { kind: 'remove' }>, names: readonly string[], random: Random): Fault {
  const forGood = random.chance(0.5);
  const others = names.filter((name) => name !== fault.host);
  if (others.length < 3 || random.chance(0.5)) return { ...fault, forGood };
  return { ...fault, forGood, absent: random.pick(others) };
}

/**
 * Mostly 3 to 6: there is little that ten can do wrong and five cannot, but for who observes whom. Above 17 not everybody
 * is everybody's neighbour; one such run costs as much as thirty others.
 */
function clusterSize(random: Random): number {
  const at = random.next();
  if (at < 0.04) return 2;
  if (at < 0.9) return 3 + random.integer(4);
  if (at < 0.98) return 7 + random.integer(2);
  if (at < 0.996) return 11 + random.integer(3);
  return at < 0.9995 ? 18 + random.integer(4) : 22 + random.integer(19);
}

function makeEpisode(names: readonly string[], spare: string, random: Random): Episode {
  const at = random.next();
  // A few have two at the same time, and a few many that overlap.
  const count = at < 0.65 || names.length > 8 ? 1 : at < 0.9 ? 2 : 3 + random.integer(3);
  const faults: Fault[] = [];
  for (let tries = 0; faults.length < count && tries < 20; tries += 1) {
    const fault = makeFault(names, spare, random);
    const isAlone = SOLITARY.has(fault.kind);
    if (faults.some(({ kind }) => kind === fault.kind) || (count > 1 && isAlone)) continue;
    faults.push(fault);
  }
  const lastsMs = Math.max(...faults.map((fault) => durationOf(fault, random)));
  return { faults, apartMs: count > 2 ? 500 + random.integer(4000) : random.integer(300), lastsMs };
}

/** What is judged by figures that another fault would spoil. */
const SOLITARY: ReadonlySet<Fault['kind']> = new Set(['reinstall', 'impostor', 'clone', 'burst', 'remove', 'copy']);

function durationOf({ kind }: Fault, random: Random): number {
  if (kind === 'reinstall') return 45_000;
  if (kind === 'impostor') return 20_000;
  if (kind === 'clone') return 60_000;
  if (kind === 'remove') return 7000 + random.integer(3000);
  if (kind === 'burst' || kind === 'future' || kind === 'forge') return 5000;
  if (kind === 'stutter') return 18_000;
  if (kind === 'loss') return 20_000;
  if (random.chance(0.1)) return 300 + random.integer(3000);
  if (kind === 'partition' && random.chance(0.05)) return 65_000;
  return 6000 + random.integer(8000);
}

const LOSSES: readonly DiskLoss[] = ['none', 'none', 'none', 'store', 'key', 'all'];

function makeFault(names: readonly string[], spare: string, random: Random): Fault {
  const shuffled = [...names].sort(() => random.next() - 0.5);
  const [host = '', other = ''] = shuffled;
  const some = (most: number): string[] => shuffled.slice(0, 1 + random.integer(Math.max(1, most)));
  const loss = random.pick(LOSSES);
  const half = Math.floor(names.length / 2);
  // A key that is lost costs half a minute where several are lost at once.
  const single = loss === 'key' || loss === 'all' ? 1 : half;
  // Large clusters cost much, and only differ where those who observe a member are gone.
  if (names.length > 8) return random.chance(0.6) ? makePartition(shuffled, random) : makeMassacre(shuffled, random);
  const makers: readonly (readonly [weight: number, make: () => Fault])[] = [
    [3, () => ({ kind: 'crash', hosts: some(single), loss })],
    [1, () => ({ kind: 'crash', hosts: some(names.length), loss: 'none' })],
    [2, () => ({ kind: 'power-off', hosts: some(single), loss })],
    [1, () => ({ kind: 'power-off', hosts: some(names.length - 1), loss: 'none' })],
    [2, () => ({ kind: 'freeze', hosts: some(half) })],
    [1, () => ({ kind: 'freeze', hosts: some(names.length) })],
    [1, () => ({ kind: 'stutter', hosts: some(Math.floor(names.length / 3)) })],
    [1.5, () => makeStarvation(some(half), random)],
    [4, () => makePartition(shuffled, random)],
    [2, () => makeCut(shuffled, random)],
    [2, () => ({ kind: 'loss', ratio: random.pick([0.02, 0.05, 0.1, 0.2]) })],
    [1, () => ({ kind: 'slow', host, byMs: 20 + random.integer(100) })],
    [1, () => ({ kind: 'clock', host, byMs: (random.next() - 0.5) * 2 * 86_400_000 })],
    [2, () => ({ kind: 'restart', hosts: some(half) })],
    [1, () => ({ kind: 'join', host: spare })],
    [0.7, () => ({ kind: 'reinstall', host, spare })],
    [1, () => ({ kind: 'impostor', host, spare })],
    [0.5, () => ({ kind: 'copy', host, spare })],
    [0.5, () => ({ kind: 'clone', host, spare })],
    [1, () => ({ kind: 'remove', host, forGood: false })],
    [1, () => ({ kind: 'forge', host, victim: other })],
    [1, () => ({ kind: 'burst', host, count: 2 + random.integer(12) })],
    [0.5, () => ({ kind: 'future', host })],
  ];
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [weight, make] of makers) {
    left -= weight;
    if (left < 0) return make();
  }
  return { kind: 'join', host: spare };
}

const makeMassacre = (shuffled: readonly string[], random: Random): Fault => ({
  kind: random.chance(0.5) ? 'power-off' : 'crash',
  hosts: shuffled.slice(0, 1 + random.integer(shuffled.length - 2)),
  loss: 'none',
});

const makeStarvation = (hosts: readonly string[], random: Random): Fault => ({
  kind: 'starve',
  hosts,
  stopsMs: 200 + random.integer(1500),
  runsMs: random.pick([0.5, 2, 20]),
});

function makePartition(shuffled: readonly string[], random: Random): Fault {
  const first = 1 + random.integer(shuffled.length - 1);
  const rest = shuffled.slice(first);
  const isInThree = rest.length > 1 && random.chance(0.4);
  const second = isInThree ? 1 + random.integer(rest.length - 1) : rest.length;
  const groups = [shuffled.slice(0, first), rest.slice(0, second), rest.slice(second)].filter(
    ({ length }) => length > 0,
  );
  return { kind: 'partition', groups, withoutGateway: groups.filter(() => random.chance(0.4)).flat() };
}

function makeCut(shuffled: readonly string[], random: Random): Fault {
  const [one = '', other = '', third] = shuffled;
  const pairs: (readonly [string, string])[] = [[one, other]];
  if (third !== undefined && random.chance(0.3)) pairs.push([one, third]);
  return { kind: 'cut', pairs, oneWay: random.chance(0.5) };
}

/** For people: one line an episode. */
export const describeSchedule = ({ seed, size, episodes }: Schedule): string =>
  [`seed ${seed}: ${size} agents`, ...episodes.map(describeEpisode)].join('\n  ');

const describeEpisode = ({ faults, apartMs, lastsMs }: Episode): string =>
  `${faults.map((fault) => JSON.stringify(fault)).join(` and ${apartMs} ms later `)}, for ${lastsMs} ms`;
