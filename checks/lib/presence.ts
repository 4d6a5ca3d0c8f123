/**
 * Traces that say a component belongs on this node although nobody answers: what `Presence.traces` of a check looks
 * for. Each function returns a fragment that names the trace, or undefined. What may not be looked at is no proof of
 * absence: every error but "no such file" rejects, and the runner then says `unknown`.
 */
import type { HostFiles } from '../types.ts';
import { listIfThere } from './if-there.ts';
import { isMissing } from './system-error.ts';

const UNITS = '/etc/systemd/system';

/** Where `systemctl enable` links what a server starts at boot (systemd.special(7)). Looked at every few seconds. */
const WANTS = [`${UNITS}/multi-user.target.wants`, `${UNITS}/multi-user.target.requires`] as const;

/** Where kubelets look for static pods: kubeadm; k3s and RKE2. */
const MANIFESTS = [
  '/etc/kubernetes/manifests',
  '/var/lib/rancher/k3s/agent/pod-manifests',
  '/var/lib/rancher/rke2/agent/pod-manifests',
] as const;

/** The first of the paths that exists, as `file /etc/kubernetes/kubelet.conf`. */
export async function existingFile(host: HostFiles, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await host.exists(path)) return `file ${path}`;
  }
  return undefined;
}

/** The path of the manifest of a static pod with one of the names (`etcd`), if there is one. */
export async function findStaticManifest(host: HostFiles, names: readonly string[]): Promise<string | undefined> {
  for (const directory of MANIFESTS) {
    for (const name of names) {
      const path = `${directory}/${name}.yaml`;
      if (await host.exists(path)) return path;
    }
  }
  return undefined;
}

/** Like {@link findStaticManifest}, as a trace: `static manifest /etc/kubernetes/manifests/etcd.yaml`. */
export async function staticManifest(host: HostFiles, names: readonly string[]): Promise<string | undefined> {
  const path = await findStaticManifest(host, names);
  return path === undefined ? undefined : `static manifest ${path}`;
}

/**
 * The first of the units that systemd starts at boot, as `enabled unit kubelet.service`. Only where systemd runs:
 * elsewhere nobody starts a unit, however enabled it is. A masked unit counts as disabled: somebody turned it off.
 */
export async function enabledUnit(host: HostFiles, units: readonly string[]): Promise<string | undefined> {
  if (!(await host.exists('/run/systemd/system'))) return undefined;
  const wanted = new Set<string>();
  for (const directory of WANTS) for (const unit of await listIfThere(host, directory)) wanted.add(unit);
  for (const unit of units) {
    if (wanted.has(unit) && !(await isMasked(host, unit))) return `enabled unit ${unit}`;
  }
  return undefined;
}

/** What says that a kubelet belongs here. k3s and RKE2 run it inside their agent, which leaves a kubeconfig for it. */
export async function kubeletTrace(host: HostFiles): Promise<string | undefined> {
  return (
    (await existingFile(host, [
      '/var/lib/kubelet/config.yaml',
      '/etc/kubernetes/kubelet.conf',
      '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
      '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
    ])) ?? (await enabledUnit(host, ['kubelet.service', 'k3s-agent.service', 'rke2-agent.service']))
  );
}

/** systemd.unit(5): a unit file that is empty or a link to /dev/null. */
async function isMasked(host: HostFiles, unit: string): Promise<boolean> {
  try {
    return (await host.readText(`${UNITS}/${unit}`, 1)) === '';
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
