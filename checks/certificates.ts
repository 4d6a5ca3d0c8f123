import { Type } from 'typebox';
import {
  type CertificateFile,
  type TlsPort,
  certificateFiles,
  certificatePorts,
  isEndpoint,
} from './lib/certificates/places.ts';
import { type Validity, validityOf } from './lib/certificates/validity.ts';
import { enumerate } from './lib/figures.ts';
import {
  type ApiAuthority,
  absent,
  type CheckContext,
  defineCheck,
  type Outcome,
  outcomeOf,
  type Problem,
  type Reading,
  unknown,
} from './types.ts';

type Reason =
  | 'CertificateExpired'
  | 'CertificateExpiresSoon'
  | 'CertificateNotYetValid'
  | 'ClusterAuthorityExpired'
  | 'ClusterAuthorityExpiresSoon';

interface Settings {
  readonly files: readonly string[];
  readonly endpoints: readonly string[];
  readonly warningDays: number;
  readonly warningRatio: number;
}

/** One certificate, and where it was seen first: the authority before the files that have the same. */
interface Seen {
  readonly place: string;
  readonly validity: Validity;
  /** By which this agent, and every pod, knows the API. */
  readonly isAuthority: boolean;
}

const DAY_MS = 86_400_000;
const HANDSHAKE_MS = 1500;
const SHOWN = 15;
const NAMED = 3;

export const certificates = defineCheck({
  id: 'certificates',
  title: 'Certificates',
  description: [
    'Until when certificates of Kubernetes and etcd on this node are good: the kubelet’s own, those of kubeadm, k3s and',
    'RKE2 with the kubeconfigs of the control plane, what the API server and etcd show in a TLS handshake, and the cluster’s',
    'authority that the agent was given with its service account, which is told for itself. A warning',
    'when less than 14 days and less than a tenth of its life are left: what renews certificates in time, as the kubelet',
    'does at a tenth to a third, is never warned of. In a bundle of authorities old ones do not count.',
  ].join(' '),
  intervalMs: 60_000,
  timeoutMs: 5000,
  runsOn: 'every node',
  config: Type.Object(
    {
      files: Type.Array(Type.String(), { default: [], description: 'More files to look at, in PEM.' }),
      endpoints: Type.Array(Type.String(), {
        default: [],
        description: 'More servers to look at, as HOST:PORT: ingress controllers, webhooks, registries.',
      }),
      warningDays: Type.Number({
        default: 14,
        minimum: 0,
        description: 'A warning with fewer days left than that, if the share is small, too.',
      }),
      warningRatio: Type.Number({
        default: 0.1,
        minimum: 0,
        maximum: 1,
        description: 'With less than this share of its life left.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    CertificateExpired: {
      severity: 'critical',
      summary: 'A certificate is not good any more: who shows it is refused.',
      remedy:
        'On kubeadm: `kubeadm certs renew all`, then restart the static pods (an authority’s has to be made anew by hand); the kubelet’s own: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/troubleshooting-kubeadm/. On k3s and RKE2 restart the service.',
    },
    CertificateExpiresSoon: {
      severity: 'warning',
      summary: 'A certificate is good for a few days only.',
      remedy:
        'On kubeadm: `kubeadm certs check-expiration`, `kubeadm certs renew all`, then restart the static pods. On k3s and RKE2 restart the service, which renews what expires soon.',
    },
    ClusterAuthorityExpired: {
      severity: 'critical',
      summary:
        'The cluster’s certificate authority is not good any more: nobody who verifies it believes an API server.',
      remedy:
        'Make a new authority and all certificates below it, by hand: https://kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates/ (`kubeadm certs renew` renews no authority). On k3s and RKE2: `k3s certificate rotate-ca`, `rke2 certificate rotate-ca`.',
    },
    ClusterAuthorityExpiresSoon: {
      severity: 'warning',
      summary: 'The cluster’s certificate authority is good for a few days only, and nothing renews it by itself.',
      remedy:
        'Replace it while it is good, so that both are believed meanwhile: https://kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates/ (`kubeadm certs renew` renews no authority). On k3s and RKE2: `k3s certificate rotate-ca`, `rke2 certificate rotate-ca`.',
    },
    CertificateNotYetValid: {
      severity: 'critical',
      summary: 'A certificate is not good yet: the node’s clock is behind, or was ahead when it was made.',
      remedy: 'Compare the clock with other nodes’ (`date -u`, `chronyc tracking`), then make the certificate anew.',
    },
  },
  readings: {
    remaining_seconds: { title: 'Time until it expires' },
    lowest_remaining_seconds: { title: 'Time until the first one expires' },
    not_looked_at_count: { title: 'Certificates that could not be read' },
  },
  needs: [
    '/etc/kubernetes, /var/lib/kubelet/pki and /var/lib/rancher, read-only, and the right to read what only root may; what cannot be read is counted, and the check is unknown when nothing is wrong with the rest. What is not mounted into the agent’s container is left out.',
    'The host’s network, for the handshakes.',
    'The authority of `kubernetes.caFile`, which every pod is given with its service account.',
  ],
  run: async (context) => {
    const { config, host, node } = context;
    const files = await certificateFiles(host, config.files);
    const wrong = config.endpoints.find((endpoint) => !isEndpoint(endpoint));
    if (wrong !== undefined) return unknown(`${wrong} in checks.certificates.endpoints is not HOST:PORT`);
    const ports = await certificatePorts(host, config.endpoints);
    const answers = await Promise.all(ports.map((port) => handshake(port, context)));
    const places = [...files, ...answers.filter((one) => one !== undefined)];
    const authority = await context.apiAuthority();
    if (places.length === 0 && authority === undefined)
      return absent(
        node.apiServiceAddress === undefined
          ? 'no certificate of Kubernetes or etcd is on this node'
          : 'no certificate is shown on this node, and none is mounted into the agent’s container',
      );
    return judge(places, authority, context);
  },
});

/** Undefined: an API server or etcd that does not answer is another check's business. */
async function handshake(
  { name, host, port, isAskedFor }: TlsPort,
  { peerCertificate }: CheckContext<Settings>,
): Promise<CertificateFile | undefined> {
  const answer = await peerCertificate({ host, port, timeoutMs: HANDSHAKE_MS });
  if (answer.kind === 'certificate') return { path: name, pem: answer.pem };
  return isAskedFor ? { path: name, why: answer.message } : undefined;
}

function judge(
  places: readonly CertificateFile[],
  authority: ApiAuthority | undefined,
  { config, clock }: CheckContext<Settings>,
): Outcome<Reason> {
  const seen = new Map<string, Seen>();
  const unseen: string[] = [];
  const all: readonly CertificateFile[] = authority === undefined ? places : [authority, ...places];
  for (const { path, pem, why } of all) {
    const validity = pem === undefined ? undefined : validityOf(pem);
    if (validity === undefined) unseen.push(why ?? `${path} holds no certificate that can be read`);
    else if (!seen.has(validity.fingerprint))
      seen.set(validity.fingerprint, { place: path, validity, isAuthority: path === authority?.path });
  }
  const now = clock.now();
  const byEnd = [...seen.values()].sort((a, b) => a.validity.notAfter - b.validity.notAfter);
  const remaining = byEnd.map(({ place, validity }) => ({
    name: 'remaining_seconds',
    subject: place,
    value: Math.round((validity.notAfter - now) / 1000),
  }));
  const readings: Reading[] = [
    ...remaining.slice(0, SHOWN),
    ...remaining.slice(0, 1).map(({ value }) => ({ name: 'lowest_remaining_seconds', value })),
    { name: 'not_looked_at_count', value: unseen.length },
  ];
  const problems = byEnd.flatMap((one) => problemOf(one, now, config));
  if (problems.length > 0 || unseen.length === 0) return outcomeOf(problems, readings);
  const more = unseen.length > NAMED ? [`${unseen.length - NAMED} more`] : [];
  return unknown(`could not look: ${enumerate([...unseen.slice(0, NAMED), ...more])}`, readings);
}

function problemOf({ place, validity, isAuthority }: Seen, now: number, config: Settings): Problem<Reason>[] {
  const { notBefore, notAfter, name } = validity;
  const of = `${place} (${name})`;
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const problem = (reason: Reason, message: string): Problem<Reason>[] => [{ reason, subject: place, message }];
  if (notAfter <= now)
    return problem(
      isAuthority ? 'ClusterAuthorityExpired' : 'CertificateExpired',
      `${of} expired on ${day(notAfter)}, ${lasting(now - notAfter)} ago.`,
    );
  if (notBefore > now)
    return problem(
      'CertificateNotYetValid',
      `${of} is good from ${instant(notBefore)} on; here it is ${instant(now)}.`,
    );
  const left = notAfter - now;
  if (left >= config.warningDays * DAY_MS || left >= config.warningRatio * (notAfter - notBefore)) return [];
  return problem(
    isAuthority ? 'ClusterAuthorityExpiresSoon' : 'CertificateExpiresSoon',
    `${of} expires on ${day(notAfter)}, in ${lasting(left)}.`,
  );
}

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `5 days`, `7 hours`. */
function lasting(ms: number): string {
  const [value, unit] = ms >= 2 * DAY_MS ? [ms / DAY_MS, 'days'] : [ms / 3_600_000, 'hours'];
  return `${Math.floor(value)} ${unit}`;
}
