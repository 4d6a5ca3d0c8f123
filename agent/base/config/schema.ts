/**
 * The configuration's schema: one source for types, defaults, validation, names in the environment and on the command
 * line, and `docs/config.md`. Durations are plain numbers with the unit in the key, as in Kubernetes.
 */
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { SIGNALS } from './signals-schema.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { EVENTS } from './events.ts';
import { TEMPLATES, TIMING } from './notifications.ts';
import { RECEIVERS } from './receivers.ts';
import { RULES } from './rules-schema.ts';

/** What the configuration needs to know of a check: its own settings and its defaults. */
export interface ConfigurableCheck {
  readonly id: string;
  readonly title?: string;
  /** The check's own settings; every one with a default, or optional. */
  readonly config: TObject;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Present when the operator may say that the thing belongs here. */
  readonly presence?: unknown;
  readonly isOffByDefault?: boolean;
  /** What no schema tells is wrong with its settings; `at` is below its section. */
  readonly mistakes?: (settings: never) => readonly { readonly at: string; readonly message: string }[];
}

/** Settings of one check: the common ones here, the check's own beside them. */
export interface CheckConfig {
  readonly enabled: boolean;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Only where a check knows presence. */
  readonly expected?: boolean;
  readonly [own: string]: unknown;
}

/** The whole configuration, complete and valid; `node.name` and `dataDirectory` are never empty. */
export interface Config extends DeepReadonly<Static<typeof BASE>> {
  readonly checks: Readonly<Record<string, CheckConfig>>;
}

/** Keys that every check has; a check's own settings may not use them. */
export const COMMON_CHECK_KEYS = ['enabled', 'intervalSeconds', 'timeoutSeconds', 'expected'] as const;

/** The schema of the whole configuration for these checks. */
export function configSchema(checks: readonly ConfigurableCheck[]): TObject {
  const sections: Record<string, TObject> = {};
  for (const check of checks) sections[check.id] = checkSchema(check);
  return Type.Object({
    ...BASE.properties,
    checks: Type.Object(sections, { description: 'Settings of every check.' }),
  });
}

/**
 * `expects` says in words what a pattern or a format allows; it is a keyword of our own, which JSON Schema permits.
 * `writeOnly` marks a secret: its value is never printed; `shown` what may be one in part.
 */
const Path = (description: string, fallback: string) =>
  Type.String({
    default: fallback,
    description,
    // Empty stands for "not given" where the default is empty.
    pattern: fallback === '' ? '^(/.*)?$' : '^/',
    expects: fallback === '' ? 'an absolute path, or nothing' : 'an absolute path',
  });
const Choice = <const Names extends readonly string[]>(names: Names, fallback: Names[number], description: string) =>
  Type.Unsafe<Names[number]>(Type.String({ enum: [...names], default: fallback, description }));

const Ip = Type.String({
  pattern: '^([0-9.]{7,15}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$',
  expects: 'an IPv4 or IPv6 address',
});
const Endpoint = Type.String({
  pattern: '^([0-9.]{7,15}(:[0-9]{1,5})?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*|\\[[0-9a-fA-F:.]+\\](:[0-9]{1,5})?)$',
  expects: 'an IP address, with a port where it is not the usual one: 10.0.0.7, 10.0.0.7:7576, [fd00::7]:7576',
});
/** What no pattern can tell is told by `rules.ts`. */
const Seed = Type.String({
  pattern: '^[0-9A-Za-z_.:\\[\\]-]{1,262}$',
  expects:
    'an IP address or a DNS name, with a port where it is not the usual one: 10.0.0.7, [fd00::7]:7576, meerkat.example.org',
});

const ApiServer = Type.String({
  pattern: '^https?://[0-9A-Za-z.:\\[\\]-]+/?$',
  expects: 'a URL without a path: https://10.96.0.1:443',
});
/** Where the kubelet puts what a pod needs to ask the API. */
const SERVICE_ACCOUNT = (file: string): string => `/var/run/secrets/kubernetes.io/serviceaccount/${file}`;

const BASE = Type.Object({
  node: Type.Object(
    {
      name: Type.String({
        default: '',
        description: 'Name of this node as in Kubernetes (`spec.nodeName`). Empty: the host name in lower case.',
        maxLength: 253,
        pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$',
        expects: 'a node name: letters, digits, `-`, `.` and `_`, at most 253',
      }),
    },
    { description: 'This node.' },
  ),
  host: Type.Object(
    {
      root: Path("Where the host's root directory is found.", '/'),
      proc: Path("Where the host's `/proc` is found.", '/proc'),
      sys: Path("Where the host's `/sys` is found.", '/sys'),
      mountTable: Path(
        "Where the host's `/proc/1/mountinfo` is found. Empty: below `host.proc`. A container that is given this one file does not see the host's processes.",
        '',
      ),
    },
    { description: "Where the host's file system is mounted; other than the defaults only in a container." },
  ),
  dataDirectory: Path(
    'Where the agent keeps what it knows. Empty: `/var/lib/meerkat` as root, else `$XDG_STATE_HOME/meerkat` or `~/.local/state/meerkat`.',
    '',
  ),
  log: Type.Object(
    { level: Choice(['debug', 'info', 'warn', 'error'], 'info', 'The least grave lines that are written.') },
    { description: 'JSON lines on standard error.' },
  ),
  http: Type.Object(
    {
      address: Type.String({
        default: '',
        description: 'Address to listen on. Empty: every address of the machine, IPv4 and IPv6.',
        expects: 'an IPv4 or IPv6 address, or nothing',
      }),
      port: Type.Integer({
        default: 7575,
        minimum: 0,
        maximum: 65_535,
        description: 'Port to listen on. 0: any free port.',
      }),
      access: Choice(
        ['open', 'token', 'loopback'],
        'open',
        'Who may read. `open`: everyone who reaches the port. `token`: who sends the bearer token. `loopback`: who connects from this machine.',
      ),
      tokenFile: Path(
        'File with the bearer token; read again when it changes. What changes state needs the token under every `access`.',
        '',
      ),
      hostNames: Type.Array(
        Type.String({
          pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
          expects: 'a host name without a port',
        }),
        {
          default: [],
          description:
            'More names under which the agent may be asked (the Host header), besides IP addresses, `localhost` and the name of the node.',
        },
      ),
      tlsCertFile: Path('Certificate chain in PEM; together with `tlsKeyFile` the agent serves HTTPS.', ''),
      tlsKeyFile: Path('Private key in PEM.', ''),
    },
    { description: 'The HTTP interface: status, page, metrics and health.' },
  ),
  mesh: Type.Object(
    {
      enabled: Type.Boolean({ default: true, description: 'Whether the agent talks to other agents.' }),
      addresses: Type.Array(Ip, {
        default: [],
        description:
          'Addresses of this node under which the others reach it; the agent listens on these alone, on each as soon as the node has it. Empty: those from which the default routes lead, and what they change to.',
      }),
      port: Type.Integer({
        default: 7576,
        minimum: 1,
        maximum: 65_535,
        description: 'Port of gossip (TCP) and of probes (UDP).',
      }),
      announce: Type.Array(Endpoint, {
        default: [],
        description: 'Addresses that the others are told instead, where they differ from those listened on.',
      }),
      seeds: Type.Array(Seed, {
        default: [],
        description:
          'Agents to ask for all others: `10.0.0.7`, `10.0.0.7:7576`, `[fd00::7]:7576`, or a DNS name, which stands for all of its addresses (`meerkat.meerkat.svc.cluster.local`). Names are looked up again all the time. One that answers is enough, and later none is needed: the agent remembers whom it met.',
      }),
      keyFile: Path(
        'The cluster key, made by `meerkat key new`, with `cluster.id` beside it. Empty: `cluster.key` in the data directory; without seeds an agent that finds none makes its own.',
        '',
      ),
      maintenanceMaxHours: Type.Integer({
        default: 24,
        minimum: 1,
        maximum: 720,
        description:
          'For how long `meerkat maintenance` may excuse a node, where this agent is asked. The others believe any agent of the cluster.',
      }),
    },
    { description: 'How the agents of a cluster find and trust each other.' },
  ),
  kubernetes: Type.Object(
    {
      enabled: Type.Boolean({
        default: true,
        description: 'Whether the Kubernetes API is asked, where there is one. Nothing waits for it.',
      }),
      apiServers: Type.Array(ApiServer, {
        default: [],
        description:
          'Where the API is asked. Empty: what `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` name, as in every pod; without these there is no Kubernetes here. The API servers’ own addresses are learned.',
      }),
      caFile: Path(
        'Certificate authority of the API in PEM; read again while the agent runs. Empty: what the system trusts.',
        SERVICE_ACCOUNT('ca.crt'),
      ),
      keySecret: Type.String({
        default: 'meerkat-cluster-key',
        pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$|^$',
        expects: 'the name of a Secret, with its namespace where it is not this pod’s: meerkat/meerkat-cluster-key',
        description:
          'The Secret in which the agents find the cluster key; the first one fills it. Empty, or with `mesh.keyFile`: the key is a file on each node.',
      }),
      namespaceFile: Path('Names the namespace of this pod.', SERVICE_ACCOUNT('namespace')),
      podNamespaces: Type.Array(
        Type.String({
          pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?|[*])$',
          maxLength: 63,
          expects: 'the name of a namespace, or `*` for all',
        }),
        {
          default: ['kube-system'],
          description:
            'The namespaces whose pods on this node the check `pods` looks at. For any other than `kube-system` the service account needs the right to list and watch pods there; for more than one, or `*`, in all namespaces.',
        },
      ),
      tokenFile: Path('Token of the service account; read again while the agent runs.', SERVICE_ACCOUNT('token')),
    },
    { description: 'The Kubernetes API: a source of names, roles and second opinions.' },
  ),
  overlay: Type.Object(
    {
      listen: Choice(
        ['kubernetes', 'always', 'never'],
        'kubernetes',
        'Whether the agent takes calls of the overlay responder of its node, a pod that runs `meerkat overlay`. `kubernetes`: where there is a Kubernetes API.',
      ),
      port: Type.Integer({
        default: 7577,
        minimum: 1,
        maximum: 65_535,
        description: 'Port of these calls (UDP).',
      }),
    },
    { description: 'The network of the pods, which an agent on the network of its node does not see by itself.' },
  ),
  signals: SIGNALS,
  rules: RULES,
  notifications: Type.Object(
    {
      clusterName: Type.String({
        default: '',
        maxLength: 63,
        pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$',
        expects: 'a name: letters, digits, `-`, `.` and `_`, at most 63',
        description: 'What messages call this cluster. Empty: they have the name of the node that sends them.',
      }),
      ...TIMING,
      templates: TEMPLATES,
      receivers: RECEIVERS,
    },
    { shown: 'kind', description: 'Who is told of what is broken, without being asked.' },
  ),
  store: Type.Object(
    {
      maxMebibytes: Type.Integer({
        default: 256,
        minimum: 16,
        maximum: 65_536,
        description: 'Bound on the database with its journal. The oldest values go first.',
      }),
      eventDays: Type.Integer({ default: 30, minimum: 1, maximum: 3650, description: 'How long events are kept.' }),
    },
    { description: 'The time series and the timeline on this node.' },
  ),
  events: EVENTS,
  scenes: Type.Object(
    {
      enabled: Type.Boolean({
        default: true,
        description:
          'Whether the scene of a failure is kept: what there is to say when a container of this node ends, from what the agent sees of it anyway. The ends of logs are in it where the component deploy/logs mounts them.',
      }),
      namespaces: Type.Array(
        Type.String({
          pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?|[*])$',
          maxLength: 63,
          expects: 'the name of a namespace, or `*` for all',
        }),
        {
          default: [],
          description:
            'Of whose pods. Empty: those of `kubernetes.podNamespaces`. Of any other the Kubernetes API is not asked: their failures are seen by their logs alone, when a container is started again, and how it ended is not known.',
        },
      ),
      maxMebibytes: Type.Integer({
        default: 64,
        minimum: 1,
        maximum: 4096,
        description:
          'Bound on all scenes of this node, within `store.maxMebibytes` and never more than a quarter of it. The oldest go first.',
      }),
      days: Type.Integer({ default: 7, minimum: 1, maximum: 365, description: 'How long a scene is kept.' }),
    },
    { description: 'What is kept of containers that end.' },
  ),
  runtime: Type.Object(
    {
      socket: Path("Path of the container runtime's socket on the host. Empty: found by itself.", ''),
      probeSocket: Path(
        'Socket of a `meerkat runtime-probe` that runs beside the agent. Empty: the agent starts the probe itself.',
        '',
      ),
    },
    { description: 'The container runtime.' },
  ),
  runner: Type.Object(
    {
      parallelism: Type.Integer({
        default: 16,
        minimum: 1,
        maximum: 64,
        description:
          'How many checks run at the same time: as many as ever start together, so that none waits for those that wait for others.',
      }),
    },
    { description: 'How checks are run.' },
  ),
});

function checkSchema(check: ConfigurableCheck): TObject {
  const common: TProperties = {
    enabled: Type.Boolean({ default: check.isOffByDefault !== true, description: 'Whether the check runs.' }),
    intervalSeconds: Type.Number({
      default: check.intervalMs / 1000,
      minimum: 1,
      maximum: 86_400,
      description: 'Time from one run to the next.',
    }),
    timeoutSeconds: Type.Number({
      default: check.timeoutMs / 1000,
      minimum: 0.1,
      maximum: 3600,
      description: 'Deadline of one run; less than the interval.',
    }),
    ...(check.presence !== undefined && {
      expected: Type.Boolean({
        default: false,
        description:
          'Says that the thing must be here: then it is a problem when it is missing, also when it never was seen.',
      }),
    }),
  };
  return Type.Object(
    { ...common, ...check.config.properties },
    check.title === undefined ? {} : { description: `${check.title}.` },
  );
}
