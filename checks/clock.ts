import { Type } from 'typebox';
import { count, enumerateFirst, span } from './lib/figures.ts';
import { type Seldom, createSeldom } from './lib/seldom.ts';
import { median } from './lib/window.ts';
import {
  type HostFiles,
  type PeerEdge,
  type Problem,
  type Reading,
  absent,
  defineCheck,
  outcomeOf,
  unknown,
} from './types.ts';

type Reason = 'ClockSkewed' | 'ClocksDiffer';

/** As the diagnosis has it for what others say of this node. */
const SKEW_MS = 500;
/** Of two clocks nobody knows which one is wrong. */
const FEWEST_PEERS = 2;
/** What a clock can be off, 300 years, and more: whoever says so has no clock. */
const MOST_MS = 1e13;
/** Made by systemd-timesyncd when it starts; the file in it once it has set the clock. Gone with it. */
const TIMESYNC = '/run/systemd/timesync';

/** How far a peer's clock is ahead of this one. */
interface Word {
  readonly node: string;
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

interface State {
  readonly timesync: Seldom<boolean | undefined>;
}

export const clock = defineCheck({
  id: 'clock',
  title: 'Clock',
  description: [
    'How far this node’s clock is from those of the nodes whose agents it probes: by the stamps that every probe and its answer',
    'carry, as NTP does it, with half of the round trip as the most by which that may be wrong. Told is what exceeds 500 ms',
    'beyond that against most of them, to the same side. Of two nodes only that they differ is told. Whether the kernel takes',
    'its clock for synchronised no file says; where systemd-timesyncd runs, it is read whether it has set the clock.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 1000,
  runsOn: 'every node that knows another agent',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    ClockSkewed: {
      severity: 'warning',
      summary:
        'The clock of this node differs from those of most others: certificates, leases, tokens and logs suffer.',
      remedy:
        'Ask the time service: `chronyc tracking` and `chronyc sources`, or `timedatectl timesync-status`. Is it running, and does it reach its servers (123/udp)? On a virtual machine look at the clock of its host.',
    },
    ClocksDiffer: {
      severity: 'warning',
      summary: 'The clocks of this node and of the only other one differ; which of them is wrong two cannot tell.',
      remedy:
        'Compare both with a third one, `date -u` on each; then ask the time service of the one that is wrong: `chronyc tracking`, or `timedatectl timesync-status`.',
    },
  },
  readings: {
    offset_seconds: { title: 'By how much this clock is ahead of those of the others, the median' },
    uncertainty_seconds: { title: 'By how much that may be wrong' },
    peers_count: { title: 'Nodes whose clocks are known' },
    synchronized_count: { title: 'Time services here that have set the clock, of those that tell' },
  },
  needs: [
    'Another agent that is known, of this cluster; without one the check is absent.',
    '/run/systemd/timesync, for what systemd-timesyncd has done; of other time services nothing is read.',
  ],
  looksThrough: 'peers',
  createState: (): State => ({ timesync: createSeldom() }),
  run: async ({ edges, host, state, clock: time }) => {
    const view = edges();
    if (view.kind === 'none') return absent(view.why);
    if (view.kind === 'unknown') return unknown(view.why);
    const isSet = await state.timesync.get(() => readTimesync(host), time.monotonic());
    const words = view.peers.flatMap((peer) => wordOf(peer) ?? []);
    const readings = readingsOf(words, isSet);
    if (words.length === 0) return unknown('no other agent that answers has told its time', readings);
    const hint = isSet === false ? ' systemd-timesyncd runs here and has not set the clock since it started.' : '';
    return outcomeOf(
      judge(words).map(({ message, ...problem }) => ({ ...problem, message: message + hint })),
      readings,
    );
  },
});

/** Undefined: it does not run here, or its files are not to be seen. */
async function readTimesync(host: HostFiles): Promise<boolean | undefined> {
  try {
    if (await host.exists(`${TIMESYNC}/synchronized`)) return true;
    return (await host.exists(TIMESYNC)) ? false : undefined;
  } catch {
    return undefined;
  }
}

/** None of those that do not answer now: what they said is history. */
function wordOf({ node, state, clock: told }: PeerEdge): Word | undefined {
  if (state !== 'good' || told === undefined) return undefined;
  const { offsetMs, uncertaintyMs } = told;
  const isSane = Math.abs(offsetMs) <= MOST_MS && uncertaintyMs >= 0 && uncertaintyMs <= MOST_MS;
  return isSane ? { node, offsetMs, uncertaintyMs } : undefined;
}

/** The truth lies between the medians of what each can be at least and at most. */
function ownOffset(words: readonly Word[]): { readonly aheadMs: number; readonly uncertaintyMs: number } | undefined {
  const least = median(words.map(({ offsetMs, uncertaintyMs }) => offsetMs - uncertaintyMs));
  const most = median(words.map(({ offsetMs, uncertaintyMs }) => offsetMs + uncertaintyMs));
  if (least === undefined || most === undefined) return undefined;
  // Without a negative zero.
  return { aheadMs: 0 - (least + most) / 2, uncertaintyMs: (most - least) / 2 };
}

function readingsOf(words: readonly Word[], isSet: boolean | undefined): Reading[] {
  const own = ownOffset(words);
  return [
    ...(own === undefined
      ? []
      : [
          { name: 'offset_seconds', value: own.aheadMs / 1000 },
          { name: 'uncertainty_seconds', value: own.uncertaintyMs / 1000 },
        ]),
    { name: 'peers_count', value: words.length },
    ...(isSet === undefined ? [] : [{ name: 'synchronized_count', value: isSet ? 1 : 0 }]),
  ];
}

/** `3 ms`, `1.2 s`. */
const shortly = (ms: number): string => (ms < 1000 ? `${count(Math.ceil(ms))} ms` : span(ms));

function judge(words: readonly Word[]): Problem<Reason>[] {
  const behind = words.filter(({ offsetMs, uncertaintyMs }) => offsetMs - uncertaintyMs > SKEW_MS);
  const ahead = words.filter(({ offsetMs, uncertaintyMs }) => -offsetMs - uncertaintyMs > SKEW_MS);
  const against = ahead.length >= behind.length ? ahead : behind;
  if (2 * against.length <= words.length) return [];
  const off = ownOffset(against);
  if (off === undefined) return [];
  const by = `${span(Math.abs(off.aheadMs))} ± ${shortly(off.uncertaintyMs)}`;
  const [first] = against;
  if (words.length < FEWEST_PEERS && first !== undefined) {
    const side = against === ahead ? 'behind' : 'ahead of';
    const message = `The clock of ${first.node} is ${by} ${side} this one; which of them is wrong the two cannot tell.`;
    return [{ reason: 'ClocksDiffer', subject: first.node, message }];
  }
  const side = against === ahead ? 'ahead of' : 'behind';
  const names = enumerateFirst(against.map(({ node }) => node));
  const message = `This clock is ${by} ${side} those of ${count(against.length)} of ${count(words.length)} nodes (${names}).`;
  return [{ reason: 'ClockSkewed', message }];
}
