import { Type } from 'typebox';
import { count, enumerateFirst } from './lib/figures.ts';
import { type OverlayPath, type Problem, absent, defineCheck, outcomeOf, unknown } from './types.ts';

type Reason = 'OverlayPathBroken' | 'OverlayCutOff' | 'OverlayMtuBroken';

const INTERVAL_MS = 2000;
/** Of pings in a row, one every 2 s: a responder that is replaced is withdrawn by its own agent before that. */
const MOST_MISSES = 12;
/** Where none was ever answered: a node that has just joined may not be known to the network everywhere. */
const MOST_MISSES_AT_FIRST = 30;
/** Who reaches so few others may be right, and they wrong. */
const FEWEST_PEERS = 2;
/** Of ten: where more short datagrams get lost, it is not for their length. */
const MOST_LOST = 2;

export const overlay = defineCheck({
  id: 'overlay',
  title: 'Overlay network',
  description: [
    'Whether pods on this node and on others reach each other. The overlay responder, a small pod on every node, pings those',
    'of the nodes that this agent watches, at most 16, over UDP by their pod addresses: every 2 s with a short datagram and',
    'every 20 s, over IPv4, with one as long as the smaller MTU of the two ends. Only nodes that the agents reach are looked',
    'at, so that what is broken is the network of the pods. In dual stack one family is looked at, the first of the pods. A',
    'responder that never was answered proves nothing: a NetworkPolicy may stand between.',
  ].join(' '),
  intervalMs: INTERVAL_MS,
  timeoutMs: 1000,
  windowMs: MOST_MISSES * INTERVAL_MS,
  runsOn: 'nodes with an overlay responder',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    OverlayCutOff: {
      severity: 'critical',
      summary: 'Pods on this node do not reach those of any other node, although the nodes reach each other.',
      remedy:
        'Look at the agent of the network plugin on this node (`kubectl get pods -A -o wide`, or `crictl ps -a`), at the tunnel device and the routes (`ip -d link show type vxlan`, `ip route`), and whether a firewall lets the tunnel pass: 8472/udp or 4789/udp of VXLAN, 6081/udp of Geneve, 51820/udp of WireGuard, protocol 4 of IP-in-IP. Where a NetworkPolicy is new (`kubectl get networkpolicies -A`), the network may be well: let 7577/udp pass between the overlay responders, both ways.',
    },
    OverlayPathBroken: {
      severity: 'warning',
      summary: 'Pods on this node do not reach those of another one, although the nodes reach each other.',
      remedy:
        'On both nodes compare the routes to the other’s pods and the entries of the tunnel (`ip route get POD-ADDRESS`, `bridge fdb show`, `ip neigh`), and look for a firewall between the two that drops the tunnel: 8472/udp or 4789/udp of VXLAN, 6081/udp of Geneve, 51820/udp of WireGuard, protocol 4 of IP-in-IP.',
    },
    OverlayMtuBroken: {
      severity: 'warning',
      summary:
        'Between pods of this node and of another one only short datagrams pass: connections open and then hang.',
      remedy:
        'Compare the MTU of the pods’ interfaces with that of the way: `ip link`, `tracepath -n NODE-ADDRESS`; a tunnel takes 50 to 80 bytes of it. Lower the network plugin’s MTU, or let ICMP “fragmentation needed” pass.',
    },
  },
  readings: {
    rtt_seconds: { title: 'Round trip between pods' },
    loss_ratio: { title: 'Share of the last pings between pods that were not answered' },
    peers_count: { title: 'Nodes whose pods are pinged' },
    broken_count: { title: 'Nodes whose pods do not answer' },
  },
  needs: [
    'The overlay responder (`meerkat overlay`) as a pod on each node, which calls its node’s agent on port 7577/udp; without it the check is absent, and unknown once it calls no more.',
  ],
  looksThrough: 'overlay-responder',
  run: async ({ overlay: look }) => {
    const view = look();
    if (view.kind === 'none') return absent(view.why);
    if (view.kind === 'unknown') return unknown(view.why);
    const paths = view.paths.filter(({ short }) => short.sent > 0);
    const broken = paths.filter(isBroken);
    const readings = [
      ...paths.flatMap(({ node, rttMs, short }) => [
        ...(rttMs === undefined ? [] : [{ name: 'rtt_seconds', subject: node, value: rttMs / 1000 }]),
        { name: 'loss_ratio', subject: node, value: short.lost / short.sent },
      ]),
      { name: 'peers_count', value: paths.length },
      { name: 'broken_count', value: broken.length },
    ];
    if (!view.reached && broken.length > 0) {
      const why = `no pod of another node has ever answered this one’s (${namesOf(broken)}): a NetworkPolicy that does not let 7577/udp pass, or a network that never worked`;
      return unknown(why, readings);
    }
    const isCutOff = broken.length >= FEWEST_PEERS && broken.length === paths.length;
    return outcomeOf(isCutOff ? [cutOff(broken)] : paths.flatMap((path) => judge(path) ?? []), readings);
  },
});

const isBroken = ({ short, rttMs }: OverlayPath): boolean =>
  short.misses >= (rttMs === undefined ? MOST_MISSES_AT_FIRST : MOST_MISSES);

const namesOf = (paths: readonly OverlayPath[]): string => enumerateFirst(paths.map(({ node }) => node));

const cutOff = (broken: readonly OverlayPath[]): Problem<Reason> => ({
  reason: 'OverlayCutOff',
  message: `No pod answers on any of ${count(broken.length)} nodes (${namesOf(broken)}), which the agents reach.`,
});

function judge(path: OverlayPath): Problem<Reason> | undefined {
  const { node, address, short, full } = path;
  if (isBroken(path)) {
    const message = `${address} on ${node} has not answered ${count(short.misses)} pings in a row over the overlay; the node itself answers.`;
    return { reason: 'OverlayPathBroken', subject: node, message };
  }
  if (full === undefined || full.misses < MOST_MISSES || short.lost > MOST_LOST) return undefined;
  const message = `Datagrams of ${count(full.bytes)} bytes to ${address} on ${node} were not answered ${count(full.misses)} times in a row, while short ones were.`;
  return { reason: 'OverlayMtuBroken', subject: node, message };
}
