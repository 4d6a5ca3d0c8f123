/** The network of the pods, a real VXLAN between hosts: broken for a pair, a node or all, and where only long datagrams pass no more. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiMatrix } from '../../agent/http/contract/links.ts';
import { formatClusterKeys, overlayKeyOf } from '../../agent/mesh/identity/cluster-key.ts';
import { boundMs as boundOf } from '../../agent/runner/schedule.ts';
import { overlay } from '../../checks/overlay.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, createAgentCluster, statusOf } from './lib/agents.ts';
import { MAIN } from './lib/cluster.ts';
import { startDue } from './lib/due.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Pod, createPodNetwork } from './lib/pod-network.ts';
import { type Watch, createWatch, sleep } from './lib/watch.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`overlay: skipped, ${missing}\n`);

const NAMES = ['o1', 'o2', 'o3', 'o4'];
const BOUND_MS = boundOf(overlay);
/** So often long datagrams are sent. */
const LONG_EVERY_MS = 20_000;
/** Longer than what is broken takes to be told. */
const CALM_MS = 1.5 * BOUND_MS;
const START_MS = 60_000;
const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;

describe.skipIf(missing !== undefined)('the network of the pods', () => {
  let lab: Lab;
  let podOf: (host: LabHost) => Pod;
  let watch: Watch;
  const agents = new Map<string, LabProcess>();
  const responders = new Map<string, LabProcess>();
  let startAgent: (host: LabHost) => Promise<LabProcess>;
  const host = (name: string): LabHost => lab.host(name);

  const startResponder = async (on: LabHost): Promise<void> => {
    const pod = podOf(on);
    const keyFile = join(on.directory, 'overlay.key');
    const args = ['overlay', '--agent', on.address, '--address', pod.address, '--key-file', keyFile];
    responders.set(on.name, await pod.start(process.execPath, [MAIN, ...args], { readyWhen: /pinging from/ }));
  };
  const overlayOf = async (on: LabHost) =>
    (await on.json<ApiNode>(`/api/v1/nodes/${on.name}`)).checks.find(({ check }) => check === 'overlay');
  /** None of its last pings was lost. */
  const isReached = (checks: readonly Awaited<ReturnType<typeof overlayOf>>[]): boolean =>
    checks.every(
      (one) =>
        one?.status === 'ok' &&
        one.readings.filter(({ name, value }) => name === 'loss_ratio' && value < 1).length === NAMES.length - 1,
    );
  const untilWell = async (): Promise<void> => {
    await eventually(() => Promise.all(lab.hosts.map(overlayOf)), isReached, START_MS);
    const all = (said: readonly ApiStatus[]): boolean =>
      said.every(
        ({ status, findings }) => status === 'healthy' && findings.every(({ severity }) => severity === 'info'),
      );
    await eventually(() => Promise.all(lab.hosts.map(statusOf)), all, START_MS);
  };
  /** @param act breaks it; all agents are to tell this and no other cause */
  const told = async (
    fault: string,
    finding: Partial<ApiStatus['findings'][number]>,
    act: () => Promise<unknown>,
    boundMs = BOUND_MS,
  ) => {
    const due = startDue(lab.hosts);
    watch.begin();
    const began = performance.now();
    await act();
    const isSo = (all: readonly ApiStatus[]): boolean =>
      all.every(({ findings }) =>
        findings.some((one) => Object.entries(finding).every(([key, value]) => isSame(one[key as 'node'], value))),
      );
    const said = await eventually(() => Promise.all(lab.hosts.map(statusOf)), isSo, START_MS);
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason: finding.reason ?? '', tookMs, boundMs: boundMs + SPREAD_MS }, said[0]?.sentence);
    expect(tookMs).toBeLessThan(due(boundMs + SPREAD_MS));
    return said;
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false, overlay: true });
    podOf = await createPodNetwork(lab);
    const cluster = createAgentCluster(lab.hosts);
    for (const { directory } of lab.hosts)
      writeFileSync(join(directory, 'overlay.key'), formatClusterKeys([overlayKeyOf(cluster.key)]));
    watch = createWatch(lab.hosts);
    startAgent = async (on) => {
      const agent = await cluster.start(on, [...QUIET_CHECKS, '--overlay.listen', 'always']);
      agents.set(on.name, agent);
      return agent;
    };
    await Promise.all(lab.hosts.map(startAgent));
    await Promise.all(lab.hosts.map(startResponder));
  }, START_MS);
  beforeEach(async () => {
    await lab.heal();
    await untilWell();
  }, 2 * START_MS);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('that is well is measured between all nodes', async () => {
    const found = await overlayOf(host('o1'));
    print(JSON.stringify(found?.readings));
    const subjects = found?.readings.filter(({ name }) => name === 'rtt_seconds').map(({ subject }) => subject);
    expect(subjects?.toSorted()).toEqual(['o2', 'o3', 'o4']);
    print(`${responders.get('o1')?.usage().rssBytes ?? 0} bytes of a responder`);
    // Every agent has the figures of all paths, also of those between two others.
    const isWhole = ({ links }: ApiMatrix): boolean =>
      links.length === NAMES.length * (NAMES.length - 1) &&
      links.every(
        ({ state, rttSeconds, lossRatio }) => state === 'good' && rttSeconds !== undefined && lossRatio === 0,
      );
    await eventually(() => host('o4').json<ApiMatrix>('/api/v1/matrix?network=overlay'), isWhole, START_MS);
  });

  it('that is cut between two nodes is told as their pair', async () => {
    const said = await told(
      'VXLAN dropped between o1 and o2',
      { reason: 'OverlayBroken', severity: 'warning', nodes: ['o1', 'o2'] },
      () => lab.cut('o1', 'o2', { only: 'overlay' }),
    );
    expect(said.map(({ status }) => status)).toEqual(NAMES.map(() => 'degraded'));
    expect(watch.others([/: status degraded$/, /: OverlayBroken o1\+o2 warning/])).toEqual([]);
  });

  it('that is cut around one node is told as that node’s', async () => {
    const said = await told('VXLAN dropped around o4', { reason: 'OverlayBroken', node: 'o4' }, () =>
      Promise.all(['o1', 'o2', 'o3'].map((name) => lab.cut('o4', name, { only: 'overlay' }))),
    );
    // Its own agent says so of the node a moment later: first it misses one, then all.
    const codes = (): Promise<number[]> =>
      Promise.all(['o4', 'o1'].map(async (name) => (await host(name).fetch('/health/node')).status));
    await eventually(codes, ([own, other]) => own === 503 && other === 200, START_MS);
    expect(said[0]?.findings.filter(({ severity }) => severity !== 'info')).toHaveLength(1);
  });

  it.skipIf(!IS_LONG)('that is cut everywhere is critical', async () => {
    await told('VXLAN dropped everywhere', { reason: 'OverlayBroken', severity: 'critical' }, () =>
      Promise.all(NAMES.flatMap((from, at) => NAMES.slice(at + 1).map((to) => lab.cut(from, to, { only: 'overlay' })))),
    );
  });

  it('through which only short datagrams pass', async () => {
    const said = await told(
      'long datagrams dropped between o1 and o3',
      { reason: 'OverlayMtuBroken', nodes: ['o1', 'o3'] },
      () => lab.cut('o1', 'o3', { only: 'overlay', largerThanBytes: 1450 }),
      BOUND_MS + LONG_EVERY_MS,
    );
    expect(said[0]?.findings[0]?.evidence.join('\n')).toContain('1,450 bytes');
    expect(watch.others([/: status degraded$/, /: OverlayMtuBroken o1\+o3 warning/])).toEqual([]);
  });

  it('of which responders are killed, frozen or told to stop breaks nothing', async () => {
    watch.begin();
    const [stopped, frozen, killed] = ['o2', 'o3', 'o4'].map((name) => responders.get(name) as LabProcess);
    await stopped?.stop();
    frozen?.freeze();
    killed?.kill('SIGKILL');
    await sleep(CALM_MS);
    expect(watch.others([])).toEqual([]);
    for (const name of ['o2', 'o3', 'o4'])
      expect(await overlayOf(host(name))).toMatchObject({
        status: 'unknown',
        why: expect.stringMatching(/has not called|has ended/),
      });
    expect(await overlayOf(host('o1'))).toMatchObject({ status: 'ok' });
    frozen?.thaw();
    await frozen?.stop();
    await Promise.all(['o2', 'o3', 'o4'].map(host).map(startResponder));
  });

  it.skipIf(!IS_LONG)('is not blamed for an agent that is gone, nor for a host', async () => {
    watch.begin();
    await agents.get('o3')?.stop();
    await sleep(CALM_MS);
    const calm = [/ o3\b/, /: status degraded$/, /^o3: /];
    expect(watch.others(calm)).toEqual([]);
    await startAgent(host('o3'));
    await untilWell();
    watch.begin();
    await lab.partition([['o4'], ['o1', 'o2', 'o3']]);
    await sleep(CALM_MS);
    expect(watch.others([/^o4: /, / o4\b/, /: status (degraded|critical|unknown)/])).toEqual([]);
    await lab.heal();
    await untilWell();
    expect(watch.others([]).filter((fact) => fact.includes('Overlay'))).toEqual([]);
  });

  it.skipIf(!IS_LONG)('that a policy does not let the responders use from the start is not called broken', async () => {
    await Promise.all([...responders.values(), ...agents.values()].map((one) => one.stop()));
    // All but what its own node sends.
    const drop = (verb: string) => (on: LabHost) => {
      const pod = podOf(on);
      const others = ['!', '-s', pod.address.replace(/\.5$/, '.1')];
      return pod.exec('iptables', ['-w', verb, 'INPUT', '-p', 'udp', '--dport', '7577', ...others, '-j', 'DROP']);
    };
    await Promise.all(lab.hosts.map(drop('-I')));
    await Promise.all(lab.hosts.map(startAgent));
    await Promise.all(lab.hosts.map(startResponder));
    const isTold = ({ status, why }: NonNullable<Awaited<ReturnType<typeof overlayOf>>>): boolean =>
      status === 'unknown' && why?.includes('NetworkPolicy') === true;
    const all = (found: readonly Awaited<ReturnType<typeof overlayOf>>[]): boolean =>
      found.every((one) => one !== undefined && isTold(one));
    await eventually(() => Promise.all(lab.hosts.map(overlayOf)), all, 2 * START_MS);
    watch.begin();
    await sleep(BOUND_MS);
    expect(watch.others([HISTORY])).toEqual([]);
    await Promise.all(lab.hosts.map(drop('-D')));
  });
});

/** Changes of reports travel for so long at most. */
const SPREAD_MS = 5000;

/** An earlier cut is told for a quarter of an hour. */
const HISTORY = /: Partition \S+ info$/;

const isSame = (found: unknown, wanted: unknown): boolean => JSON.stringify(found) === JSON.stringify(wanted);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
