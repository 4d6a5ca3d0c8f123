/** The cluster key in a Secret, with a real API: many agents that start together agree on one. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterKeyFrom, formatClusterKeys, parseClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import { eventually } from '../lib/agent-process.ts';
import { FEW_CHECKS, MESH_PORT, isWhole, statusOf, timelineOf } from './lib/agents.ts';
import { startAgent } from './lib/cluster.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-key: skipped, ${missing}\n`);

const SIZE = 20;
const NAMES = Array.from({ length: SIZE }, (_, index) => `n${index + 1}`);
/** Of the old cluster, those whose disks are left. */
const KEPT = NAMES.slice(10, 15);
const START_MS = 180_000;
const SECRET = ['secret', 'meerkat-cluster-key', '-n', 'meerkat'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('the cluster key in a Secret', () => {
  let lab: Lab;
  let api: ControlPlane;
  const running = new Map<string, LabProcess>();
  const hosts = (): LabHost[] => NAMES.map((name) => lab.host(name));

  const start = async (host: LabHost): Promise<void> => {
    const seeds = NAMES.slice(0, 2)
      .filter((name) => name !== host.name)
      .map((name) => `${lab.host(name).address}:${MESH_PORT}`);
    const args = ['--mesh.addresses', host.address, '--mesh.seeds', seeds.join(','), ...api.admit(host), ...FEW_CHECKS];
    running.set(host.name, await startAgent(host, { args, bundled: true, timeoutMs: START_MS }));
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all([...running.values()].map((one) => one.stop(30_000)));
    running.clear();
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
    await Promise.all(
      hosts().map((host) =>
        eventually(
          () => statusOf(host),
          (said) => isWhole(said, SIZE),
          START_MS,
        ),
      ),
    );
    print(`all ${SIZE} in one mesh after ${Math.round(performance.now() - began)} ms`);
  };
  const messagesOf = async (host: LabHost): Promise<string[]> =>
    (await timelineOf(host)).events.filter(({ node }) => node === host.name).map(({ message }) => message);

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', ...NAMES], ipv6: false, disksInMemory: true });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
  }, START_MS);
  afterAll(() => lab?.remove());

  it(
    'one key: twenty agents start at once on an empty one',
    async () => {
      expect(await secretKeys()).toEqual([]);
      await Promise.all(hosts().map(start));
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
      await Promise.all(hosts().map(start));
      await untilWhole();

      const [key, ...others] = await secretKeys();
      expect(others).toEqual([]);
      print(`the Secret has ${key === old ? 'the old key again' : `a new key, ${key} instead of ${old}`}`);
      for (const host of hosts()) {
        const isOld = KEPT.includes(host.name) && key !== old;
        expect(diskKeys(host), host.name).toEqual(isOld ? [key, old] : [key]);
        const told = (await messagesOf(host)).filter((message) => message.includes('another cluster key'));
        expect(told.length > 0, host.name).toBe(isOld);
      }
    },
    2 * START_MS,
  );

  it(
    'a node that comes from another cluster drops its key, says so, and joins',
    async () => {
      const host = lab.host('n20');
      await running.get('n20')?.stop();
      mkdirSync(host.directory, { recursive: true });
      const foreign = clusterKeyFrom(randomBytes(32));
      writeFileSync(join(host.directory, 'cluster.key'), formatClusterKeys([foreign]));
      writeFileSync(join(host.directory, 'cluster.id'), `${randomUUID()}\n`);
      await start(host);
      await untilWhole();

      expect(diskKeys(host)).toEqual(await secretKeys());
      expect((await messagesOf(host)).join('\n')).toContain('was of another cluster');
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
      await running.get('n3')?.stop();
      await start(host);
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
      await Promise.all([withKey, without].map(async ({ name }) => running.get(name)?.stop()));
      for (const file of ['cluster.key', 'cluster.id']) rmSync(join(without.directory, file));
      await Promise.all([start(withKey), start(without)]);

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
