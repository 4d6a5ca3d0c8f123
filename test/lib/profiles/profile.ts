/** What a node of a distribution has on its disk and who answers on it, as its documentation lays it out. */
import type { FakeFile } from '../../../checks/lib/testing.ts';
import { fetchFailure, fetchResponse } from '../../../checks/lib/testing.ts';
import type { FetchRequest, FetchResult, NodeFacts, PodsView } from '../../../checks/types.ts';
import { healthAnswer, metricsAnswer, rangeAnswer, statusAnswer } from '../../../checks/lib/etcd/testing.ts';

export type Answers = Readonly<Record<string, FetchResult | ((request: FetchRequest) => FetchResult)>>;

export interface Profile {
  readonly name: string;
  /** Where the layout is documented. */
  readonly source: string;
  readonly files: Readonly<Record<string, FakeFile>>;
  readonly answers: Answers;
  /** The runtime probe finds a Docker Engine; a runtime that speaks CRI is asked in the lab. */
  readonly hasDocker?: boolean;
  /** As the kubelet tells the agent's pod. */
  readonly podDns?: NodeFacts['podDns'];
  /** PEM, as it is given with a service account. */
  readonly authority?: string;
  /** What each check says of it; any other check is left out here. */
  readonly expected: Expected;
}

type Expected = Readonly<Record<string, 'ok' | 'absent' | 'unknown'>>;

/** Whose runtime is not asked. */
export const WORKER: Expected = {
  etcd: 'absent',
  apiserver: 'absent',
  // Nobody has learned where the API servers are.
  'apiserver-address': 'absent',
  scheduler: 'absent',
  'controller-manager': 'absent',
  kubelet: 'ok',
  'kube-proxy': 'ok',
  'container-runtime': 'unknown',
  'service-ip': 'ok',
  dns: 'ok',
  pods: 'ok',
  neighbours: 'ok',
  kernel: 'ok',
  certificates: 'ok',
};
export const MASTER: Expected = { ...WORKER, etcd: 'ok', apiserver: 'ok', scheduler: 'ok', 'controller-manager': 'ok' };

export const NO_PODS: PodsView = { kind: 'known', pods: [] };

/** A machine that systemd runs, with these units enabled. */
export const systemd = (...units: readonly string[]): Record<string, FakeFile> => ({
  '/run/systemd/system/': '',
  ...Object.fromEntries(units.map((unit) => [`/etc/systemd/system/multi-user.target.wants/${unit}`, '[Unit]'])),
});

const NO_OVERFLOW = 'entries table_fulls\n00000015 00000000\n';

/** The kernel is well. */
export const KERNEL: Record<string, FakeFile> = {
  '/proc/net/stat/arp_cache': NO_OVERFLOW,
  '/proc/net/stat/ndisc_cache': NO_OVERFLOW,
  '/proc/vmstat': 'nr_free_pages 1000\noom_kill 0\n',
  '/proc/sys/kernel/tainted': '0\n',
  '/sys/fs/ext4/sda1/errors_count': '0\n',
};

/** /proc/net/tcp of a machine on which these listen: on every address, or on loopback. */
export function listeners(ports: Readonly<Record<number, 'all' | 'loopback'>>): Record<string, FakeFile> {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const lines = Object.entries(ports).map(([port, where], index) => {
    const address = where === 'all' ? '00000000' : '0100007F';
    const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
    return `   ${index}: ${address}:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n`;
  });
  return { '/proc/net/tcp': head + lines.join(''), '/proc/net/tcp6': head };
}

export const KUBELET_WELL: Answers = { 'http://127.0.0.1:10248/healthz': fetchResponse(200, 'ok') };
export const KUBE_PROXY_WELL: Answers = { 'http://127.0.0.1:10256/livez': fetchResponse(200, '{}') };
export const SERVICE_WELL: Answers = { 'https://10.96.0.1:443/version': fetchResponse(200, '{}') };
/** They answer whoever asks. */
export const CONTROLLERS_WELL: Answers = {
  'https://127.0.0.1:10259/livez': fetchResponse(200, 'ok'),
  'https://127.0.0.1:10257/healthz': fetchResponse(200, 'ok'),
};
export const APISERVER_WELL: Answers = { 'https://127.0.0.1:6443/readyz': fetchResponse(200, 'ok') };
/** Its clients need a certificate. */
const refused = fetchFailure('tls', 'tlsv13 alert certificate required');
export const etcdWell = (url: string): Answers => ({
  [`${url}/version`]: fetchResponse(200, '{"etcdserver":"3.5.21"}'),
  [`${url}/v3/maintenance/status`]: ({ tls }) => (tls?.cert === undefined ? refused : statusAnswer()),
  [`${url}/v3/kv/range`]: ({ tls }) => (tls?.cert === undefined ? refused : rangeAnswer()),
});
export const etcdMetricsWell = (url: string): Answers => ({
  [`${url}/`]: fetchResponse(404),
  [`${url}/health`]: healthAnswer(true),
  [`${url}/livez`]: fetchResponse(200, 'ok'),
  [`${url}/metrics`]: metricsAnswer(),
});
