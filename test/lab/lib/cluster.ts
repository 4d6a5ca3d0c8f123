/** The programs of a cluster, on hosts of the lab. */
import { resolve } from 'node:path';
import { BUNDLE, BUNDLE_FLAGS } from '../../../tools/build/run.ts';
import type { LabHost, LabProcess, StartOptions } from './lab/types.ts';

export const MAIN = resolve(import.meta.dirname, '../../../agent/main.ts');

export interface AgentOptions extends Omit<StartOptions, 'readyWhen'> {
  /** Flags after `agent`. */
  readonly args?: readonly string[];
  /** Of the node. Default: the host's. */
  readonly name?: string;
  /** The program as it is built and as the image starts it, instead of the source: smaller and sooner there. */
  readonly bundled?: boolean;
  /** Path of another one that is built so. */
  readonly program?: string;
}

/** Tests that run beside fill disks of their own, and every agent of this machine would see it. */
export const NO_DISK_SPACE: readonly string[] = ['--checks.disk-space.enabled', 'false'];

/** Starts an agent named after its host, with its data on the host's disk; it answers at the host's address. */
export function startAgent(
  host: LabHost,
  { args = [], name, bundled = false, program = BUNDLE, ...options }: AgentOptions = {},
): Promise<LabProcess> {
  const script = bundled ? [...BUNDLE_FLAGS, program] : [MAIN];
  const own = ['--node.name', name ?? host.name, '--data-directory', host.directory, '--http.address', host.address];
  const command = [...script, 'agent', ...own, ...args];
  return host.start(process.execPath, command, { timeoutMs: 60_000, ...options, readyWhen: /https?:\/\// });
}

export interface EtcdCluster {
  /** Flags for the agent of that host. */
  flags(host: LabHost): string[];
  /** What its member has on that host's disk. */
  dataDirectory(host: LabHost): string;
  /**
   * Starts the member of that host, again too; its data stays on the host's disk. Does not wait for a quorum.
   *
   * @param more flags, in the place of its own of the same name
   */
  start(host: LabHost, more?: readonly string[]): Promise<LabProcess>;
}

/** One member on each host; none runs yet. */
export function createEtcdCluster(hosts: readonly LabHost[]): EtcdCluster {
  const url = ({ address }: LabHost, port: number): string => `http://${address}:${port}`;
  const cluster = hosts.map((host) => `${host.name}=${url(host, 2380)}`).join(',');
  const dataDirectory = (host: LabHost): string => `${host.directory}/etcd`;
  return {
    dataDirectory,
    flags: (host) => ['--checks.etcd.endpoint', url(host, 2379), '--checks.etcd.metrics-endpoint', url(host, 2381)],
    start(host, more = []) {
      const flags = {
        name: host.name,
        'data-dir': dataDirectory(host),
        'listen-client-urls': url(host, 2379),
        'advertise-client-urls': url(host, 2379),
        'listen-metrics-urls': url(host, 2381),
        'listen-peer-urls': url(host, 2380),
        'initial-advertise-peer-urls': url(host, 2380),
        'initial-cluster': cluster,
      };
      const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
      // It shows its metrics before there is a leader.
      const isUp = async (): Promise<boolean> => (await host.fetch('/metrics', { port: 2381 })).status === 200;
      return host.start('etcd', [...args, ...more], { readyWhen: isUp });
    },
  };
}
