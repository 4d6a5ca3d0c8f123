/** Whether a scheduler and a controller manager work, told by any node by their Leases. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents, kubernetesOf } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-controllers: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2'];
const MINUTE = 60_000;
/** No kubelet runs here, which the controller manager tells of each Node. */
const WITHOUT_KUBELETS = [...QUIET_CHECKS, '--checks.node-object.enabled', 'false'];
/** Twice the Lease's 15 s, a look every 5 s, and its way to all. */
const TOLD_MS = 40_000;

const CONTROLLERS = [
  { program: 'kube-scheduler', reason: 'SchedulerDown', word: 'scheduler' },
  { program: 'kube-controller-manager', reason: 'ControllerManagerDown', word: 'controller manager' },
] as const;

describe.skipIf(missing !== undefined)('a controller of the control plane', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  const running = new Map<string, LabProcess>();
  const untilAll = (is: (said: ApiStatus) => boolean): Promise<readonly ApiStatus[]> =>
    Promise.all(lab.hosts.map((host) => eventually(() => statusOf(host), is, 3 * MINUTE)));
  const has =
    (reason: string) =>
    ({ findings }: ApiStatus): boolean =>
      findings.some((finding) => finding.reason === reason);
  const untilRenewed = (): Promise<unknown> =>
    Promise.all(
      lab.hosts.map((host) =>
        eventually(
          () => kubernetesOf(host),
          (one) => one?.controllers.filter(({ lease }) => lease === 'renewed').length === CONTROLLERS.length,
          2 * MINUTE,
        ),
      ),
    );

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (const { name, address } of lab.hosts) await api.addNode(name, { address });
    for (const { program } of CONTROLLERS) running.set(program, await api.startController(program));
    agents = createKubeAgents(api, lab.hosts, WITHOUT_KUBELETS);
    await Promise.all(lab.hosts.map(agents.start));
    await agents.untilWhole(MINUTE);
    await untilRenewed();
  }, 5 * MINUTE);
  afterAll(() => lab?.remove());

  it.each(CONTROLLERS)(
    'that is killed is named by every node: $program',
    async ({ program, reason, word }) => {
      running.get(program)?.kill('SIGKILL');
      const killed = performance.now();
      const [said] = await untilAll(has(reason));
      const tookMs = Math.round(performance.now() - killed);
      noteTold({ fault: `${program} killed`, reason, tookMs, boundMs: TOLD_MS }, said?.sentence);
      expect(said).toMatchObject({ status: 'degraded', sentence: expect.stringContaining(`No ${word} works`) });
      expect(tookMs).toBeLessThan(2 * TOLD_MS);
      expect(said?.findings.filter(({ severity }) => severity !== 'info')).toHaveLength(1);

      running.set(program, await api.startController(program));
      await untilAll((one) => !has(reason)(one) && one.status === 'healthy');
    },
    6 * MINUTE,
  );

  /** Every second, from everybody. */
  const expectNobodyAccused = async (forMs: number): Promise<void> => {
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      for (const host of lab.hosts) {
        const said = await statusOf(host);
        expect(said.findings.filter(({ reason }) => /^(Scheduler|ControllerManager)Down$/.test(reason))).toEqual([]);
      }
      await sleep(1000);
    }
  };
  /** As a kubelet does with those that have ended. */
  const startAgain = async (): Promise<void> => {
    const startOne = async ({ program }: (typeof CONTROLLERS)[number]): Promise<void> => {
      await running.get(program)?.stop();
      running.set(program, await api.startController(program));
    };
    await Promise.all(CONTROLLERS.map(startOne));
  };

  it(
    'that is ended in order and started again is not accused',
    async () => {
      await startAgain();
      await expectNobodyAccused(TOLD_MS);
      await untilRenewed();
    },
    5 * MINUTE,
  );

  it.each([15_000, MINUTE])(
    'that ends itself because the API has not answered for %i ms is not accused',
    async (forMs) => {
      api.apiserver().freeze();
      await expectNobodyAccused(forMs);
      api.apiserver().thaw();
      await startAgain();
      await expectNobodyAccused(TOLD_MS);
      await untilRenewed();
    },
    6 * MINUTE,
  );
});
