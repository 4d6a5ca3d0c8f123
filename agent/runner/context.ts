/** What a check is given for one run, and the record of which check has control of the event loop. */
import type {
  ApiAuthority,
  AskDns,
  CheckClock,
  CheckContext,
  Connect,
  DiskSamples,
  EdgesView,
  Fetch,
  HostFiles,
  KernelLogRead,
  LogsView,
  NodeFacts,
  NodeObjectView,
  OverlayView,
  PeerCertificate,
  PodsView,
  RunProgram,
  RuntimePort,
} from '../../checks/types.ts';

/** The world as checks see it; the real one is wired by the agent, tests bring their own. */
export interface CheckWorld {
  readonly clock: CheckClock;
  readonly host: HostFiles;
  /** A fetch that ends with the run's signal. */
  readonly fetch: (signal: AbortSignal) => Fetch;
  /** The same for a TLS handshake. */
  readonly peerCertificate: (signal: AbortSignal) => PeerCertificate;
  readonly connect: (signal: AbortSignal) => Connect;
  readonly runProgram: (signal: AbortSignal) => RunProgram;
  readonly dns: (signal: AbortSignal) => AskDns;
  readonly node: NodeFacts;
  readonly runtime: RuntimePort;
  readonly disk: () => DiskSamples;
  readonly pods: () => PodsView;
  readonly logs: () => LogsView;
  readonly nodeObject: () => NodeObjectView;
  readonly overlay: () => OverlayView;
  readonly kernelLog: (signal: AbortSignal) => Promise<KernelLogRead>;
  readonly edges: () => EdgesView;
  readonly apiServers: () => readonly string[];
  readonly apiAuthority: () => Promise<ApiAuthority | undefined>;
  /** Every check runs only once. */
  readonly isOnly?: boolean;
}

/** What is the run's own. */
export type RunParts = Pick<CheckContext, 'config' | 'state' | 'signal' | 'timeoutMs'>;

/**
 * @param enter called whenever the check's code is about to run on: at its start and after everything it waited for.
 *   If the event loop blocks, the last name given is the one that blocks it.
 */
export function createContext(world: CheckWorld, run: RunParts, enter: () => void): CheckContext {
  const { signal } = run;
  const back = <T>(promise: Promise<T>): Promise<T> => promise.finally(enter);
  const fetch = world.fetch(signal);
  const peerCertificate = world.peerCertificate(signal);
  const connect = world.connect(signal);
  const runProgram = world.runProgram(signal);
  const dns = world.dns(signal);
  enter();
  return {
    ...run,
    clock: world.clock,
    node: world.node,
    disk: world.disk,
    pods: world.pods,
    logs: world.logs,
    nodeObject: world.nodeObject,
    overlay: world.overlay,
    kernelLog: () => back(world.kernelLog(signal)),
    edges: world.edges,
    apiServers: world.apiServers,
    apiAuthority: () => back(world.apiAuthority()),
    ...(world.isOnly === true && { isOnly: true }),
    fetch: (request) => back(fetch(request)),
    peerCertificate: (request) => back(peerCertificate(request)),
    connect: (request) => back(connect(request)),
    runProgram: (request) => back(runProgram(request)),
    dns: (request) => back(dns(request)),
    runtime: { probe: (verb, probeSignal) => back(world.runtime.probe(verb, probeSignal)) },
    host: {
      readText: (path, maxBytes) => back(world.host.readText(path, maxBytes)),
      list: (path) => back(world.host.list(path)),
      exists: (path) => back(world.host.exists(path)),
      statfs: (path, tree) => back(world.host.statfs(path, tree)),
      locate: (path) => world.host.locate(path),
    },
  };
}
