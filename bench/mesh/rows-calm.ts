/** Trouble that is no failure: whoever is healthy has to stay healthy in every view. And how news spreads. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../lib/table.ts';
import { type Context, type Row, last, loadNote, middle, nameOf, secondsFigure } from './context.ts';
import { isGone } from './fleet.ts';
import { RECORD_EVERY_MS, type Remark, record } from './watch.ts';

const FROZEN_MS = 8000;
const THAWED_MS = 1000;
/** Verdicts that the fault caused may come after it. */
const AFTERMATH_MS = 5000;
/** One in so many is frozen. */
const FROZEN_OF = 8;

export const event: Row = {
  id: 'event',
  async run(context) {
    const { fleet, plan, signal } = context;
    const [lasts, middles]: (number | undefined)[][] = [[], []];
    for (let round = 0; round < plan.events; round += 1) {
      const { arrivals } = await fleet.event(signal);
      lasts?.push(last(arrivals.values()));
      middles?.push(middle(arrivals.values()));
      await sleep(500, undefined, { signal });
    }
    const how = fleet.product.eventBy;
    return [
      secondsFigure(context, { what: 'event → slowest peer', rounds: lasts ?? [], target: '<= 0.2', how }),
      secondsFigure(context, { what: 'event → median peer', rounds: middles ?? [], how }),
    ];
  },
};

export const frozen: Row = {
  id: 'frozen',
  async run(context) {
    const { fleet, plan, signal } = context;
    const victims = fleet.names.slice(-Math.max(1, Math.floor(fleet.names.length / FROZEN_OF)));
    const healthy = fleet.names.filter((name) => !victims.includes(name));
    const recorder = await record(fleet);
    const cycles = Math.max(1, Math.round((plan.frozenSeconds * 1000) / (FROZEN_MS + THAWED_MS)));
    try {
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        victims.forEach((name) => fleet.freeze(name));
        await sleep(FROZEN_MS, undefined, { signal });
        victims.forEach((name) => fleet.thaw(name));
        await sleep(THAWED_MS, undefined, { signal });
      }
      await sleep(AFTERMATH_MS, undefined, { signal });
    } finally {
      victims.forEach((name) => fleet.thaw(name));
    }
    const remarks = await recorder.stop();
    const how = `SIGSTOP of ${victims.length} for 8 s of every 9, ${cycles} times; every agent looked at every ${RECORD_EVERY_MS} ms`;
    const frozenSaid = remarks.filter(({ member, viewer }) => victims.includes(member) && healthy.includes(viewer));
    const count = (state: string): number => frozenSaid.filter((one) => one.state === state).length;
    const wrong = frozenSaid.filter(
      ({ state }) => isGone(state) && state !== 'agent-unresponsive' && state !== 'unseen',
    );
    return [
      ...accusations(context, remarks, healthy, 'frozen: healthy', how),
      figure(context, 'frozen: said to be agent-unresponsive', count('agent-unresponsive'), 'times', undefined, how),
      figure(context, 'frozen: said to be gone otherwise', wrong.length, 'times', '0', `${statesOf(wrong)}; ${how}`),
    ];
  },
};

export const loss: Row = {
  id: 'loss',
  needsFaults: true,
  async run(context) {
    const { fleet, plan, signal } = context;
    const figures: Figure[] = [];
    for (const ratio of plan.losses) {
      const recorder = await record(fleet);
      try {
        await fleet.site.faults?.loss(ratio);
        await sleep(plan.lossSeconds * 1000, undefined, { signal });
      } finally {
        await fleet.site.faults?.loss(0);
      }
      await sleep(AFTERMATH_MS, undefined, { signal });
      const how = `${plan.lossSeconds} s; every agent looked at every ${RECORD_EVERY_MS} ms`;
      const what = `${Math.round(ratio * 100)} % of all packets lost: healthy`;
      figures.push(...accusations(context, await recorder.stop(), fleet.names, what, how));
    }
    return figures;
  },
};

/** Views in which a healthy member was called gone, and in which it was doubted. */
function accusations(
  context: Context,
  remarks: readonly Remark[],
  healthy: readonly string[],
  what: string,
  how: string,
): Figure[] {
  const about = remarks.filter(({ member, state }) => healthy.includes(member) && state !== 'alive');
  const accused = about.filter(({ state }) => isGone(state) && state !== 'unseen');
  const pairs = accused.map(({ viewer, member, state }) => `${viewer} of ${member}: ${state}`);
  const who = pairs.length === 0 ? '' : `${pairs.slice(0, 5).join('; ')}; `;
  const doubted = about.filter(({ state }) => state === 'suspect' || state === 'unseen');
  return [
    figure(context, `${what} accused`, accused.length, 'views', '0', `${who}${how}`),
    // Serf's doubts are not in its views.
    ...(context.fleet.product.name === 'meerkat'
      ? [
          figure(
            context,
            `${what} doubted`,
            doubted.length,
            'views',
            undefined,
            `suspect, or back before it was seen; ${how}`,
          ),
        ]
      : []),
  ];
}

function figure(
  { fleet }: Context,
  what: string,
  value: number,
  unit: string,
  target: string | undefined,
  how: string,
): Figure {
  const own = fleet.product.name === 'meerkat' && target !== undefined;
  return { what: nameOf(fleet, what), value, unit, ...(own && { target }), note: `${how}; ${loadNote()}` };
}

function statesOf(remarks: readonly Remark[]): string {
  const states = [...new Set(remarks.map(({ state }) => state))];
  return states.map((state) => `${state} ${remarks.filter((one) => one.state === state).length}`).join(', ') || 'never';
}
