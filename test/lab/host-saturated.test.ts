/**
 * Every processor of a host is busy for two minutes, with all checks on and with things for them to look at: nothing but
 * that is said of it, during it and for a minute after. The hosts of a lab share this machine's processors, so that all
 * of them are the one that is saturated: what one would say of another wrongly is looked for, too. Six tasks to each
 * processor raise the load average above its limit within two minutes, which four do not; with one nothing is to be said.
 *
 *     MEERKAT_LONG=1 npx vitest run --project lab-alone test/lab/host-saturated.test.ts
 */
import { loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode } from '../../agent/http/contract.ts';
import { watchWaiting } from '../lib/waiting.ts';
import { createAgentCluster, isWhole } from './lib/agents.ts';
import { mirrorLoad, startBurners } from './lib/burners.ts';
import { createEtcdCluster } from './lib/cluster.ts';
import { type Containerd, createContainerd, whyNoContainerd } from './lib/containerd.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { weigh } from './lib/lab/weight.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { startStandIns } from './lib/stand-ins.ts';
import { type Said, type Watch, createWatch, sleep } from './lib/watch.ts';

const missing = process.env['MEERKAT_LONG'] === '1' ? whyNoLab() : 'it takes ten minutes; set MEERKAT_LONG=1 to run it';
if (missing !== undefined) process.stderr.write(`host-saturated: skipped, ${missing}\n`);
const noRuntime = whyNoContainerd();
if (missing === undefined && noRuntime !== undefined)
  process.stderr.write(`host-saturated: without a container runtime, ${noRuntime}\n`);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const BURN_MS = 2 * MINUTE;
/** The averages of a minute fall below their limits within half of one, and two looks have to see it. */
const OVER_MS = MINUTE;
const CALM_WITHIN_MS = 3 * MINUTE;
const CALM_MS = 5 * SECOND;
/** Two looks, 15 s apart, and the diagnosis after them. */
const CLEARED_WITHIN_MS = 45 * SECOND;

const SATURATED = /: CpuSaturated n\d(\+n\d)* warning$/;
/**
 * Without a free processor an agent may have none for seconds: an answer takes more than 5 s, and another agent doubts for
 * a second or two that it is there. That is printed; it is nothing that anybody is told.
 */
const STARVED = [/: no answer$/, /: n\d is suspect$/];
const TOLD = [SATURATED, /: status degraded$/];

describe.skipIf(missing !== undefined)('a host without a free processor', () => {
  let lab: Lab;
  let watch: Watch;
  let containerd: Containerd | undefined;
  const flags = (host: LabHost): string[] =>
    host.name === 'n1' && containerd !== undefined ? ['--runtime.socket', containerd.socketPath] : [];

  beforeAll(async () => {
    lab = await createLab({ hosts: ['n1', 'n2', 'n3'] });
    weigh(lab.name, lab.hosts.length);
    if (noRuntime === undefined) {
      containerd = createContainerd();
      await containerd.start();
      containerd.loadImages();
      containerd.setNetwork(true);
    }
    const etcd = createEtcdCluster(lab.hosts);
    await Promise.all(lab.hosts.map((host) => etcd.start(host)));
    await Promise.all(lab.hosts.map(startStandIns));
    const agents = createAgentCluster(lab.hosts);
    await Promise.all(lab.hosts.map((host) => agents.start(host, [...etcd.flags(host), ...flags(host)])));
    watch = createWatch(lab.hosts);
  }, 5 * MINUTE);

  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
    await containerd?.cleanUp();
  });

  it.each([
    ['six tasks to each processor', 6, true],
    ['four tasks to each processor', 4, false],
    ['one task to each processor', 1, false],
  ] as const)(
    '%s: nothing else is said',
    async (what, tasksPerCpu, isTold) => {
      await untilCalm();
      const waitedMs = watchWaiting(() => lab.hosts.flatMap((host) => host.processes()));
      const mirror = mirrorLoad(lab.hosts);
      watch.begin();
      const burners = startBurners(tasksPerCpu, (2 * BURN_MS) / SECOND);
      try {
        await sleep(BURN_MS);
      } finally {
        await burners.stop();
      }
      const waited = waitedMs();
      print(what, { ...mirror.peak(), waitedShare: waited / BURN_MS, saidAfterMs: watch.firstSaid(SATURATED) });
      await sleep(OVER_MS);
      const others = watch.others([...TOLD, ...STARVED]);
      // What else this machine does must not keep them from being well again.
      await mirror.stop();
      for (const fact of watch.others([]).filter((one) => !others.includes(one))) process.stdout.write(`  ${fact}\n`);

      expect(others).toEqual([]);
      if (isTold) expect(watch.firstSaid(SATURATED)).toBeDefined();
      watch.begin();
      await watch.until(lab.hosts, 'healthy again', isCalm, CLEARED_WITHIN_MS);
      for (const host of lab.hosts) await expectSight(host);
    },
    12 * MINUTE,
  );

  /** Nothing is said. */
  const untilCalm = async (): Promise<void> => {
    const end = performance.now() + CALM_WITHIN_MS;
    for (;;) {
      await watch.until(lab.hosts, 'all are healthy', isCalm, CALM_WITHIN_MS);
      watch.begin();
      await sleep(CALM_MS);
      if (watch.others([]).length === 0) break;
      if (performance.now() > end) throw new Error(`not calm: ${watch.others([]).join('; ')}`);
    }
    process.stdout.write(`load before: ${loadavg()[0]}\n`);
  };
});

const isCalm = ({ status, states }: Said): boolean =>
  isWhole(status, 3) && status.findings.length === 0 && Object.values(states).every((state) => state === 'alive');

/** What there is to look at was looked at. */
async function expectSight(host: LabHost): Promise<void> {
  const { checks } = await host.json<ApiNode>(`/api/v1/nodes/${host.name}`);
  const runtime = host.name === 'n1' && noRuntime === undefined ? ['container-runtime', 'container-start'] : [];
  const wanted = ['etcd', 'kubelet', 'kube-proxy', 'disk-latency', 'cpu-pressure', ...runtime];
  const unseen = checks.filter(({ check, status }) => wanted.includes(check) && status !== 'ok');
  expect(
    unseen.map(({ check, status }) => `${check} ${status}`),
    host.name,
  ).toEqual([]);
}

interface Figures {
  readonly tasksPerCpu: number;
  readonly waited: number;
  readonly waitedShare: number;
  readonly saidAfterMs: number | undefined;
}

function print(what: string, { tasksPerCpu, waited, waitedShare, saidAfterMs }: Figures): void {
  const said =
    saidAfterMs === undefined ? 'nothing is said' : `CpuSaturated after ${Math.round(saidAfterMs / SECOND)} s`;
  process.stdout.write(
    `${what}: load ${tasksPerCpu.toFixed(1)} a processor, a task waited ${Math.round(100 * waited)} % of a minute, what runs on the hosts waited ${Math.round(100 * waitedShare)} % of the time; ${said}\n`,
  );
}
