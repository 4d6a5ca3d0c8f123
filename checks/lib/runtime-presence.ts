/** What says that a container runtime belongs on this node. Shared by the two checks that look at it. */
import type { HostFiles } from '../types.ts';
import { enabledUnit } from './presence.ts';
import { kubeletRuntimeSocket } from './runtime-sockets.ts';

/** A unit is a trace of a missing runtime only while its usual socket is gone: else the runtime is here. */
const CRI_UNITS = [
  { unit: 'containerd.service', socketPath: '/run/containerd/containerd.sock' },
  { unit: 'crio.service', socketPath: '/run/crio/crio.sock' },
] as const;

/** A fragment that names the trace, or undefined where nothing points to a runtime. */
export async function runtimeTraces(host: HostFiles): Promise<string | undefined> {
  const docker = await enabledUnit(host, ['docker.service']);
  if (docker !== undefined) return docker;
  for (const { unit, socketPath } of CRI_UNITS) {
    if (await host.exists(socketPath)) continue;
    const enabled = await enabledUnit(host, [unit]);
    if (enabled !== undefined) return enabled;
  }
  const kubelet = await kubeletRuntimeSocket(host);
  return kubelet === undefined ? undefined : `kubelet's runtime endpoint ${kubelet}`;
}
