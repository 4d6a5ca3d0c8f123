/** Where certificates lie on a node: files of kubeadm, k3s and RKE2, and ports of the control plane. */
import type { HostFiles } from '../../types.ts';
import { findEndpoint, manifestsOf } from '../control-plane/endpoint.ts';
import { readEtcdSettings } from '../etcd/settings.ts';
import { findStaticManifest } from '../presence.ts';
import { explainFailure } from '../procfs.ts';
import { errorCode } from '../system-error.ts';
import { pemOfKubeconfig } from './kubeconfig.ts';

/** With the certificate's PEM text, or why it cannot be had. */
export interface CertificateFile {
  readonly path: string;
  readonly pem?: string;
  readonly why?: string;
}

export interface TlsPort {
  /** As it is named: `127.0.0.1:6443`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** `*.crt` in each; https://kubernetes.io/docs/setup/best-practices/certificates/ and k3s' server and agent. */
const DIRECTORIES = [
  '/etc/kubernetes/pki',
  '/etc/kubernetes/pki/etcd',
  ...['k3s', 'rke2'].flatMap((name) => [
    `/var/lib/rancher/${name}/server/tls`,
    `/var/lib/rancher/${name}/server/tls/etcd`,
    `/var/lib/rancher/${name}/agent`,
  ]),
] as const;
/** The kubelet's own, which it renews by itself as long as it reaches the API. */
const KUBELET = '/var/lib/kubelet/pki/kubelet-client-current.pem';
const KUBECONFIGS = ['admin', 'super-admin', 'controller-manager', 'scheduler'].map(
  (name) => `/etc/kubernetes/${name}.conf`,
);
const MAX_FILES = 64;
const MAX_FILE_BYTES = 262_144;

/** Files that are there, and whether they can be read. Never rejects. */
export async function certificateFiles(host: HostFiles, more: readonly string[]): Promise<readonly CertificateFile[]> {
  const found: CertificateFile[] = [];
  const read = async (path: string, isRequired = false): Promise<void> => {
    if (found.length >= MAX_FILES) return;
    try {
      const text = await host.readText(path, MAX_FILE_BYTES);
      const pem = path.endsWith('.conf') ? pemOfKubeconfig(text) : text;
      if (pem !== undefined) found.push({ path, pem });
    } catch (error) {
      if (isRequired || !isMissing(error)) found.push({ path, why: explainFailure(error, path) });
    }
  };
  await read(KUBELET);
  for (const directory of DIRECTORIES) {
    try {
      const names = await host.list(directory);
      for (const name of names.filter((one) => one.endsWith('.crt')).sort()) await read(`${directory}/${name}`);
    } catch (error) {
      if (!isMissing(error)) found.push({ path: directory, why: explainFailure(error, directory) });
    }
  }
  for (const path of KUBECONFIGS) await read(path);
  for (const path of more) await read(path, true);
  return found;
}

/** The API server and the etcd member of this node, where their files say that they belong here. Never rejects. */
export async function certificatePorts(host: HostFiles, more: readonly string[]): Promise<readonly TlsPort[]> {
  const apiserver = { name: 'kube-apiserver', port: 6443 };
  const manifest = await findStaticManifest(host, manifestsOf(apiserver)).catch(() => undefined);
  const endpoint = manifest === undefined ? undefined : await findEndpoint(apiserver, host);
  const { clientUrl } = await readEtcdSettings(host);
  const urls = [endpoint?.kind === 'url' ? endpoint.url : undefined, clientUrl, ...more.map((one) => `https://${one}`)];
  return urls.flatMap((url) => (url?.startsWith('https://') === true ? portOf(url) : []));
}

function portOf(url: string): TlsPort[] {
  if (!URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return [{ name: `${hostname}:${port === '' ? 443 : port}`, host, port: Number(port === '' ? 443 : port) }];
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');
