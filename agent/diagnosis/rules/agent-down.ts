import { draftForAgent } from '../agent-trouble.ts';
import type { Rule } from '../rule.ts';

export const agentDown: Rule = {
  reason: 'AgentDown',
  severity: 'warning',
  concludes: 'The host of a node is up and no agent runs on it: nobody looks at that node.',
  from: 'At least two observers (one where there are no more) had its port refused, and none reaches it.',
  sound: 'A refusal is made by the kernel of a living host.',
  silentWhen:
    'It announced its leave: that is NodeLeaving. Only an info for 60 s after it went without a word for 120 s after it said that it restarts, and while its node is in maintenance. Said of an agent that comes and goes: that is AgentUnresponsive.',
  claims: [],
  find({ mesh }) {
    if (mesh === undefined || mesh.state.isolated !== undefined) return [];
    return mesh.state.members
      .filter(({ state, judged, flapping }) => state === 'agent-down' && judged && flapping?.isOwn !== true)
      .map((member) =>
        draftForAgent(mesh, member, {
          reason: 'AgentDown',
          sentence: `The agent on ${member.name} does not run: its host answers and refuses the port`,
          saw: `${member.name} refused the connection`,
          since: mesh.instant(member.sinceMs),
          next: [
            `On ${member.name}: \`crictl ps -a --label io.kubernetes.pod.namespace=meerkat\`, or \`systemctl status meerkat\`; then the agent's log`,
            'The state of that node is not known meanwhile: its last report is history',
          ],
        }),
      );
  },
};
