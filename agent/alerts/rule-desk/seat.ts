/**
 * Where what is about the whole cluster is judged, from the moment this agent is the one to do it until it is not any more. It
 * goes on from what those who judged before said, and looks again at what happened of late.
 */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { RuleAlert, RuleSource } from '../../model/rule-alert.ts';
import type { Rule, RuleEngine, RuleEngineDeps, SourceState } from '../rules/types.ts';
import { OLD_MS, createHeritage } from './heritage.ts';
import type { ClusterSource } from './source.ts';
import { type HeardNote, LEFT_ALONE_MS, type RuleWord } from './word.ts';

export type CreateEngine = (deps: RuleEngineDeps) => RuleEngine;

export interface SeatDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly createEngine: CreateEngine;
  readonly sources: Readonly<Record<'events' | 'checks', ClusterSource>>;
}

export interface Seat {
  readonly sinceMs: number;
  readonly engine: RuleEngine;
  setRules(rules: readonly Rule[]): void;
  /** Goes on from what another said of what is about the cluster; each note once for the rules that there are. */
  adopt(note: HeardNote): void;
  /** It knows what happened of late, or it cannot be known: what it says counts. */
  isReady(): boolean;
  /** Whether it would be known that something is over. @param nodes that it is about; empty: it is about none in particular */
  canSee(source: RuleSource, nodes: readonly string[]): boolean;
  /** Why not all is seen that a rule is about: a clause. */
  unheard(rule: Rule): string | undefined;
  leave(): void;
}

const NAMES = ['events', 'checks'] as const;
type Name = (typeof NAMES)[number];

/** What is late by so much still counts. */
const LATE_MS = 2 * 60_000;
/** Taken at a time: the rest of the agent has its turn in between. */
const CHUNK = 250;
const RETRY_MS = 30_000;
const SAME_MS = 1000;
/** Nobody waits longer for what is kept elsewhere. */
const READY_MS = 15_000;

export function takeSeat({ clock, log, createEngine, sources }: SeatDeps): Seat {
  const sinceMs = clock.monotonic();
  const filling = new Set<Name>();
  /** Node → when what was taken up of it was judged. */
  const adopted = new Map<string, number>();
  let hasLeft = false;
  /** Of the rules that there are; a replay for those before is given up. */
  let round = 0;

  const stateOf = (source: RuleSource): SourceState => {
    if (source === 'logs') return { why: 'each agent judges those of its own node' };
    if (filling.has(source)) return { why: 'what happened before is being read' };
    return sources[source].state();
  };
  const unheard = (source: RuleSource, node?: string): string | undefined =>
    source === 'logs' ? undefined : sources[source].unheard?.(node);
  const engine = createEngine({ clock, source: stateOf, idle: ({ source }, { node }) => unheard(source, node) });
  const stops = NAMES.map((name) => sources[name].follow((observations) => engine.take(observations)));
  const heritage = createHeritage(clock, engine);
  const retries = new Map<Name, () => void>();

  const fill = async (name: Name, spanMs: number, own: number): Promise<void> => {
    const isOver = (): boolean => hasLeft || own !== round;
    const { observations, from } = await sources[name].replay(clock.now() - spanMs);
    for (let start = 0; start < observations.length && !isOver(); start += CHUNK) {
      engine.replay(observations.slice(start, start + CHUNK));
      await clock.sleep(0);
    }
    if (isOver()) return;
    filling.delete(name);
    if (from === undefined) return retry(name, spanMs, own);
    engine.replayed(name, from);
    engine.look();
  };
  const begin = (name: Name, spanMs: number, own: number): void => {
    fill(name, spanMs, own).catch((error: unknown) => {
      log.error({ err: messageOf(error), source: name }, 'what happened before cannot be judged');
      filling.delete(name);
    });
  };
  const retry = (name: Name, spanMs: number, own: number): void => {
    retries.get(name)?.();
    retries.set(
      name,
      clock.after(RETRY_MS, () => {
        if (!hasLeft && own === round) begin(name, spanMs, own);
      }),
    );
  };

  return {
    sinceMs,
    engine,
    setRules(rules) {
      engine.setRules(rules);
      // Of rules that were not here then, it is gone on from what was said of them last.
      for (const [node, judgedMs] of adopted) if (clock.monotonic() - judgedMs < LEFT_ALONE_MS) adopted.delete(node);
      heritage.rulesAre(rules);
      round += 1;
      for (const name of NAMES) {
        const those = rules.filter(({ source }) => source === name);
        if (those.length === 0) continue;
        filling.add(name);
        begin(name, LATE_MS + Math.max(...those.map(({ timeframeMs }) => timeframeMs)), round);
      }
    },
    adopt(note) {
      const judgedMs = note.head.judging?.untilMs ?? note.madeMs;
      // Ages are known to a fraction of a second.
      if (judgedMs < (adopted.get(note.node) ?? -Infinity) + SAME_MS) return;
      adopted.set(note.node, judgedMs);
      const nowMs = clock.monotonic();
      const originMs = clock.now() - nowMs;
      const said = note.words.filter(({ isLocal }) => !isLocal).map((word) => alertOf(word, originMs, note.node));
      const legacies = note.legacies.filter(({ isLocal }) => !isLocal);
      const [{ madeMs, items } = { madeMs: note.madeMs, items: [] }] = legacies;
      if (nowMs - madeMs > OLD_MS || (said.length === 0 && items.length === 0)) return;
      heritage.take(note.node, { madeMs, items, alerts: said });
    },
    isReady: () => filling.size === 0 || clock.monotonic() - sinceMs > READY_MS,
    canSee: (source, nodes) =>
      stateOf(source).completeSince !== undefined &&
      (nodes.length === 0 ? [undefined] : nodes).every((node) => unheard(source, node) === undefined),
    unheard: ({ source, matcher }) => {
      const [, nodes = [undefined]] = matcher.is.find(([field]) => field === 'node') ?? [];
      return nodes.flatMap((node) => unheard(source, node) ?? [])[0];
    },
    leave() {
      hasLeft = true;
      for (const stop of [...stops, ...retries.values()]) stop();
    },
  };
}

/** As people and the engine have it. @param originMs Unix ms at which the monotonic clock read 0 */
export function alertOf(word: RuleWord, originMs: number, by: string, isCurrent = false): RuleAlert {
  const {
    isLocal: _isLocal,
    isSure: _isSure,
    sinceMs,
    lastMs,
    endedMs,
    roundMs = sinceMs,
    saidMs: _saidMs,
    ...said
  } = word;
  const toUnix = (ms: number): number => Math.round(originMs + ms);
  return {
    ...said,
    since: toUnix(sinceMs),
    lastAt: toUnix(lastMs),
    ...(endedMs !== undefined && { endedAt: toUnix(endedMs) }),
    roundAt: toUnix(roundMs),
    by,
    isCurrent,
  };
}
