/** The real world, as checks see it: this machine's files, clock, network and container runtime. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { arch, availableParallelism } from 'node:os';
import { createConnect } from '../checks/lib/connect.ts';
import { createAskDns } from '../checks/lib/dns/ask.ts';
import { parsePodResolvConf } from '../checks/lib/dns/servers.ts';
import { createFetch } from '../checks/lib/fetch.ts';
import { createHostFiles } from '../checks/lib/host-files.ts';
import { openKernelLog } from '../checks/lib/kernel/log-device.ts';
import { createKernelLog } from '../checks/lib/kernel/log-reader.ts';
import { createPeerCertificate } from '../checks/lib/peer-certificate.ts';
import { CHECKS } from '../checks/registry.ts';
import type {
  AnyCheck,
  AskedContainer,
  DiskSamples,
  EdgesView,
  LogsView,
  HostFiles,
  NodeFacts,
  NodeObjectView,
  OverlayView,
  SeenFromPod,
  PodsView,
} from '../checks/types.ts';
import { enabledLogs, logDirectoryOf } from '../checks/lib/logs/settings.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { systemNameLookup } from './base/lookup.ts';
import { createSocketLookup } from './base/socket-lookup.ts';
import { serviceAccountOf, withServiceAccount } from './kube/service-account.ts';
import type { CheckWorld } from './runner/context.ts';
import type { ConfiguredCheck } from './runner/entry.ts';
import {
  type LogSights,
  type LogsPort,
  type LogsPortDeps,
  NO_LOGS,
  type SceneLogs,
  startLogs,
} from './workloads/logs/port.ts';
import { NO_SCENE_LOGS, startLogsWhenThere } from './workloads/logs/when-there.ts';
import { sceneNamespaces } from './workloads/scenes/namespaces.ts';
import { signalWatchesOf, watchSettingsOf } from './workloads/signals/candidates.ts';
import { createPrograms } from './sidecars/programs.ts';
import { createRuntimePort } from './sidecars/runtime-probe/client.ts';

export interface World extends CheckWorld {
  /** What the kubelet's files have for scenes of failures. */
  readonly sceneLogs: SceneLogs;
  readonly logSights: LogSights;
  /** Ends the processes that were started on the checks' behalf. */
  close(): void;
}

export interface WorldDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly disk: () => DiskSamples;
  /** Undefined: there is none here. */
  readonly kube: () => KubePorts | undefined;
  readonly overlay: () => OverlayView;
  /** How this node's overlay responder sees the first of the addresses that it can reach. Never rejects. */
  readonly knock?: (addresses: readonly string[], signal: AbortSignal) => Promise<SeenFromPod | undefined>;
  readonly edges: () => EdgesView;
  /** Containers whose probes ask this agent whether they live. */
  readonly asked?: () => readonly AskedContainer[];
  /** How this program is started, without the command's name. */
  readonly program: readonly string[];
}

/** What checks see of the Kubernetes API. */
export interface KubePorts {
  pods(): PodsView;
  nodeObject(): NodeObjectView;
  apiServers(): readonly string[];
}

const NO_KUBERNETES = { kind: 'none', why: 'there is no Kubernetes API here' } as const;

export const NO_OVERLAY: OverlayView = { kind: 'none', why: 'this agent takes no calls of an overlay responder' };

export const NO_MESH: EdgesView = { kind: 'none', why: 'this agent looks for no others (mesh.enabled)' };

export const hasKubernetes = ({ kubernetes }: Config): boolean =>
  kubernetes.enabled && kubernetes.apiServers.length > 0;

const KERNEL_LOG = '/dev/kmsg';

/** Node's names of processors that Kubernetes calls otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** As every pod is told by the kubelet; nothing outside of a pod. The file is on the disk that the program came from. */
function podDns(): Pick<NodeFacts, 'podDns'> {
  if (process.env['KUBERNETES_SERVICE_HOST'] === undefined) return {};
  try {
    const found = parsePodResolvConf(readFileSync('/etc/resolv.conf', 'utf8'));
    return found === undefined ? {} : { podDns: found };
  } catch {
    return {};
  }
}

/** As every pod is told by its environment, where it is told an address. */
function apiService(): Pick<NodeFacts, 'apiServiceAddress' | 'apiServicePort'> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  // Some clusters give the name of a server, or of a proxy on the node, in its place.
  if (host === undefined || isIP(host) === 0 || isLoopback(host)) return {};
  return { apiServiceAddress: host, ...(Number(port) > 0 && { apiServicePort: Number(port) }) };
}

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');

export function createWorld(config: Config, deps: WorldDeps): World {
  const { clock, log, disk, kube, overlay, knock, edges, asked, program } = deps;
  const host = createHostFiles(clock, config.host);
  const runtime = createRuntimePort(
    {
      socketPath: config.runtime.probeSocket,
      runtimeSocket: config.runtime.socket,
      command: program,
      instance: config.node.name,
    },
    { clock, host, log: log.child({ area: 'runtime-probe' }), ...(knock !== undefined && { askPod: knock }) },
  );
  const credentials = hasKubernetes(config) ? serviceAccountOf(config.kubernetes, clock) : undefined;
  // A container may have the host's files elsewhere, and the device itself where it always is.
  const kernelLog = createKernelLog(() => openKernelLog([host.locate(KERNEL_LOG), KERNEL_LOG]));
  const lookup = createSocketLookup(systemNameLookup(clock));
  const programs = createPrograms({ node: config.node.name }, clock);
  const logs = createLogs(config, {
    clock,
    log: log.child({ area: 'logs' }),
    host,
    pods: () => kube()?.pods() ?? NO_KUBERNETES,
  });
  return {
    clock,
    host,
    runtime,
    disk,
    pods: () => kube()?.pods() ?? NO_KUBERNETES,
    logs: () => withAsked(logs?.view() ?? NO_LOGS, asked),
    sceneLogs: logs ?? NO_SCENE_LOGS,
    logSights: logs ?? { onSeen: () => {} },
    nodeObject: () => kube()?.nodeObject() ?? NO_KUBERNETES,
    overlay,
    kernelLog: (signal) => kernelLog.read(signal),
    edges,
    apiServers: () => kube()?.apiServers() ?? [],
    apiAuthority: async () => {
      const { ca: pem } = (await credentials?.read().catch(() => undefined)) ?? {};
      return pem === undefined ? undefined : { path: config.kubernetes.caFile, pem };
    },
    fetch: (signal) => withServiceAccount(createFetch(signal, clock, lookup), credentials),
    peerCertificate: createPeerCertificate,
    connect: (signal) => createConnect(signal, clock, lookup),
    runProgram: (signal) => programs.runIn(signal),
    dns: (signal) => createAskDns(signal, clock),
    node: {
      name: config.node.name,
      arch: ARCHITECTURES[arch()] ?? arch(),
      cpus: availableParallelism(),
      ...apiService(),
      ...podDns(),
    },
    close() {
      runtime.close();
      kernelLog.close();
      programs.close();
      void logs?.stop();
    },
  };
}

const withAsked = (view: LogsView, asked: WorldDeps['asked']): LogsView =>
  view.kind === 'known' && asked !== undefined ? { ...view, asked: asked() } : view;

/** Undefined: nobody wants a log to be read. A thread for scenes alone is started only where there is something to read. */
function createLogs(
  config: Config,
  { host, ...deps }: Pick<LogsPortDeps, 'clock' | 'log' | 'pods'> & Pick<WorldHost, 'host'>,
): LogsPort | undefined {
  const { checks, signals, kubernetes } = config;
  const directory = logDirectoryOf(checks['logs']);
  const logWatches = enabledLogs(checks['logs'])?.watches ?? [];
  // What signals speak of is found by the directories of its logs, whether anybody watches these or not.
  const watches = [...logWatches, ...watchSettingsOf(signalWatchesOf(signals.liveness, logWatches))];
  const namespaces = sceneNamespaces(config);
  const wanted = { watches, namespaces, podNamespaces: kubernetes.podNamespaces };
  const start = (): LogsPort => startLogs(host.locate(directory), wanted, deps);
  if (watches.length > 0) return start();
  if (namespaces.length === 0) return undefined;
  return startLogsWhenThere(directory, start, { clock: deps.clock, isThere: () => host.exists(directory) });
}

interface WorldHost {
  readonly host: Pick<HostFiles, 'exists' | 'locate'>;
}

/** The enabled checks with their settings, in the registry's order. */
export function configureChecks(config: Config, checks: readonly AnyCheck[] = CHECKS): ConfiguredCheck[] {
  return checks.flatMap((check) => {
    const settings = config.checks[check.id];
    if (settings === undefined && check.isOffByDefault !== true)
      return [{ check, ...defaults(check), expected: false, config: {} }];
    if (settings?.enabled !== true) return [];
    const { enabled: _enabled, intervalSeconds, timeoutSeconds, expected = false, ...own } = settings;
    const [intervalMs, timeoutMs] = [Math.round(intervalSeconds * 1000), Math.round(timeoutSeconds * 1000)];
    return [{ check, intervalMs, timeoutMs, expected, config: own }];
  });
}

const defaults = ({ intervalMs, timeoutMs }: AnyCheck): { intervalMs: number; timeoutMs: number } => ({
  intervalMs,
  timeoutMs,
});
