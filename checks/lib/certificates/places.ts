/** Where certificates lie on a node: files of kubeadm, k3s and RKE2, and ports of the control plane. */
import type { HostFiles } from '../../types.ts';
import { findEndpoint, manifestsOf } from '../control-plane/endpoint.ts';
import { readEtcdSettings } from '../etcd/settings.ts';
import { findStaticManifest } from '../presence.ts';
import { explainFailure } from '../procfs.ts';
import { isMissing } from '../system-error.ts';
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
  /** A person wants it looked at. */
  readonly isAskedFor: boolean;
}

const under = (directory: string, ...names: readonly string[]): string[] =>
  names.map((name) => `${directory}/${name}.crt`);

/** What is in use. Other files beside these may be left from long ago, or be a person's own. */
const FILES: readonly string[] = [
  // The kubelet renews both by itself as long as it reaches the API, and somebody approves the second.
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/kubelet/pki/kubelet-server-current.pem',
  // https://kubernetes.io/docs/setup/best-practices/certificates/
  ...under('/etc/kubernetes/pki', 'ca', 'apiserver', 'apiserver-kubelet-client', 'apiserver-etcd-client'),
  ...under('/etc/kubernetes/pki', 'front-proxy-ca', 'front-proxy-client'),
  ...under('/etc/kubernetes/pki/etcd', 'ca', 'server', 'peer', 'healthcheck-client'),
  '/etc/kubernetes/controller-manager.conf',
  '/etc/kubernetes/scheduler.conf',
  // https://docs.k3s.io/cli/certificate
  ...['k3s', 'rke2'].flatMap((name) => [
    ...under(`/var/lib/rancher/${name}/server/tls`, 'server-ca', 'client-ca', 'request-header-ca'),
    ...under(`/var/lib/rancher/${name}/server/tls`, 'serving-kube-apiserver', 'client-kube-apiserver'),
    ...under(`/var/lib/rancher/${name}/server/tls`, 'client-auth-proxy', 'client-controller', 'client-scheduler'),
    ...under(`/var/lib/rancher/${name}/server/tls/etcd`, 'server-ca', 'peer-ca', 'client', 'server-client'),
    ...under(`/var/lib/rancher/${name}/server/tls/etcd`, 'peer-server-client'),
    ...under(`/var/lib/rancher/${name}/agent`, 'client-kubelet', 'serving-kubelet', 'client-kube-proxy'),
  ]),
];
const MAX_FILE_BYTES = 262_144;

/** Files that are there, and whether they can be read; of `more` also those that are not. Never rejects. */
export async function certificateFiles(host: HostFiles, more: readonly string[]): Promise<readonly CertificateFile[]> {
  const read = async (path: string, isAskedFor: boolean): Promise<CertificateFile[]> => {
    try {
      const text = await host.readText(path, MAX_FILE_BYTES);
      const pem = path.endsWith('.conf') ? pemOfKubeconfig(text) : text;
      return pem === undefined ? [] : [{ path, pem }];
    } catch (error) {
      return isAskedFor || !isMissing(error) ? [{ path, why: explainFailure(error, path) }] : [];
    }
  };
  const found: CertificateFile[] = [];
  for (const path of more) found.push(...(await read(path, true)));
  for (const path of FILES) found.push(...(await read(path, false)));
  return found;
}

/** The API server and the etcd member of this node, where their files say that they belong here. Never rejects. */
export async function certificatePorts(host: HostFiles, more: readonly string[]): Promise<readonly TlsPort[]> {
  const apiserver = { name: 'kube-apiserver', port: 6443 };
  const manifest = await findStaticManifest(host, manifestsOf(apiserver)).catch(() => undefined);
  const endpoint = manifest === undefined ? undefined : await findEndpoint(apiserver, host);
  const { clientUrl } = await readEtcdSettings(host);
  const own = [endpoint?.kind === 'url' ? endpoint.url : undefined, clientUrl];
  return [
    ...own.flatMap((url) => (url?.startsWith('https://') === true ? portOf(url, false) : [])),
    ...more.flatMap((one) => portOf(`https://${one}`, true)),
  ];
}

/** `HOST:PORT`, or `HOST` for 443. */
export const isEndpoint = (text: string): boolean => /^[\w.:[\]-]+$/.test(text) && URL.canParse(`https://${text}`);

function portOf(url: string, isAskedFor: boolean): TlsPort[] {
  if (!URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  const number = Number(port === '' ? 443 : port);
  return [{ name: `${hostname}:${number}`, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: number, isAskedFor }];
}
