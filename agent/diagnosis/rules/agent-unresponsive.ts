import type { Member } from '../../model/member.ts';
import { draftForAgent } from '../agent-trouble.ts';
import { keyMismatches } from '../key-mismatches.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';

export const agentUnresponsive: Rule = {
  reason: 'AgentUnresponsive',
  severity: 'warning',
  concludes: 'The agent of a node is stuck, frozen or starved; or it goes down and comes back again and again.',
  from: 'At least two observers (one where there are no more) were accepted by its host and got no word from the agent; or it went down three times within two minutes.',
  sound: 'The kernel accepts a connection whether or not the process lives; only the process answers.',
  silentWhen:
    'Any observer reaches it and it is steady; but for two falls at most it was lost together with two others or more: that is NodesLost, for as long as it lasts; it holds another cluster key: that is KeyMismatch. An agent that comes and goes is one finding, however often.',
  claims: [],
  find({ mesh }) {
    if (mesh === undefined || mesh.state.isolated !== undefined) return [];
    const otherKeys = keyMismatches(mesh);
    return mesh.state.members
      .filter((member) => isTroubled(member) && !otherKeys.has(member.name))
      .map((member) => toDraft(mesh, member));
  },
};

const isTroubled = ({ state, judged, flapping }: Member): boolean =>
  judged &&
  state !== 'unreachable' &&
  state !== 'leaving' &&
  state !== 'left' &&
  (state === 'agent-unresponsive' || flapping?.isOwn === true);

function toDraft(mesh: MeshEvidence, member: Member): Draft {
  const { name } = member;
  const flapping = member.flapping?.isOwn === true ? member.flapping : undefined;
  const draft = draftForAgent(mesh, member, {
    reason: 'AgentUnresponsive',
    sentence:
      flapping === undefined
        ? `The agent on ${name} does not answer: its host accepts connections and the agent says nothing`
        : `The agent on ${name} comes and goes`,
    saw: `${name} accepted the connection and said nothing`,
    since: mesh.instant(flapping?.sinceMs ?? member.sinceMs),
    next: [`On ${name}: top; cat /proc/pressure/cpu; is the agent's process stopped (state T) or out of CPU quota?`],
  });
  if (flapping === undefined) return draft;
  const evidence = [`it went down ${flapping.falls} times within two minutes`, ...draft.evidence];
  // A restart is expected once; an agent that restarts all the time is a fault.
  const severity = mesh.excuse(member) === undefined ? 'warning' : 'info';
  return { ...draft, severity, nodeSeverity: severity, evidence };
}
