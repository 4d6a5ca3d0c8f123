/** Asks every agent again and again, and takes down which causes each named, and when. */
import type { ApiFinding, ApiStatus } from '../../../agent/http/contract.ts';
import { statusOf } from './agents.ts';
import type { LabHost } from './lab/types.ts';
import { sleep } from './watch.ts';

export interface CauseWatch {
  /** What was said before is forgotten. */
  begin(): void;
  /**
   * Waits until the last answer of each of the hosts names such a cause.
   *
   * @returns after how long each came to it since `begin`, ms, and the first one's sentence
   */
  untilNamed(hosts: readonly LabHost[], is: (cause: ApiFinding) => boolean, withinMs: number): Promise<Named>;
  /** Waits until the last answer of each of the hosts is healthy; after how long the last one was, ms. */
  untilWell(hosts: readonly LabHost[], withinMs: number): Promise<number>;
  /** All that any of them said since `begin` that is more than an information, also what follows from something else. */
  raised(hosts: readonly LabHost[]): readonly string[];
  /** Causes that were still named so long after `begin`, ms, and are none of the expected ones. */
  others(hosts: readonly LabHost[], is: (cause: ApiFinding) => boolean, afterMs: number): readonly string[];
  stop(): Promise<void>;
}

export interface Named {
  /** By the host's name. */
  readonly tookMs: ReadonlyMap<string, number>;
  readonly sentence: string;
}

const EVERY_MS = 1000;

interface Heard {
  readonly cause: ApiFinding;
  readonly firstMs: number;
  lastMs: number;
}

export function createCauseWatch(hosts: readonly LabHost[]): CauseWatch {
  let beganAt = performance.now();
  const controller = new AbortController();
  const latest = new Map<string, { readonly status: ApiStatus; readonly atMs: number }>();
  /** Causes, by host and id. */
  const heard = new Map<string, Heard>();
  /** The same of all that is more than an information. */
  const raised = new Map<string, Heard>();
  const listen = async (host: LabHost): Promise<void> => {
    while (!controller.signal.aborted) {
      const askedAt = performance.now();
      const status = host.poweredOn ? await statusOf(host).catch(() => undefined) : undefined;
      if (status !== undefined && askedAt > beganAt) take(host.name, status);
      await sleep(Math.max(50, EVERY_MS - (performance.now() - askedAt)));
    }
  };
  const take = (name: string, status: ApiStatus): void => {
    const atMs = Math.round(performance.now() - beganAt);
    latest.set(name, { status, atMs });
    for (const cause of causesOf(status)) note(heard, name, cause, atMs);
    for (const finding of raisedOf(status)) note(raised, name, finding, atMs);
  };
  const listeners = hosts.map(listen);
  /** Resolves to when each came to it. */
  const until = async (
    which: readonly LabHost[],
    isSo: (status: ApiStatus) => boolean,
    withinMs: number,
  ): Promise<Map<string, number>> => {
    const took = new Map<string, number>();
    const end = performance.now() + withinMs;
    for (;;) {
      for (const { name } of which) {
        const said = latest.get(name);
        if (said === undefined || !isSo(said.status)) took.delete(name);
        else if (!took.has(name)) took.set(name, said.atMs);
      }
      if (took.size === which.length) return took;
      if (performance.now() > end) throw new Error(`not all within ${withinMs} ms: ${listOf(which, latest, took)}`);
      await sleep(100);
    }
  };
  return {
    begin() {
      beganAt = performance.now();
      heard.clear();
      raised.clear();
      latest.clear();
    },
    async untilNamed(which, is, withinMs) {
      const tookMs = await until(which, (status) => causesOf(status).some(is), withinMs);
      return { tookMs, sentence: latest.get(which[0]?.name ?? '')?.status.sentence ?? '' };
    },
    async untilWell(which, withinMs) {
      const took = await until(which, isWell, withinMs);
      return Math.max(...took.values());
    },
    raised: (which) => linesOf(raised, which),
    others: (which, is, afterMs) => linesOf(heard, which, ({ cause, lastMs }) => lastMs >= afterMs && !is(cause)),
    async stop() {
      controller.abort();
      await Promise.all(listeners);
    },
  };
}

/** A consequence that outlives its cause for a moment is an information, and would be older than the next cause of it. */
const isWell = ({ status, findings }: ApiStatus): boolean =>
  status === 'healthy' && !findings.some(({ evidence }) => evidence.some((line) => line.includes('has just ended')));

/** What is more than an information. */
const raisedOf = ({ findings }: ApiStatus): readonly ApiFinding[] =>
  findings.filter(({ severity }) => severity !== 'info');

/** And no consequence. */
const causesOf = (status: ApiStatus): readonly ApiFinding[] =>
  raisedOf(status).filter(({ causedBy }) => causedBy === undefined);

function note(heard: Map<string, Heard>, by: string, cause: ApiFinding, atMs: number): void {
  const known = heard.get(`${by}: ${cause.id}`);
  if (known === undefined) heard.set(`${by}: ${cause.id}`, { cause, firstMs: atMs, lastMs: atMs });
  else known.lastMs = atMs;
}

const linesOf = (
  heard: ReadonlyMap<string, Heard>,
  which: readonly LabHost[],
  isWanted: (one: Heard) => boolean = () => true,
): readonly string[] =>
  [...heard]
    .filter(([key, one]) => which.some(({ name }) => key.startsWith(`${name}: `)) && isWanted(one))
    .map(([key, { cause, firstMs, lastMs }]) => `${key} (${firstMs} to ${lastMs} ms): ${cause.sentence}`);

const listOf = (
  which: readonly LabHost[],
  latest: ReadonlyMap<string, { readonly status: ApiStatus }>,
  took: ReadonlyMap<string, number>,
): string =>
  which
    .filter(({ name }) => !took.has(name))
    .map(({ name }) => `${name}: ${latest.get(name)?.status.sentence ?? 'silent'}`)
    .join('; ');
