/** A real Kubernetes API on one host of the lab: etcd and kube-apiserver, with the rights that Meerkat ships. */
import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readManifest } from '../../lib/manifest.ts';
import { type Authority, type CredentialFiles, createAuthority } from './certificates.ts';
import { type EtcdCluster, createEtcdCluster } from './cluster.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

/** Where the binaries are: built by whoever wants these tests to run. */
const ASSETS = process.env['KUBEBUILDER_ASSETS'];
const SICK_API = resolve(import.meta.dirname, 'scripts/sick-api.ts');
/** Of the manifest what the agents may do, and what it applies to; no agents, which would be pods. */
const RIGHTS = /^kind: (Namespace|ServiceAccount|Secret|(Cluster)?Role(Binding)?)$/m;

/** Undefined: tests that need the real API can run. */
export function whyNoControlPlane(): string | undefined {
  if (ASSETS === undefined) return 'KUBEBUILDER_ASSETS names no directory with kube-apiserver';
  if (!existsSync(join(ASSETS, 'kube-apiserver'))) return `no kube-apiserver in ${ASSETS}`;
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    execFileSync('etcd', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no kubectl or no etcd on this machine';
  }
}

/** In its certificate; its own address is not, as where a load balancer stands before it. */
const SERVICE = 'kubernetes.default.svc';
const API_PORT = 6443;
const AGENT_TOKEN = 'token-of-the-agents';
const ADMIN_TOKEN = 'token-of-the-administrator';

export interface NodeOptions {
  readonly labels?: Record<string, string>;
  readonly spec?: object;
  /** What the kubelet would report: where it is, and on which machine. */
  readonly address?: string;
  readonly machineId?: string;
}

export type ControllerProgram = 'kube-scheduler' | 'kube-controller-manager';

export interface ControlPlane {
  /** Starts both, again too; resolves when the API is ready. */
  start(): Promise<void>;
  /** Only etcd, again too: of several members no quorum is waited for. @param more flags of it */
  startEtcd(more?: readonly string[]): Promise<void>;
  /** Gives the agents their rights, once for all API servers of a cluster. */
  equip(): Promise<void>;
  readonly apiserver: () => LabProcess;
  readonly etcd: () => LabProcess;
  /** Only the API server, again: etcd runs. `expired`: with a certificate whose time is over. */
  startApiserver(certificate?: 'good' | 'expired'): Promise<void>;
  /** In place of the API server, which does not run: answers 500, at once or after 30 s. */
  startSick(how: '500' | 'slow'): Promise<LabProcess>;
  /** Runs kubectl as the administrator, on the host of the API; its output. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** What the object is, by the API. */
  get<T>(...args: readonly string[]): Promise<T>;
  /** Makes a Node object, as a kubelet would. */
  addNode(name: string, more?: NodeOptions): Promise<void>;
  /** Whether the Node is ready, and has been reported on within the last moments. */
  isReady(node: string): Promise<boolean>;
  /** How many requests for what agents ask about the API server has served, to whomever. */
  requests(): Promise<number>;
  /** For whoever may do everything. @param server where it is asked; default: at its own address */
  kubeconfig(server?: string): string;
  /** Starts a scheduler or a controller manager on the API's host; resolves when it works. @param more flags of it */
  startController(program: ControllerProgram, more?: readonly string[]): Promise<LabProcess>;
  /** The same on another host, where it waits for its turn; resolves when it answers. */
  startStandby(program: ControllerProgram, on: LabHost): Promise<LabProcess>;
  /** Where it is asked. */
  readonly url: string;
  /** Path of a component that was built with the API server. */
  program(name: string): string;
  /** Ends both, changes what etcd has on its disk, and starts both again. */
  whileDown(change: (dataDirectory: string) => void): Promise<void>;
  /** A token of the agents' service account that is good for so long, from now on. */
  shortToken(forMs: number): Promise<string>;
  /** Writes what an agent on this host needs to ask the API; flags for it. */
  admit(host: LabHost, token?: string): string[];
  /** Replaces the token of that host's agent. */
  setToken(host: LabHost, token: string): void;
}

interface NodeStatus {
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastHeartbeatTime: string;
    }[];
  };
}

const FRESH_MS = 30_000;
/** The API server asks itself for other things. */
const ASKED = /resource="(nodes|pods|secrets|leases|endpoints|endpointslices|namespaces)"/;

/** The same token, signed anew by whoever signs them. RFC 7519. */
function shorten(token: string, forMs: number, key: Buffer): string {
  const [header = '', claims = ''] = token.split('.');
  const now = Math.floor(Date.now() / 1000);
  const fields = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
  const shortened = JSON.stringify({ ...fields, iat: now, nbf: now, exp: now + Math.ceil(forMs / 1000) });
  const text = `${header}.${Buffer.from(shortened).toString('base64url')}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

/** What all API servers of a cluster share. */
export interface Credentials {
  readonly authority: Authority;
  readonly server: CredentialFiles;
  /** Paths. */
  readonly tokenFile: string;
  readonly signingKey: string;
}

export async function createCredentials(directory: string): Promise<Credentials> {
  mkdirSync(directory, { recursive: true });
  const authority = await createAuthority(directory, 'kubernetes', {
    names: ['kubernetes', 'kubernetes.default', SERVICE],
    addresses: ['10.96.0.1', '127.0.0.1'],
  });
  const server = await authority.issue('kube-apiserver');
  const tokenFile = join(directory, 'tokens.csv');
  writeFileSync(
    tokenFile,
    `${ADMIN_TOKEN},admin,admin,"system:masters"\n${AGENT_TOKEN},system:serviceaccount:meerkat:meerkat,meerkat,"system:serviceaccounts"\n`,
  );
  const signingKey = join(directory, 'service-account.key');
  execFileSync('openssl', ['genrsa', '-traditional', '-out', signingKey, '2048'], { stdio: 'ignore' });
  return { authority, server, tokenFile, signingKey };
}

/** The same on another host, which does not see the files of the first one. */
export function copyCredentials(
  { authority, server, tokenFile, signingKey }: Credentials,
  from: string,
  to: string,
): Credentials {
  cpSync(from, to, { recursive: true });
  const there = (path: string): string => join(to, relative(from, path));
  return {
    authority: { ...authority, caFile: there(authority.caFile) },
    server: { ...server, certFile: there(server.certFile), keyFile: there(server.keyFile) },
    tokenFile: there(tokenFile),
    signingKey: there(signingKey),
  };
}

export interface ControlPlaneOptions {
  /** More of them for the API server, without their dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Of which this host has a member, which its API server asks. Default: one of this member alone. */
  readonly etcd?: EtcdCluster;
  /** Default: its own. */
  readonly credentials?: Credentials;
}

export async function createControlPlane(
  host: LabHost,
  { flags: more = {}, etcd = createEtcdCluster([host]), credentials }: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  if (ASSETS === undefined) throw new Error(whyNoControlPlane());
  const directory = join(host.directory, 'kubernetes');
  mkdirSync(directory, { recursive: true });
  const { authority, server, tokenFile, signingKey } = credentials ?? (await createCredentials(directory));
  const url = `https://${host.address}:${API_PORT}`;
  const running: { apiserver?: LabProcess; etcd?: LabProcess } = {};
  const started = (what: keyof typeof running): LabProcess => {
    const one = running[what];
    if (one === undefined) throw new Error(`no ${what} was started on ${host.name}`);
    return one;
  };
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    host.exec(
      'kubectl',
      [
        '--server',
        url,
        '--tls-server-name',
        SERVICE,
        '--certificate-authority',
        authority.caFile,
        '--token',
        ADMIN_TOKEN,
        ...args,
      ],
      { timeoutMs: 60_000, ...(input !== undefined && { input }) },
    );
  const isReady = async (): Promise<boolean> => (await kubectl(['get', '--raw', '/readyz'])) === 'ok';
  const startApiserver = (
    certificate: CredentialFiles = server,
    readyWhen: () => Promise<boolean> = isReady,
  ): Promise<LabProcess> => {
    const flags = {
      'etcd-servers': `http://${host.address}:2379`,
      'service-cluster-ip-range': '10.96.0.0/16',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-signing-key-file': signingKey,
      'service-account-key-file': signingKey,
      'token-auth-file': tokenFile,
      'authorization-mode': 'Node,RBAC',
      'secure-port': String(API_PORT),
      'bind-address': host.address,
      'advertise-address': host.address,
      'cert-dir': directory,
      'tls-cert-file': certificate.certFile,
      'tls-private-key-file': certificate.keyFile,
      'allow-privileged': 'true',
      ...more,
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return host.start(join(ASSETS, 'kube-apiserver'), args, { readyWhen, timeoutMs: 120_000 });
  };
  const startEtcd = async (etcdFlags?: readonly string[]): Promise<void> => {
    running.etcd = await etcd.start(host, etcdFlags);
  };
  const equip = async (): Promise<void> => {
    const rights = readManifest()
      .split(/^---$/m)
      .filter((one) => RIGHTS.test(one));
    await kubectl(['apply', '-f', '-'], rights.join('---\n'));
    await kubectl(['create', 'namespace', 'kube-node-lease']).catch(() => {});
  };
  const start = async (): Promise<void> => {
    await startEtcd();
    running.apiserver = await startApiserver();
    await equip();
  };
  const kubeconfig = (asked = url): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'lab',
          cluster: {
            server: asked,
            'certificate-authority-data': Buffer.from(authority.ca).toString('base64'),
            'tls-server-name': SERVICE,
          },
        },
      ],
      users: [{ name: 'admin', user: { token: ADMIN_TOKEN } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'admin' } }],
      'current-context': 'lab',
    });
  const startController = (
    program: ControllerProgram,
    on: LabHost,
    readyWhen: RegExp,
    flags: readonly string[] = [],
  ): Promise<LabProcess> => {
    mkdirSync(on.directory, { recursive: true });
    const file = join(on.directory, 'controllers.kubeconfig');
    writeFileSync(file, kubeconfig());
    const args = [`--kubeconfig=${file}`, `--cert-dir=${join(on.directory, program)}`, '--leader-elect=true', ...flags];
    return on.start(join(ASSETS, program), args, { readyWhen, timeoutMs: 60_000 });
  };
  const secretsDirectory = (of: LabHost): string => join(of.directory, 'serviceaccount');
  const setToken = (of: LabHost, token: string): void => {
    mkdirSync(secretsDirectory(of), { recursive: true });
    writeFileSync(join(secretsDirectory(of), 'token'), token);
  };
  return {
    start,
    startEtcd,
    equip,
    async startApiserver(certificate = 'good') {
      const isExpired = certificate === 'expired';
      // kubectl would not talk to it either.
      const listens = async (): Promise<boolean> =>
        (await host.exec('bash', ['-c', `exec 3<>/dev/tcp/${host.address}/${API_PORT} && echo yes`])).includes('yes');
      running.apiserver = await (isExpired
        ? startApiserver(await authority.issue('expired', -1), listens)
        : startApiserver());
    },
    startSick: (how) =>
      host.start(process.execPath, [SICK_API, host.address, String(API_PORT), server.certFile, server.keyFile, how], {
        readyWhen: /listening/,
      }),
    apiserver: () => started('apiserver'),
    etcd: () => started('etcd'),
    kubectl,
    async get<T>(...args: readonly string[]) {
      return JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T;
    },
    async addNode(name, { labels = {}, spec = {}, address, machineId } = {}) {
      const node = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { 'kubernetes.io/os': 'linux', ...labels } },
        spec,
      };
      await kubectl(['create', '-f', '-'], JSON.stringify(node));
      if (address === undefined && machineId === undefined) return;
      const status = {
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
        ...(address !== undefined && { addresses: [{ type: 'InternalIP', address }] }),
        ...(machineId !== undefined && { nodeInfo: { machineID: machineId } }),
      };
      await kubectl(
        ['replace', '--raw', `/api/v1/nodes/${name}/status`, '-f', '-'],
        JSON.stringify({ ...node, status }),
      );
    },
    async isReady(node) {
      const { status } = JSON.parse(await kubectl(['get', 'node', node, '-o', 'json'])) as NodeStatus;
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && Date.now() - Date.parse(ready.lastHeartbeatTime) < FRESH_MS;
    },
    async requests() {
      const lines = (await kubectl(['get', '--raw', '/metrics'])).split('\n');
      return lines
        .filter((line) => line.startsWith('apiserver_request_total') && ASKED.test(line))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
    url,
    startController: (program, flags) => startController(program, host, /successfully acquired lease/, flags),
    startStandby: (program, on) => startController(program, on, /attempting to acquire leader lease/),
    kubeconfig,
    program: (name) => join(ASSETS, name),
    async whileDown(change) {
      await started('apiserver').stop();
      await started('etcd').stop();
      change(etcd.dataDirectory(host));
      await start();
    },
    async shortToken(forMs) {
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const path = '/api/v1/namespaces/meerkat/serviceaccounts/meerkat/token';
      const answer = await kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(request));
      const { status } = JSON.parse(answer) as { readonly status: { readonly token: string } };
      return shorten(status.token, forMs, readFileSync(signingKey));
    },
    setToken,
    admit(of, token = AGENT_TOKEN) {
      setToken(of, token);
      const files = secretsDirectory(of);
      writeFileSync(join(files, 'ca.crt'), authority.ca);
      writeFileSync(join(files, 'namespace'), 'meerkat');
      return [
        '--kubernetes.api-servers',
        url,
        '--kubernetes.ca-file',
        join(files, 'ca.crt'),
        '--kubernetes.token-file',
        join(files, 'token'),
        '--kubernetes.namespace-file',
        join(files, 'namespace'),
      ];
    },
  };
}
