/** What several agents say, put together: which sides there are, and what one side settles for another. */
import type { ApiFinding, ApiMembers, ApiStatus } from '../../http/contract.ts';

/** An agent's own word, and whom it is connected to. */
export interface Voice {
  readonly place: string;
  readonly status: ApiStatus;
  readonly members: ApiMembers;
}

/** Agents that are connected to each other. */
export interface Side {
  /** Whose agents were asked. */
  readonly asked: readonly string[];
  /** All that are connected to them, by name; those that were asked among them. */
  readonly nodes: readonly string[];
  readonly status: ApiStatus['status'];
  readonly sentence: string;
}

/** An agent that speaks for its own node alone. */
export interface Lone {
  readonly node: string;
  readonly status: ApiStatus['status'];
  readonly sentence: string;
}

/** A finding, and whose agents say it. */
export interface Saying {
  readonly by: readonly string[];
  readonly findings: readonly ApiFinding[];
}

/** A node that one side calls unreachable, and what is known of it by others. */
export interface Settlement {
  readonly nodes: readonly string[];
  /** `alive`: another side sees it. `lost`: no side that was asked does. */
  readonly outcome: 'alive' | 'lost';
  /** Whose agents see it; empty for `lost`. */
  readonly by: readonly string[];
}

export interface Merged {
  readonly sides: readonly Side[];
  /** Agents that cannot tell who is connected: they have just started, or have no mesh. */
  readonly apart: readonly Lone[];
  /** True when two sides know each other's nodes: it is a cut, and not two clusters. */
  readonly isOneCluster: boolean;
  /** What all say first, then what fewer say. */
  readonly sayings: readonly Saying[];
  readonly settled: readonly Settlement[];
}

const GRAVITY = { healthy: 0, unknown: 1, degraded: 2, critical: 3 } as const;

const LOSSES: ReadonlySet<string> = new Set(['NodeUnreachable', 'NodesLost', 'NoControlPlaneFromHere']);

/** The gravest of what they say. */
export const gravest = (statuses: readonly ApiStatus['status'][]): ApiStatus['status'] =>
  statuses.reduce((worst, one) => (GRAVITY[one] > GRAVITY[worst] ? one : worst), 'healthy');

export function merge(all: readonly Voice[]): Merged {
  // One agent may have been asked by two of its addresses.
  const voices = all.filter((one, index) => all.findIndex((other) => nodeOf(other) === nodeOf(one)) === index);
  const groups = groupsOf(voices);
  const canTell = (group: readonly Voice[]): boolean => group.some(seesOthers);
  const sides = groups.filter(canTell);
  const settled = settlementsOf(sides);
  return {
    sides: sides.map(toSide),
    apart: groups.filter((group) => !canTell(group)).flatMap((group) => group.map(toLone)),
    isOneCluster: sides.some((one) => sides.some((other) => one !== other && knows(one, other))),
    sayings: sayingsOf(voices, new Set(settled.flatMap(({ outcome, nodes }) => (outcome === 'alive' ? nodes : [])))),
    settled,
  };
}

const toLone = ({ status: { view, status, sentence } }: Voice): Lone => ({ node: view.node, status, sentence });

const nodeOf = ({ status }: Voice): string => status.view.node;

/** False for an agent without a mesh, and one that has just started: that it is alone says nothing of others. */
const seesOthers = ({ status: { view } }: Voice): boolean => view.component !== undefined && view.settled;

const connected = ({ status, members }: Voice): readonly string[] => [
  ...new Set([status.view.node, ...members.members.filter(({ inComponent }) => inComponent).map(({ node }) => node)]),
];

/** Who counts another as connected is on its side, whatever that one says of it: it may be about to learn so. */
function groupsOf(voices: readonly Voice[]): Voice[][] {
  const groups: Voice[][] = [];
  for (const voice of voices) {
    const sees = (one: Voice, other: Voice): boolean => connected(one).includes(nodeOf(other));
    const mine = groups.filter((group) => group.some((one) => sees(one, voice) || sees(voice, one)));
    const rest = groups.filter((group) => !mine.includes(group));
    groups.splice(0, groups.length, ...rest, [...mine.flat(), voice]);
  }
  return groups.sort((a, b) => voices.indexOf(a[0] as Voice) - voices.indexOf(b[0] as Voice));
}

function toSide(voices: readonly Voice[]): Side {
  const status = gravest(voices.map((one) => one.status.status));
  return {
    asked: voices.map(nodeOf),
    nodes: [...new Set(voices.flatMap(connected))].sort(),
    status,
    sentence: voices.find((one) => one.status.status === status)?.status.sentence ?? '',
  };
}

const knows = (one: readonly Voice[], other: readonly Voice[]): boolean =>
  one.some(({ members }) => members.members.some(({ node }) => other.some((voice) => nodeOf(voice) === node)));

/**
 * Each finding once, with the words of the first who says it. What a node that is alive could be besides, as seen by who
 * does not reach it, is out of the question.
 */
function sayingsOf(voices: readonly Voice[], alive: ReadonlySet<string>): Saying[] {
  const speakers = new Map<string, string[]>();
  const first = new Map<string, ApiFinding>();
  for (const voice of voices) {
    for (const finding of voice.status.findings) {
      speakers.set(finding.id, [...(speakers.get(finding.id) ?? []), nodeOf(voice)]);
      const isSettled =
        LOSSES.has(finding.reason) && (finding.nodes ?? [finding.node]).every((node) => alive.has(node));
      if (!first.has(finding.id)) first.set(finding.id, isSettled ? { ...finding, alternatives: [] } : finding);
    }
  }
  const groups = Map.groupBy(first.values(), ({ id }) => (speakers.get(id) ?? []).join(' '));
  return [...groups.values()]
    .map((findings) => ({ by: speakers.get(findings[0]?.id ?? '') ?? [], findings }))
    .sort((a, b) => b.by.length - a.by.length);
}

/** Nodes that some side calls unreachable. A side that sees one of them knows better than one that does not. */
function settlementsOf(sides: readonly (readonly Voice[])[]): Settlement[] {
  const lost = new Set(
    sides.flatMap((side) =>
      side.flatMap(({ members }) =>
        members.members
          .filter(({ state, inComponent }) => state === 'unreachable' && !inComponent)
          .map(({ node }) => node),
      ),
    ),
  );
  const seenBy = (name: string): string[] =>
    sides.flatMap((side) => side.filter((voice) => isAlive(voice, name)).map(nodeOf));
  const found = [...lost].sort().map((node) => ({ node, by: seenBy(node) }));
  const groups = Map.groupBy(found, ({ by }) => by.join(' '));
  return [...groups.values()].map((group) => {
    const by = group[0]?.by ?? [];
    return { nodes: group.map(({ node }) => node), outcome: by.length > 0 ? 'alive' : 'lost', by };
  });
}

const isAlive = ({ status, members }: Voice, name: string): boolean =>
  status.view.node === name ||
  members.members.some(({ node, state, inComponent }) => node === name && inComponent && state === 'alive');
