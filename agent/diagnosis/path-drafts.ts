/** Findings for problems of a check whose subject is another node: what is broken lies between the two. */
import type { FindingSeverity } from '../model/finding.ts';
import { byCentre } from './by-centre.ts';
import { living } from './instances.ts';
import { lookingNodes, mergedDraft } from './merged-draft.ts';
import { type Draft, type Evidence, type SeenProblem, claimed, draftFor, evidenceLine } from './rule.ts';
import { firstLines } from './words.ts';

export interface PathWords {
  readonly reason: string;
  /** Between one node and others. */
  readonly around: (centre: string, peers: readonly string[]) => string;
  /** Between so many pairs of nodes. */
  readonly everywhere: (pairs: number, nodes: readonly string[]) => string;
}

export interface NetworkWords extends PathWords {
  /** What a node says of itself whose paths to most others, or all, are broken: `check/Reason`. */
  readonly ofNode: string;
  /** What it says of one path; its subject is the other end. */
  readonly ofPath: string;
  /** Of such a node. */
  readonly about: (node: string) => string;
  /** Of more than half of the nodes that look. */
  readonly onMost: (nodes: readonly string[], looking: number) => string;
  /** What that means for the cluster. */
  readonly severityOfMost: FindingSeverity;
  /** What else looks so on a node, or on most. */
  readonly alternatives: readonly string[];
}

/** Of one node nobody knows whether it is not the others. */
const FEWEST_FOR_MOST = 2;

/** A network that is broken on most nodes; else around some of them; else between pairs. */
export function networkDrafts(evidence: Evidence, words: NetworkWords): readonly Draft[] {
  const [bad, paths] = [words.ofNode, words.ofPath].map((claim) => living(claimed(evidence, [claim]))) as [
    readonly SeenProblem[],
    readonly SeenProblem[],
  ];
  const [check = ''] = words.ofNode.split('/');
  const looking = bad.length >= FEWEST_FOR_MOST ? lookingNodes(evidence, check) : Infinity;
  if (2 * bad.length > looking) return [onMost(evidence, bad, looking, words)];
  const badNodes = new Set(bad.map(({ node }) => node));
  const others = paths.filter(({ node, problem: { subject = '' } }) => !badNodes.has(subject) && !badNodes.has(node));
  const around = bad.map((one) =>
    aroundNode(
      evidence,
      one,
      paths.filter(({ problem }) => problem.subject === one.node),
      words,
    ),
  );
  return [...around, ...pathDrafts(evidence, others, words)];
}

function onMost(evidence: Evidence, bad: readonly SeenProblem[], looking: number, words: NetworkWords): Draft {
  const inOrder = bad.toSorted((a, b) => a.problem.since - b.problem.since);
  // Until then it was half of them.
  const turning = inOrder[Math.floor(looking / 2)] as SeenProblem;
  const nodes = bad.map(({ node }) => node).sort();
  const draft = draftFor(evidence, turning, words.reason, words.severityOfMost, '');
  return {
    ...draft,
    node: nodes[0] ?? turning.node,
    nodes,
    isOfAll: true,
    sentence: words.onMost(nodes, looking),
    observers: nodes,
    evidence: firstLines(inOrder.map(evidenceLine)),
    alternatives: words.alternatives,
  };
}

/** @param said by the others of it */
function aroundNode(evidence: Evidence, seen: SeenProblem, said: readonly SeenProblem[], words: NetworkWords): Draft {
  return {
    ...draftFor(evidence, seen, words.reason, 'warning', ''),
    sentence: words.about(seen.node),
    since: Math.min(...[seen, ...said].map(({ problem }) => problem.since)),
    observers: [seen, ...said].map(({ node }) => node).sort(),
    alternatives: words.alternatives,
    evidence: firstLines([seen, ...said].map(evidenceLine)),
  };
}

/** More nodes than that, each with broken paths, have one cause: they are told together. */
const MOST_TOLD = 3;

/** @param problems either end of a path may have raised one, or both */
export function pathDrafts(evidence: Evidence, problems: readonly SeenProblem[], words: PathWords): readonly Draft[] {
  const groups = [...byCentre(problems, ({ node, problem: { subject = '' } }) => [node, subject])];
  const around = groups.map(([centre, seen]) => ({
    centre,
    seen,
    peers: nodesIn(seen).filter((one) => one !== centre),
  }));
  if (groups.length <= MOST_TOLD)
    return around.map(({ centre, seen, peers }) => ({
      ...toDraft(evidence, seen, words.reason, words.around(centre, peers), [centre, ...peers]),
      ...(peers.length === 1 && { subject: peers[0] ?? '' }),
    }));
  const pairs = around.reduce((sum, { peers }) => sum + peers.length, 0);
  const nodes = nodesIn(problems);
  return [{ ...toDraft(evidence, problems, words.reason, words.everywhere(pairs, nodes), nodes), isOfAll: true }];
}

const nodesIn = (problems: readonly SeenProblem[]): readonly string[] =>
  [...new Set(problems.flatMap(({ node, problem: { subject = '' } }) => [node, subject]))].sort();

function toDraft(
  evidence: Evidence,
  problems: readonly SeenProblem[],
  reason: string,
  sentence: string,
  nodes: readonly string[],
): Draft {
  const { subject: _subject, ...draft } = mergedDraft(evidence, problems, reason, () => '');
  return { ...draft, node: nodes[0] ?? draft.node, nodes, sentence };
}
