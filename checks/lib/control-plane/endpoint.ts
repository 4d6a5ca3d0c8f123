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
}

/** `disabled`: `--secure-port=0`, thus it serves nothing. */
export type Endpoint =
  | { readonly kind: 'url'; /** Without a trailing slash. */ readonly url: string }
  | { readonly kind: 'disabled' };

export const defaultUrl = ({ port }: Component): string => `https://127.0.0.1:${port}`;

/**
 * By the flags `--bind-address` and `--secure-port` of its static manifest. The defaults where there is none, or it may
 * not be read. Never rejects.
 */
export async function findEndpoint(component: Component, host: HostFiles): Promise<Endpoint> {
  const manifest = await findStaticManifest(host, [component.name]).catch(() => undefined);
  const text = manifest === undefined ? '' : await host.readText(manifest, 65_536).catch(() => '');
  const port = flagOf(text, 'secure-port') ?? `${component.port}`;
  if (port === '0') return { kind: 'disabled' };
  const url = `https://${reachableHost(flagOf(text, 'bind-address') ?? '')}:${port}`;
  return { kind: 'url', url: URL.canParse(url) ? url : defaultUrl(component) };
}

/** Where this node reaches what is bound so. Anything but an address is a variable that the kubelet fills in. */
function reachableHost(bind: string): string {
  if (bind === '::') return '[::1]';
  if (bind === '0.0.0.0') return '127.0.0.1';
  return { 4: bind, 6: `[${bind}]` }[isIP(bind)] ?? '127.0.0.1';
}
