/**
 * The events of a real Kubernetes API, read by one agent for all: whatever becomes of the reader, its watch and the API, every
 * agent tells all of them, and none twice.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClusterEvents } from '../../agent/http/contract/events.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`cluster-events: skipped, ${missing}\n`);

const MASTER = 'm1';
const WORKERS = ['w1', 'w2', 'w3', 'w4'];
const MINUTE = 60_000;
const BURST = 1000;
/** Of which so many happen thrice. */
const AGAIN = 100;
const CHUNK = 125;
const HAPPENED = BURST + 2 * AGAIN;
const FLAGS = [...QUIET_CHECKS, '--checks.node-object.enabled', 'false'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const eventOf = (namespace: string, index: number, count: number): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `e${index}`, namespace },
  involvedObject: { kind: 'Pod', namespace, name: `pod-${index}`, uid: `uid-${index}` },
  reason: 'BackOff',
  message: `Back-off restarting failed container, ${index}`,
  source: { component: 'kubelet', host: 'w1' },
  firstTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
  lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
  count,
  type: 'Warning',
});
const listOf = (namespace: string, from: number, to: number, count: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: Array.from({ length: to - from }, (_, index) => eventOf(namespace, from + index, count)),
  });

interface Told {
  readonly events: number;
  readonly occurrences: number;
}

describe.skipIf(missing !== undefined)('events of the cluster', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  const workers = (): LabHost[] => WORKERS.map((name) => lab.host(name));
  const ask = (host: LabHost, query = ''): Promise<ApiClusterEvents> =>
    host.json<ApiClusterEvents>(
      `/api/v1/events?limit=1000&since=${new Date(Date.now() - 30 * MINUTE).toISOString()}${query}`,
    );
  const toldBy = async (host: LabHost, namespace: string): Promise<Told> => {
    const { events } = await ask(host, `&namespace=${namespace}`);
    return { events: events.length, occurrences: events.reduce((sum, { occurrences }) => sum + occurrences, 0) };
  };
  const readerOf = async (host: LabHost): Promise<string> => {
    const { feed } = await eventually(
      () => ask(host),
      ({ feed: { state, reader } }) => state === 'current' && reader !== undefined,
      2 * MINUTE,
    );
    return feed.reader ?? '';
  };

  /** Writes all of them, a few at a time, and `disturb`s once a third of them is written. */
  const burst = async (namespace: string, disturb: () => Promise<void>): Promise<number> => {
    await api.kubectl(['create', 'namespace', namespace]);
    const began = performance.now();
    const write = async (verb: string, list: string): Promise<void> => {
      // What the API server was doing as it was stopped may be done or not: it is asked for until it is.
      for (let round = 0; round < 60; round += 1) {
        try {
          await api.kubectl([verb, '-f', '-'], list);
          return;
        } catch (error) {
          if (String(error).includes('AlreadyExists')) verb = 'replace';
          await sleep(1000);
        }
      }
      throw new Error(`${namespace} could not be written`);
    };
    let disturbed = Promise.resolve();
    for (let from = 0; from < BURST; from += 2 * CHUNK) {
      await Promise.all(
        [from, from + CHUNK].map((first) => write('create', listOf(namespace, first, first + CHUNK, 1))),
      );
      if (from === 2 * CHUNK) disturbed = disturb();
    }
    await write('replace', listOf(namespace, 0, AGAIN, 3));
    await disturbed;
    return performance.now() - began;
  };
  /** Every agent that lives tells all of it, and goes on to. */
  const expectAll = async (
    what: string,
    namespace: string,
    hosts: readonly LabHost[],
    tookMs: number,
  ): Promise<void> => {
    const began = performance.now();
    const wanted: Told = { events: BURST, occurrences: HAPPENED };
    await Promise.all(
      hosts.map((host) =>
        eventually(
          () => toldBy(host, namespace),
          (told) => told.events === wanted.events && told.occurrences >= wanted.occurrences,
          3 * MINUTE,
        ),
      ),
    );
    print(
      `${what}: ${BURST} events, ${HAPPENED} times, written in ${Math.round(tookMs)} ms; all agents tell all of them ${Math.round(performance.now() - began)} ms later`,
    );
    await sleep(5000);
    for (const host of hosts) expect(await toldBy(host, namespace), host.name).toEqual(wanted);
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: [MASTER, ...WORKERS], ipv6: false });
    // Without it a pod needs no service account, which would need a key of the controllers.
    api = await createControlPlane(lab.host(MASTER), { flags: { 'disable-admission-plugins': 'ServiceAccount' } });
    await api.start();
    for (const { name, address } of workers()) await api.addNode(name, { address });
    agents = createKubeAgents(api, workers(), FLAGS);
    await Promise.all(workers().map(agents.start));
    await agents.untilWhole(2 * MINUTE);
  }, 5 * MINUTE);
  afterAll(() => lab?.remove());

  it(
    'are read by one agent, and two more keep copies',
    async () => {
      const said = await Promise.all(
        workers().map((host) =>
          eventually(
            () => ask(host),
            ({ feed }) => feed.state === 'current' && feed.standbys.length === 2,
            MINUTE,
          ),
        ),
      );
      expect(new Set(said.map(({ feed: { reader } }) => reader)).size).toBe(1);
      print(said[0]?.feed.sentence ?? '');
    },
    2 * MINUTE,
  );

  it(
    'of the scheduler and the controllers reach the query of every agent',
    async () => {
      const controllers = await Promise.all([
        api.startController('kube-controller-manager'),
        api.startController('kube-scheduler'),
      ]);
      await api.kubectl(['create', 'deployment', 'web', '--image=registry.invalid/web', '--replicas=2']);
      const began = performance.now();
      const reasons = ['FailedScheduling', 'ScalingReplicaSet', 'SuccessfulCreate'];
      await Promise.all(
        workers().map((host) =>
          eventually(
            () => ask(host, '&namespace=default'),
            ({ events }) => reasons.every((reason) => events.some((event) => event.reason === reason)),
            MINUTE,
          ),
        ),
      );
      print(
        `events of a Deployment that cannot be scheduled are told by all ${Math.round(performance.now() - began)} ms later`,
      );
      const { events } = await ask(lab.host('w1'), '&namespace=default&reason=FailedScheduling');
      print(`FailedScheduling by ${events[0]?.component}: ${events[0]?.message}`);
      expect(new Set(events.map(({ name }) => name)).size).toBe(2);
      await api.kubectl(['delete', 'deployment', 'web']);
      await Promise.all(controllers.map((one) => one.stop()));
    },
    4 * MINUTE,
  );

  it(
    'are all there although their reader was killed in the middle, once each',
    async () => {
      const reader = await readerOf(lab.host('w1'));
      const tookMs = await burst('killed', async () => agents.running.get(reader)?.kill('SIGKILL'));
      const survivors = workers().filter(({ name }) => name !== reader);
      await expectAll(`reader ${reader} killed`, 'killed', survivors, tookMs);
      expect(await readerOf(survivors[0] ?? lab.host('w1'))).not.toBe(reader);

      await agents.start(lab.host(reader));
      await expectAll(`${reader} is back`, 'killed', workers(), 0);
    },
    6 * MINUTE,
  );

  it(
    'are all there although the API server was started anew in the middle',
    async () => {
      const tookMs = await burst('restarted', async () => {
        api.apiserver().kill('SIGKILL');
        await api.apiserver().ended;
        await sleep(2000);
        await api.startApiserver();
      });
      await expectAll('API server killed and started', 'restarted', workers(), tookMs);
    },
    6 * MINUTE,
  );

  it(
    'are all there although the API server said nothing for half a minute',
    async () => {
      const tookMs = await burst('frozen', async () => {
        api.apiserver().freeze();
        await sleep(30_000);
        api.apiserver().thaw();
      });
      await expectAll('API server frozen for 30 s', 'frozen', workers(), tookMs);
    },
    6 * MINUTE,
  );

  it(
    'are all there although the reader lost its way to the API, and another took over',
    async () => {
      const reader = await readerOf(lab.host('w1'));
      const host = lab.host(reader);
      const nft = (...command: readonly string[]): Promise<string> => host.exec('nft', command);
      const tookMs = await burst('cut', async () => {
        await nft('add', 'table', 'inet', 'apicut');
        await nft('add', 'chain', 'inet', 'apicut', 'out', '{ type filter hook output priority 0 ; }');
        await nft('add', 'rule', 'inet', 'apicut', 'out', 'tcp', 'dport', '6443', 'drop');
        await nft('add', 'chain', 'inet', 'apicut', 'in', '{ type filter hook input priority 0 ; }');
        await nft('add', 'rule', 'inet', 'apicut', 'in', 'tcp', 'sport', '6443', 'drop');
      });
      await expectAll(`${reader} cut off from the API`, 'cut', workers(), tookMs);
      print(`the reader is ${await readerOf(lab.host('w1'))}`);
      await nft('delete', 'table', 'inet', 'apicut');
    },
    8 * MINUTE,
  );

  it(
    'are all there although etcd has forgotten from where the watch went on',
    async () => {
      const reader = await readerOf(lab.host('w1'));
      const master = lab.host(MASTER);
      const tookMs = await burst('compacted', async () => {
        // While the reader does not hear: what it would go on from is gone then.
        agents.running.get(reader)?.freeze();
        const { metadata } = JSON.parse(await api.kubectl(['get', '--raw', '/api/v1/events?limit=1'])) as {
          metadata: { resourceVersion: string };
        };
        await sleep(2000);
        const endpoint = ['--endpoints', `http://${master.address}:2379`];
        const status = await master.exec('etcdctl', [...endpoint, 'endpoint', 'status', '-w', 'json']);
        const [{ Status }] = JSON.parse(status) as [{ Status: { header: { revision: number } } }];
        await master.exec('etcdctl', [...endpoint, 'compact', String(Status.header.revision)]);
        api.apiserver().kill('SIGKILL');
        await api.apiserver().ended;
        agents.running.get(reader)?.thaw();
        await api.startApiserver();
        // The reader heard nothing later than that.
        const watch = `/api/v1/events?watch=1&timeoutSeconds=5&resourceVersion=${metadata.resourceVersion}`;
        expect(await api.kubectl(['get', '--raw', watch]).catch(String)).toMatch(/"code":410|too old resource version/);
      });
      await expectAll('etcd compacted, API server started anew', 'compacted', workers(), tookMs);
    },
    6 * MINUTE,
  );
});
