/** Where a component of the control plane serves its health on this node. */
import { isIP } from 'node:net';
import type { HostFiles } from '../../types.ts';
import { flagOf } from '../flags.ts';
import { findStaticManifest } from '../presence.ts';

export interface Component {
  /** Of its program, its static manifest and its Lease: `kube-scheduler`. */
  readonly name: string;
  /** Where it serves unless `--secure-port` says otherwise. */
  readonly port: number;
  /** Something on a node without one may answer in its place. */
  readonly isOftenProxied?: boolean;
  /** It knows the service accounts of pods, and may tell them what it tells nobody. */
  readonly knowsServiceAccounts?: boolean;
}

/** `disabled`: `--secure-port=0`, thus it serves nothing. */
export type Endpoint =
  | {
      readonly kind: 'url';
      /** Without a trailing slash. */
      readonly url: string;
      /** The manifest that says so could not be read or understood, and another place may be meant. */
      readonly isGuessed?: boolean;
    }
  | { readonly kind: 'disabled' };

/** Where nothing says otherwise. */
export const usualEndpoint = ({ port }: Component): Endpoint => ({ kind: 'url', url: `https://127.0.0.1:${port}` });

/**
 * By the flags `--bind-address` and `--secure-port` of its static manifest; the usual place where there is none, or it may
 * not be read. Never rejects.
 */
export async function findEndpoint(component: Component, host: HostFiles): Promise<Endpoint> {
  const manifest = await findStaticManifest(host, manifestsOf(component)).catch(() => undefined);
  if (manifest === undefined) return usualEndpoint(component);
  const text = await host.readText(manifest, 65_536).catch(() => undefined);
  const port = flagOf(text ?? '', 'secure-port') ?? `${component.port}`;
  if (port === '0') return { kind: 'disabled' };
  const host4or6 = reachableHost(flagOf(text ?? '', 'bind-address'));
  const url = `https://${host4or6 ?? '127.0.0.1'}:${/^\d{1,5}$/.test(port) ? port : component.port}`;
  const isGuessed = text === undefined || host4or6 === undefined || !url.endsWith(`:${port}`);
  return URL.canParse(url) ? { kind: 'url', url, ...(isGuessed && { isGuessed }) } : usualEndpoint(component);
}

/** kubeadm's and RKE2's name, and OpenShift's. */
export const manifestsOf = ({ name }: Component): readonly string[] => [name, `${name}-pod`];

/** Where this node reaches what is bound so. What is bound to every address of IPv6 has those of IPv4, too. */
function reachableHost(bind = '0.0.0.0'): string | undefined {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1';
  return { 4: bind, 6: `[${bind}]` }[isIP(bind)];
}
