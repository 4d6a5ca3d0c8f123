import type { ClockOffset } from '../../model/member.ts';
import { formatDuration } from '../../model/text.ts';
import { edgesTo, strikingEdges } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

const SKEW_MS = 500;
const FEWEST_OBSERVERS = 2;

interface Word {
  readonly observer: string;
  readonly offset: ClockOffset;
}

export const clockSkew: Rule = {
  reason: 'ClockSkew',
  severity: 'warning',
  concludes: 'The clock of a node differs from the others: certificates, leases and logs suffer.',
  from: 'At least two observers, and most of those that can tell, measure more than 500 ms beyond their own uncertainty, to the same side.',
  sound:
    'Offsets come from probe stamps with the round trip as their bound; an observer whose own clock is off is alone with its word on each of the others.',
  silentWhen: 'Only one observer says so, as in a cluster of two; the round trip is too long to tell.',
  claims: [],
  find({ mesh, now }) {
    if (mesh === undefined) return [];
    // Nearly always nobody is accused: the words of all are gathered only about who is.
    const accused = new Set<string>();
    for (const [, { peer, offset }] of strikingEdges(mesh)) {
      if (offset !== undefined && (isBeyond(offset, 1) || isBeyond(offset, -1))) accused.add(peer);
    }
    return [...accused].flatMap((node) => draftFor(node, wordsOn(mesh, node), now));
  },
};

const wordsOn = (mesh: MeshEvidence, node: string): Word[] =>
  [...edgesTo(mesh, node)].flatMap(([observer, { offset }]) =>
    offset === undefined || !mesh.component.has(node) ? [] : [{ observer, offset }],
  );

/** @param side 1: ahead, -1: behind */
const isBeyond = ({ offsetMs, uncertaintyMs }: ClockOffset, side: 1 | -1): boolean =>
  side * offsetMs - uncertaintyMs > SKEW_MS;

function draftFor(node: string, words: readonly Word[], now: number): Draft[] {
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
