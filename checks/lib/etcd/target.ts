/** Where and as whom to ask etcd on this node. */
import type { FetchRequest, HostFiles } from '../../types.ts';
import { explainFailure } from '../procfs.ts';
import { isMissing } from '../system-error.ts';
import { readEtcdSettings } from './settings.ts';

/** Every one may be empty: then it is found out. */
export interface EtcdConfig {
  readonly endpoint: string;
  readonly metricsEndpoint: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface EtcdTarget {
  /** One, or a plain and a TLS form of the same address of which one is right. */
  readonly clientUrls: readonly [string, ...string[]];
  /** A listener for metrics and health that asks for no certificate, where there is one. */
  readonly metricsUrl?: string;
  readonly tls?: NonNullable<FetchRequest['tls']>;
  /** The client certificate in `tls`. */
  readonly certFile?: string;
  /** Who must have signed it, where that is known. */
  readonly trustedCaFile?: string;
  /** Files that could not be read. */
  readonly obstacles: readonly string[];
}

interface KeyPairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const DEFAULT_CLIENT_URLS = ['http://127.0.0.1:2379', 'https://127.0.0.1:2379'] as const;
/** kubeadm's choice; the usual one elsewhere too. */
const DEFAULT_METRICS_URL = 'http://127.0.0.1:2381';

/** What kubeadm, k3s and RKE2 make for clients of their etcd. */
const USUAL_KEY_PAIRS: readonly KeyPairFiles[] = [
  {
    certFile: '/etc/kubernetes/pki/etcd/healthcheck-client.crt',
    keyFile: '/etc/kubernetes/pki/etcd/healthcheck-client.key',
  },
  {
    certFile: '/var/lib/rancher/k3s/server/tls/etcd/client.crt',
    keyFile: '/var/lib/rancher/k3s/server/tls/etcd/client.key',
  },
  {
    certFile: '/var/lib/rancher/rke2/server/tls/etcd/client.crt',
    keyFile: '/var/lib/rancher/rke2/server/tls/etcd/client.key',
  },
];

/** Never rejects: what cannot be read is an obstacle, and the usual addresses are tried. */
export async function findEtcdTarget(config: EtcdConfig, host: HostFiles): Promise<EtcdTarget> {
  const settings = await readEtcdSettings(host);
  const clientUrls = clientUrlsOf(config, settings.clientUrl);
  const metricsUrl = metricsUrlOf(config, settings);
  const target = { clientUrls, ...(metricsUrl !== undefined && { metricsUrl }) };
  const obstacles = [...settings.obstacles];
  if (![...clientUrls, metricsUrl].some((url) => url?.startsWith('https:'))) return { ...target, obstacles };

  const { certFile, keyFile, trustedCaFile } = settings;
  const own = certFile !== undefined && keyFile !== undefined ? [{ certFile, keyFile }] : [];
  const configured = { certFile: config.certFile, keyFile: config.keyFile };
  const candidates = config.certFile === '' ? [...USUAL_KEY_PAIRS, ...own] : [configured];
  const pair = await readKeyPair(host, candidates, obstacles, config.certFile !== '');
  const ca = config.caFile === '' ? undefined : await readPem(host, config.caFile, obstacles, true);
  const tls = { ...pair?.tls, ...(ca !== undefined && { ca }) };
  return {
    ...target,
    tls,
    ...(pair !== undefined && { certFile: pair.certFile }),
    ...(trustedCaFile !== undefined && { trustedCaFile }),
    obstacles,
  };
}

/** What is asked while the node's files do not answer. */
export function targetWithoutFiles(config: EtcdConfig): EtcdTarget {
  const metricsUrl = metricsUrlOf(config, {});
  return {
    clientUrls: clientUrlsOf(config, undefined),
    ...(metricsUrl !== undefined && { metricsUrl }),
    obstacles: ['the files of this node do not answer'],
  };
}

function clientUrlsOf(config: EtcdConfig, found: string | undefined): EtcdTarget['clientUrls'] {
  if (config.endpoint !== '') return [baseUrl(config.endpoint)];
  return found === undefined ? DEFAULT_CLIENT_URLS : [found];
}

/** The usual metrics address is tried only where nothing says where etcd is: else it could be another etcd's. */
function metricsUrlOf(
  config: EtcdConfig,
  settings: { readonly source?: string; readonly metricsUrl?: string },
): string | undefined {
  if (config.metricsEndpoint !== '') return baseUrl(config.metricsEndpoint);
  if (config.endpoint !== '') return undefined;
  return settings.source === undefined ? DEFAULT_METRICS_URL : settings.metricsUrl;
}

const baseUrl = (url: string): string => url.replace(/(\/metrics)?\/*$/, '');

async function readKeyPair(
  host: HostFiles,
  candidates: readonly KeyPairFiles[],
  obstacles: string[],
  required: boolean,
): Promise<{ readonly tls: { readonly cert: string; readonly key: string }; readonly certFile: string } | undefined> {
  for (const { certFile, keyFile } of candidates) {
    const cert = await readPem(host, certFile, obstacles, required);
    const key = cert === undefined ? undefined : await readPem(host, keyFile, obstacles, required);
    if (cert !== undefined && key !== undefined) return { tls: { cert, key }, certFile };
  }
  return undefined;
}

/** A file that is not there is an obstacle only where it must be. */
async function readPem(
  host: HostFiles,
  path: string,
  obstacles: string[],
  required: boolean,
): Promise<string | undefined> {
  try {
    return await host.readText(path, 65_536);
  } catch (error) {
    const missing = isMissing(error);
    if (required || !missing) obstacles.push(explainFailure(error, path));
    return undefined;
  }
}
