/**
 * The seven kinds of trouble for which Meerkat was made, in a whole cluster of real parts: three masters and five workers.
 * Every agent that is left is asked; each has to name the one cause and no other, and to be well again after the repair.
 *
 *     MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/seven-kinds.test.ts
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding } from '../../agent/http/contract.ts';
import { boundOfCheck } from './lib/bound.ts';
import { type CauseWatch, createCauseWatch } from './lib/cause-watch.ts';
import { BUNDLE } from '../../tools/build/run.ts';
import { whyNoContainerd } from './lib/containerd.ts';
import { whyNoControlPlane } from './lib/control-plane.ts';
import { startDue } from './lib/due.ts';
import type { LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { CONTROLLER_PROGRAMS } from './lib/masters.ts';
import { PAUSE_IMAGE, loadPodImages, whyNoPodImages } from './lib/pod-images.ts';
import { noteTold } from './lib/told.ts';
import { sleep } from './lib/watch.ts';
import { MASTERS, WORKERS, type WholeCluster, createWholeCluster } from './lib/whole-cluster.ts';

const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes half an hour; set MEERKAT_LONG=1 to run it') ??
  whyNoLab() ??
  whyNoControlPlane() ??
  whyNoContainerd() ??
  whyNoPodImages() ??
  (existsSync(BUNDLE) ? undefined : 'there is no bundle: run `npm run build` first');
if (missing !== undefined) process.stderr.write(`seven-kinds: skipped, ${missing}\n`);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Longer than any of them takes to be told, or to be over. */
const MOST_MS = 6 * MINUTE;
/** For the diagnosis, and the way to the others. */
const TRAVEL_MS = 2 * SECOND;
/** Design section 13: until everybody knows that a host is gone, that a path is, and that a side is. */
const HOST_MS = 10 * SECOND;
/** What else may come of it has come by then: a Lease is stale after 40 s, and a Node unknown a moment later. */
const LATER_MS = 75 * SECOND;
/** Until a kubelet has noticed, and told the API. */
const KUBELET_MS = 10 * SECOND;
const CTR = ['--address', '/run/containerd/containerd.sock', '--namespace', 'k8s.io'];

/** Of the check, or of one of its reasons. */
const boundOf = (id: string, reason?: string): number => boundOfCheck(id, reason) + TRAVEL_MS;

interface Fault {
  readonly kind: number;
  readonly name: string;
  /** As its finding is called: reason, node, subject. */
  readonly cause: RegExp;
  /** From the fault to the last survivor that names it, ms. */
  readonly bound: number;
  begin(cluster: WholeCluster): unknown;
  end(cluster: WholeCluster): unknown;
  /** Who can be asked, where that is not everybody who is on. */
  readonly survivors?: readonly string[];
}

const onAll =
  (act: (master: WholeCluster['masters']['all'][number]) => unknown) =>
  ({ masters }: WholeCluster): Promise<unknown> =>
    Promise.all(masters.all.map(act));
const cniOf = ({ lab }: WholeCluster, name: string): string =>
  join(lab.host(name).directory, 'kubelet/cni/pods.conflist');
const etcdPost = async <T>(host: LabHost, path: string, body: object): Promise<T> => {
  const { status, body: text } = await host.fetch(path, { port: 2379, body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
};
/** Tells the others where to find the member of that host. */
const movePeer = async ({ lab }: WholeCluster, name: string, port: number): Promise<void> => {
  const m1 = lab.host('m1');
  const list = await etcdPost<{ members: { ID: string; name: string }[] }>(m1, '/v3/cluster/member/list', {});
  const id = list.members.find((one) => one.name === name)?.ID;
  const peerURLs = [`http://${lab.host(name).address}:${port}`];
  await etcdPost(m1, '/v3/cluster/member/update', { ID: id, peerURLs });
};

const FAULTS: readonly Fault[] = [
  {
    kind: 1,
    name: 'w1 and w2 do not reach each other',
    cause: /^LinkDown\/w[12]\b/,
    bound: HOST_MS,
    begin: ({ lab }) => lab.cut('w1', 'w2'),
    end: ({ lab }) => lab.heal(),
  },
  {
    kind: 2,
    name: 'etcd on m2 killed',
    cause: /^EtcdMemberDown\/m2\b/,
    bound: boundOf('etcd'),
    begin: ({ masters }) => masters.of('m2').api.etcd().kill('SIGKILL'),
    end: ({ masters }) => masters.of('m2').api.startEtcd(),
  },
  {
    kind: 2,
    name: 'etcd on m2 and m3 killed',
    cause: /^EtcdQuorumLost\b/,
    bound: boundOf('etcd'),
    begin: ({ masters }) => ['m2', 'm3'].forEach((name) => masters.of(name).api.etcd().kill('SIGKILL')),
    end: async ({ masters }) => {
      await Promise.all(['m2', 'm3'].map((name) => masters.of(name).api.startEtcd()));
      await revive(masters.all);
    },
  },
  {
    kind: 2,
    name: 'etcd on m2 with a wrong address for its peers',
    cause: /^EtcdMisconfigured\b/,
    bound: boundOf('etcd', 'EtcdMisconfigured'),
    begin: (cluster) => movePeer(cluster, 'm2', 2399),
    end: (cluster) => movePeer(cluster, 'm2', 2380),
  },
  {
    kind: 2,
    name: 'the disk of m2 writes 24 KiB/s',
    cause: /^(EtcdSlow|DiskStalled)\/m2\b/,
    bound: boundOf('etcd', 'EtcdSlow'),
    begin: ({ lab }) => lab.host('m2').throttleDisk(24_576),
    end: async ({ lab, masters }) => {
      await lab.host('m2').unthrottleDisk();
      await revive(masters.all);
    },
  },
  {
    kind: 3,
    name: 'VXLAN dropped between w1 and w3',
    cause: /^OverlayBroken\/w[13]\b/,
    bound: boundOf('overlay'),
    begin: ({ lab }) => lab.cut('w1', 'w3', { only: 'overlay' }),
    end: ({ lab }) => lab.heal(),
  },
  {
    kind: 4,
    name: 'm3 without power',
    cause: /^NodeUnreachable\/m3\b/,
    bound: HOST_MS,
    begin: (cluster) => cluster.powerOff('m3'),
    end: (cluster) => cluster.powerOn('m3'),
  },
  {
    kind: 4,
    name: 'w5 without power',
    cause: /^NodeUnreachable\/w5\b/,
    bound: HOST_MS,
    begin: (cluster) => cluster.powerOff('w5'),
    end: (cluster) => cluster.powerOn('w5'),
  },
  {
    kind: 5,
    name: 'kube-apiserver on m1 killed',
    cause: /^ApiserverDown\/m1\b/,
    bound: boundOf('apiserver'),
    begin: ({ masters }) => masters.of('m1').api.apiserver().kill('SIGKILL'),
    end: async ({ masters }) => {
      await masters.of('m1').api.startApiserver();
      await revive(masters.all);
    },
  },
  ...CONTROLLER_PROGRAMS.map((program): Fault => ({
    kind: 5,
    name: `every ${program} killed`,
    cause: program === 'kube-scheduler' ? /^SchedulerDown\b/ : /^ControllerManagerDown\b/,
    bound: boundOf('scheduler'),
    begin: onAll((master) => master.controller(program).kill('SIGKILL')),
    end: onAll((master) => master.startController(program)),
  })),
  {
    kind: 6,
    name: 'containerd on w4 killed',
    cause: /^RuntimeDown\/w4\b/,
    bound: boundOf('container-runtime'),
    begin: (cluster) => cluster.kubeletOf('w4').containerd.kill('SIGKILL'),
    end: async (cluster) => {
      await cluster.kubeletOf('w4').kubelet.stop();
      await cluster.startKubelet('w4');
    },
  },
  {
    kind: 6,
    name: 'the pause image on w4 is gone',
    cause: /^ContainersCannotStart\/w4\b/,
    bound: boundOf('container-start'),
    begin: ({ lab }) => lab.host('w4').exec('ctr', [...CTR, 'images', 'rm', '--sync', PAUSE_IMAGE]),
    end: ({ lab }) => loadPodImages(lab.host('w4')),
  },
  {
    kind: 6,
    name: 'the network configuration of w4 is gone',
    cause: /^(PodNetworkNotReady|NodeNetworkUnavailable)\/w4\b/,
    // The kubelet says so as it says that it is not ready, which counts once it lasts a minute.
    bound: KUBELET_MS + boundOf('node-object', 'NodeNotReady'),
    begin: (cluster) => renameSync(cniOf(cluster, 'w4'), `${cniOf(cluster, 'w4')}.away`),
    end: (cluster) => renameSync(`${cniOf(cluster, 'w4')}.away`, cniOf(cluster, 'w4')),
  },
  {
    kind: 7,
    name: 'w4 and w5 cut off from all others',
    cause: /^NodesLost\b/,
    bound: HOST_MS,
    begin: ({ lab }) =>
      lab.partition([
        ['w4', 'w5'],
        [...MASTERS, 'w1', 'w2', 'w3'],
      ]),
    end: ({ lab }) => lab.heal(),
    survivors: [...MASTERS, ...WORKERS],
  },
];

/** What ends for want of an API, as the kubelet of its master would start it again. */
async function revive(all: WholeCluster['masters']['all']): Promise<void> {
  for (const master of all) {
    if (!(await isThere(master.host, master.api.apiserver().pid))) await master.api.startApiserver();
    for (const program of CONTROLLER_PROGRAMS)
      if (!(await isThere(master.host, master.controller(program).pid))) await master.startController(program);
  }
}
const isThere = async (host: LabHost, pid: number): Promise<boolean> => host.processes().includes(pid);

describe.skipIf(missing !== undefined)('the seven kinds', () => {
  let cluster: WholeCluster;
  let watch: CauseWatch;
  const hosts = (): readonly LabHost[] => cluster.lab.hosts.filter(({ poweredOn }) => poweredOn);

  beforeAll(async () => {
    cluster = await createWholeCluster();
    watch = createCauseWatch(cluster.lab.hosts);
  }, 10 * MINUTE);
  beforeEach(async () => {
    await watch.untilWell(cluster.lab.hosts, MOST_MS);
  }, MOST_MS + MINUTE);
  afterAll(async () => {
    await watch?.stop();
    await cluster?.remove();
  }, 2 * MINUTE);

  it.each(FAULTS)(
    'kind $kind: $name',
    async (fault) => {
      const due = startDue(cluster.lab.hosts);
      const is = ({ id }: ApiFinding): boolean => fault.cause.test(id);
      watch.begin();
      let others: readonly string[];
      try {
        await fault.begin(cluster);
        const asked = hosts().filter(({ name }) => fault.survivors?.includes(name) ?? true);
        const named = await watch.untilNamed(asked, is, MOST_MS);
        const lastMs = Math.max(...named.tookMs.values());
        noteTold(
          { fault: fault.name, reason: fault.cause.source, tookMs: lastMs, boundMs: fault.bound },
          named.sentence,
        );
        process.stdout.write(`  by ${[...named.tookMs].map(([name, ms]) => `${name} ${ms}`).join(', ')} ms\n`);
        expect(lastMs).toBeLessThan(due(fault.bound));
        await sleep(LATER_MS);
        // Until all have named it, they may not know of all that belongs to it.
        others = watch.others(asked, is, lastMs);
        const early = watch.others(asked, is, 0).filter((one) => !others.includes(one));
        process.stdout.write(`  on the way: ${early.join('\n    ') || 'nothing else'}\n`);
      } finally {
        await fault.end(cluster);
      }
      watch.begin();
      const wellMs = await watch.untilWell(cluster.lab.hosts, MOST_MS);
      process.stdout.write(
        `  healthy again ${wellMs} ms after the repair; other causes: ${others.join('\n    ') || 'none'}\n`,
      );
      expect(others).toEqual([]);
    },
    3 * MOST_MS,
  );
});
