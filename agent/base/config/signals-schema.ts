/** The section `signals`: what alert managers and scripts may say of workloads. */
import { Type } from 'typebox';

const NAMESPACE = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const WORKLOAD = '[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?';
const MOST_MAPPINGS = 64;
/** The words of agents of one another have room for so many. */
const MOST_LIVENESS = 16;

const name = (pattern: string, description: string) =>
  Type.String({ pattern: `^${pattern}$`, expects: 'a name as Kubernetes has them, in lower case', description });

const MAPPING = Type.Object(
  {
    alert: Type.String({ minLength: 1, maxLength: 80, description: 'Name of the alert.' }),
    namespace: name(NAMESPACE, 'Namespace of what it is about.'),
    workload: name(WORKLOAD, 'Deployment, DaemonSet, StatefulSet or Job that it is about, or a pod.'),
    container: Type.String({
      default: '',
      pattern: `^(${NAMESPACE})?$`,
      expects: 'a name as Kubernetes has them, in lower case',
      description: 'The container in it. Empty: all.',
    }),
  },
  { additionalProperties: false },
);

export const SIGNALS = Type.Object(
  {
    secretFile: Type.String({
      default: '',
      pattern: '^(/.*)?$',
      expects: 'an absolute path, or nothing',
      description:
        'File with the key by which senders sign what they send (`X-Signature-256: sha256=…`, an HMAC of the body, and for `/api/v1/signals` of its path and time, too); read again when it changes. Empty: they need the bearer token of `http.tokenFile`.',
    }),
    ttlMinutes: Type.Integer({
      default: 15,
      minimum: 1,
      maximum: 1440,
      description:
        'For how long what fires holds without being said again; then it is unknown. Longer than the interval at which the sender repeats itself.',
    }),
    mapping: Type.Array(MAPPING, {
      default: [],
      maxItems: MOST_MAPPINGS,
      description: 'Alerts whose labels do not name a workload, and what they are about.',
    }),
    liveness: Type.Array(Type.String({ pattern: `^${NAMESPACE}/${WORKLOAD}$`, expects: 'NAMESPACE/WORKLOAD' }), {
      default: [],
      maxItems: MOST_LIVENESS,
      uniqueItems: true,
      description:
        'Workloads, as `NAMESPACE/WORKLOAD`, whose containers `/api/v1/liveness/NAMESPACE/WORKLOAD` may call dead for what is said of them. By default what is said restarts nothing.',
    }),
  },
  { description: 'What alert managers and scripts say of workloads: `/api/v1/hooks` and `/api/v1/signals`.' },
);
