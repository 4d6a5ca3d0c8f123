import type { BlockedPort } from '../../model/ports.ts';
import { strikingEdges } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { firstLines, formatNames, plural } from '../words.ts';

/** A network that changes drops datagrams for seconds; a firewall does until somebody opens it. */
const BLOCKED_MS = 60_000;
const PROBES = '7576/udp';

export const portBlocked: Rule = {
  reason: 'PortBlocked',
  severity: 'info',
  concludes:
    'Agents answer each other, and a port that they need besides is closed between their nodes, as by a firewall: 7576/udp of probes, 7576/tcp of what they tell each other, or 7575/tcp of status and pages.',
  from: 'Of 7576/udp: an edge over which TCP alone passes for a minute. Of the others: this node opens connections to two peers a minute and a half after its start, or as soon as there is one, and every hour; again half a minute after they failed.',
  sound:
    'The agents at the other end live, by their answers on another port within the same minute; who answers at none is not asked. All that were asked, twice in a row, did not answer.',
  silentWhen:
    'A peer is down, going, or comes and goes; any that was asked answered. Of 7575/tcp also where this agent does not serve others, or not at the address where they reach it; an agent that is alone has nobody to ask.',
  claims: [],
  find({ state: { self, blockedPorts = [] }, mesh }) {
    if (mesh === undefined || mesh.state.isolated !== undefined || !mesh.state.settled) return [];
    return [...probesBlocked(mesh), ...blockedPorts.map((port) => connectionsBlocked(self, port))];
  },
};

function probesBlocked(mesh: MeshEvidence): Draft[] {
  const isSteady = (name: string): boolean => {
    const { state, flapping, connectedSinceMs = -Infinity } = mesh.members.get(name) ?? {};
    return state === 'alive' && flapping === undefined && mesh.nowMs - connectedSinceMs >= BLOCKED_MS;
  };
  const ways = [...strikingEdges(mesh)]
    .filter(([, { state, sinceMs }]) => state === 'udp-blocked' && mesh.nowMs - sinceMs >= BLOCKED_MS)
    .filter(([from, { peer }]) => isSteady(from) && isSteady(peer))
    .map(([from, { peer, sinceMs }]) => ({ from, to: peer, since: mesh.instant(sinceMs) }));
  const [first] = ways;
  if (first === undefined) return [];
  const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();
  const [froms, tos] = [distinct(ways.map(({ from }) => from)), distinct(ways.map(({ to }) => to))];
  return [
    {
      ...draftOf(PROBES),
      node: tos[0] ?? first.to,
      nodes: distinct([...froms, ...tos]),
      sentence: `Port ${PROBES} of ${formatNames(tos)} does not answer ${formatNames(froms)}, while 7576/tcp does: without probes a node that dies is noticed late, and loss and clocks are not known`,
      since: Math.min(...ways.map(({ since }) => since)),
      observers: froms,
      evidence: firstLines(ways.map(({ from, to }) => `${from}: ${to} answers over TCP only`)),
      next: nextFor(froms, tos, PROBES),
    },
  ];
}

const MATTERS: Readonly<Record<BlockedPort['purpose'], string>> = {
  http: 'whoever is on this node cannot ask them for the status',
  gossip: 'what they know comes here by way of others, or not at all',
};

function connectionsBlocked(self: string, { port, purpose, peers, how, since }: BlockedPort): Draft {
  const name = `${port}/tcp`;
  const does = how === 'refused' ? 'refuses' : 'does not answer';
  const living = plural(peers.length, 'the agent there answers', 'the agents there answer');
  return {
    ...draftOf(name),
    node: self,
    nodes: [self, ...peers],
    sentence: `Port ${name} of ${formatNames(peers)} ${does} ${self}, while ${living} probes: ${MATTERS[purpose]}`,
    since,
    observers: [self],
    evidence: [`${self} tried it twice in a row, and tries it again every five minutes`],
    alternatives: how === 'refused' && purpose === 'http' ? ['another http.port or http.address there'] : [],
    next: nextFor([self], peers, name),
  };
}

/** Several ports are several findings. */
const draftOf = (port: string): Omit<Draft, 'node' | 'sentence' | 'since' | 'observers' | 'evidence' | 'next'> => ({
  reason: 'PortBlocked',
  severity: 'info',
  nodeSeverity: 'info',
  subject: port,
  dissent: [],
  alternatives: [],
  intervalMs: 10_000,
});

const nextFor = (froms: readonly string[], tos: readonly string[], port: string): readonly string[] => [
  `Let ${port} from ${formatNames(froms)} into ${formatNames(tos)}: firewalld or ufw there, nft list ruleset, iptables -S INPUT, or the cloud's security group`,
];
