/**
 * What people do to a cluster, and what a busy one goes through, in a whole cluster of real parts: no agent says anything
 * of it that is more than an information.
 *
 *     MEERKAT_LONG=1 KUBEBUILDER_ASSETS=… npx vitest run --project lab-alone test/lab/calm.test.ts
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lib/agent-process.ts';
import { membersOf, statusOf } from './lib/agents.ts';
import { startBurnersOn } from './lib/burners.ts';
import { LATER_MS, MOST_MS, revive } from './lib/faults/fault.ts';
import { type OtherVersion, bundleAs } from './lib/other-version.ts';
import { sleep } from './lib/watch.ts';
import { useWatchedCluster, whyNoWatchedCluster } from './lib/watched-cluster.ts';

const missing = whyNoWatchedCluster('calm');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOSS = 0.05;
const LOSS_FOR_MS = 3 * MINUTE;
/** Two looks have to see it, and it lasts a while. */
const BURN_MS = 2 * MINUTE;
const TASKS = 12;
const TAINT = 'ToBeDeletedByClusterAutoscaler';
const OTHER_VERSION = '0.2.0';

describe.skipIf(missing !== undefined)('nothing above an information is said', () => {
  const watched = useWatchedCluster();
  let other: OtherVersion | undefined;

  const names = (): readonly string[] => watched.cluster.lab.hosts.map(({ name }) => name);
  const kubectl = (...args: readonly string[]): Promise<string> => watched.cluster.masters.of('m2').api.kubectl(args);
  const stopAgent = async (name: string): Promise<void> => void (await watched.cluster.agents.get(name)?.stop());
  /** Whatever is said until it resolves, but for what is expected, and whether it is mended afterwards. */
  const expectCalm = async (
    act: () => Promise<void>,
    mend: () => Promise<void>,
    isExpected?: RegExp,
  ): Promise<void> => {
    const began = performance.now();
    process.stdout.write(`\n${new Date().toISOString()} ${expect.getState().currentTestName}\n`);
    watched.watch.begin();
    let said: readonly string[];
    try {
      await act();
      said = watched.watch.raised(watched.cluster.lab.hosts).filter((line) => isExpected?.test(line) !== true);
      const seconds = Math.round((performance.now() - began) / SECOND);
      process.stdout.write(`  said within ${seconds} s: ${said.join('\n    ') || 'nothing'}\n`);
    } finally {
      await mend();
      await revive(watched.cluster);
    }
    expect(said).toEqual([]);
  };
  const nothing = async (): Promise<void> => {};

  beforeAll(async () => {
    other = await bundleAs(OTHER_VERSION);
  });
  afterAll(() => {
    if (other !== undefined) rmSync(other.directory, { recursive: true, force: true });
  });

  it(
    'all agents are restarted, one after the other',
    () =>
      expectCalm(async () => {
        for (const name of names()) {
          await stopAgent(name);
          await watched.cluster.startAgent(name);
        }
        await sleep(30 * SECOND);
      }, nothing),
    2 * MOST_MS,
  );

  it(
    'all agents are restarted at once',
    () =>
      expectCalm(async () => {
        await Promise.all(names().map(stopAgent));
        await Promise.all(names().map((name) => watched.cluster.startAgent(name)));
        await sleep(MINUTE);
      }, nothing),
    2 * MOST_MS,
  );

  it(
    'one API server of three is restarted',
    () =>
      expectCalm(async () => {
        const began = performance.now();
        await watched.cluster.masters.of('m1').api.apiserver().stop();
        await watched.cluster.masters.of('m1').api.startApiserver();
        // Who held a Lease has ended meanwhile, and its kubelet starts it again.
        await revive(watched.cluster);
        process.stdout.write(`  it was away for ${Math.round((performance.now() - began) / SECOND)} s\n`);
        await sleep(30 * SECOND);
      }, nothing),
    2 * MOST_MS,
  );

  it(
    'one agent is of another version',
    () =>
      expectCalm(
        async () => {
          await stopAgent('w2');
          await watched.cluster.startAgent('w2', { program: other?.program ?? '' });
          for (const host of watched.cluster.lab.hosts)
            await eventually(
              () => statusOf(host),
              ({ findings }) =>
                findings.some(({ reason, severity }) => reason === 'VersionSkew' && severity === 'info'),
              MINUTE,
            );
          await sleep(30 * SECOND);
        },
        async () => {
          await stopAgent('w2');
          await watched.cluster.startAgent('w2');
        },
      ),
    2 * MOST_MS,
  );

  it(
    'a node is drained and deleted by the API, and its host goes',
    () =>
      expectCalm(
        async () => {
          await kubectl('cordon', 'w5');
          await kubectl('drain', 'w5', '--ignore-daemonsets', '--force', '--timeout=60s');
          await kubectl('delete', 'node', 'w5');
          await sleep(10 * SECOND);
          await stopAgent('w5');
          await watched.cluster.powerOff('w5');
          await sleep(LATER_MS);
        },
        () => watched.cluster.powerOn('w5'),
      ),
    2 * MOST_MS,
  );

  it(
    'the autoscaler takes a node away',
    () =>
      expectCalm(
        async () => {
          await kubectl('taint', 'node', 'w4', `${TAINT}=1:NoSchedule`);
          for (const host of watched.cluster.lab.hosts)
            await eventually(
              () => membersOf(host),
              ({ kubernetes }) => kubernetes?.removing.some(({ node }) => node === 'w4') === true,
              MINUTE,
            );
          await watched.cluster.powerOff('w4');
          await sleep(LATER_MS);
        },
        async () => {
          await kubectl('taint', 'node', 'w4', `${TAINT}-`);
          await watched.cluster.powerOn('w4');
        },
      ),
    2 * MOST_MS,
  );

  it(
    'the network loses one packet in twenty',
    () =>
      expectCalm(
        async () => {
          await watched.cluster.lab.loss('*', LOSS);
          await sleep(LOSS_FOR_MS);
        },
        () => watched.cluster.lab.heal(),
      ),
    3 * MOST_MS,
  );

  it(
    'one host has no free processor: that alone is told, of that host',
    () =>
      expectCalm(
        async () => {
          const w3 = watched.cluster.lab.host('w3');
          const burners = await startBurnersOn(w3, TASKS, (2 * BURN_MS) / SECOND);
          try {
            await watched.watch.untilNamed(
              watched.cluster.lab.hosts,
              ({ id }) => id.startsWith('CpuSaturated/w3'),
              BURN_MS,
            );
            await sleep(MINUTE);
          } finally {
            await burners.stop();
          }
        },
        nothing,
        /^\w+: CpuSaturated\/w3\b/,
      ),
    3 * MOST_MS,
  );
});
