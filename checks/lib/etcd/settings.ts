/** Where etcd listens on this node, by the files that it is started from. */
import type { HostFiles } from '../../types.ts';
import { SETTING_VALUE, flagOf } from '../flags.ts';
import { findStaticManifest } from '../presence.ts';
import { explainFailure } from '../procfs.ts';
import { isMissing } from '../system-error.ts';

export interface EtcdSettings {
  /** The file that says so; undefined when none was found. */
  readonly source?: string;
  /** One URL at which this node reaches it, loopback where there is a choice. */
  readonly clientUrl?: string;
  readonly metricsUrl?: string;
  /** Its own certificate, which kubeadm issues for clients too. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Who must have signed the certificates of clients. */
  readonly trustedCaFile?: string;
  /** Files that are there and could not be read. */
  readonly obstacles: readonly string[];
}

/** Configuration files of k3s and RKE2, then environment files of packages: Debian, Red Hat, Kubespray. */
const FILES = [
  '/var/lib/rancher/k3s/server/db/etcd/config',
  '/var/lib/rancher/rke2/server/db/etcd/config',
  '/etc/default/etcd',
  '/etc/etcd/etcd.conf',
  '/etc/etcd.env',
] as const;

/** The static manifest, the configuration file that it names, else the first known file that names an address. */
export async function readEtcdSettings(host: HostFiles): Promise<EtcdSettings> {
  const obstacles: string[] = [];
  const read = async (path: string): Promise<string> => {
    try {
      return await host.readText(path, 65_536);
    } catch (error) {
      if (!isMissing(error)) obstacles.push(explainFailure(error, path));
      return '';
    }
  };
  const manifest = await findStaticManifest(host, ['etcd']).catch((error: unknown) => {
    obstacles.push(explainFailure(error, 'the directory of static manifests'));
  });
  const paths: string[] = [...FILES];
  if (manifest !== undefined) {
    const configFile = setting(await read(manifest), 'config-file');
    paths.unshift(manifest, ...(configFile === undefined ? [] : [configFile]));
  }
  for (const source of paths) {
    const found = parseEtcdSettings(await read(source));
    if (found.clientUrl !== undefined || found.metricsUrl !== undefined) return { ...found, source, obstacles };
  }
  return { obstacles };
}

/**
 * Reads flags (a manifest), keys (etcd's YAML) or variables (an environment file).
 * https://etcd.io/docs/v3.5/op-guide/configuration/
 */
export function parseEtcdSettings(text: string): Omit<EtcdSettings, 'source' | 'obstacles'> {
  // k3s keeps gRPC alone on the client URLs: HTTP has a port of its own there.
  const client = setting(text, 'listen-client-http-urls') ?? setting(text, 'listen-client-urls');
  const found = {
    clientUrl: reachableUrl(client ?? ''),
    metricsUrl: reachableUrl(setting(text, 'listen-metrics-urls') ?? ''),
    certFile: setting(text, 'cert-file'),
    keyFile: setting(text, 'key-file'),
    trustedCaFile: setting(text, 'trusted-ca-file'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Of a comma-separated list the URL that this node can ask, without a trailing slash; loopback first. */
export function reachableUrl(list: string): string | undefined {
  const urls = list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => /^https?:/.test(text) && URL.canParse(text))
    .map((text) => {
      const { protocol, hostname, port } = new URL(text);
      const host = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]', localhost: '127.0.0.1' }[hostname] ?? hostname;
      return port === '' ? `${protocol}//${host}` : `${protocol}//${host}:${port}`;
    });
  return urls.find((url) => /\/\/(127\.|\[::1\])/.test(url)) ?? urls[0];
}

/** The first form of a setting that the text has. */
function setting(text: string, name: string): string | undefined {
  const variable = `ETCD_${name.toUpperCase().replaceAll('-', '_')}`;
  const key = new RegExp(`^${name}:\\s*${SETTING_VALUE}`, 'm');
  const environment = new RegExp(`^${variable}=${SETTING_VALUE}`, 'm');
  return flagOf(text, name) ?? (key.exec(text) ?? environment.exec(text))?.[1];
}
