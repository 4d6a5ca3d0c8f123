/** The cluster key in a Secret, with a real API: many agents that start together agree on one. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterKeyFrom, formatClusterKeys, parseClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import { eventually } from '../lib/agent-process.ts';
import { FEW_CHECKS, statusOf, timelineOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-key: skipped, ${missing}\n`);

const SIZE = 20;
const NAMES = Array.from({ length: SIZE }, (_, index) => `n${index + 1}`);
/** Of the old cluster, those whose disks are left. */
const KEPT = NAMES.slice(10, 15);
const START_MS = 180_000;
/** All have asked for the key once more by then, and three read all Nodes. */
const SETTLED_MS = 45_000;
const IDLE_MS = 60_000;
/** Three readers look at two Leases every 5 s; the rest is little, however many agents there are. */
const MOST_A_SECOND = 2;
const SECRET = ['secret', 'meerkat-cluster-key', '-n', 'meerkat'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('the cluster key in a Secret', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  /** Requests of others than agents in {@link IDLE_MS}: the API server asks itself, too. */
  let othersAsk = 0;
  const hosts = (): LabHost[] => NAMES.map((name) => lab.host(name));

  const stopAll = async (): Promise<void> => {
    await Promise.all([...agents.running.values()].map((one) => one.stop(30_000)));
    agents.running.clear();
  };
  const secretKeys = async (): Promise<string[]> => {
    const { data = {} } = await api.get<{ data?: Record<string, string> }>(...SECRET);
    const text = Buffer.from(data['cluster.key'] ?? '', 'base64').toString();
    return text === '' ? [] : parseClusterKeys(text).map(({ id }) => id);
  };
  const diskKeys = ({ directory }: LabHost): string[] =>
    parseClusterKeys(readFileSync(join(directory, 'cluster.key'), 'utf8')).map(({ id }) => id);
  const untilWhole = async (): Promise<void> => {
    const began = performance.now();
    await agents.untilWhole(START_MS);
    print(`all ${SIZE} in one mesh after ${Math.round(performance.now() - began)} ms`);
  };
  const messagesOf = async (host: LabHost): Promise<string[]> =>
    (await timelineOf(host)).events.filter(({ node }) => node === host.name).map(({ message }) => message);

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', ...NAMES], ipv6: false, disksInMemory: true });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (const { name, address } of hosts()) await api.addNode(name, { address });
    const before = await api.requests();
    await sleep(IDLE_MS);
    othersAsk = (await api.requests()) - before;
    agents = createKubeAgents(api, hosts(), FEW_CHECKS, { bundled: true, timeoutMs: START_MS });
  }, START_MS + IDLE_MS);
  afterAll(() => lab?.remove());

  it(
    'that an agent may not fill stays empty, and it says so',
    async () => {
      const [host, role] = [lab.host('n1'), ['role/meerkat', '-n', 'meerkat']];
      const setVerbs = (verbs: readonly string[]): Promise<string> =>
        api.kubectl([
          'patch',
          ...role,
          '--type=json',
          '-p',
          JSON.stringify([{ op: 'replace', path: '/rules/0/verbs', value: verbs }]),
        ]);
      await setVerbs(['get']);
      await agents.start(host);
      const said = await eventually(
        () => statusOf(host),
        ({ findings }) => findings.some(({ reason }) => reason === 'MeshUnavailable'),
        START_MS,
      );
      print(`${said.status}: ${said.sentence}`);
      const told = await eventually(
        () => messagesOf(host),
        (all) => all.some((one) => one.includes('to update secrets/meerkat-cluster-key in meerkat')),
        START_MS,
      );
      print(told.join('\n'));
      expect(said.status).not.toBe('healthy');
      expect(await secretKeys()).toEqual([]);
      expect(existsSync(join(host.directory, 'cluster.key'))).toBe(false);
      await agents.running.get(host.name)?.stop();
      await setVerbs(['get', 'update']);
    },
    2 * START_MS,
  );

  it(
    'one key: twenty agents start at once on an empty one',
    async () => {
      expect(await secretKeys()).toEqual([]);
      await Promise.all(hosts().map(agents.start));
      await untilWhole();

      const [key, ...others] = await secretKeys();
      expect(others).toEqual([]);
      for (const host of hosts()) expect(diskKeys(host), host.name).toEqual([key]);
      const namespace = await api.get<{ metadata: { uid: string } }>('namespace', 'kube-system');
      expect(readFileSync(join(lab.host('n7').directory, 'cluster.id'), 'utf8').trim()).toBe(namespace.metadata.uid);
      print(`one key: ${key}`);
    },
    2 * START_MS,
  );

  it(
    'is asked for seldom, as is all else, by twenty agents to which nothing happens',
    async () => {
      await sleep(SETTLED_MS);
      const before = await api.requests();
      await sleep(IDLE_MS);
      const perSecond = ((await api.requests()) - before - othersAsk) / (IDLE_MS / 1000);
      print(`requests of ${SIZE} idle agents: ${perSecond.toFixed(2)} a second`);
      expect(perSecond).toBeGreaterThan(0);
      expect(perSecond).toBeLessThan(MOST_A_SECOND);
    },
    SETTLED_MS + IDLE_MS + START_MS,
  );

  it(
    'deleted and applied again while five nodes have old files: one key and one mesh, and whoever changed says so',
    async () => {
      const [old] = await secretKeys();
      await stopAll();
      for (const host of hosts().filter(({ name }) => !KEPT.includes(name))) {
        for (const file of ['cluster.key', 'cluster.id', 'identity.json'])
          rmSync(join(host.directory, file), { force: true });
      }
      await api.kubectl(['delete', ...SECRET]);
      await api.kubectl(['-n', 'meerkat', 'create', 'secret', 'generic', 'meerkat-cluster-key']);
      await Promise.all(hosts().map(agents.start));
      await untilWhole();

      const [key, ...others] = await secretKeys();
      expect(others).toEqual([]);
      print(`the Secret has ${key === old ? 'the old key again' : `a new key, ${key} instead of ${old}`}`);
      for (const host of hosts()) {
        const isOld = KEPT.includes(host.name) && key !== old;
        // A disk that was too busy to answer is tried again.
        await expect
          .poll(() => diskKeys(host), { timeout: START_MS, message: host.name })
          .toEqual(isOld ? [key, old] : [key]);
        const told = (await messagesOf(host)).filter((message) => message.includes('than this node did'));
        expect(told.length > 0, host.name).toBe(isOld);
      }
    },
    2 * START_MS,
  );

  /** Stops the agent there, and gives it the files of a cluster that it is not in. */
  const makeForeign = async (name: string): Promise<LabHost> => {
    const host = lab.host(name);
    await agents.running.get(name)?.stop();
    mkdirSync(host.directory, { recursive: true });
    const foreign = clusterKeyFrom(randomBytes(32));
    writeFileSync(join(host.directory, 'cluster.key'), formatClusterKeys([foreign]));
    writeFileSync(join(host.directory, 'cluster.id'), `${randomUUID()}\n`);
    return host;
  };

  it(
    'a node that comes from another cluster drops its key, says so, and joins',
    async () => {
      const host = await makeForeign('n20');
      await agents.start(host);
      await untilWhole();

      expect(diskKeys(host)).toEqual(await secretKeys());
      expect((await messagesOf(host)).join('\n')).toContain('was of another cluster');
    },
    START_MS,
  );

  it(
    'a node that comes from another cluster while the API is slow does so later, and calls nobody damaged',
    async () => {
      const host = await makeForeign('n19');
      api.apiserver().freeze();
      try {
        await agents.start(host);
        await sleep(5000);
      } finally {
        api.apiserver().thaw();
      }
      await untilWhole();

      expect(diskKeys(host)).toEqual(await secretKeys());
      const told = (await messagesOf(host)).join('\n');
      expect(told).toContain('was of another cluster');
      expect(told).toContain('the cluster key changed');
      expect(told).not.toContain('sends what no agent sends');
    },
    START_MS,
  );

  it(
    'a key that is added to the Secret reaches every node without a restart of it being needed first',
    async () => {
      const [first = ''] = await secretKeys();
      const secret = await api.get<{ data: Record<string, string> }>(...SECRET);
      const held = Buffer.from(secret.data['cluster.key'] ?? '', 'base64').toString();
      const added = clusterKeyFrom(randomBytes(32));
      const data = { 'cluster.key': Buffer.from(formatClusterKeys([added]) + held).toString('base64') };
      await api.kubectl(['replace', '-f', '-'], JSON.stringify({ ...secret, data }));
      const host = lab.host('n3');
      await agents.running.get('n3')?.stop();
      await agents.start(host);
      await untilWhole();

      expect(diskKeys(host)).toEqual([added.id, first]);
    },
    START_MS,
  );

  it(
    'without the API whoever has a key on its disk starts, and whoever has none says so and makes none',
    async () => {
      api.apiserver().kill('SIGKILL');
      await api.apiserver().ended;
      const [withKey, without] = [lab.host('n4'), lab.host('n5')];
      await Promise.all([withKey, without].map(async ({ name }) => agents.running.get(name)?.stop()));
      for (const file of ['cluster.key', 'cluster.id']) rmSync(join(without.directory, file));
      await Promise.all([agents.start(withKey), agents.start(without)]);

      await eventually(
        () => statusOf(withKey),
        ({ view }) => (view.component ?? 0) >= SIZE - 1,
        START_MS,
      );
      const said = await eventually(
        () => statusOf(without),
        ({ findings }) => findings.some(({ reason }) => reason === 'MeshUnavailable'),
        START_MS,
      );
      const finding = said.findings.find(({ reason }) => reason === 'MeshUnavailable');
      print(`${said.status}: ${said.sentence}`);
      expect(`${said.sentence} ${finding?.evidence.join(' ')}`).toContain('no cluster key on this node');
      expect(said.status).not.toBe('healthy');
      await api.start();
      await untilWhole();
    },
    2 * START_MS,
  );
});
