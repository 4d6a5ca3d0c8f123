import { type Static, Type } from 'typebox';
import { LOSS_LOOKS, type LossMemory, createLossMemory, lossyPaths, noteLoss } from './lib/path-loss.ts';
import { count, enumerateFirst, percent, span } from './lib/figures.ts';
import { median } from './lib/window.ts';
import { type PeerEdge, type Problem, type Reading, absent, defineCheck, outcomeOf, unknown } from './types.ts';

type Reason = 'PeersUnreachable' | 'PacketLoss' | 'PathLossy' | 'PathMtuBroken';

const INTERVAL_MS = 10_000;
/**
 * A host that dies is lost before all others know; a cut falls into sides within seconds, where machines have no time within
 * half a minute. Who is lost for longer and connected to others all the time is not dead.
 */
const LOST_FOR_MS = 30_000;
/** With 16 peers and frames of 1,500 bytes each of them has its turn so often, and then it takes half a minute. */
const MTU_MS = 12 * 60_000;
/** One every 2 s, once one was not answered. */
const MOST_LONG_MISSES = 12;
/** Of the last ten: where more short datagrams get lost, it is not for their length. */
const MOST_LOSS = 0.2;
/** Of two nodes nobody knows which one loses the packets. */
const FEWEST_LOSSY = 2;
const MOST_NAMED = 4;

const Config = Type.Object(
  {
    lossRatio: Type.Number({
      default: 0.1,
      minimum: 0.02,
      maximum: 1,
      description:
        'The share of the probes to a node that has to get lost within five minutes to be told. It is over when it is less than half of that within two.',
    }),
  },
  { additionalProperties: false },
);

export const reachability = defineCheck({
  id: 'reachability',
  title: 'Network between nodes',
  description: [
    'What this node’s agent sees of those that it probes, at most 16 and a few more while some of them are gone: every second',
    'by UDP on the network of the nodes, and by TCP where that is not answered. Nodes that others do not reach either are not',
    'this node’s trouble; the diagnosis tells of them. Loss is what a peer says it did not hear, over five minutes, so that a',
    'peer that is slow loses nothing. Over IPv4 a datagram as long as the smaller MTU of the two ends is sent now and then',
    '(all together 20 bytes a second; with 16 peers each has its turn in ten minutes), soon after a connection broke, every 2 s while it is not',
    'answered, and every 30 s once there is no doubt.',
    'That is over when a router says how much fits, because senders then adapt.',
  ].join(' '),
  intervalMs: INTERVAL_MS,
  timeoutMs: 1000,
  runsOn: 'every node that knows another agent',
  config: Config,
  reasons: {
    PeersUnreachable: {
      severity: 'warning',
      summary: 'Nodes do not answer this one, while others reach them.',
      remedy:
        'On this node try `ip route get ADDRESS` and `traceroute ADDRESS`; then look at firewall rules, reverse-path filters and switches between the two, also on the way back.',
      windowMs: LOST_FOR_MS,
    },
    PacketLoss: {
      severity: 'warning',
      summary: 'Much of what this node sends to most of the others gets lost on its way.',
      remedy:
        'Look at the counters of its network device and its cable with `ip -s link` and `ethtool -S DEVICE`, at its switch port, and on a virtual machine at the limits of its network.',
      windowMs: LOSS_LOOKS * INTERVAL_MS,
    },
    PathLossy: {
      severity: 'warning',
      summary: 'Much of what this node sends to another one gets lost on its way.',
      remedy:
        'See where with `mtr -n ADDRESS` from both ends; compare `ip -s link` and `ethtool -S DEVICE` on both, and look at the switches between them: one link of a bundle may be bad.',
      windowMs: LOSS_LOOKS * INTERVAL_MS,
    },
    PathMtuBroken: {
      severity: 'warning',
      summary: 'Only short datagrams pass between this node and another one: what is as long as the MTU gets lost.',
      remedy:
        'Compare the MTU of both ends with that of the way: `ip link`, `tracepath -n ADDRESS`, `ping -M do -s 1472 ADDRESS`. Lower it at both ends, or let ICMP “fragmentation needed” pass. Connections that open and then hang are this, unless a router lowers their MSS.',
      windowMs: MTU_MS,
    },
  },
  readings: {
    peers_count: { title: 'Nodes whose agents are probed' },
    reached_count: { title: 'Nodes whose agents answer' },
    loss_to_ratio: { title: 'Share of the last probes that the others did not hear' },
    loss_from_ratio: { title: 'Share of the answers that did not come, or not in time' },
    rtt_p50_seconds: { title: 'Round trip to another node, the median' },
    rtt_max_seconds: { title: 'Round trip to another node, the longest' },
    short_only_count: { title: 'Nodes to which only short datagrams pass' },
  },
  needs: ['Another agent that is known, of this cluster; without one the check is absent.'],
  looksThrough: 'peers',
  createState: createLossMemory,
  run: async ({ edges, state, clock, config }) => {
    const view = edges();
    if (view.kind === 'none') return absent(view.why);
    if (view.kind === 'unknown') return unknown(view.why);
    const tried = view.peers.filter((peer) => peer.state !== undefined);
    if (tried.length === 0) return unknown('no other agent has been probed yet');
    noteLoss(state, view.peers, clock.monotonic());
    const readings = readingsOf(tried);
    const problems = [
      ...unreachable(tried),
      ...lossOf(state, config),
      ...tried.flatMap((peer) => shortOnly(peer) ?? []),
    ];
    if (problems.length === 0 && tried.every((peer) => peer.state === 'lost'))
      return unknown(
        `none of ${count(tried.length)} nodes answers; whether that is their fault their agents know`,
        readings,
      );
    return outcomeOf(problems, readings);
  },
});

const namesOf = (peers: readonly PeerEdge[]): string => enumerateFirst(peers.map(({ node }) => node));

function unreachable(peers: readonly PeerEdge[]): Problem<Reason>[] {
  const forMs = ({ forMs: lostFor, connectedForMs = 0 }: PeerEdge): number => Math.min(lostFor, connectedForMs);
  const lost = peers.filter((peer) => peer.state === 'lost' && forMs(peer) >= LOST_FOR_MS);
  if (lost.length === 0) return [];
  const since = span(Math.max(...lost.map(forMs)));
  const message = `${namesOf(lost)} ${lost.length === 1 ? 'has' : 'have'} not answered for ${since}, neither over UDP nor over TCP; others reach ${lost.length === 1 ? 'it' : 'them'}.`;
  return [{ reason: 'PeersUnreachable', message }];
}

function lossOf(memory: LossMemory, { lossRatio }: Static<typeof Config>): Problem<Reason>[] {
  const { lossy, judged } = lossyPaths(memory, lossRatio);
  const shares = lossy.map(({ node, ratio }) => `${node} ${percent(ratio)}`);
  if (lossy.length >= FEWEST_LOSSY && 2 * lossy.length > judged) {
    const named = [...shares.slice(0, MOST_NAMED), ...(lossy.length > MOST_NAMED ? ['…'] : [])].join(', ');
    const message = `${count(lossy.length)} of ${count(judged)} nodes did not hear a part of this node’s probes of the last two minutes: ${named}.`;
    return [{ reason: 'PacketLoss', message }];
  }
  return lossy.map(({ node, ratio }) => ({
    reason: 'PathLossy',
    subject: node,
    message: `${node} did not hear ${percent(ratio)} of this node’s probes of the last two minutes.`,
  }));
}

const isShortOnly = ({ state, fullSize, lossTo = 0, lossFrom = 0 }: PeerEdge): boolean =>
  state === 'good' && (fullSize?.misses ?? 0) >= MOST_LONG_MISSES && Math.max(lossTo, lossFrom) <= MOST_LOSS;

function shortOnly(peer: PeerEdge): Problem<Reason> | undefined {
  const { node, fullSize } = peer;
  if (fullSize === undefined || !isShortOnly(peer)) return undefined;
  const message = `Datagrams of ${count(fullSize.bytes)} bytes to ${node} and back were not answered ${count(fullSize.misses)} times in a row, while short ones were.`;
  return { reason: 'PathMtuBroken', subject: node, message };
}

function readingsOf(peers: readonly PeerEdge[]): Reading[] {
  const reached = peers.filter(({ state }) => state === 'good' || state === 'udp-blocked');
  const good = peers.filter(({ state }) => state === 'good');
  const trips = good.flatMap(({ rttMs }) => rttMs ?? []);
  const mean = (name: string, values: readonly number[]): Reading[] =>
    values.length === 0 ? [] : [{ name, value: values.reduce((sum, value) => sum + value, 0) / values.length }];
  const p50 = median(trips);
  return [
    { name: 'peers_count', value: peers.length },
    { name: 'reached_count', value: reached.length },
    ...mean(
      'loss_to_ratio',
      good.flatMap(({ lossTo }) => lossTo ?? []),
    ),
    ...mean(
      'loss_from_ratio',
      good.flatMap(({ lossFrom }) => lossFrom ?? []),
    ),
    ...(p50 === undefined
      ? []
      : [
          { name: 'rtt_p50_seconds', value: p50 / 1000 },
          { name: 'rtt_max_seconds', value: Math.max(...trips) / 1000 },
        ]),
    { name: 'short_only_count', value: peers.filter(isShortOnly).length },
  ];
}
