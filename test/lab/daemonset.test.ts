/**
 * daemonset.yaml as it is, on a master and two workers with real kubelets and container runtimes: its pods run, anybody
 * answers whoever asks from outside, and goes on doing so when the master is dead and its own pods start anew.
 *
 *     npm run build && MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/daemonset.test.ts
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode, ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import { parseClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import { eventually } from '../lib/agent-process.ts';
import { containerOf, daemonSetOf, objectsOf, readManifest } from '../lib/manifest.ts';
import { membersOf, statusOf } from './lib/agents.ts';
import { whyNoContainerd } from './lib/containerd.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { startDns, whyNoDns } from './lib/dns.ts';
import { type PackedImage, packImage, whyNoPackedImage } from './lib/image.ts';
import {
  type KubeNode,
  type KubeNodeOptions,
  startKubeNode,
  startPrograms,
  writeStaticManifests,
} from './lib/kube-node.ts';
import { API_SERVICE } from './lib/kube-proxy.ts';
import { CONTROLLER_PROGRAMS } from './lib/masters.ts';
import { signalIfThere } from './lib/lab/cgroups.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { powerOffWithPods } from './lib/pod-images.ts';
import { type Instance, type PodTask, containersOf, madeAt, memoryOf, sandboxesOf } from './lib/pod-tasks.ts';
import { sleep } from './lib/watch.ts';

const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes a quarter of an hour; set MEERKAT_LONG=1 to run it') ??
  whyNoLab() ??
  whyNoControlPlane() ??
  whyNoContainerd() ??
  whyNoPackedImage() ??
  whyNoDns();
if (missing !== undefined) process.stderr.write(`daemonset: skipped, ${missing}\n`);

const MASTER = 'm1';
const WORKERS = ['w1', 'w2'];
const NODES = [MASTER, ...WORKERS];
/** No node: people, and the cluster's DNS. */
const OUTSIDE = 'out';
/** Nobody starts them again, as a kubelet would, when they lose their Lease on a machine that is busy. */
const PATIENT = ['--leader-elect-lease-duration=300s', '--leader-elect-renew-deadline=240s'];
const MINUTE = 60_000;
/** With its agent gone nobody says that the API server is down before its host can have booted. */
const LATEST_MS = 6 * MINUTE;
const REST_MS = 3 * MINUTE;
const CONTAINERS = ['agent', 'runtime-probe', 'overlay'];
const MANIFEST = readManifest();
const IMAGE = containerOf(daemonSetOf(objectsOf(MANIFEST), 'meerkat'), 'agent').image;

interface PodObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
    }[];
  };
}

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const idsOf = ({ findings }: ApiStatus): string[] => findings.map(({ id }) => id);

describe.skipIf(missing !== undefined)('the DaemonSets', () => {
  let lab: Lab;
  let api: ControlPlane;
  let image: PackedImage;
  let directory: string;
  const controllers: LabProcess[] = [];
  let options: KubeNodeOptions;
  const nodes = new Map<string, KubeNode>();
  const hostsOf = (names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));

  const podsOf = async (): Promise<readonly PodObject[]> =>
    (await api.get<{ readonly items: readonly PodObject[] }>('pods', '-n', 'meerkat')).items;
  const isReady = ({ status }: PodObject): boolean =>
    status.phase === 'Running' && status.containerStatuses?.every(({ ready }) => ready) === true;
  /** As people ask, from another network namespace. */
  const curl = async ({ address }: LabHost): Promise<string> =>
    await lab.host(OUTSIDE).exec('curl', ['-sS', '--fail', '--max-time', '5', `http://${address}:7575/status`]);
  const nodeOf = (host: LabHost, name: string): Promise<ApiNode> => host.json<ApiNode>(`/api/v1/nodes/${name}`);
  /** On the node's own disk. */
  const dataOf = (host: LabHost, file: string): string => join(host.directory, 'var-lib/meerkat', file);
  const keysOf = (host: LabHost): string[] =>
    parseClusterKeys(readFileSync(dataOf(host, 'cluster.key'), 'utf8')).map(({ id }) => id);
  const untilSaid = (host: LabHost, isSo: (said: ApiStatus) => boolean, withinMs = 2 * MINUTE): Promise<ApiStatus> =>
    eventually(() => statusOf(host), isSo, withinMs);
  const isJoined = ({ view }: ApiStatus, count: number): boolean => view.settled && view.component === count;

  const startControllers = async (): Promise<void> => {
    for (const program of CONTROLLER_PROGRAMS) controllers.push(await api.startController(program, PATIENT));
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-image-'));
    image = await packImage(IMAGE, directory);
    lab = await createLab({ hosts: [...NODES, OUTSIDE], ipv6: false, overlay: true, diskMebibytes: 8192 });
    const master = lab.host(MASTER);
    api = await createControlPlane(master, { flags: { 'bind-address': '0.0.0.0' } });
    await api.start();
    await startControllers();
    await startDns(lab.host(OUTSIDE), API_SERVICE);
    options = { api, hosts: hostsOf(NODES), dns: lab.host(OUTSIDE).address, archive: image.archive };
    for (const host of options.hosts) nodes.set(host.name, await startKubeNode(host, options));
    await writeStaticManifests(master);
    await api.kubectl(['label', 'node', MASTER, 'node-role.kubernetes.io/control-plane=']);
    await api.kubectl(['taint', 'node', MASTER, 'node-role.kubernetes.io/master=:NoSchedule']);
  }, 15 * MINUTE);
  afterAll(async () => {
    for (const { host } of nodes.values())
      await powerOffWithPods(host).catch((error: unknown) => print(`${host.name}: ${String(error)}`));
    await lab?.remove();
    rmSync(directory, { recursive: true, force: true });
  }, 2 * MINUTE);

  it(
    'run on every node as they are shipped',
    async () => {
      print(`image: ${mebibytes(image.sizeBytes)} MiB, of which ${mebibytes(image.ownBytes)} MiB beside the base`);
      const beganAt = performance.now();
      await api.kubectl(['apply', '-f', '-'], MANIFEST);
      try {
        await eventually(podsOf, (all) => all.length === 2 * NODES.length && all.every(isReady), 8 * MINUTE);
      } finally {
        const { items } = await api.get<{ readonly items: readonly EventObject[] }>('events', '-n', 'meerkat');
        for (const { type, reason, message, involvedObject } of items)
          if (type !== 'Normal') print(`${involvedObject.kind} ${involvedObject.name}: ${reason}: ${message}`);
      }
      print(`all pods ready ${Math.round((performance.now() - beganAt) / 1000)} s after kubectl apply`);
      const pods = await podsOf();
      for (const name of NODES) expect(pods.filter(({ spec }) => spec.nodeName === name)).toHaveLength(2);
      for (const { metadata, status } of pods)
        for (const { name, restartCount } of status.containerStatuses ?? [])
          expect([metadata.name, name, restartCount]).toEqual([metadata.name, name, 0]);
    },
    10 * MINUTE,
  );

  it(
    'make one cluster with one key, which sees the network of the pods',
    async () => {
      for (const host of hostsOf(NODES)) await untilSaid(host, (said) => isJoined(said, NODES.length));
      const { data = {} } = await api.get<{ data?: Record<string, string> }>(
        'secret',
        'meerkat-cluster-key',
        '-n',
        'meerkat',
      );
      const [key] = parseClusterKeys(Buffer.from(data['cluster.key'] ?? '', 'base64').toString());
      for (const host of hostsOf(NODES)) {
        // A disk that was too busy to answer is tried again.
        await eventually(
          async () => keysOf(host),
          (keys) => keys.join() === key?.id,
          2 * MINUTE,
        );
        const others = (node: ApiNode): number =>
          node.checks
            .find(({ check }) => check === 'overlay')
            ?.readings.filter(({ name, value }) => name === 'loss_ratio' && value < 1).length ?? 0;
        await eventually(
          () => nodeOf(host, host.name),
          (node) => others(node) === NODES.length - 1,
          4 * MINUTE,
        );
        expect((await membersOf(host)).kubernetes?.missingRights).toEqual([]);
      }
    },
    10 * MINUTE,
  );

  it(
    'rest: nothing is critical, and this is what they take',
    async () => {
      await sleep(REST_MS);
      for (const host of hostsOf(NODES)) {
        const { checks } = await nodeOf(host, host.name);
        for (const { check, status, why, problems } of checks)
          if (status === 'problem' || status === 'unknown')
            print(`${host.name}: ${check} is ${status}: ${why ?? problems.map(({ message }) => message).join(' ')}`);
        for (const name of CONTAINERS) {
          const [task] = await containersOf(host, name);
          if (task === undefined) throw new Error(`no container ${name} runs on ${host.name}`);
          const memory = Object.entries(memoryOf(task)).map(([what, bytes]) => `${what} ${mebibytes(bytes)}`);
          print(`${host.name} ${name}, MiB: ${memory.join(', ')}`);
        }
        const said = await statusOf(host);
        print(`${host.name} is ${said.status}: ${said.sentence}`);
        expect(said.findings.filter(({ severity }) => severity === 'critical').map(({ id }) => id)).toEqual([]);
      }
    },
    REST_MS + 2 * MINUTE,
  );

  it('answer whoever asks from outside', async () => {
    for (const host of hostsOf(NODES)) expect(await curl(host)).toContain(`Seen from ${host.name}`);
  });

  it(
    'go on when the programs of the control plane are killed',
    async () => {
      for (const program of [api.etcd(), api.apiserver(), ...controllers]) program.kill('SIGKILL');
      const beganAt = performance.now();
      for (const host of hostsOf(NODES)) {
        const said = await untilSaid(host, (one) => one.status === 'critical', 3 * MINUTE);
        print(`${host.name} after ${Math.round(performance.now() - beganAt)} ms: ${said.sentence}`);
        expect(idsOf(said).join()).toContain(MASTER);
      }
      for (const host of hostsOf(NODES)) expect(await curl(host)).toContain(MASTER);
    },
    6 * MINUTE,
  );

  /** What a survivor says while all that the master ran is dead: for a minute that is no more than an agent that starts anew. */
  const expectWhole = async (host: LabHost): Promise<void> => {
    const isSaid = (one: ApiStatus): boolean =>
      isJoined(one, WORKERS.length) &&
      ['degraded', 'critical'].includes(one.status) &&
      one.findings.some(({ id, severity }) => id === `AgentDown/${MASTER}` && severity !== 'info');
    const said = await untilSaid(host, isSaid, 3 * MINUTE);
    print(`${host.name} is ${said.status}: ${said.sentence}`);
    expect(await curl(host)).toContain(MASTER);
    const { nodes: known } = await host.json<ApiNodes>('/api/v1/nodes');
    expect(known.map(({ node }) => node)).toEqual(NODES);
    const master = await nodeOf(host, MASTER);
    const age = master.ageSeconds ?? 0;
    print(
      `${host.name} of ${MASTER}: ${master.member ?? '-'}, its report is ${Math.round(age)} s old: ${master.sentence}`,
    );
    expect(master).toMatchObject({ freshness: 'stale' });
    expect(age).toBeGreaterThan((performance.now() - deadSince) / 1000 - 5);
    expect(master.checks.find(({ check }) => check === 'etcd')?.lastStatus).toBe('problem');
  };
  let deadSince = 0;

  it(
    'name the master when all of its processes are dead',
    async () => {
      const master = lab.host(MASTER);
      const tasks = await Promise.all(CONTAINERS.map((name) => containersOf(master, name)));
      const sandboxes = await Promise.all((['agent', 'overlay'] as const).map((name) => sandboxesOf(master, name)));
      deadSince = performance.now();
      for (const pid of master.processes()) signalIfThere(pid, 'SIGKILL');
      for (const { pid } of [...tasks, ...sandboxes].flat()) signalIfThere(pid, 'SIGKILL');
      for (const host of hostsOf(WORKERS)) await expectWhole(host);
      for (const host of hostsOf(WORKERS)) {
        const said = await untilSaid(host, ({ status }) => status === 'critical', LATEST_MS);
        print(`${host.name} after ${Math.round((performance.now() - deadSince) / 1000)} s: ${said.sentence}`);
        expect(idsOf(said)).toContain(`ApiserverDown/${MASTER}`);
      }
    },
    LATEST_MS + 2 * MINUTE,
  );

  /** Kills it, and waits until the kubelet has put another one in its place that is ready. */
  const killed = async (host: LabHost, name: string, find: () => Promise<PodTask[]>): Promise<PodTask> => {
    const [before] = await find();
    if (before === undefined) throw new Error(`there is no ${name} on ${host.name}`);
    const beganAt = Date.now();
    signalIfThere(before.pid, 'SIGKILL');
    const [after] = await eventually(find, ([one]) => one !== undefined && one.id !== before.id, 3 * MINUTE);
    if (after === undefined) throw new Error(`no ${name} came back on ${host.name}`);
    print(`${host.name}: another ${name} was made ${Math.round(madeAt(after.pid) - beganAt)} ms after it was killed`);
    return after;
  };
  const untilReady = async (host: LabHost, { pid }: PodTask): Promise<void> => {
    await eventually(
      () => host.fetch('/readyz', { timeoutMs: 1000 }),
      ({ status }) => status === 200,
      2 * MINUTE,
    );
    print(
      `${host.name}: /readyz answered ${Math.round(Date.now() - madeAt(pid))} ms after the agent’s container began`,
    );
  };
  const sandboxKilled = (host: LabHost, instance: Instance): Promise<PodTask> =>
    killed(host, `sandbox of the ${instance}`, () => sandboxesOf(host, instance));

  it(
    'come back with the API dead: a container that is killed',
    async () => {
      const host = lab.host('w1');
      const writtenAt = statSync(dataOf(host, 'cluster.key')).mtimeMs;
      await untilReady(host, await killed(host, 'agent', () => containersOf(host, 'agent')));
      await killed(host, 'runtime-probe', () => containersOf(host, 'runtime-probe'));
      await expectWhole(host);
      expect(statSync(dataOf(host, 'cluster.key')).mtimeMs).toBe(writtenAt);
      expect(await membersOf(host)).toMatchObject({ kubernetes: { current: false } });
    },
    8 * MINUTE,
  );

  it(
    'come back with the API dead: all pods of all survivors, with their sandboxes',
    async () => {
      const back = async (host: LabHost): Promise<void> => {
        const before = (await containersOf(host, 'agent')).map(({ id }) => id);
        await Promise.all([sandboxKilled(host, 'agent'), sandboxKilled(host, 'overlay')]);
        const [agent] = await eventually(
          () => containersOf(host, 'agent'),
          (all) => all.some(({ id }) => !before.includes(id)),
          2 * MINUTE,
        );
        await untilReady(host, agent as PodTask);
      };
      await Promise.all(hostsOf(WORKERS).map(back));
      for (const host of hostsOf(WORKERS)) await expectWhole(host);
      const overlayOf = async (host: LabHost) =>
        (await nodeOf(host, host.name)).checks.find(({ check }) => check === 'overlay');
      for (const host of hostsOf(WORKERS))
        await eventually(
          () => overlayOf(host),
          (one) => one?.readings.some(({ name, value }) => name === 'loss_ratio' && value < 1) === true,
          3 * MINUTE,
        );
    },
    12 * MINUTE,
  );

  it(
    'outlive a kubelet that starts anew with the API dead, which knows no pod until it is back',
    async () => {
      const host = lab.host('w2');
      const before = await containersOf(host, 'agent');
      await nodes.get(host.name)?.restart();
      await sleep(MINUTE);
      expect(await containersOf(host, 'agent')).toEqual(before);
      await expectWhole(host);

      for (const { pid } of before) signalIfThere(pid, 'SIGKILL');
      await sleep(MINUTE);
      expect(await containersOf(host, 'agent')).toEqual([]);
      expect(await curl(lab.host('w1'))).toContain(`agent on ${host.name} does not run`);
    },
    6 * MINUTE,
  );

  it(
    'are one cluster again when the master is back',
    async () => {
      const before = await containersOf(lab.host('w1'), 'agent');
      await api.start();
      // Those who held them are dead.
      await api.kubectl(['delete', 'lease', '-n', 'kube-system', ...CONTROLLER_PROGRAMS]);
      await startControllers();
      nodes.set(MASTER, await startPrograms(lab.host(MASTER), options));
      await eventually(podsOf, (all) => all.length === 2 * NODES.length && all.every(isReady), 8 * MINUTE);
      for (const host of hostsOf(NODES)) {
        const isWell = (said: ApiStatus): boolean =>
          isJoined(said, NODES.length) && said.findings.every(({ severity }) => severity !== 'critical');
        print(`${host.name}: ${(await untilSaid(host, isWell, 5 * MINUTE)).sentence}`);
      }
      expect(await containersOf(lab.host('w1'), 'agent')).toEqual(before);
    },
    15 * MINUTE,
  );
});
