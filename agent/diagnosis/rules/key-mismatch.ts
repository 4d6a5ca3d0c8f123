import { type KeyMismatch, keyMismatches } from '../key-mismatches.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { PROGRAM_BY_HAND, firstLines, formatNames, plural } from '../words.ts';

export const keyMismatch: Rule = {
  reason: 'KeyMismatch',
  severity: 'warning',
  concludes: 'Agents hold different cluster keys and do not talk to each other: a change of the key is not complete.',
  from: 'An agent listens at a member’s address and shares no key with this one; or its last report names other keys than this agent’s, and its observers get no word from it.',
  sound: 'Both sides say in the first message which keys they have, by ids that are made of the keys.',
  silentWhen:
    'The member is down, unreachable or leaving, or answers: while a change of the key is under way agents accept two.',
  claims: [],
  find({ mesh }) {
    if (mesh === undefined) return [];
    const found = [...keyMismatches(mesh).values()];
    const others = mesh.expected.filter((name) => name !== mesh.self);
    // Whoever differs from most differs himself.
    const isOwn = others.length > 1 && found.length > others.length / 2;
    return isOwn ? [toDraft(mesh, mesh.self, found)] : found.map((one) => toDraft(mesh, one.name, [one]));
  },
};

/** The node is the one that differs; it shares no key with `mismatches`, or is the only one of them. */
function toDraft(mesh: MeshEvidence, node: string, mismatches: readonly KeyMismatch[]): Draft {
  const own = mesh.state.keys?.own ?? [];
  const names = mismatches.map(({ name }) => name).sort();
  const isOwn = node === mesh.self;
  const from = isOwn ? formatNames(names) : mesh.self;
  return {
    reason: 'KeyMismatch',
    severity: 'warning',
    nodeSeverity: 'warning',
    node,
    sentence: `The agent on ${node} holds another cluster key than ${from}: they refuse each other`,
    since: Math.min(...mismatches.map(({ since }) => since)),
    observers: [mesh.self],
    dissent: [],
    evidence: [
      `${mesh.self} accepts ${plural(own.length, 'key', 'keys')} ${formatNames(own)}`,
      ...firstLines(mismatches.map(evidenceOf)),
    ],
    alternatives: [],
    next: [
      `On ${node}: \`meerkat key status\` (${PROGRAM_BY_HAND}); copy cluster.key from ${isOwn ? names[0] : mesh.self} to its data directory, the agent notices within 5 s`,
    ],
    intervalMs: 5000,
  };
}

function evidenceOf({ name, address, ids }: KeyMismatch): string {
  const said = ids.length === 0 ? '' : `${name} said last that it accepts ${formatNames(ids)}`;
  if (address === undefined) return said;
  return `${address} shares no key${said === '' ? '' : `; ${said}`}`;
}
