/** Findings for problems of a check whose subject is another node: what is broken lies between the two. */
import { byCentre } from './by-centre.ts';
import { mergedDraft } from './merged-draft.ts';
import type { Draft, Evidence, SeenProblem } from './rule.ts';

export interface PathWords {
  readonly reason: string;
  /** Between one node and others. */
  readonly around: (centre: string, peers: readonly string[]) => string;
  /** Between so many pairs of nodes. */
  readonly everywhere: (pairs: number, nodes: readonly string[]) => string;
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
  return [toDraft(evidence, problems, words.reason, words.everywhere(pairs, nodes), nodes)];
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
