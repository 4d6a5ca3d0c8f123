/** A real kube-proxy on a host of the lab: the Services' addresses lead to what is behind them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

/** Of the Service of the API, in every cluster that the lab makes. */
export const API_SERVICE = '10.96.0.1';

/** Again too. Resolves when its health port is open. */
export function startKubeProxy(host: LabHost, api: ControlPlane): Promise<LabProcess> {
  mkdirSync(host.directory, { recursive: true });
  const file = join(host.directory, 'kube-proxy.kubeconfig');
  writeFileSync(file, api.kubeconfig());
  const flags = [
    `--kubeconfig=${file}`,
    `--hostname-override=${host.name}`,
    '--proxy-mode=iptables',
    // The kernel's table is the machine's.
    ...['max-per-core', 'tcp-timeout-established', 'tcp-timeout-close-wait'].map((name) => `--conntrack-${name}=0`),
  ];
  const readyWhen = async (): Promise<boolean> => (await host.exec('ss', ['-Hltn'])).includes(':10256');
  return host.start(api.program('kube-proxy'), flags, { readyWhen, timeoutMs: 60_000 });
}
