/** Looks at the views of many agents until they say what is waited for, or writes down all that they say meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet, Said, View } from './fleet.ts';

/** By viewer: ms from the start until it said so; undefined: not within the bound. */
export type Times = ReadonlyMap<string, number | undefined>;

export interface Wait {
  readonly viewers: readonly string[];
  readonly says: (view: View) => boolean;
  /** By performance.now(). */
  readonly began: number;
  /** After `began`. */
  readonly boundMs: number;
  readonly signal: AbortSignal;
}

/** Each viewer is asked until it has said so once. */
export async function untilEachSays(fleet: Fleet, { viewers, says, began, boundMs, signal }: Wait): Promise<Times> {
  const times = viewers.map(async (viewer): Promise<[string, number | undefined]> => {
    while (performance.now() - began < boundMs) {
      const view = await fleet.view(viewer);
      if (view !== undefined && says(view)) return [viewer, performance.now() - began];
      await sleep(fleet.product.pollMs, undefined, { signal });
    }
    return [viewer, undefined];
  });
  return new Map(await Promise.all(times));
}

/** All are asked at once, again until all of one round fit; resolves to the ms that took. */
export async function untilAllAgree(
  fleet: Fleet,
  { viewers, says, began, boundMs, signal }: Wait,
): Promise<number | undefined> {
  while (performance.now() - began < boundMs) {
    const views = await Promise.all(viewers.map((viewer) => fleet.view(viewer)));
    const tookMs = performance.now() - began;
    const digests = new Set(views.map((view) => view?.digest));
    if (views.every((view) => view !== undefined && says(view)) && digests.size === 1) return tookMs;
    await sleep(fleet.product.pollMs, undefined, { signal });
  }
  return undefined;
}

/** True when it knows all of them, and each is alive. */
export const saysAllAlive =
  (names: readonly string[]) =>
  ({ members }: View): boolean =>
    names.every((name) => members.get(name)?.state === 'alive');

/** One viewer came to say this of that member. */
export interface Remark {
  readonly viewer: string;
  readonly member: string;
  readonly state: string;
}

export interface Recorder {
  /** What changed from look to look since the start, and `unseen` for what came and went between two looks. */
  stop(): Promise<readonly Remark[]>;
}

/** How often each agent is looked at while everything is written down. */
export const RECORD_EVERY_MS = 100;

export async function record(fleet: Fleet): Promise<Recorder> {
  const remarks: Remark[] = [];
  const over = new AbortController();
  const follow = async (viewer: string): Promise<void> => {
    let known = (await fleet.view(viewer))?.members ?? new Map<string, Said>();
    while (!over.signal.aborted) {
      await sleep(RECORD_EVERY_MS);
      const seen = (await fleet.view(viewer))?.members;
      if (seen === undefined) continue;
      for (const [member, said] of seen) {
        const state = changeOf(known.get(member), said);
        if (state !== undefined) remarks.push({ viewer, member, state });
      }
      known = seen;
    }
  };
  const following = fleet.names.map(follow);
  return {
    async stop() {
      over.abort();
      await Promise.all(following);
      return remarks;
    },
  };
}

function changeOf(before: Said | undefined, { state, since }: Said): string | undefined {
  if (state !== before?.state) return state;
  return since === before.since ? undefined : 'unseen';
}
