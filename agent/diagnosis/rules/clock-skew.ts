import type { ClockOffset } from '../../model/member.ts';
import { formatDuration } from '../../model/text.ts';
import { edgesTo, strikingEdges } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import { living } from '../instances.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor, evidenceLine } from '../rule.ts';
import { formatNames } from '../words.ts';

const SKEW_MS = 500;
const FEWEST_OBSERVERS = 2;
/** What a node says of its own clock, and of that of the only other one. */
const OWN = 'clock/ClockSkewed';
const PAIR = 'clock/ClocksDiffer';

interface Word {
  readonly observer: string;
  readonly offset: ClockOffset;
}

export const clockSkew: Rule = {
  reason: 'ClockSkew',
  severity: 'warning',
  concludes: 'The clock of a node differs from the others: certificates, leases and logs suffer.',
  from: 'At least two observers, and most of those that can tell, measure more than 500 ms beyond their own uncertainty, to the same side; or the node itself finds as much against most of the others. Of two nodes only that they differ is told.',
  sound:
    'Offsets come from probe stamps with the round trip as their bound; an observer whose own clock is off is alone with its word on each of the others.',
  silentWhen: 'Only one of several observers says so; the round trip is too long to tell.',
  claims: [OWN, PAIR],
  find(evidence) {
    const own = new Map(living(claimed(evidence, [OWN])).map((seen) => [seen.node, seen]));
    const drafts = accusedOf(evidence).flatMap(([node, words]) => draftOf(node, words, evidence.now));
    const told = new Set(drafts.map(({ node }) => node));
    const alone = [...own.values()].filter(({ node }) => !told.has(node) && !isContradicted(evidence, node));
    for (const { node } of alone) told.add(node);
    return [
      ...drafts.map((draft) => withOwnWord(draft, own.get(draft.node))),
      ...alone.map((seen) => ofItself(evidence, seen)),
      ...pairsOf(evidence, told),
    ];
  },
};

/** Nearly always nobody is accused: the words of all are gathered only about who is. */
function accusedOf({ mesh }: Evidence): (readonly [string, readonly Word[]])[] {
  if (mesh === undefined) return [];
  const accused = new Set<string>();
  for (const [, { peer, offset }] of strikingEdges(mesh)) {
    if (offset !== undefined && (isBeyond(offset, 1) || isBeyond(offset, -1))) accused.add(peer);
  }
  return [...accused].map((node) => [node, wordsOn(mesh, node)]);
}

/** Others can tell, and find nothing wrong: the clock was put right, and its own check comes a moment later. */
const isContradicted = ({ mesh }: Evidence, node: string): boolean =>
  mesh !== undefined && wordsOn(mesh, node).length >= FEWEST_OBSERVERS;

/** The others cannot know since when it is so: its own check looked all the time. */
function withOwnWord(draft: Draft, seen: SeenProblem | undefined): Draft {
  if (seen === undefined) return draft;
  return {
    ...draft,
    since: Math.min(draft.since, seen.problem.since),
    evidence: [...draft.evidence, evidenceLine(seen)],
  };
}

const ofItself = (evidence: Evidence, seen: SeenProblem): Draft => {
  const { check: _check, ...draft } = draftFor(
    evidence,
    seen,
    'ClockSkew',
    'warning',
    `The clock of ${seen.node} differs from those of most others`,
  );
  return draft;
};

/** @param told nodes of which it is known whose clock is wrong */
function pairsOf(evidence: Evidence, told: ReadonlySet<string>): Draft[] {
  const pairs = Map.groupBy(living(claimed(evidence, [PAIR])), ({ node, problem: { subject = '' } }) =>
    [node, subject].sort().join(' '),
  );
  return [...pairs.values()].flatMap((seen) => {
    const [first] = seen;
    const { node, problem: { subject = '' } = {} } = first ?? {};
    if (first === undefined || node === undefined || told.has(node) || told.has(subject)) return [];
    const [one = '', other = ''] = [node, subject].sort();
    const { check: _check, ...draft } = draftFor(evidence, first, 'ClockSkew', 'warning', '');
    return [
      {
        ...draft,
        node: one,
        nodes: [one, other],
        subject: other,
        sentence: `The clocks of ${one} and ${other} differ by more than ${SKEW_MS} ms; which of them is wrong two cannot tell`,
        since: Math.min(...seen.map(({ problem }) => problem.since)),
        observers: seen.map((each) => each.node).sort(),
        evidence: seen.map(evidenceLine),
      },
    ];
  });
}

const wordsOn = (mesh: MeshEvidence, node: string): Word[] =>
  [...edgesTo(mesh, node)].flatMap(([observer, { offset }]) =>
    offset === undefined || !mesh.component.has(node) ? [] : [{ observer, offset }],
  );

/** @param side 1: ahead, -1: behind */
const isBeyond = ({ offsetMs, uncertaintyMs }: ClockOffset, side: 1 | -1): boolean =>
  side * offsetMs - uncertaintyMs > SKEW_MS;

function draftOf(node: string, words: readonly Word[], now: number): Draft[] {
  const ahead = words.filter(({ offset }) => isBeyond(offset, 1));
  const behind = words.filter(({ offset }) => isBeyond(offset, -1));
  const accusers = ahead.length >= behind.length ? ahead : behind;
  if (accusers.length < FEWEST_OBSERVERS || 2 * accusers.length <= words.length) return [];
  const observers = accusers.map(({ observer }) => observer).sort();
  const side = accusers === ahead ? 'ahead of' : 'behind';
  return [
    {
      reason: 'ClockSkew',
      severity: 'warning',
      nodeSeverity: 'warning',
      node,
      sentence: `The clock of ${node} is more than ${SKEW_MS} ms ${side} those of ${formatNames(observers)}`,
      // Nobody knows when a clock went wrong, only that it is: the finding begins when it is first seen.
      since: now,
      observers,
      dissent: words.filter((word) => !accusers.includes(word)).map(({ observer }) => observer),
      evidence: accusers.map(
        ({ observer, offset }) =>
          `${observer} measures ${formatDuration(Math.abs(offset.offsetMs))} ± ${formatDuration(offset.uncertaintyMs)}`,
      ),
      alternatives: [],
      next: [`On ${node}: chronyc tracking, or timedatectl; is its time service running and reachable?`],
      intervalMs: 10_000,
    },
  ];
}
