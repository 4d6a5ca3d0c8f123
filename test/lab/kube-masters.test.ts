/** Parts of a real control plane that are killed, frozen or without etcd: what a worker says, and how soon. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { RESTART_MS } from '../../agent/diagnosis/instances.ts';
import { apiserver } from '../../checks/apiserver.ts';
import { eventually } from '../lib/agent-process.ts';
import { CONTROL_PLANE, MASTERS_CHECKS, createAgentCluster, isWhole, statusOf } from './lib/agents.ts';
import {
  type ControlPlane,
  type ControllerProgram,
  createControlPlane,
  whyNoControlPlane,
} from './lib/control-plane.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-masters: skipped, ${missing}\n`);

const MINUTE = 60_000;
/** All parts are looked at as often; then it travels to the worker. Asserted at twice that, as all times here. */
const TOLD_MS = boundMs(apiserver) + 1000;

describe.skipIf(missing !== undefined)('a control plane', () => {
  let lab: Lab;
  let api: ControlPlane;
  const controllers = new Map<string, LabProcess>();
  const running: LabProcess[] = [];
  let startAgents: () => Promise<void>;
  const from = (): Promise<ApiStatus> => statusOf(lab.host('w1'));
  const isWell = (said: ApiStatus): boolean => isWhole(said, 3) && said.status === 'healthy';
  /** Those that are no consequence, then those that are. */
  const troubles = ({ findings }: ApiStatus): string[] =>
    findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ id, causedBy }) => (causedBy === undefined ? id : `${id} by ${causedBy}`));

  const startHere = async (program: ControllerProgram): Promise<void> => {
    controllers.set(`${program} m1`, await api.startController(program));
  };
  const startStandby = async (program: ControllerProgram): Promise<void> => {
    controllers.set(`${program} m2`, await api.startStandby(program, lab.host('m2')));
  };
  const processOf = (program: ControllerProgram, host: string): LabProcess => {
    const found = controllers.get(`${program} ${host}`);
    if (found === undefined) throw new Error(`no ${program} on ${host}`);
    return found;
  };
  /** All of them, as their kubelets do; who holds the Lease is not known any more. */
  const restartControllers = async (): Promise<void> => {
    for (const one of controllers.values()) await one.stop();
    for (const program of ['kube-scheduler', 'kube-controller-manager'] as const) {
      await startHere(program);
      await startStandby(program);
    }
  };

  /** Resolves when the worker says what is expected; prints after how long. */
  async function told(fault: string, is: (finding: ApiFinding) => boolean, act: () => unknown): Promise<ApiStatus> {
    const began = performance.now();
    await act();
    const said = await eventually(from, ({ findings }) => findings.some(is), MINUTE);
    const tookMs = Math.round(performance.now() - began);
    const { reason = '' } = said.findings.find(is) ?? {};
    noteTold({ fault, reason, tookMs, boundMs: TOLD_MS }, said.sentence);
    expect(tookMs).toBeLessThan(2 * TOLD_MS);
    return said;
  }
  const named =
    (reason: string, node?: string) =>
    (finding: ApiFinding): boolean =>
      finding.reason === reason && (node === undefined || finding.node === node);
  const untilWell = async (): Promise<void> => {
    await eventually(from, isWell, 2 * MINUTE);
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', 'm2', 'w1'], ipv6: false });
    const m1 = lab.host('m1');
    api = await createControlPlane(m1);
    await api.start();
    await restartControllers();
    const agents = createAgentCluster(lab.hosts);
    const own = [
      '--checks.apiserver.endpoint',
      api.url,
      '--checks.etcd.endpoint',
      `http://${m1.address}:2379`,
      '--checks.etcd.metrics-endpoint',
      `http://${m1.address}:2381`,
    ];
    startAgents = async () => {
      for (const one of running.splice(0)) await one.stop();
      const started = lab.hosts.map((host) => agents.start(host, [...MASTERS_CHECKS, ...(host === m1 ? own : [])]));
      running.push(...(await Promise.all(started)));
      await untilWell();
    };
  }, 5 * MINUTE);
  /** What ended several times within minutes comes and goes, and stands for a while, to whoever saw it. */
  beforeEach(() => startAgents(), 2 * MINUTE);
  afterAll(() => lab?.remove());

  it('that is well is found where it is, and nowhere else', async () => {
    const found = async (name: string): Promise<string[]> => {
      const { checks } = await lab.host('w1').json<ApiNode>(`/api/v1/nodes/${name}`);
      return checks.flatMap(({ check, status }) => (CONTROL_PLANE.includes(check) && status === 'ok' ? [check] : []));
    };
    expect(await found('m1')).toEqual(CONTROL_PLANE);
    expect(await found('m2')).toEqual(['scheduler', 'controller-manager']);
    expect(await found('w1')).toEqual([]);
  });

  it.each([
    ['kube-scheduler', 'scheduler'],
    ['kube-controller-manager', 'controller-manager'],
  ] as const)(
    'one of two standbys dead, or frozen: %s',
    async (program, part) => {
      const isTold = (finding: ApiFinding): boolean => finding.id === `NoStandby/m2/${part}`;
      await told(`${program} on m2 killed`, isTold, () => processOf(program, 'm2').kill('SIGKILL'));
      // It may be restarted.
      const dead = await eventually(from, ({ status }) => status === 'degraded', RESTART_MS + MINUTE);
      expect(troubles(dead)).toEqual([`NoStandby/m2/${part}`]);
      await startStandby(program);
      await untilWell();

      await told(`${program} on m2 frozen`, isTold, () => processOf(program, 'm2').freeze());
      processOf(program, 'm2').thaw();
      await untilWell();
    },
    4 * MINUTE,
  );

  it.each([
    ['kube-scheduler', 'SchedulerDown'],
    ['kube-controller-manager', 'ControllerManagerDown'],
  ] as const)(
    'both dead: %s',
    async (program, reason) => {
      const both = [processOf(program, 'm1'), processOf(program, 'm2')];
      const said = await told(`both ${program} killed`, named(reason), () =>
        both.forEach((one) => one.kill('SIGKILL')),
      );
      expect(said.status).toBe('degraded');
      expect(troubles(said)).toEqual([`${reason}/m1`]);
      await startHere(program);
      await startStandby(program);
      await untilWell();
    },
    4 * MINUTE,
  );

  it(
    'its API server frozen, and killed: what ends for want of it is a consequence',
    async () => {
      const frozen = await told('kube-apiserver frozen', named('ApiserverDown', 'm1'), () => api.apiserver().freeze());
      expect(frozen.status).toBe('critical');
      expect(frozen.sentence).toContain('The API server on m1 does not answer');
      api.apiserver().thaw();
      await restartControllers();
      await untilWell();

      const dead = await told('kube-apiserver killed', named('ApiserverDown', 'm1'), () =>
        api.apiserver().kill('SIGKILL'),
      );
      expect(dead).toMatchObject({
        status: 'critical',
        sentence: expect.stringContaining('The API server on m1 is down'),
      });
      // Whoever holds the Lease gives up after 10 s without it.
      const followed = await eventually(from, (said) => troubles(said).length >= 3, RESTART_MS + MINUTE);
      print(`  and then: ${troubles(followed).join(', ')}`);
      expect(
        troubles(followed)
          .slice(1)
          .every((one) => one.endsWith(' by ApiserverDown/m1')),
      ).toBe(true);
      await api.startApiserver();
      await restartControllers();
      await untilWell();
    },
    6 * MINUTE,
  );

  it.each([
    ['frozen', (etcd: LabProcess) => etcd.freeze(), (etcd: LabProcess) => etcd.thaw()],
    ['killed', (etcd: LabProcess) => etcd.kill('SIGKILL'), undefined],
  ] as const)(
    'its etcd %s: an API server that waits for it is a consequence',
    async (how, begin, end) => {
      const said = await told(`etcd ${how}`, named('ApiserverNotReady', 'm1'), () => begin(api.etcd()));
      // Of a single member that is gone it is known that there is no quorum.
      const cause = how === 'killed' ? 'EtcdQuorumLost' : 'EtcdMemberDown';
      const later = await eventually(from, (one) => troubles(one)[0]?.startsWith(cause) === true, MINUTE);
      print(`  then: ${later.sentence}`);
      expect(said.findings.map(({ reason }) => reason)).toContain('ApiserverNotReady');
      expect(
        troubles(later)
          .slice(1)
          .every((one) => one.includes(' by ')),
      ).toBe(true);
      if (end === undefined) await api.whileDown(() => undefined);
      else end(api.etcd());
      await restartControllers();
      await untilWell();
    },
    6 * MINUTE,
  );
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
