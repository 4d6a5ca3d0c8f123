/** Every check there is; the order is that of the documentation and the page. */
import { apiserverAddress } from './apiserver-address.ts';
import { apiserver } from './apiserver.ts';
import { certificates } from './certificates.ts';
import { clock } from './clock.ts';
import { conntrack } from './conntrack.ts';
import { containerRuntime } from './container-runtime.ts';
import { containerStart } from './container-start.ts';
import { controllerManager } from './controller-manager.ts';
import { cpuPressure } from './cpu-pressure.ts';
import { diskLatency } from './disk-latency.ts';
import { diskSpace } from './disk-space.ts';
import { dns } from './dns.ts';
import { etcd } from './etcd.ts';
import { exec } from './exec.ts';
import { fileHandles } from './file-handles.ts';
import { http } from './http.ts';
import { kernel } from './kernel.ts';
import { kubeProxy } from './kube-proxy.ts';
import { kubelet } from './kubelet.ts';
import { logs } from './logs.ts';
import { memoryPressure } from './memory-pressure.ts';
import { neighbours } from './neighbours.ts';
import { nodeObject } from './node-object.ts';
import { overlay } from './overlay.ts';
import { pids } from './pids.ts';
import { podNetwork } from './pod-network.ts';
import { pods } from './pods.ts';
import { reachability } from './reachability.ts';
import { scheduler } from './scheduler.ts';
import { serviceIp } from './service-ip.ts';
import { systemSettings } from './system-settings.ts';
import { systemd } from './systemd.ts';
import { tcp } from './tcp.ts';
import type { AnyCheck } from './types.ts';

export const CHECKS: readonly AnyCheck[] = [
  etcd,
  apiserver,
  apiserverAddress,
  scheduler,
  controllerManager,
  kubelet,
  nodeObject,
  kubeProxy,
  containerRuntime,
  containerStart,
  podNetwork,
  reachability,
  overlay,
  serviceIp,
  dns,
  pods,
  diskSpace,
  diskLatency,
  memoryPressure,
  cpuPressure,
  pids,
  fileHandles,
  conntrack,
  neighbours,
  clock,
  kernel,
  certificates,
  systemd,
  systemSettings,
  exec,
  http,
  tcp,
  logs,
];
