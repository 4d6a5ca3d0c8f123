import type { LeavingReason } from '../../model/member.ts';
import type { Rule } from '../rule.ts';

const WHAT: Readonly<Record<LeavingReason, (node: string) => string>> = {
  restart: (node) => `The agent on ${node} restarts`,
  shutdown: (node) => `${node} shuts down`,
  removed: (node) => `${node} leaves the cluster`,
};

export const nodeLeaving: Rule = {
  reason: 'NodeLeaving',
  severity: 'info',
  concludes: 'An agent said that it goes: a restart, a shutdown of its host, or its removal.',
  from: 'The agent’s own signed word.',
  sound: 'Nobody else can say it in its name.',
  silentWhen: 'It is back, or its time is over: then what the observers see counts.',
  claims: [],
  find({ mesh }) {
    if (mesh === undefined) return [];
    return mesh.state.members
      .filter(({ state }) => state === 'leaving')
      .map(({ name, leaving = 'shutdown', sinceMs }) => ({
        reason: 'NodeLeaving',
        severity: 'info',
        nodeSeverity: 'info',
        node: name,
        sentence: WHAT[leaving](name),
        since: mesh.instant(sinceMs),
        observers: [name],
        dissent: [],
        evidence: [`${name} said so itself`],
        alternatives: [],
        next: [],
        intervalMs: 1000,
      }));
  },
};
