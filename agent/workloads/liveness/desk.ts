/**
 * Which containers of this node are to be restarted, for the watches that say so. A container is condemned only when
 * nothing speaks against it:
 *
 * - its log says so, and could be read: what cannot be told is never a fault
 * - this agent has looked for a while, no clock has jumped and it was not paused, it knows the others and sees more than half
 *   of them, or that half in which the first of them by name is: else it may be the one that is wrong
 * - it is no longer starting, and has failed for long enough that the others have heard of it
 * - its pod was not restarted three times within an hour: what does not help is not tried for ever, as Supervisor's FATAL
 * - there is leave for it: see permit.ts
 *
 * What was restarted has to live for as long as it takes to be found failing: until then it still counts as one that is
 * missing, because what hangs again after its first line was not helped.
 */
import { placeOf, runOf } from '../../../checks/lib/logs/run.ts';
import type { JudgedLog, LogsView } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { ContainerLiveness, LivenessMemory, LivenessWord } from '../../model/liveness.ts';
import { type Case, type Ruling, createCase } from './case.ts';
import { type NodeWord, leaveFor } from './permit.ts';

/** What this agent knows of the others. */
export interface Surroundings {
  /** Members in its component, itself included. */
  readonly visible: number;
  readonly known: number;
  /** The first of all members by name is among those it sees: of two exact halves that one goes on. */
  readonly seesFirst: boolean;
  /** What others in it have said last. */
  readonly words: readonly { readonly node: string; readonly words: readonly LivenessWord[] }[];
  /** Why it cannot know them. */
  readonly alone?: string | undefined;
}

export interface LivenessWatch {
  readonly name: string;
  /** A run may be silent for so long after its start. */
  readonly initialDelayMs: number;
  /** A run that is so old and does not fail is well, ms. */
  readonly proofMs: number;
}

export interface LivenessDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly self: string;
  /** Those that ask for it. */
  readonly watches: readonly LivenessWatch[];
  readonly logs: () => LogsView;
  readonly surroundings: () => Surroundings;
  /** What is to outlive the agent has changed. */
  readonly save?: (memory: LivenessMemory) => void;
}

export interface LivenessDesk {
  /** Takes up what an earlier run of the agent left: {@link words} has it at once. */
  recall(memory: LivenessMemory): void;
  /** Looks at the logs and decides. Returns whether what this node says of its containers has changed. */
  look(): boolean;
  /** Of all containers on this node that are followed by such a watch, as of the last look. */
  containers(): readonly ContainerLiveness[];
  /** What this node says of them. */
  words(): readonly LivenessWord[];
}

/** Of the agent itself, and again when it was paused or a clock has jumped. */
const LOOKED_FOR_MS = 120_000;
/** Between two looks, that much more than usual, or that much apart by two clocks. */
const JUMP_MS = 20_000;
/** A report that says something new is everywhere by then. */
const HEARD_MS = 20_000;
const MOST_RESTARTS = 3;
const BUDGET_MS = 3_600_000;
/** What was restarted and does not prove itself is waited for so much longer than it would need. */
const PATIENCE_MS = 600_000;

const NO_LEAVE: Ruling = ['suppressed', 'so do others of it, and so many at once share the cause', 'shared-cause'];

/** A place begins with it. */
const watchOf = (place: string): string => place.split('/', 1)[0] ?? '';

const isQuiet = (one: Case | undefined): boolean => one?.failingSince === undefined && one?.isCondemned !== true;

export function createLivenessDesk(deps: LivenessDeps): LivenessDesk {
  const { clock, self, watches, logs, surroundings, save = () => {} } = deps;
  const settings = new Map(watches.map((watch) => [watch.name, watch]));
  /** By the run of a container. */
  const cases = new Map<string, Case>();
  /** Of places that were condemned and where another run has to prove itself: until when, monotonic ms. */
  const proving = new Map<string, number>();
  /** When which pod was restarted, monotonic ms. */
  const restarts = new Map<string, number[]>();
  /** Runs that the agent before this one condemned, and of which nothing was seen yet. */
  let before: LivenessMemory['condemned'] = [];
  let saved = '';
  let lookingSince = clock.monotonic();
  let last = { wall: clock.now(), monotonic: lookingSince };
  let said: readonly LivenessWord[] = [];

  const noteJump = (): void => {
    const next = { wall: clock.now(), monotonic: clock.monotonic() };
    const passedMs = next.monotonic - last.monotonic;
    if (passedMs > JUMP_MS || Math.abs(next.wall - last.wall - passedMs) > JUMP_MS) lookingSince = next.monotonic;
    last = next;
  };

  const noteRestart = (place: string, podUid: string, proofMs: number, now: number): void => {
    proving.set(place, now + proofMs + PATIENCE_MS);
    restarts.set(podUid, [...(restarts.get(podUid) ?? []), now]);
  };
  const proofOf = (watch: string): number => settings.get(watch)?.proofMs ?? 0;

  /** What was condemned and has begun anew: it is one restart of its pod, and has to prove itself. */
  const followRestarts = (current: readonly JudgedLog[], now: number): void => {
    const [runs, places] = [new Set(current.map(runOf)), new Set(current.map(placeOf))];
    for (const { run, place, podUid } of before)
      if (!runs.has(run) && places.has(place) && cases.get(run)?.isCondemned !== true)
        noteRestart(place, podUid, proofOf(watchOf(place)), now);
    before = before.filter(({ run }) => runs.has(run) && cases.get(run)?.state !== 'alive');
    for (const [key, { log, isCondemned }] of cases) {
      if (runs.has(key)) continue;
      cases.delete(key);
      const place = placeOf(log);
      // A pod that is gone does not come back.
      if (!isCondemned || !places.has(place)) continue;
      noteRestart(place, log.podUid, proofOf(log.watch), now);
    }
    for (const [place, until] of proving) if (until < now || !places.has(place)) proving.delete(place);
    for (const [pod, times] of restarts) {
      const recent = times.filter((at) => now - at < BUDGET_MS);
      if (recent.length === 0) restarts.delete(pod);
      else restarts.set(pod, recent);
    }
  };

  const look = (log: JudgedLog, now: number): void => {
    const one = cases.get(runOf(log)) ?? createCase(log, () => clock.now());
    cases.set(runOf(log), one);
    one.look(log, now);
    const isProven = one.state === 'alive' && clock.now() - log.startedAt >= proofOf(log.watch);
    // It fails again: it does not only wait to prove itself.
    if (isProven || one.failingSince !== undefined) proving.delete(placeOf(log));
  };

  /** Undefined: nothing speaks against it but leave, which is not asked here. */
  const objection = ({ log, failingSince }: Case, around: Surroundings, now: number): Ruling | undefined => {
    const { visible, known, seesFirst, alone } = around;
    if (now - lookingSince < LOOKED_FOR_MS) return ['unknown', 'this agent has just begun to look'];
    if (alone !== undefined) return ['suppressed', `nobody knows how others of it are: ${alone}`, 'alone'];
    if (visible * 2 < known || (visible * 2 === known && !seesFirst))
      return [
        'suppressed',
        `this agent sees ${visible} of ${known} members: what it cannot reach others may`,
        'minority',
      ];
    if (clock.now() - log.startedAt < (settings.get(log.watch)?.initialDelayMs ?? 0))
      return ['unknown', 'it may still be starting'];
    if ((restarts.get(log.podUid) ?? []).length >= MOST_RESTARTS)
      return [
        'suppressed',
        `its pod was restarted ${MOST_RESTARTS} times within an hour, which did not help`,
        'gave-up',
      ];
    if (now - (failingSince ?? now) < HEARD_MS) return ['suppressed', 'it has just begun to fail'];
    return undefined;
  };

  const ofWatch = (watch: string): Case[] => [...cases.values()].filter(({ log }) => log.watch === watch);

  /** Also who may not be restarted keeps its place: what hangs again shows that a restart does not help. */
  const decide = (watch: string, around: Surroundings, now: number): void => {
    const heard = around.words.flatMap(({ node, words }): NodeWord[] =>
      words.filter((word) => word.watch === watch).map((word) => ({ node, ...word })),
    );
    let leave = leaveFor(self, watch, [{ node: self, ...wordOf(watch) }, ...heard]);
    const asking = ofWatch(watch).filter(({ isAsking }) => isAsking);
    for (const one of asking.toSorted((a, b) => (runOf(a.log) < runOf(b.log) ? -1 : 1))) {
      const against = objection(one, around, now) ?? (leave > 0 ? undefined : NO_LEAVE);
      leave -= 1;
      if (against === undefined) one.condemn(now);
      else one.rule(against);
    }
  };

  const wordOf = (watch: string): LivenessWord => {
    const all = ofWatch(watch);
    const awaited = [...proving.keys()].filter((place) => watchOf(place) === watch);
    // Its kubelet may be about to restart it; what fails asks anew as soon as it may.
    const isNew = clock.monotonic() - lookingSince < LOOKED_FOR_MS;
    const isDoomed = (one: Case | undefined): boolean => isQuiet(one) || (isNew && one?.isCondemned === false);
    const doomed = before.filter(({ run, place }) => watchOf(place) === watch && isDoomed(cases.get(run)));
    const counted = new Set(doomed.map(({ run }) => run));
    return {
      watch,
      // What fails for good is no replica of which a share may go.
      containers: all.filter(({ isInVain }) => !isInVain).length,
      failing: all.filter(({ isAsking, log }) => isAsking && !counted.has(runOf(log))).length,
      condemned: all.filter(({ isCondemned }) => isCondemned).length + awaited.length + doomed.length,
    };
  };
  /** Also of what was condemned before and was not looked at yet. */
  const allWords = (): readonly LivenessWord[] =>
    watches.map(({ name }) => wordOf(name)).filter(({ containers, condemned }) => containers > 0 || condemned > 0);

  /** Only what is new is written: instants move with the clocks. */
  const saveNews = (): void => {
    const wallOf = (atMs: number): number => Math.round(clock.now() - clock.monotonic() + atMs);
    const now = [...cases].flatMap(([run, { isCondemned, log }]) =>
      isCondemned ? [{ run, place: placeOf(log), podUid: log.podUid }] : [],
    );
    const runs = new Set(now.map(({ run }) => run));
    const condemned = [...now, ...before.filter(({ run }) => !runs.has(run))];
    const gist = JSON.stringify([
      [...restarts].map(([pod, { length }]) => [pod, length]),
      [...proving.keys()],
      condemned,
    ]);
    if (gist === saved) return;
    saved = gist;
    save({
      restarts: Object.fromEntries([...restarts].map(([pod, times]) => [pod, times.map(wallOf)])),
      proving: Object.fromEntries([...proving].map(([place, until]) => [place, wallOf(until)])),
      condemned,
    });
  };

  return {
    recall(memory) {
      const [wall, now] = [clock.now(), clock.monotonic()];
      // A clock that was set back does not make it longer ago.
      const sinceThen = (at: number): number => now - Math.max(0, wall - at);
      for (const [pod, times] of Object.entries(memory.restarts))
        restarts.set(pod, [...times.map(sinceThen), ...(restarts.get(pod) ?? [])]);
      for (const [place, until] of Object.entries(memory.proving)) {
        const longestMs = proofOf(watchOf(place)) + PATIENCE_MS;
        if (!proving.has(place)) proving.set(place, now + Math.min(longestMs, until - wall));
      }
      before = memory.condemned;
      saved = '';
      said = allWords();
    },
    look() {
      noteJump();
      const view = logs();
      if (view.kind === 'known') {
        const now = clock.monotonic();
        const current = view.logs.filter(({ watch, verdict }) => settings.has(watch) && verdict !== 'ended');
        followRestarts(current, now);
        for (const log of current) look(log, now);
        const around = surroundings();
        for (const { name } of watches) decide(name, around, now);
        saveNews();
      } else for (const one of cases.values()) one.lose(view.why);
      const words = allWords();
      const isNews = JSON.stringify(words) !== JSON.stringify(said);
      said = words;
      return isNews;
    },
    containers: () =>
      [...cases.values()].map(({ log: { namespace, pod, container, watch }, state, why, since, held }) => {
        return { namespace, pod, container, watch, state, why, since, ...(held !== undefined && { held }) };
      }),
    words: () => said,
  };
}
