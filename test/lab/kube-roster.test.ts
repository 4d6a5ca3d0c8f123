/** What a real Kubernetes API adds to what the agents see, and that nothing depends on it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiKubernetes, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { MESH_PORT, QUIET_CHECKS, membersOf, statesOf, statusOf, timelineOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents, kubernetesOf, lossOf } from './lib/kube-agents.ts';
import { startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-roster: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
/** Their Nodes and Leases are a kubelet's work. */
const WITH_KUBELET = ['w2', 'w3', 'w4'];
const MINUTE = 60_000;
const IDLE_MS = 30_000;
/** Three readers look at two Leases every 5 s; the rest is little, however many agents there are. */
const MOST_A_SECOND = 2;
/** Design section 6: Leases settle what a loss is. */
const LEASES_BOUND_MS = 50_000;

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Of daemonset.yaml, but for what is needed only by whoever fills an empty Secret, or where many nodes are lost. */
const LIST_PODS = 'to list and watch pods in kube-system';
const RIGHTS = [
  { role: 'clusterrole/meerkat', resources: 'nodes', verb: 'get', says: 'to get nodes' },
  { role: 'clusterrole/meerkat', resources: 'nodes', verb: 'list', says: 'to list and watch nodes' },
  { role: 'clusterrole/meerkat', resources: 'nodes', verb: 'watch', says: 'to list and watch nodes' },
  { role: 'clusterrole/meerkat', resources: 'namespaces', verb: 'get', says: 'to get namespaces/kube-system' },
  {
    role: 'role/meerkat in default',
    resources: 'endpointslices',
    verb: 'list',
    says: 'to list endpointslices in default',
  },
  { role: 'role/meerkat in default', resources: 'endpoints', verb: 'get', says: 'to get endpoints in default' },
  {
    role: 'role/meerkat in kube-node-lease',
    resources: 'leases',
    verb: 'get',
    says: 'to get leases in kube-node-lease',
  },
  { role: 'role/meerkat in kube-system', resources: 'leases', verb: 'get', says: 'to get leases in kube-system' },
  { role: 'role/meerkat in kube-system', resources: 'pods', verb: 'list', says: LIST_PODS },
  { role: 'role/meerkat in kube-system', resources: 'pods', verb: 'watch', says: LIST_PODS },
  {
    role: 'role/meerkat in meerkat',
    resources: 'secrets',
    verb: 'get',
    says: 'to get secrets/meerkat-cluster-key in meerkat',
  },
] as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('the Kubernetes API', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  /** Requests of others than agents in {@link IDLE_MS}. */
  let othersAsk = 0;

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
  const untilWhole = (): Promise<void> => agents.untilWhole(MINUTE);

  /** Nobody else's agent reaches this one, and all else goes on. */
  const closeMeshPort = async (name: string): Promise<void> => {
    for (const chain of ['INPUT', 'OUTPUT'])
      for (const protocol of ['tcp', 'udp'])
        for (const side of ['--sport', '--dport'])
          await lab.host(name).exec('iptables', ['-A', chain, '-p', protocol, side, String(MESH_PORT), '-j', 'DROP']);
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    await api.addNode('m1', { labels: { 'node-role.kubernetes.io/control-plane': '' } });
    await api.addNode('w1', { labels: { 'topology.kubernetes.io/zone': 'a' } });
    for (const name of WITH_KUBELET)
      await startKubelet(lab.host(name), api, { labels: 'topology.kubernetes.io/zone=a' });
    await api.addNode('w9');
    await api.addNode('win1', { labels: { 'kubernetes.io/os': 'windows' } });
    // Kubelets and the API server itself ask for the same.
    const before = await api.requests();
    await sleep(IDLE_MS);
    othersAsk = (await api.requests()) - before;
    agents = createKubeAgents(api, lab.hosts, QUIET_CHECKS);
    await Promise.all(lab.hosts.map(agents.start));
    await untilWhole();
  }, 5 * MINUTE);
  afterAll(() => lab?.remove());

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
    const reading = (): readonly string[] =>
      NAMES.filter((name) => agents.running.get(name)?.output().includes('reads the cluster'));
    const readers = await eventually(
      async () => reading(),
      (names) => names.length >= 3,
      MINUTE,
    );
    expect(readers).toHaveLength(3);
    const before = await api.requests();
    await sleep(IDLE_MS);
    const perSecond = ((await api.requests()) - before - othersAsk) / (IDLE_MS / 1000);
    print(`requests of 5 idle agents: ${perSecond.toFixed(2)} a second`);
    expect(perSecond).toBeLessThan(MOST_A_SECOND);
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
    await startKubelet(lab.host('w4'), api);
    await agents.start(lab.host('w4'));
    await untilWhole();
  });

  it(
    'in a partition settles the loss on its own side, and is history on the other',
    async () => {
      const [near, far] = [
        ['m1', 'w1', 'w3'],
        ['w2', 'w4'],
      ];
      await lab.partition([near, far]);
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
      await closeMeshPort('w3');
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
      await lab.host('w3').powerOff();
      const stoppedAt = performance.now();
      const [second] = await settled(2, 'and from the Kubernetes API');
      const staleMs = Math.round(performance.now() - stoppedAt);
      print(`not renewed any more: settled after ${staleMs} ms (bound ${LEASES_BOUND_MS}): ${second?.sentence}`);
      expect(Math.max(foundMs, staleMs)).toBeLessThan(2 * LEASES_BOUND_MS);
    },
    6 * MINUTE,
  );

  // w3 is lost still, so that somebody looks at its Lease.
  it.each(RIGHTS)(
    'without the right to $verb $resources in $role agents run on and say so once',
    async ({ role, resources, verb, says }) => {
      const left = NAMES.filter((name) => name !== 'w3').map((name) => lab.host(name));
      const missed = async (): Promise<readonly string[]> =>
        (await Promise.all(left.map(kubernetesOf))).flatMap((one) => one?.missingRights ?? []);
      const [kind = '', namespace] = role.split(' in ');
      const object = [kind, ...(namespace === undefined ? [] : ['-n', namespace])];
      const { rules } = await api.get<{ readonly rules: readonly Rule[] }>(...object);
      const setRules = (value: readonly Rule[]): Promise<string> =>
        api.kubectl([
          'patch',
          ...object,
          '--type=json',
          '-p',
          JSON.stringify([{ op: 'replace', path: '/rules', value }]),
        ]);
      const reduced = rules.map((rule) =>
        rule.resources.includes(resources) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
      );
      await setRules(reduced.filter(({ verbs }) => verbs.length > 0));
      for (const { name } of left) {
        await agents.running.get(name)?.stop();
        await agents.start(lab.host(name));
      }
      const told = await eventually(missed, (all) => all.includes(says), 3 * MINUTE);
      print(`without ${verb} ${resources}: ${[...new Set(told)].join('; ')}`);
      expect([...new Set(told)]).toEqual([says]);
      for (const host of left)
        await eventually(
          () => statusOf(host),
          ({ view }) => view.component === left.length,
          MINUTE,
        );
      const { events } = await timelineOf(lab.host('w1'));
      const starts = events.filter(({ node, kind: what }) => node === 'w1' && what === 'agent-started');
      const startedAt =
        starts
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? '';
      const said = events.filter(
        ({ node, at, message }) => node === 'w1' && at > startedAt && message?.includes(`allow this agent ${says}:`),
      );
      expect(said.length, JSON.stringify(said)).toBeLessThanOrEqual(1);
      await setRules(rules);
    },
    5 * MINUTE,
  );

  it('removes a node that is deleted', async () => {
    // Whoever lives is not removed, and its kubelet would register it anew.
    if (lab.host('w3').poweredOn) await lab.host('w3').powerOff();
    await eventually(
      () => statusOf(lab.host('w1')),
      (said) => lossOf(said, 'w3') !== undefined,
      MINUTE,
    );
    await untilAll(['m1', 'w1', 'w2', 'w4'], ({ current }) => current);
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
});
