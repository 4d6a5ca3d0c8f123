/** Agents that die, hosts that fall silent, networks that split: how long until every survivor says so, and agrees again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../lib/table.ts';
import { BOUND_MS, type Context, type Row, last, middle, secondsFigure } from './context.ts';
import { type Fleet, type View, isGone } from './fleet.ts';
import { saysAllAlive, untilAllAgree, untilEachSays } from './watch.ts';

/** Between a fault and its end. */
const REST_MS = 3000;
const CUT_OFF = 3;

export const killed: Row = {
  id: 'killed',
  async run(context) {
    const { fleet, plan, signal } = context;
    const words = new Map<string, number>();
    const [lasts, middles, backs]: (number | undefined)[][] = [[], [], []];
    for (const victim of victims(fleet, plan.kills)) {
      const viewers = fleet.names.filter((name) => name !== victim);
      const began = performance.now();
      void fleet.kill(victim);
      const says = saysGone([victim], words);
      const times = await untilEachSays(fleet, { viewers, says, began, boundMs: BOUND_MS, signal });
      lasts?.push(last(times.values()));
      middles?.push(middle(times.values()));
      await sleep(REST_MS, undefined, { signal });
      const again = performance.now();
      await fleet.start(victim);
      backs?.push(await backAlive(context, again));
      await sleep(fleet.product.settledMs, undefined, { signal });
    }
    const how = `${fleet.product.seenBy}; said ${list(words)}`;
    return [
      secondsFigure(context, { what: 'killed → last survivor', rounds: lasts ?? [], target: '<= 1.5', how }),
      secondsFigure(context, { what: 'killed → median survivor', rounds: middles ?? [], how }),
      secondsFigure(context, {
        what: 'started again → alive to all',
        rounds: backs ?? [],
        how: 'its own start included',
      }),
    ];
  },
};

export const silent: Row = {
  id: 'silent',
  needsFaults: true,
  async run(context) {
    const { fleet, plan, signal } = context;
    const words = new Map<string, number>();
    const [lasts, backs]: (number | undefined)[][] = [[], []];
    for (const victim of victims(fleet, plan.silences)) {
      const viewers = fleet.names.filter((name) => name !== victim);
      const began = performance.now();
      await fleet.site.faults?.isolate(victim);
      const says = saysGone([victim], words);
      lasts?.push(last((await untilEachSays(fleet, { viewers, says, began, boundMs: BOUND_MS, signal })).values()));
      await sleep(REST_MS, undefined, { signal });
      const healed = performance.now();
      await fleet.site.faults?.heal();
      backs?.push(await backAlive(context, healed));
      await sleep(REST_MS, undefined, { signal });
    }
    const how = `all packets of the host dropped; ${fleet.product.seenBy}; said ${list(words)}`;
    return [
      secondsFigure(context, { what: 'host silent → last survivor', rounds: lasts ?? [], target: '<= 4.2', how }),
      secondsFigure(context, {
        what: 'host heard again → alive to all',
        rounds: backs ?? [],
        how: 'the host included',
      }),
    ];
  },
};

export const partition: Row = {
  id: 'partition',
  needsFaults: true,
  async run(context) {
    const small = context.fleet.names.slice(-CUT_OFF);
    const large = context.fleet.names.slice(0, -CUT_OFF);
    const cuts: Cut[] = [];
    for (const seconds of context.plan.cuts) cuts.push(await cut(context, { small, large, seconds }));
    const sizes = [...new Set(context.plan.cuts)];
    const figures = (seconds: number): Figure[] => {
      const own = cuts.filter((one) => one.seconds === seconds);
      const how = `cut for ${seconds} s after the last verdict; ${context.fleet.product.seenBy}`;
      const [alive, agreed] = [own.map((one) => one.aliveMs), own.map((one) => one.agreedMs)];
      return [
        secondsFigure(context, {
          what: `heal after ${seconds} s → alive to all`,
          rounds: alive,
          target: '<= 1.5',
          how,
        }),
        ...(own.every((one) => one.hasDigest)
          ? [
              secondsFigure(context, {
                what: `heal after ${seconds} s → all digests equal`,
                rounds: agreed,
                target: '<= 1.5',
                how,
              }),
            ]
          : []),
      ];
    };
    const how = `${CUT_OFF} of ${context.fleet.names.length} cut off; ${context.fleet.product.seenBy}`;
    const [ofSmall, ofLarge] = [cuts.map(({ smallMs }) => smallMs), cuts.map(({ largeMs }) => largeMs)];
    return [
      secondsFigure(context, { what: 'partition → last verdict, small side', rounds: ofSmall, target: '<= 5', how }),
      secondsFigure(context, { what: 'partition → last verdict, large side', rounds: ofLarge, target: '<= 5', how }),
      ...sizes.flatMap(figures),
    ];
  },
};

interface Cut {
  readonly seconds: number;
  readonly smallMs: number | undefined;
  readonly largeMs: number | undefined;
  readonly aliveMs: number | undefined;
  readonly agreedMs: number | undefined;
  readonly hasDigest: boolean;
}

async function cut(
  { fleet, signal }: Context,
  {
    small,
    large,
    seconds,
  }: { readonly small: readonly string[]; readonly large: readonly string[]; readonly seconds: number },
): Promise<Cut> {
  const began = performance.now();
  await fleet.site.faults?.partition([small, large]);
  const verdicts = (viewers: readonly string[], subjects: readonly string[]): Promise<number | undefined> =>
    untilEachSays(fleet, { viewers, says: saysGone(subjects), began, boundMs: BOUND_MS, signal }).then((times) =>
      last(times.values()),
    );
  const [smallMs, largeMs] = await Promise.all([verdicts(small, large), verdicts(large, small)]);
  await sleep(seconds * 1000, undefined, { signal });
  const healed = performance.now();
  await fleet.site.faults?.heal();
  const wait = { viewers: fleet.names, says: saysAllAlive(fleet.names), began: healed, boundMs: BOUND_MS, signal };
  const hasDigest = (await fleet.view(fleet.author))?.digest !== undefined;
  const [alive, agreedMs] = await Promise.all([untilEachSays(fleet, wait), untilAllAgree(fleet, wait)]);
  await sleep(REST_MS, undefined, { signal });
  return { seconds, smallMs, largeMs, aliveMs: last(alive.values()), agreedMs, hasDigest };
}

/** Counts in which words it was said. */
const saysGone =
  (subjects: readonly string[], words = new Map<string, number>()) =>
  ({ members }: View): boolean => {
    const states = subjects.map((name) => members.get(name)?.state);
    if (!states.every(isGone)) return false;
    for (const state of states) words.set(state ?? '', (words.get(state ?? '') ?? 0) + 1);
    return true;
  };

const list = (words: ReadonlyMap<string, number>): string =>
  [...words].map(([word, count]) => `${word} ${count} times`).join(', ') || 'nothing';

async function backAlive({ fleet, signal }: Context, began: number): Promise<number | undefined> {
  const says = saysAllAlive(fleet.names);
  const times = await untilEachSays(fleet, { viewers: fleet.names, says, began, boundMs: BOUND_MS, signal });
  return last(times.values());
}

/** One after the other, never the author of events. */
const victims = ({ names }: Fleet, count: number): string[] =>
  Array.from({ length: count }, (_, round) => names[1 + (round % (names.length - 1))] ?? '');
