import type { Draft, Evidence, Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

/** Nobody has read for so long: longer than any take-over between the agents, or a rolling restart of the servers. */
const LASTS_MS = 120_000;
const INTERVAL_MS = 15_000;
/** Checks of a server's health, which it answers to anybody. */
const HEALTH: readonly string[] = ['apiserver', 'apiserver-address'];

/** What the API says to whom it does not serve, and what that mostly comes from. */
const REFUSALS: readonly { readonly is: RegExp; readonly next: string }[] = [
  {
    is: /^401\b/,
    next: 'Tokens of service accounts are refused, probably of all pods: the same sa.pub and sa.key (/etc/kubernetes/pki) and --service-account-issuer on all control-plane nodes, also after a restore?',
  },
  {
    is: /^403\b/,
    next: 'The agents lack a right that they had: apply the manifest again, then `kubectl auth can-i list nodes --as=system:serviceaccount:meerkat:meerkat`',
  },
  {
    is: /^429\b/,
    next: 'Too many requests wait: `kubectl get --raw /metrics | grep apiserver_flowcontrol_rejected` names who asks so much',
  },
  {
    is: /certificate|self-signed/i,
    next: 'The server’s certificate does not fit the CA that pods are given: `openssl s_client -connect SERVER:6443 -showcerts` beside the ConfigMap kube-root-ca.crt',
  },
];

export const apiserverRefuses: Rule = {
  reason: 'ApiserverRefuses',
  severity: 'warning',
  concludes:
    'The API servers answer their health checks and refuse whoever asks for something: to every agent, and so probably to all pods, the cluster cannot be read.',
  from: 'Agents read the Nodes before; for two minutes none could, and those that try are told 401, 403 or 429, or meet a certificate that does not fit, while the same agents find a server healthy.',
  sound:
    'Both answers are of the same servers to the same agents. Health is answered to anybody; a list needs the token, the right, room among the requests, and the CA.',
  silentWhen:
    'Nobody has ever read, as where the agents were never allowed to; some agent reads; the servers are down, do not answer, or answer something else than a refusal: other rules tell that.',
  claims: [],
  find(evidence) {
    const { now, state } = evidence;
    const { roster, unread = [] } = state.kube ?? {};
    if (roster === undefined || roster.isCurrent || roster.ageMs < LASTS_MS) return [];
    const refused = unread.flatMap(({ node, why }) => {
      const refusal = REFUSALS.find(({ is }) => is.test(why));
      return refusal !== undefined && findsHealthy(evidence, node) ? [{ node, why, next: refusal.next }] : [];
    });
    const [first] = refused;
    if (first === undefined) return [];
    const nodes = refused.map(({ node }) => node).sort();
    const draft: Draft = {
      reason: 'ApiserverRefuses',
      severity: 'warning',
      nodeSeverity: 'info',
      node: state.self,
      sentence: `The Kubernetes API is healthy by its own word and can be read by no agent; ${formatNames(nodes)} ${nodes.length === 1 ? 'is' : 'are'} told: ${first.why}`,
      since: Math.round(now - roster.ageMs),
      observers: nodes,
      dissent: [],
      evidence: refused.map(({ node, why }) => `${node} is told: ${why}`),
      alternatives: [],
      next: [...new Set(refused.map(({ next }) => next))],
      intervalMs: INTERVAL_MS,
      isOfAll: true,
    };
    return [draft];
  },
};

/** Some check of a server's health is well there, and none of them is not. */
function findsHealthy({ state: { nodes } }: Evidence, name: string): boolean {
  const { report, freshness = 'current' } = nodes.find(({ report: { node } }) => node === name) ?? {};
  const statuses = (report?.results ?? [])
    .filter(({ check }) => HEALTH.includes(check))
    .map(({ status }) => status)
    .filter((status) => status !== 'absent');
  return freshness === 'current' && statuses.length > 0 && statuses.every((status) => status === 'ok');
}
