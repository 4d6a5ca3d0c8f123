/** Members whose host answers and whose agent does not. */
import { type Member, isDown } from '../model/member.ts';
import type { MeshEvidence } from './mesh-evidence.ts';
import type { Draft } from './rule.ts';
import { formatNames } from './words.ts';

export interface AgentTrouble {
  readonly reason: string;
  /** Without the time. */
  readonly sentence: string;
  /** What an observer that says so saw. */
  readonly saw: string;
  readonly since: number;
  readonly next: readonly string[];
}

/** Only an info while a restart or a removal is expected to look like this. */
export function draftForAgent(mesh: MeshEvidence, member: Member, trouble: AgentTrouble): Draft {
  const { name, testimony } = member;
  const reached = testimony.filter(({ state }) => state === 'good' || state === 'udp-blocked');
  const observers = testimony.filter((one) => !reached.includes(one)).map(({ observer }) => observer);
  const excuse = mesh.excuse(member);
  const isExpected = excuse !== undefined || (member.graceUntilMs ?? -Infinity) > mesh.nowMs;
  return {
    reason: trouble.reason,
    severity: isExpected ? 'info' : 'warning',
    nodeSeverity: isExpected ? 'info' : 'warning',
    node: name,
    sentence: trouble.sentence,
    since: trouble.since,
    // One that is back at the moment has nobody against it.
    observers: observers.length > 0 ? observers : [mesh.self],
    dissent: reached.map(({ observer }) => observer),
    evidence: [
      ...(observers.length > 0 ? [`${formatNames(observers)}: ${trouble.saw}`] : []),
      ...(testimony.length > 0 || !isDown(member.state)
        ? []
        : [`nobody connected to ${mesh.self} states anything of ${name} now`]),
      ...(excuse === undefined ? [] : [excuse]),
    ],
    alternatives: [],
    next: trouble.next,
    intervalMs: 1000,
  };
}
