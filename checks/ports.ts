/**
 * What a check may touch, each as a port: files, servers, the container runtime, and what other parts of the agent know. A check
 * imports them from the contract, `types.ts`.
 */

/** File-system figures of one mount, as statfs(2) gives them. `availableBytes` is what a normal user may still use. */
export interface FileSystemStats {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
  readonly totalInodes: number;
  readonly freeInodes: number;
}

/**
 * The node's files. Paths are the host's own, also when the agent runs in a container and sees them elsewhere. Every
 * method rejects with the system's error (`code` ENOENT, EACCES, EIO, …).
 */
export interface HostFiles {
  /** At most `maxBytes` (default 1 MiB) of a file, as UTF-8. */
  readText(path: string, maxBytes?: number): Promise<string>;
  list(path: string): Promise<string[]>;
  /** False only for ENOENT and ENOTDIR. */
  exists(path: string): Promise<boolean>;
  /** @param tree `own`: the path is one of this process, as its mount table has it, and not the host's; default `host` */
  statfs(path: string, tree?: 'host' | 'own'): Promise<FileSystemStats>;
  /** Where this process finds the host's `path`; for sockets. */
  locate(path: string): string;
}

export interface FetchRequest {
  /** `http:` or `https:`. With `socketPath` the host part only fills the Host header. */
  readonly url: string;
  readonly socketPath?: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Bound on the whole exchange; the run's own deadline holds besides. */
  readonly timeoutMs?: number;
  /** The answer's body is cut here. Default 256 KiB. */
  readonly maxBodyBytes?: number;
  /** PEM, and the name that the certificate is for where it is not that of the URL. Without `ca` the server's certificate is not verified: a check asks whether something lives, not who it is. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string };
  /**
   * As this pod's service account, of an API server: the token is added on the way, for a server of the cluster's authority
   * alone. A `failure` of kind `other` where there is none.
   */
  readonly asServiceAccount?: boolean;
}

/** `timeout` is accepted and silent; `refused` is nobody listens; `unreachable` is no way there or no such socket. */
export type FetchFailure = 'refused' | 'timeout' | 'reset' | 'unreachable' | 'tls' | 'aborted' | 'other';

export type FetchResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly body: string;
      /** The header: where it redirects to. */
      readonly location?: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'failure'; readonly failure: FetchFailure; readonly message: string; readonly durationMs: number };

/** One HTTP exchange on a connection of its own. Never rejects. */
export type Fetch = (request: FetchRequest) => Promise<FetchResult>;

/** A server, and how long it has. */
export interface ConnectRequest {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The run's own deadline holds besides. */
  readonly timeoutMs: number;
}

export type PeerCertificateResult =
  | { readonly kind: 'certificate'; readonly pem: string }
  | { readonly kind: 'failure'; readonly failure: FetchFailure; readonly message: string };

/** Does a TLS handshake, whoever answers, and gives the server's own certificate. Never rejects. */
export type PeerCertificate = (request: ConnectRequest) => Promise<PeerCertificateResult>;

/** By whom this agent knows API servers, as every pod is told with its service account. */
export interface ApiAuthority {
  readonly path: string;
  readonly pem: string;
}

export type ConnectResult =
  | { readonly kind: 'connected'; readonly durationMs: number }
  | { readonly kind: 'failure'; readonly failure: FetchFailure; readonly message: string };

/** Opens a TCP connection and closes it. Never rejects. */
export type Connect = (request: ConnectRequest) => Promise<ConnectResult>;

export interface ProgramRequest {
  /** An absolute path in the agent's own file system, and literal arguments: there is no shell. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** `why` where it gave no exit code: it could not be started, did not end in time, was killed. 4096 bytes of output. */
export type ProgramResult = { readonly stdout: string; readonly stderr: string; readonly durationMs: number } & (
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'failure'; readonly why: string }
);

/** Runs a program that the operator configured, and ends all that it started. Never rejects. */
export type RunProgram = (request: ProgramRequest) => Promise<ProgramResult>;

export interface DnsRequest {
  /** An address, without brackets. */
  readonly server: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  /** Of all attempts together; the run's own deadline holds besides. */
  readonly timeoutMs: number;
}

/** `code` as in RFC 6895, section 2.3: `NOERROR`, `NXDOMAIN`, `SERVFAIL`. */
export type DnsResult =
  | {
      readonly kind: 'answer';
      readonly code: string;
      /** Those of the type that was asked for, in the server's order. */
      readonly addresses: readonly string[];
      readonly durationMs: number;
    }
  | { readonly kind: 'failure'; readonly failure: FetchFailure; readonly message: string };

/** Asks one server one question, over UDP twice where an answer does not come. Never rejects. */
export type AskDns = (request: DnsRequest) => Promise<DnsResult>;

/** What is known about the machine without asking anybody. */
export interface NodeFacts {
  readonly name: string;
  /** As in Kubernetes: `amd64`, `arm64`. */
  readonly arch: string;
  readonly cpus: number;
  /** Of the API's Service, as pods know it. */
  readonly apiServiceAddress?: string;
  readonly apiServicePort?: number;
  /** The cluster's DNS, as the kubelet tells this pod. */
  readonly podDns?: { readonly servers: readonly string[]; readonly domain: string };
}

export interface CheckClock {
  /** Unix time in milliseconds: for what people read. */
  now(): number;
  /** Milliseconds that never run back: for every difference. */
  monotonic(): number;
}

/** Durations of the store's own write + fdatasync, newest last. `stalledForMs` > 0 while one does not come back. */
export interface DiskSamples {
  readonly directory: string;
  readonly samples: readonly { readonly at: number; readonly durationMs: number }[];
  readonly stalledForMs: number;
  /** Why nothing is measured, when nothing is. */
  readonly error?: string;
}

/** What the runtime probe answers; `phases` in milliseconds by name. */
export type RuntimeProbeAnswer =
  | {
      readonly kind: 'ok';
      readonly runtime: string;
      readonly phases: Readonly<Record<string, number>>;
      /** Of `network`. Absent: no pod was asked, it did not say, or the sandbox was taken away before it had looked. */
      readonly fromPod?: SeenFromPod;
    }
  | {
      readonly kind: 'failed';
      readonly runtime: string;
      /** `hung`: it accepted and did not answer in time; `refused`: nobody listens; `error`: it said no. */
      readonly failure: 'hung' | 'refused' | 'error';
      readonly phase: string;
      readonly message: string;
      readonly phases: Readonly<Record<string, number>>;
      /** True where the configuration names the socket: then a runtime belongs here, whoever else says nothing. */
      readonly configured?: boolean;
      /** Of `network`, where the new address does not answer the node: how a pod of this node sees it. */
      readonly fromPod?: SeenFromPod;
    }
  | { readonly kind: 'none'; readonly message: string }
  /** There is a runtime, and it has nothing of the kind that was asked for. */
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

/** `ping`: does it live; `start`: run a container; `network`: connect a sandbox to the network of pods. */
export type RuntimeProbeVerb = 'ping' | 'start' | 'network';

/** The way to the container runtime: a process of its own, because its socket is root on the node. */
export interface RuntimePort {
  probe(verb: RuntimeProbeVerb, signal: AbortSignal): Promise<RuntimeProbeAnswer>;
}

/** A container of a pod, init containers included. */
export interface ContainerFacts {
  readonly name: string;
  readonly restarts: number;
  /** Why it does not run, as Kubernetes calls it: `CrashLoopBackOff`, `ImagePullBackOff`, `ContainerCreating`. */
  readonly waiting?: { readonly reason: string; readonly message?: string };
  /** It does not run now, and does not wait to: it has ended. */
  readonly hasEnded?: true;
  /** It runs: what {@link ended} tells is of the run before. */
  readonly isRunning?: true;
  readonly ended?: ContainerEnd;
  /** As the pod names it, and as the runtime had it. */
  readonly image?: string;
  readonly imageId?: string;
  /** Of its resources, as they are written: `cpu`, `memory`. */
  readonly limits?: Readonly<Record<string, string>>;
}

/**
 * How a container ended last: 137 is SIGKILL. The reason is Kubernetes' word: `OOMKilled`, `Error`, `Completed`; the message is
 * what the container left, or its runtime says. `ranMs`: for how long it had run; absent where its runtime did not say.
 */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly ranMs?: number;
  /** Unix ms. */
  readonly finishedAt?: number;
}

/** One of the conditions of a pod. */
export interface PodCondition {
  readonly type: string;
  readonly status: string;
  /** Unix ms. */
  readonly since?: number;
  readonly because?: string;
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of a static pod: by it, and not by the UID, its kubelet names what it keeps of it. */
  readonly configHash?: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly isDeleting: boolean;
  readonly isReady: boolean;
  /** Since when it is ready, or is not, as whoever said so last had it; Unix ms. */
  readonly readySince?: number;
  /** Why it is not ready, as its kubelet says. */
  readonly because?: string;
  readonly conditions?: readonly PodCondition[];
  readonly containers: readonly ContainerFacts[];
}

/** This node's pods; `none`: there is no Kubernetes API here. */
export type PodsView =
  | { readonly kind: 'known'; readonly pods: readonly PodFacts[] }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

/** A condition of a Node that is bad where it is true. */
export type NodeTrouble = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure' | 'NetworkUnavailable';

/** What the Kubernetes API says of this node. */
export interface NodeObjectFacts {
  /** `unknown`: the control plane has not heard from the kubelet for a while. Absent: nobody has said it yet. */
  readonly ready?: 'true' | 'false' | 'unknown';
  /** Why it is not ready: the reason, and the message where there is more to say. */
  readonly because?: string;
  readonly troubles: readonly NodeTrouble[];
  /** Something has announced by a taint that the node will be removed. */
  readonly isLeaving: boolean;
  /**
   * For how long its kubelet's Lease has not been renewed while the API answered, ms. Absent: it is, or nobody looks; then
   * what the control plane makes of the Lease counts, which is {@link ready}.
   */
  readonly leaseStaleForMs?: number;
}

/** `none`: there is no Kubernetes API here. */
export type NodeObjectView =
  | { readonly kind: 'known'; readonly node: NodeObjectFacts }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

/** Pings of one length from this node's overlay responder to another's. */
export interface OverlayPings {
  /** How many in a row were not answered; one goes out every 2 s. */
  readonly misses: number;
  /** Of the last ten; `sent` is how many of these there were. */
  readonly lost: number;
  readonly sent: number;
}

/** The way between the pods of this node and those of another, which the underlay reaches. */
export interface OverlayPath {
  readonly node: string;
  /** The pod address of its responder. */
  readonly address: string;
  readonly short: OverlayPings;
  /** As long as the smaller MTU of the two ends allows; absent where that is not known. */
  readonly full?: OverlayPings & {
    /** Length of the datagram with its IP and UDP headers. */
    readonly bytes: number;
  };
  /** Round trip of the last short ping that was answered. */
  readonly rttMs?: number;
}

/** What this node's overlay responder found; `none`: there is none. */
/** Whether an address answers this node's overlay responder, which is a pod; `answered` also where it refuses. */
export type SeenFromPod = 'answered' | 'silent';

export type OverlayView =
  | {
      readonly kind: 'known';
      /** Another node's responder has answered it at least once. */
      readonly reached: boolean;
      readonly paths: readonly OverlayPath[];
    }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

/** What the kernel has logged since somebody asked last, a record an item; `none`: its log is not granted. */
export type KernelLogRead =
  | {
      readonly kind: 'records';
      readonly records: readonly string[];
      /** So many since the last time were overwritten, or dropped, before they were read. */
      readonly lost: number;
    }
  | { readonly kind: 'none'; readonly why: string };

/** What this node sees of another one, whose agent it probes every second on the network of the nodes. */
export interface PeerEdge {
  readonly node: string;
  /**
   * `good`: it answers probes. `udp-blocked`: it answers over TCP only. `refused` and `unresponsive`: its host answers, its
   * agent does not. `lost`: nothing gets through. Absent: not known.
   */
  readonly state?: 'good' | 'lost' | 'refused' | 'unresponsive' | 'udp-blocked';
  /** For how long it has been so. */
  readonly forMs: number;
  /** For how long others have been connected to it and to this node, so that it lives; absent: they are not. */
  readonly connectedForMs?: number;
  /** Of the last ten probes the share that it says it did not hear. */
  readonly lossTo?: number;
  /** Of those that it heard the share whose answer did not come in time. */
  readonly lossFrom?: number;
  /** Round trip of the last probe that was answered. */
  readonly rttMs?: number;
  /** How far its clock is ahead of this node's, with the most by which that may be wrong. */
  readonly clock?: { readonly offsetMs: number; readonly uncertaintyMs: number };
  /** Datagrams as long as the smaller MTU of both ends, each sent right after a short one was answered. */
  readonly fullSize?: {
    /** With the headers of IP and UDP. */
    readonly bytes: number;
    /** How many in a row were not answered. */
    readonly misses: number;
  };
}

/** What this node sees of the others; `none`: there are none. */
export type EdgesView =
  | { readonly kind: 'known'; readonly peers: readonly PeerEdge[] }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };
