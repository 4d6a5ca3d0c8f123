/** What a real Kubernetes API adds to what the agents see, and that nothing depends on it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiKubernetes, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { MESH_PORT, QUIET_CHECKS, isWhole, membersOf, statesOf, statusOf, timelineOf } from './lib/agents.ts';
import { startAgent } from './lib/cluster.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-roster: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
const MINUTE = 60_000;
/** Design section 6: Leases settle what a loss is. */
const LEASES_BOUND_MS = 50_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const lossOf = ({ findings }: ApiStatus, node: string): ApiFinding | undefined =>
  findings.find(({ reason, node: about }) => reason === 'NodeUnreachable' && about === node);

describe.skipIf(missing !== undefined)('the Kubernetes API', () => {
  let lab: Lab;
  let api: ControlPlane;
  const running = new Map<string, LabProcess>();
  const renewing = new Set<string>();

  const start = async (host: LabHost): Promise<void> => {
    const seeds = ['m1', 'w1']
      .filter((name) => name !== host.name)
      .map((name) => `${lab.host(name).address}:${MESH_PORT}`);
    const args = [
      '--mesh.addresses',
      host.address,
      '--mesh.seeds',
      seeds.join(','),
      ...api.admit(host),
      ...QUIET_CHECKS,
    ];
    running.set(host.name, await startAgent(host, { args }));
  };
  const kubernetesOf = async (host: LabHost): Promise<ApiKubernetes | undefined> => (await membersOf(host)).kubernetes;
  const untilAll = (names: readonly string[], is: (one: ApiKubernetes) => boolean, withinMs = MINUTE) =>
    Promise.all(
      names.map((name) =>
        eventually(
          () => kubernetesOf(lab.host(name)),
          (one) => one !== undefined && is(one),
          withinMs,
        ),
      ),
    );
  const untilWhole = (): Promise<unknown> =>
    Promise.all(
      lab.hosts.map((host) =>
        eventually(
          () => statusOf(host),
          (said) => isWhole(said, NAMES.length),
          MINUTE,
        ),
      ),
    );

  /** As its kubelet does: every ten seconds another resource version. */
  const makeLease = (name: string): Promise<string> =>
    api.kubectl(
      ['create', '-f', '-'],
      JSON.stringify({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: 'kube-node-lease' },
        spec: { holderIdentity: name, leaseDurationSeconds: 40 },
      }),
    );
  const renew = async (name: string): Promise<void> => {
    renewing.add(name);
    for (let round = 0; renewing.has(name) && round < 60; round += 1) {
      const patch = JSON.stringify({ spec: { renewTime: `${new Date().toISOString().slice(0, -1)}000Z` } });
      await api.kubectl(['-n', 'kube-node-lease', 'patch', 'lease', name, '--type=merge', '-p', patch]);
      await sleep(10_000);
    }
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    await api.addNode('m1', { labels: { 'node-role.kubernetes.io/control-plane': '' } });
    for (const name of NAMES.slice(1)) await api.addNode(name, { labels: { 'topology.kubernetes.io/zone': 'a' } });
    await api.addNode('w9');
    await api.addNode('win1', { labels: { 'kubernetes.io/os': 'windows' } });
    for (const name of NAMES) await makeLease(name);
    await Promise.all(lab.hosts.map(start));
    await untilWhole();
  }, 3 * MINUTE);
  afterAll(async () => {
    renewing.clear();
    await lab?.remove();
  });

  it('tells every agent how many nodes there are, and which has no agent', async () => {
    const said = await eventually(
      () => Promise.all(lab.hosts.map(kubernetesOf)),
      (all) => all.every((one) => one?.current === true && one.reader === all[0]?.reader),
      MINUTE,
    );
    for (const one of said) expect(one).toMatchObject({ nodes: 6, withoutAgent: ['w9'], missingRights: [] });
    for (const host of lab.hosts) expect((await statusOf(host)).status).toBe('healthy');
  });

  it('is asked by three agents for all Nodes, and hardly at all while nothing happens', async () => {
    const readers = NAMES.filter((name) => running.get(name)?.output().includes('reads the cluster'));
    expect(readers).toHaveLength(3);
    const before = await requests();
    await sleep(30_000);
    const after = await requests();
    const perSecond = (after - before) / 30;
    print(`requests of 5 idle agents: ${perSecond.toFixed(2)} a second`);
    expect(perSecond).toBeLessThan(1);
  });

  it('excuses a node that was cordoned before it was lost', async () => {
    await api.kubectl(['cordon', 'w4']);
    await untilAll(NAMES, ({ removing }) => removing.some(({ node, why }) => node === 'w4' && why === 'cordoned'));
    await lab.host('w4').powerOff();
    const said = await eventually(
      () => statusOf(lab.host('w1')),
      (one) => lossOf(one, 'w4') !== undefined,
      MINUTE,
    );

    print(said.sentence);
    expect(lossOf(said, 'w4')).toMatchObject({ severity: 'info', sentence: expect.stringContaining('cordoned') });
    expect(said.status).toBe('healthy');
    await api.kubectl(['uncordon', 'w4']);
    await lab.host('w4').powerOn();
    await start(lab.host('w4'));
    await untilWhole();
  });

  it(
    'in a partition settles the loss on its own side, and is history on the other',
    async () => {
      const [near, far] = [
        ['m1', 'w1', 'w3'],
        ['w2', 'w4'],
      ];
      for (const name of far) void renew(name).catch(() => {});
      await sleep(5000);
      await lab.partition([near, far]);
      for (const name of far) renewing.delete(name);
      const began = performance.now();
      const lossesOf = ({ findings }: ApiStatus): ApiFinding | undefined =>
        findings.find(({ reason, nodes }) => reason === 'NodesLost' && nodes?.length === far.length);
      const [said] = await Promise.all(
        near.map((name) =>
          eventually(
            () => statusOf(lab.host(name)),
            (one) => lossesOf(one)?.alternatives.at(-1)?.endsWith('and from the Kubernetes API') === true,
            3 * MINUTE,
          ),
        ),
      );
      const tookMs = Math.round(performance.now() - began);
      print(`partition: settled after ${tookMs} ms (bound ${LEASES_BOUND_MS}): ${said?.sentence}`);
      expect(tookMs).toBeLessThan(2 * LEASES_BOUND_MS);
      const beyond = await untilAll(far, ({ current }) => !current, 3 * MINUTE);
      for (const one of beyond) expect(one?.nodes).toBe(6);
      for (const name of far) {
        const { findings } = await statusOf(lab.host(name));
        expect(JSON.stringify(findings)).not.toContain('Kubernetes API');
      }
      await lab.heal();
      await untilWhole();
      await untilAll(NAMES, ({ current }) => current, 3 * MINUTE);
    },
    8 * MINUTE,
  );

  it(
    'settles by Leases what a loss is',
    async () => {
      const survivors = NAMES.filter((name) => name !== 'w3');
      void renew('w3').catch(() => {});
      await lab.host('w3').powerOff();
      const settled = (count: number, last: string) =>
        Promise.all(
          survivors.map((name) =>
            eventually(
              () => statusOf(lab.host(name)),
              (said) => {
                const alternatives = lossOf(said, 'w3')?.alternatives ?? [];
                return alternatives.length === count && alternatives.at(-1)?.endsWith(last) === true;
              },
              3 * MINUTE,
            ),
          ),
        );
      const lostAt = performance.now();
      const [first] = await settled(1, 'm1, w1, w2 and w4');
      const foundMs = Math.round(performance.now() - lostAt);
      print(`renewed: settled after ${foundMs} ms (bound ${LEASES_BOUND_MS}): ${first?.sentence}`);
      renewing.delete('w3');
      const stoppedAt = performance.now();
      const [second] = await settled(2, 'and from the Kubernetes API');
      const staleMs = Math.round(performance.now() - stoppedAt);
      print(`not renewed any more: settled after ${staleMs} ms (bound ${LEASES_BOUND_MS}): ${second?.sentence}`);
      expect(Math.max(foundMs, staleMs)).toBeLessThan(2 * LEASES_BOUND_MS);
    },
    6 * MINUTE,
  );

  it('removes a node that is deleted', async () => {
    await api.kubectl(['delete', 'node', 'w3']);
    const left = NAMES.filter((name) => name !== 'w3').map((name) => lab.host(name));
    const message = 'w3 was removed from the cluster: its Node was deleted';
    for (const host of left) {
      await eventually(
        () => membersOf(host),
        (members) => statesOf(members)['w3'] === undefined,
        MINUTE,
      );
      await eventually(
        () => timelineOf(host),
        ({ events }) => events.some((event) => event.message === message),
        MINUTE,
      );
    }
  });

  it(
    'is missed right by right, said once each, and nothing else changes',
    async () => {
      const left = NAMES.filter((name) => name !== 'w3').map((name) => lab.host(name));
      const roles = [
        { role: ['clusterrole/meerkat'], rights: ['to get nodes', 'to list and watch nodes'] },
        { role: ['role/meerkat', '-n', 'default'], rights: ['to list endpointslices in default'] },
        { role: ['role/meerkat', '-n', 'meerkat'], rights: ['to get secrets/meerkat-cluster-key in meerkat'] },
      ];
      for (const { role, rights } of roles) {
        const { rules } = await api.get<{ readonly rules: unknown }>(...role);
        const setRules = (value: unknown): Promise<string> =>
          api.kubectl([
            'patch',
            ...role,
            '--type=json',
            '-p',
            JSON.stringify([{ op: 'replace', path: '/rules', value }]),
          ]);
        await setRules([]);
        for (const { name } of left) {
          await running.get(name)?.stop();
          await start(lab.host(name));
        }
        const missed = async (): Promise<readonly string[]> =>
          (await Promise.all(left.map(kubernetesOf))).flatMap((one) => one?.missingRights ?? []);
        const told = await eventually(missed, (all) => rights.every((right) => all.includes(right)), 3 * MINUTE);
        print(`without ${role.join(' ')}: ${[...new Set(told)].join('; ')}`);
        for (const host of left)
          await eventually(
            () => statusOf(host),
            ({ view }) => view.component === left.length,
            MINUTE,
          );
        const { events } = await timelineOf(lab.host('w1'));
        for (const right of rights) {
          const said = events.filter(
            ({ node, message }) => node === 'w1' && message.includes(`allow this agent ${right}:`),
          );
          expect(said.length, right).toBeLessThanOrEqual(1);
        }
        await setRules(rules);
      }
    },
    10 * MINUTE,
  );

  /** All requests that the API server has served, but for what it asks itself and what kubectl asks for this test. */
  async function requests(): Promise<number> {
    const metrics = await api.metrics();
    return metrics
      .split('\n')
      .filter(
        (line) =>
          line.startsWith('apiserver_request_total') &&
          /resource="(nodes|secrets|leases|endpoints|endpointslices|namespaces)"/.test(line),
      )
      .filter((line) => !/client="kube-apiserver/.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
});
