/** A network that falls apart and is whole again: what each side has to say meanwhile, and that nothing of it stays. */
import { availableParallelism } from 'node:os';
import { expect } from 'vitest';
import type { ApiStatus } from '../../../agent/http/contract.ts';
import type { ApiTimeline } from '../../../agent/http/contract/history.ts';
import { eventually } from '../../lib/agent-process.ts';
import { watchWaiting } from '../../lib/waiting.ts';
import { statusOf, timelineOf } from './agents.ts';
import type { Fleet } from './fleet.ts';
import { type Said, sleep, worst } from './watch.ts';

export interface Side {
  readonly names: readonly string[];
  /** What it says of the cluster: `critical` where more than max(3, 20 %) of the nodes are lost. */
  readonly status: 'degraded' | 'critical';
}

export interface CutOptions {
  /** Every agent is on one of them. */
  readonly sides: readonly Side[];
  /** How long it lasts after the last verdict. */
  readonly forMs: number;
  /** From the heal until all are healthy; asserted at twice that. */
  readonly healMs: number;
  /** What else may be said. Default: nothing. */
  readonly excused?: readonly RegExp[];
}

/** Design section 13; asserted at twice that, as all times here. */
const PARTITION_MS = 5000;
/**
 * What a cut, or its end, may cost beside what agents cost anyway: as much CPU as they take in so many seconds. On a machine
 * that is half as fast both are twice as much.
 */
const MAX_IDLE_SECONDS = 240;
/** What they cost anyway is measured for so long. */
const IDLE_MS = 20_000;
const MOST_MS = 180_000;
/**
 * Whom they reach they agree upon in `healMs`. Every line of every report takes longer, because what each sees of the
 * others changes until all are back, and is told then.
 */
const SAME_DIGEST_MS = 5000;
/** Up to about so many agents everybody probes everybody. */
const ALL_PROBED = 13;

export async function expectCutAndHeal(
  fleet: Fleet,
  { sides, forMs, healMs, excused = [] }: CutOptions,
): Promise<void> {
  const { watch, lab, names: all } = fleet;
  const apart = sides.map((side) => ({ ...side, others: all.filter((name) => !side.names.includes(name)) }));
  const idle = await idleRate(fleet);
  watch.begin();
  const cutAt = Date.now();
  const told = createBusyClock(fleet, idle);
  await lab.partition(sides.map(({ names }) => names));
  const sayings = (
    await Promise.all(
      apart.map(({ names, others, status }) =>
        watch.until(fleet.hostsOf(names), `${names.join('+')} lost the others`, hasLost(others, status), MOST_MS),
      ),
    )
  ).flat();
  const verdicts = sayings.flatMap(({ members }) => members.filter(({ state }) => state === 'unreachable'));
  print(`by the agents' own clocks: ${Math.max(...verdicts.map(({ since }) => Date.parse(since))) - cutAt} ms`);
  expect(worst(sayings)).toBeLessThan(2 * told.dueMs(PARTITION_MS));
  await sleep(forMs);
  for (const { names } of apart)
    for (const host of fleet.hostsOf(names)) expectOneView(names, host.name, await statusOf(host), all.length);
  // An earlier cut is told for a quarter of an hour.
  const expected = [...apart.flatMap(whileCut), /: Partition n\d+(\+n\d+)* info$/, ...excused];
  expect(watch.others(expected)).toEqual([]);

  watch.begin();
  const healed = createBusyClock(fleet, idle);
  await lab.heal();
  const healthyMs = worst(await fleet.untilHealthy('healed, all are healthy', MOST_MS));
  expect(healthyMs, watch.others([]).join('\n')).toBeLessThan(2 * healed.dueMs(healMs));
  const sameMs = await watch.untilSameDigest(lab.hosts, 'healed', MOST_MS);
  expect(sameMs).toBeLessThan(2 * healed.dueMs(Math.max(healMs, SAME_DIGEST_MS)));
  expect(watch.others(expected)).toEqual([]);
  watch.begin();
  await sleep(5000);
  expect(watch.others([/: Partition \S+ info$/, ...excused])).toEqual([]);
  for (const { names } of apart)
    for (const host of fleet.hostsOf(names))
      expectStory(names, host.name, await eventually(() => timelineOf(host), isToldSince(cutAt), TOLD_WITHIN_MS), {
        cutAt,
        size: all.length,
      });
}

/** What all agents together cost while nothing happens, seconds of CPU a second. */
async function idleRate(fleet: Fleet): Promise<number> {
  const [before, beganAt] = [fleet.cpuSeconds(), performance.now()];
  await sleep(IDLE_MS);
  const rate = ((fleet.cpuSeconds() - before) * 1000) / (performance.now() - beganAt);
  expect(rate).toBeGreaterThan(0);
  return rate;
}

/**
 * What all agents have cost since it was made, and how much of the time that alone takes the machine's processors; or for
 * how long one of them had none.
 */
function createBusyClock(fleet: Fleet, idle: number): { dueMs(boundMs: number): number } {
  const [before, beganAt] = [fleet.cpuSeconds(), performance.now()];
  const waitedMs = watchWaiting(() => fleet.pids());
  return {
    dueMs(boundMs) {
      const seconds = fleet.cpuSeconds() - before;
      const waited = waitedMs();
      const more = seconds - (idle * (performance.now() - beganAt)) / 1000;
      print(
        `${seconds.toFixed(1)} s of CPU, ${more.toFixed(1)} s beside what is idle: ${(more / fleet.names.length).toFixed(2)} s of each agent, as in ${(more / idle).toFixed(0)} s; one waited for a processor for ${(waited / 1000).toFixed(1)} s`,
      );
      expect.soft(more / idle).toBeLessThan(MAX_IDLE_SECONDS);
      return Math.max(boundMs, (seconds * 1000) / availableParallelism()) + waited;
    },
  };
}

const hasLost =
  (others: readonly string[], word: Side['status']) =>
  ({ status, states }: Said): boolean => {
    const loss = status.findings.find(({ reason }) => reason === 'NodesLost');
    return (
      status.status === word &&
      loss?.severity === (word === 'critical' ? 'critical' : 'warning') &&
      [...(loss.nodes ?? [])].sort().join() === [...others].sort().join() &&
      others.every((name) => states[name] === 'unreachable')
    );
  };

/** Everybody on this side says the same, and counts nobody of another. */
function expectOneView(side: readonly string[], host: string, said: ApiStatus, size: number): void {
  const loss = said.findings.find(({ reason }) => reason === 'NodesLost');
  print(`${host}: ${said.sentence}`);
  const observers = loss?.observers ?? [];
  if (size <= ALL_PROBED) expect(observers, host).toEqual([...side].sort());
  expect(observers.length, host).toBeGreaterThan(0);
  expect(
    observers.filter((name) => !side.includes(name)),
    host,
  ).toEqual([]);
  expect(said.view, host).toMatchObject({ component: side.length, current: side.length });
}

/** What a side may say from the cut until all are back. Its own members are alive to it all the time. */
function whileCut({ names, others, status }: Side & { readonly others: readonly string[] }): RegExp[] {
  const own = `(${names.join('|')})`;
  const lost = `(${others.join('|')})`;
  return [
    new RegExp(`^${own}: ${lost} is (suspect|unreachable)$`),
    new RegExp(`^${own}: (NodesLost|NodeUnreachable) ${lost}(\\+${lost})* (warning|critical)$`),
    // Where agents have no time for half a minute: that it cannot be told is true.
    ...(names.length + others.length > ALL_PROBED ? [new RegExp(`^${own}: NodeUnknown ${lost} warning$`)] : []),
    // Until enough of them are lost for the verdict, or enough are back, it is a smaller loss, or too few to judge.
    new RegExp(`^${own}: status (${status === 'critical' ? 'critical|degraded|unknown' : 'degraded'})$`),
  ];
}

/** A story is written down once nothing was added to it for 15 s. */
const TOLD_WITHIN_MS = 40_000;

/** The loss, its end, and once the logs of the other side are here, what it was. */
const isToldSince =
  (cutAt: number) =>
  ({ events }: ApiTimeline): boolean =>
    ['Partition concluded', 'NodesLost resolved'].every((entry) =>
      conclusionsSince(events, cutAt).some(({ reason, kind }) => `${reason} ${kind}` === entry),
    );

function expectStory(
  side: readonly string[],
  host: string,
  { events }: ApiTimeline,
  { cutAt, size }: { readonly cutAt: number; readonly size: number },
): void {
  const told = conclusionsSince(events, cutAt);
  const entries = told.map(({ reason, kind }) => `${reason} ${kind}`).sort();
  const expected = ['NodesLost concluded', 'NodesLost resolved', 'Partition concluded'];
  if (size <= ALL_PROBED) expect(entries, host).toEqual(expected);
  else expectInPieces(told, host, expected);
  const message = told.find(({ reason }) => reason === 'Partition')?.message ?? '';
  print(`${host}: ${message}`);
  const [, gone = '', from = ''] =
    /^(.+) (?:was|were) cut off from (.+) until .* and ran on: it was a partition$/.exec(message) ?? [];
  expect(namesIn(gone), message).not.toEqual([]);
  expect(namesIn(from), message).not.toEqual([]);
  expect(
    [...namesIn(gone).filter((name) => side.includes(name)), ...namesIn(from).filter((name) => !side.includes(name))],
    `${message}, as ${host} says`,
  ).toEqual([]);
}

/** Where agents have no time a loss is noticed, and ends, bit by bit: it may be several, and each of them has its end. */
function expectInPieces(told: ApiTimeline['events'], host: string, expected: readonly string[]): void {
  const entries = told.map(({ reason, kind }) => `${reason} ${kind}`);
  expect(entries, host).toEqual(expect.arrayContaining([...expected]));
  const pieces = told.filter(({ reason }) => reason !== 'Partition');
  for (const { reason } of pieces) expect(['NodesLost', 'NodeUnreachable'], host).toContain(reason);
  const ofKind = (kind: string): string[] =>
    pieces.flatMap((event) => (event.kind === kind ? [`${event.reason} ${event.node}`] : [])).sort();
  expect(ofKind('resolved'), host).toEqual(ofKind('concluded'));
  expect(
    entries.filter((entry) => entry === 'Partition concluded'),
    host,
  ).toHaveLength(1);
}

/** Reasons that are about what agents see of each other. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set([
  'AgentDown',
  'AgentUnresponsive',
  'LinkDown',
  'NodesLost',
  'NodeUnreachable',
  'OneWayLink',
  'Partition',
  'ThisNodeIsolated',
  'ZonePathBroken',
]);

/** What the agent that answers made of what agents see of each other. */
export const conclusionsSince = (events: ApiTimeline['events'], since: number): ApiTimeline['events'] =>
  events.filter(
    ({ kind, at, reason = '' }) =>
      (kind === 'concluded' || kind === 'resolved') && Date.parse(at) >= since && ABOUT_OTHERS.has(reason),
  );

const namesIn = (text: string): string[] => text.match(/n\d+/g) ?? [];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
