/** What a test sees of the lab. */

export interface LabOptions {
  /** Names: lower-case letters, digits and `-`, at most 12 characters. */
  readonly hosts: readonly string[];
  /** A second network, VXLAN over the first. Default: none. */
  readonly overlay?: boolean;
  /** Default: true. */
  readonly ipv6?: boolean;
  /** Size of each host's disk; sparse, so that only what is written costs. Default: 256. */
  readonly diskMebibytes?: number;
  /** For many hosts, whose writes would keep each other waiting at the machine's own disk. Default: false. */
  readonly disksInMemory?: boolean;
}

/**
 * Hosts on one switch. All that it makes is named after `name` and removed by `remove`, by the end of the process
 * that made it, or by the next lab.
 */
export interface Lab extends AsyncDisposable {
  /** `meerkat-lab-7`: the prefix of its network namespaces, links and cgroups. */
  readonly name: string;
  readonly hosts: readonly LabHost[];
  /** The address of the switch, every host's default route. */
  readonly gateway: string;
  /** Throws for a name that is none of its hosts. */
  host(name: string): LabHost;
  /** What `from` sends no longer reaches `to`, nor the other way round, silently: address resolution still works. */
  cut(from: string, to: string, options?: CutOptions): Promise<void>;
  /** Cuts every host of a group off from the hosts of the other groups. A host in no group still reaches all. */
  partition(groups: readonly (readonly string[])[]): Promise<void>;
  /** Drops that share of the packets between the host, or all (`*`), and the other hosts. 0 ends it. */
  loss(host: string, ratio: number, direction?: LossDirection): Promise<void>;
  /** Ends cuts, partitions, losses and isolation, and connects links that are down. Powers nothing on. */
  heal(): Promise<void>;
  remove(): Promise<void>;
}

/** `out`: what the host sends; `in`: what it would receive. */
export type LossDirection = 'both' | 'out' | 'in';

export interface CutOptions {
  /** Only what `from` sends is dropped. */
  readonly oneWay?: boolean;
  /** Only that protocol; `overlay` is what the second network sends over the first. */
  readonly only?: 'udp' | 'tcp' | 'overlay';
  /** Only packets longer than that, with their IP header: a path that loses full-size ones. */
  readonly largerThanBytes?: number;
}

export interface LabHost {
  readonly name: string;
  readonly address: string;
  /** Throws in a lab without IPv6. */
  readonly address6: string;
  /** Throws in a lab without an overlay. */
  readonly overlayAddress: string;
  /** Where its disk is mounted: the same path inside and outside. */
  readonly directory: string;
  /** Path of its cgroup below each hierarchy's root. */
  readonly cgroup: string;
  readonly poweredOn: boolean;
  /**
   * Starts a program in the host: its network, its cgroup, its own /etc, /run, /sys and host name.
   * Rejects with its output when it ends before it is ready, or is not ready in time.
   */
  start(program: string, args?: readonly string[], options?: StartOptions): Promise<LabProcess>;
  /** Runs a program in the host to its end. Rejects with its standard error when it fails. */
  exec(program: string, args?: readonly string[], options?: ExecOptions): Promise<string>;
  /**
   * A GET request. A path asks this host's agent, and no cut is in the way; a URL is asked from inside the host and
   * meets what the host meets.
   */
  fetch(pathOrUrl: string, options?: FetchOptions): Promise<LabResponse>;
  /** The same, for an answer in JSON, whatever its status. */
  json<T>(pathOrUrl: string, options?: FetchOptions): Promise<T>;
  /** Ids of all processes in it. */
  processes(): number[];
  /**
   * What the host reads of its load and its pressure, in the kernel's form. Calm after a boot: the machine's own figures
   * are of all hosts and of everything else on it.
   */
  setProc(file: ProcFile, text: string): void;
  /** First the link, then every process, by SIGKILL: nobody hears anything of it any more, no RST either. */
  powerOff(): Promise<void>;
  /** The network comes back as after a boot, without old sockets; what ran has to be started again. */
  powerOn(): Promise<void>;
  /** Neither a host nor the gateway is reached any more, address resolution included; the carrier stays. */
  isolate(): Promise<void>;
  /** No carrier. */
  linkDown(): Promise<void>;
  linkUp(): Promise<void>;
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
  /** Every write waits. */
  freezeDisk(): Promise<void>;
  thawDisk(): Promise<void>;
  /** For reads and for writes that reach the device; those of the host's processes only. */
  throttleDisk(bytesPerSecond: number): Promise<void>;
  unthrottleDisk(): Promise<void>;
}

/** Below /proc. */
export type ProcFile = 'loadavg' | 'pressure/cpu' | 'pressure/io' | 'pressure/memory';

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the host's directory. */
  readonly cwd?: string;
  /** What its output has to match, or what has to become true; a rejection counts as not yet. */
  readonly readyWhen?: RegExp | (() => Promise<boolean>);
  /** For becoming ready. Default: 30 000. */
  readonly timeoutMs?: number;
  /** Shifts the wall clock of the process, by faketime(1); its monotonic clock stays right. */
  readonly clockShiftSeconds?: number;
  /** A file with such a shift, `+30`, which is read again every second: the clock may be set while the process runs. */
  readonly clockShiftFile?: string;
}

export interface LabProcess {
  readonly pid: number;
  /** Standard output and standard error so far, the last mebibyte. */
  output(): string;
  /** To the process alone, not to its children. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, or SIGKILL after `timeoutMs` (default: 10 000). Resolves when it has ended. */
  stop(timeoutMs?: number): Promise<ProcessEnd>;
  /** SIGSTOP to it and its descendants; `thaw` lets them go on. */
  freeze(): void;
  thaw(): void;
  readonly ended: Promise<ProcessEnd>;
  /** Of it and its descendants. */
  usage(): ProcessUsage;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly openFiles: number;
  readonly pids: readonly number[];
}

export interface ExecOptions {
  readonly input?: string;
  /** Default: 20 000. */
  readonly timeoutMs?: number;
}

export interface FetchOptions {
  /** Posted; without, it is a GET. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Port for a path. Default: 7575. */
  readonly port?: number;
  /** Default: 5000. */
  readonly timeoutMs?: number;
}

export interface LabResponse {
  readonly status: number;
  readonly body: string;
}
