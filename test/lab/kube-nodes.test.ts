/** What becomes of members when their Nodes are removed, replaced, or forgotten by the Kubernetes API. */
import { cpSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, membersOf, statesOf, statusOf, timelineOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents, lossOf } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-nodes: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
/** A machine that takes the place of another one. */
const SPARE = 'x4';
const MINUTE = 60_000;
/** From the start of its agent: it reads its Node, claims the name, and a reader tells whose Node there is. */
const TAKEN_OVER_MS = 15_000;
const TAINT = 'ToBeDeletedByClusterAutoscaler';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('Nodes', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  let isReplaced = false;
  const hostOf = (name: string): LabHost => lab.host(name === 'w4' && isReplaced ? SPARE : name);
  const hosts = (): LabHost[] => NAMES.map(hostOf);
  const untilWhole = (): Promise<void> => agents.untilWhole(2 * MINUTE);
  const addNode = async (name: string, host = hostOf(name)): Promise<void> => {
    const machineId = (await host.exec('cat', ['/etc/machine-id'])).trim();
    await api.addNode(name, { address: host.address, machineId });
  };
  const messagesOf = async (host: LabHost): Promise<string[]> =>
    (await timelineOf(host)).events.map(({ message }) => message ?? '');
  const untilAll = (is: (members: ApiMembers) => boolean, withinMs = MINUTE): Promise<unknown> =>
    Promise.all(hosts().map((host) => eventually(() => membersOf(host), is, withinMs)));
  const untilRead = (nodes: number): Promise<unknown> =>
    untilAll(({ kubernetes }) => kubernetes?.current === true && kubernetes.nodes === nodes, 4 * MINUTE);
  /** Every second, from everybody. */
  const watchFor = async (forMs: number, check: (said: ApiStatus, members: ApiMembers) => void): Promise<void> => {
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      for (const host of hosts()) check(await statusOf(host), await membersOf(host));
      await sleep(1000);
    }
  };
  const expectAllThere = (said: ApiStatus, members: ApiMembers): void => {
    expect(Object.keys(statesOf(members)).sort()).toEqual(NAMES);
    expect(said.status, said.sentence).toBe('healthy');
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: [...NAMES, SPARE], ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (const name of NAMES) await addNode(name);
    agents = createKubeAgents(api, hosts(), QUIET_CHECKS, { isSeeded: false });
    const began = performance.now();
    await Promise.all(hosts().map(agents.start));
    await untilWhole();
    print(`found each other without seeds within ${Math.round(performance.now() - began)} ms`);
  }, 4 * MINUTE);
  afterAll(() => lab?.remove());

  it('tell where other agents are: without seeds all are one mesh', async () => {
    await untilRead(NAMES.length);
    for (const host of hosts()) expect((await statusOf(host)).status).toBe('healthy');
  });

  it(
    'that the autoscaler has tainted are expected to go',
    async () => {
      await api.kubectl(['taint', 'node', 'w4', `${TAINT}=1:NoSchedule`]);
      const isTold = ({ kubernetes }: ApiMembers): boolean =>
        kubernetes?.removing.some(({ why }) => why === `tainted ${TAINT}`) === true;
      await untilAll(isTold);
      await lab.host('w4').powerOff();
      const said = await eventually(
        () => statusOf(lab.host('w1')),
        (one) => lossOf(one, 'w4') !== undefined,
        MINUTE,
      );
      print(said.sentence);
      expect(lossOf(said, 'w4')).toMatchObject({ severity: 'info', sentence: expect.stringContaining(TAINT) });
      expect(said.status).toBe('healthy');

      await api.kubectl(['taint', 'node', 'w4', `${TAINT}-`]);
      await lab.host('w4').powerOn();
      await agents.start(lab.host('w4'));
      await untilWhole();
    },
    5 * MINUTE,
  );

  it(
    'that are deleted and registered anew under a living agent change nothing',
    async () => {
      const before = await api.get<{ metadata: { uid: string } }>('node', 'w3');
      await api.kubectl(['delete', 'node', 'w3']);
      await addNode('w3');
      const after = await api.get<{ metadata: { uid: string } }>('node', 'w3');
      expect(after.metadata.uid).not.toBe(before.metadata.uid);

      await watchFor(15_000, expectAllThere);
      for (const host of hosts()) expect((await messagesOf(host)).join('\n')).not.toContain('was removed');
      const isKnown = ({ members }: ApiMembers): boolean =>
        members.find(({ node }) => node === 'w3')?.place?.uid === after.metadata.uid;
      await untilAll(isKnown, 3 * MINUTE);
      await watchFor(5000, expectAllThere);
    },
    6 * MINUTE,
  );

  it(
    'that another machine has taken over belong to its agent, at once',
    async () => {
      const spare = lab.host(SPARE);
      await api.kubectl(['delete', 'node', 'w4']);
      await addNode('w4', spare);
      const { metadata } = await api.get<{ metadata: { uid: string } }>('node', 'w4');
      const began = performance.now();
      await agents.startAs(spare, 'w4');
      const others = hosts().filter(({ name }) => name !== 'w4');
      await Promise.all(
        others.map((host) =>
          eventually(
            async () => (await membersOf(host)).members.find(({ node }) => node === 'w4'),
            (member) => member?.place?.uid === metadata.uid && member.state === 'alive',
            2 * MINUTE,
          ),
        ),
      );
      const tookMs = Math.round(performance.now() - began);
      print(`the new machine has the name after ${tookMs} ms (bound ${TAKEN_OVER_MS})`);
      expect(tookMs).toBeLessThan(2 * TAKEN_OVER_MS);

      isReplaced = true;
      await agents.running.get('w4')?.stop();
      await lab.host('w4').powerOff();
      for (const host of others)
        await eventually(
          () => statusOf(host),
          ({ status, view }) => status === 'healthy' && view.component === NAMES.length,
          3 * MINUTE,
        );
    },
    8 * MINUTE,
  );

  it(
    'that were lost with etcd remove nobody, and it is said',
    async () => {
      await api.whileDown((directory) => rmSync(directory, { recursive: true }));
      const notice = 'the Kubernetes API lists no Nodes at all: nobody is removed for that';
      const isTold = async (): Promise<boolean> => (await Promise.all(hosts().map(messagesOf))).flat().includes(notice);
      await eventually(isTold, (told) => told, 4 * MINUTE);
      // Longer than two lists.
      await watchFor(90_000, expectAllThere);

      for (const name of NAMES) await addNode(name);
      await untilRead(NAMES.length);
      await watchFor(5000, expectAllThere);
    },
    10 * MINUTE,
  );

  it(
    'that are missing in an older copy of etcd remove nobody who lives',
    async () => {
      const copy = `${lab.host('m1').directory}/etcd.copy`;
      await api.kubectl(['delete', 'node', 'w2']);
      await api.whileDown((directory) => cpSync(directory, copy, { recursive: true }));
      await addNode('w2');
      await untilRead(NAMES.length);
      await api.whileDown((directory) => {
        rmSync(directory, { recursive: true });
        cpSync(copy, directory, { recursive: true });
      });
      await untilRead(NAMES.length - 1);
      await watchFor(90_000, expectAllThere);
      await addNode('w2');
      await untilRead(NAMES.length);
    },
    10 * MINUTE,
  );
});
