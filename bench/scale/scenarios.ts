/** What happens to a town, one thing after the other, and how long it takes until the full agents know. */
import type { EdgeState } from '../../agent/model/member.ts';
import type { NodeReport } from '../../agent/model/report.ts';
import type { Figure } from '../lib/table.ts';
import { type Costs, cpuShare } from './costs.ts';
import type { Citizen } from './population.ts';
import { NOON, halfOf, quietReport } from './population.ts';
import { type Sighting, calledDown, knowTheSame, shareOf, stateOf, until, untilTrue } from './watch.ts';
import type { ThinMember } from './thin-member.ts';
import type { Resident, Town } from './town.ts';
import { bytesOf, measureTraffic, messagesOf } from './traffic.ts';

export type Scenario = (town: Town, costs: Costs) => Promise<readonly Figure[]>;

const IDLE_S = 30;
/** The probers have had answers by then. */
const WARM_MS = 6000;
const BOUND_MS = 60_000;
const CUT_MS = 20_000;
/** After a cut, and after its end: from when to when probed edges change, as in `host silent` and `pace.ts`. */
const LOST_MS = [2300, 3300] as const;
const BACK_MS = [0, 1000] as const;

export const SCENARIOS: Readonly<Record<string, Scenario>> = { idle, killed, silent, storm, partition };

async function idle(town: Town, costs: Costs): Promise<readonly Figure[]> {
  await untilTrue(town, () => knowTheSame(town), BOUND_MS);
  town.turns.reset();
  const { full, thin } = await measureTraffic(town, IDLE_S);
  const ownCode = town.turns.totalMs() / town.residents.length / IDLE_S / 10;
  const note = `${IDLE_S} s; thin agents: ${thin === undefined ? 'none' : `${thin.syncBytes.toFixed(0)} bytes/s of sync, ${thin.exchanges.toFixed(2)} exchanges/s`}`;
  return [
    figure(
      town,
      'idle: messages',
      messagesOf(full),
      '1/s',
      `${full.datagrams.toFixed(1)} datagrams, ${full.exchanges.toFixed(2)} exchanges`,
    ),
    figure(town, 'idle: bytes sent', bytesOf(full), 'B/s', `${full.syncBytes.toFixed(0)} of sync; ${note}`),
    figure(town, 'idle: records received', full.recordsReceived, '1/s', ''),
    figure(
      town,
      'idle: CPU, modelled',
      cpuShare(full, costs),
      '% of a core',
      'counts × measured costs, with view and diagnosis once a second',
    ),
    figure(
      town,
      'idle: CPU, own code',
      ownCode,
      '% of a core',
      'measured in the simulation, without transport and diagnosis',
    ),
    longest(town, 'idle'),
  ];
}

async function killed(town: Town): Promise<readonly Figure[]> {
  const [victim] = await prepared(town, 1);
  if (victim === undefined) return [];
  town.kill(victim.name);
  const seen = await until(town, living(town), (one) => stateOf(one, victim.name) === 'agent-down', BOUND_MS);
  return [...sightings(town, 'agent killed', seen, 's', '≤ 1.5 s'), longest(town, 'agent killed')];
}

async function silent(town: Town): Promise<readonly Figure[]> {
  const [victim] = await prepared(town, 1);
  if (victim === undefined) return [];
  town.silence(victim.name);
  const seen = await until(town, living(town), (one) => stateOf(one, victim.name) === 'unreachable', BOUND_MS);
  return [...sightings(town, 'host silent', seen, 's', '≤ 4.2 s'), longest(town, 'host silent')];
}

/** Three masters die, and the checks of every node notice within seconds: an event and a new report of each. */
async function storm(town: Town): Promise<readonly Figure[]> {
  const victims = await prepared(town, 3);
  rehearseDiagnosis(town);
  const began = town.queue.now();
  for (const { name } of victims) town.silence(name);
  const gone = new Set(victims.map(({ name }) => name));
  for (const one of town.population.citizens) {
    if (!gone.has(one.name)) town.queue.after(500 + 3000 * town.random.next(), () => raise(town, one));
  }
  const seen = await until(town, living(town), (one) => shareOf(one, gone, 'down') === 1, BOUND_MS);
  const peak = diagnosisMs(town);
  // The last has spoken, and its report has followed.
  await town.run(Math.max(0, began + 5000 - town.queue.now()));
  const same = await untilTrue(town, () => knowTheSame(town), 2 * BOUND_MS);
  const agreed = same === undefined ? Number.NaN : (town.queue.now() - began) / 1000;
  return [
    ...sightings(town, 'masters down', seen, 's', '≤ 20 s'),
    figure(town, 'masters down: every report with everybody', agreed, 's', 'from the fault'),
    longest(town, 'masters down'),
    figure(town, 'masters down: view and diagnosis', peak, 'ms', 'of one agent'),
  ];
}

async function partition(town: Town): Promise<readonly Figure[]> {
  const side = (name: string): number => halfOf(town.population.byName(name));
  const farOf = new Map<ThinMember, readonly Citizen[]>();
  for (const member of town.thin.values()) {
    const far = [...town.neighboursOf(member.citizen.name)].filter((peer) => side(peer) !== side(member.citizen.name));
    farOf.set(
      member,
      far.map((name) => town.population.byName(name)),
    );
  }
  /** Probing all paths between the halves would be most of the simulation: thin agents see what full ones saw. */
  const thinSee = (state: EdgeState, [fromMs, toMs]: readonly [number, number]): void => {
    for (const [member, peers] of farOf) {
      for (const peer of peers) {
        if (town.lost.has(peer.name) || town.lost.has(member.citizen.name)) continue;
        town.queue.after(fromMs + (toMs - fromMs) * town.random.next(), () => member.edges.assume(peer, state));
      }
    }
  };
  await town.run(WARM_MS);
  rehearseDiagnosis(town);
  town.turns.reset();
  const gone = town.lost;
  const sides = [0, 1].map((one) => {
    const names = town.population.citizens.map(({ name }) => name).filter((name) => side(name) === one);
    return new Set(names.filter((name) => !gone.has(name)));
  });
  const otherSide = (name: string): ReadonlySet<string> => sides[1 - side(name)] ?? new Set();
  town.network.split(side);
  thinSee('lost', LOST_MS);
  const seen = await until(
    town,
    living(town),
    (one) => shareOf(one, otherSide(one.citizen.name), 'down') >= 0.999,
    BOUND_MS,
  );
  const peak = diagnosisMs(town);
  await town.run(Math.max(0, CUT_MS - (seen.lastMs ?? BOUND_MS)));
  const missed = living(town).map((one) => 1 - shareOf(one, otherSide(one.citizen.name), 'down'));
  const cut = longest(town, 'partition');
  town.turns.reset();
  town.network.split(undefined);
  thinSee('good', BACK_MS);
  const all = new Set([...(sides[0] ?? []), ...(sides[1] ?? [])]);
  let wronged = 0;
  const isHealed = (one: Resident): boolean => {
    wronged = Math.max(wronged, calledDown(one, sides[side(one.citizen.name)] ?? new Set()));
    return shareOf(one, all, 'alive') === 1;
  };
  const healed = await until(town, living(town), isHealed, 2 * BOUND_MS);
  const same = await untilTrue(town, () => knowTheSame(town), 2 * BOUND_MS);
  const agreed = same === undefined ? Number.NaN : ((healed.lastMs ?? Number.NaN) + same) / 1000;
  return [
    ...sightings(town, 'half and half', seen, 's', '≤ 20 s'),
    figure(
      town,
      'half and half: not told down after the cut',
      100 * Math.max(...missed),
      '%',
      'worst agent; thin agents do not take over for lost observers, and lose the other half 2.3 to 3.3 s after the cut without probing',
    ),
    cut,
    figure(town, 'half and half: view and diagnosis', peak, 'ms', 'of one agent'),
    ...sightings(town, 'heal', healed, 's', '≤ 16 s'),
    {
      ...figure(town, 'heal: called down without having been away', wronged, 'members', 'worst agent at worst'),
      target: '0',
    },
    figure(town, 'heal: every report with everybody', agreed, 's', ''),
    longest(town, 'heal'),
  ];
}

/** Rather members for whom others speak, or thin agents; their neighbours have an eye on them. */
async function prepared(town: Town, count: number): Promise<readonly Citizen[]> {
  const carriers = new Set(town.carriers.map(({ citizen }) => citizen.name));
  const thin = [...town.thin.keys()].filter((name) => !town.lost.has(name));
  const spoken = thin.filter((name) => !carriers.has(name));
  const full = living(town).map(({ citizen }) => citizen.name);
  const from = [spoken, thin, full].find((names) => names.length >= count) ?? [];
  const first = Math.floor(from.length * town.random.next());
  const names = Array.from({ length: count }, (_, index) => from[(first + index * 7) % from.length] ?? '');
  const victims = names.map((name) => town.population.byName(name));
  for (const victim of victims) {
    for (const name of town.neighboursOf(victim.name)) {
      const observer = town.thin.get(name);
      if (observer !== undefined) town.watch(observer, [victim]);
    }
  }
  await town.run(WARM_MS);
  town.turns.reset();
  return victims;
}

const living = ({ residents, lost }: Town): readonly Resident[] =>
  residents.filter(({ citizen }) => !lost.has(citizen.name));

function raise(town: Town, one: Citizen): void {
  const at = NOON + town.queue.now();
  const message = 'https://10.0.0.1:6443/livez: no answer in 1 s';
  const quiet = quietReport(one, NOON);
  const report: NodeReport = {
    ...quiet,
    results: [
      ...quiet.results,
      {
        check: 'apiserver',
        status: 'problem',
        problems: [{ reason: 'ApiserverUnreachable', message, severity: 'critical', since: at - 1000 }],
        since: at - 1000,
        ageMs: 20,
        durationMs: 1000,
        intervalMs: 3000,
        readings: [],
        confirming: false,
        ended: [],
      },
    ],
  };
  const event = {
    kind: 'raised',
    at,
    node: one.name,
    check: 'apiserver',
    reason: 'ApiserverUnreachable',
    severity: 'critical',
    message,
  } as const;
  town.raise(one, report, event);
}

/** As an agent that has asked once a second for an hour. */
function rehearseDiagnosis(town: Town): void {
  for (let count = 0; count < 10; count += 1) living(town)[0]?.diagnose();
}

/** The first since things are as they are now. */
function diagnosisMs(town: Town): number {
  const [one] = living(town);
  const before = process.threadCpuUsage();
  one?.diagnose();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function sightings(town: Town, what: string, { firstMs, lastMs }: Sighting, unit: string, target: string): Figure[] {
  return [
    figure(town, `${what}: the first says so`, (firstMs ?? Number.NaN) / 1000, unit, ''),
    {
      ...figure(
        town,
        `${what}: all say so`,
        (lastMs ?? Number.NaN) / 1000,
        unit,
        `${town.residents.length} full agents asked`,
      ),
      target,
    },
  ];
}

function longest(town: Town, what: string): Figure {
  const [first = 0, second = 0, third = 0] = town.turns.longest();
  const note = `CPU of one turn; then ${second.toFixed(1)} and ${third.toFixed(1)}`;
  return { ...figure(town, `${what}: longest turn`, first, 'ms', note), target: '< 50 ms' };
}

const figure = ({ options }: Town, what: string, value: number, unit: string, note: string): Figure => ({
  what: `${options.members} members, ${what}`,
  value,
  unit,
  note,
});
