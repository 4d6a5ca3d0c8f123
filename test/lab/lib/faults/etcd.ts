/** Faults of etcd: members that are down, slow, full or misconfigured. */
import { rmSync } from 'node:fs';
import { RESTART_MS } from '../../../../agent/diagnosis/instances.ts';
import { createEtcdCluster } from '../cluster.ts';
import type { LabHost } from '../lab/types.ts';
import { sleep } from '../watch.ts';
import type { WholeCluster } from '../whole-cluster.ts';
import { type Fault, boundOf } from './fault.ts';

/** Of two of three members nobody has the majority. */
export function etcdKilled(...names: readonly [string, ...string[]]): Fault {
  const [first, ...others] = names;
  return {
    name: `etcd on ${names.join(' and ')} killed`,
    cause: others.length > 0 ? /^EtcdQuorumLost\b/ : new RegExp(`^EtcdMemberDown/${first}\\b`),
    boundMs: boundOf('etcd') + (others.length > 0 ? 0 : RESTART_MS),
    begin: ({ masters }) => names.forEach((name) => masters.of(name).api.etcd().kill('SIGKILL')),
    end: ({ masters }) => Promise.all(names.map((name) => masters.of(name).api.startEtcd())),
  };
}

/** Where etcd and the agent keep what they have. */
export const slowDisk = (name: string): Fault => ({
  name: `the disk of ${name} writes 24 KiB/s`,
  cause: new RegExp(`^(EtcdSlow|DiskStalled)/${name}\\b`),
  // While the member does not get to write at all, its own figures say nothing.
  also: new RegExp(`^DiskSlow/${name}\\b`),
  boundMs: boundOf('etcd', 'EtcdSlow'),
  begin: ({ lab }) => lab.host(name).throttleDisk(24_576),
  end: ({ lab }) => lab.host(name).unthrottleDisk(),
});

/** The member's quota is below what it has: its next write raises the alarm, which all members know of and keep. */
export const noSpace = (name: string): Fault => ({
  name: `no room for etcd on ${name}`,
  cause: /^EtcdNoSpace\b/,
  boundMs: boundOf('etcd'),
  async begin({ masters, lab }) {
    await masters.of(name).api.etcd().stop();
    await masters.of(name).api.startEtcd(['--quota-backend-bytes=4096']);
    await untilRefused(lab.host(name));
  },
  async end({ masters, lab }) {
    await masters.of(name).api.etcd().stop();
    await masters.of(name).api.startEtcd();
    const m1 = lab.host('m1');
    const { alarms = [] } = await post<{ alarms?: object[] }>(m1, '/v3/maintenance/alarm', { action: 'GET' });
    for (const alarm of alarms) await post(m1, '/v3/maintenance/alarm', { ...alarm, action: 'DEACTIVATE' });
  },
});

/** The others look for the member where it is not. */
export const wrongPeerAddress = (name: string): Fault => ({
  name: `etcd on ${name} with a wrong address for its peers`,
  cause: /^EtcdMisconfigured\b/,
  boundMs: boundOf('etcd', 'EtcdMisconfigured'),
  begin: (cluster) => movePeer(cluster, name, 2399),
  end: (cluster) => movePeer(cluster, name, 2380),
});

/** It tells clients to ask it where nobody listens. */
export const wrongClientAddress = (name: string): Fault => ({
  name: `etcd on ${name} with a wrong address for its clients`,
  cause: /^EtcdMisconfigured\b/,
  boundMs: boundOf('etcd', 'EtcdMisconfigured'),
  async begin({ masters, lab }) {
    await masters.of(name).api.etcd().stop();
    await masters.of(name).api.startEtcd([`--advertise-client-urls=http://${lab.host(name).address}:2389`]);
  },
  async end({ masters }) {
    await masters.of(name).api.etcd().stop();
    await masters.of(name).api.startEtcd();
  },
});

/** In its place a member that was started as a cluster of its own; the API server beside it ends, as it finds nothing there. */
export const foreignMember = (name: string): Fault => ({
  name: `etcd on ${name} as a cluster of its own`,
  cause: /^EtcdMisconfigured\b/,
  boundMs: boundOf('etcd', 'EtcdMisconfigured'),
  async begin({ masters, lab }) {
    const [host, { api }] = [lab.host(name), masters.of(name)];
    await api.etcd().stop();
    const data = masters.etcd.dataDirectory(host);
    await host.exec('mv', [data, `${data}.own`]);
    strangers.set(name, await createEtcdCluster([host]).start(host));
  },
  async end({ masters, lab }) {
    const [host, { api }] = [lab.host(name), masters.of(name)];
    // What it has read from there it would go on to serve.
    await api.apiserver().stop();
    await strangers.get(name)?.stop();
    const data = masters.etcd.dataDirectory(host);
    rmSync(data, { recursive: true });
    await host.exec('mv', [`${data}.own`, data]);
    await api.startEtcd();
  },
});

/** By the host's name. */
const strangers = new Map<string, { stop(): Promise<unknown> }>();

const request = (host: LabHost, path: string, body: object) =>
  host.fetch(path, { port: 2379, body: JSON.stringify(body) });

async function post<T>(host: LabHost, path: string, body: object): Promise<T> {
  const { status, body: text } = await request(host, path, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

/** Writes through the member until its quota is noticed: the first writes may still wait for a leader. */
async function untilRefused(host: LabHost): Promise<void> {
  const text = Buffer.from('meerkat').toString('base64');
  for (let tries = 0; tries < 50; tries += 1) {
    const said = await request(host, '/v3/kv/put', { key: text, value: text }).catch(() => undefined);
    if (said?.body.includes('space exceeded') === true) return;
    await sleep(100);
  }
  throw new Error(`etcd on ${host.name} goes on to take writes`);
}

/** Tells the others where to find the member of that host. */
async function movePeer({ lab }: WholeCluster, name: string, port: number): Promise<void> {
  const m1 = lab.host('m1');
  const list = await post<{ members: { ID: string; name: string }[] }>(m1, '/v3/cluster/member/list', {});
  const id = list.members.find((one) => one.name === name)?.ID;
  await post(m1, '/v3/cluster/member/update', { ID: id, peerURLs: [`http://${lab.host(name).address}:${port}`] });
}
