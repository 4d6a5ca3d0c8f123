import { describe, expect, it } from 'vitest';
import { testClock, testContext } from './lib/testing.ts';
import { pods } from './pods.ts';
import type { ContainerFacts, PodFacts, PodsView } from './types.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const aPod = (more: Partial<PodFacts> = {}): PodFacts => ({
  namespace: 'kube-system',
  name: 'dns',
  uid: 'u1',
  phase: 'Running',
  isDeleting: false,
  isReady: true,
  containers: [aContainer()],
  ...more,
});
const aContainer = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({ name: 'app', restarts: 0, ...more });
/** @param crashes one after another: the wait doubles with each, from 10 s to five minutes */
const backingOff = (restarts: number, crashes = restarts): PodFacts => {
  const seconds = Math.min(300, 10 * 2 ** (crashes - 1));
  const duration = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  const message = `back-off ${duration} restarting failed container=app pod=dns_kube-system(u1)`;
  const waiting = { reason: 'CrashLoopBackOff', message };
  return aPod({
    isReady: false,
    containers: [aContainer({ restarts, waiting, ended: { exitCode: 137, reason: 'OOMKilled' } })],
  });
};

/** Looks at what there is, as the check does every 15 s. */
function watcher() {
  const clock = testClock();
  let seen: PodsView = { kind: 'known', pods: [] };
  const context = testContext(pods, { clock, pods: () => seen });
  return {
    look: async (...all: readonly PodFacts[]) => {
      seen = { kind: 'known', pods: all };
      return await pods.run(context);
    },
    blind: async (view: PodsView) => {
      seen = view;
      return await pods.run(context);
    },
    pass: (ms: number) => clock.advance(ms),
  };
}
const reasonsOf = (outcome: Awaited<ReturnType<typeof pods.run>>): readonly string[] =>
  outcome.status === 'problem' ? outcome.problems.map(({ reason, subject }) => `${reason} ${subject}`) : [];

it('is fine with pods that run, with none, and with those that have ended', async () => {
  const { look } = watcher();
  expect(await look()).toMatchObject({ status: 'ok' });
  const done = aPod({
    uid: 'u2',
    name: 'job',
    phase: 'Succeeded',
    isReady: false,
    containers: [aContainer({ restarts: 9 })],
  });
  expect(await look(aPod({ containers: [aContainer({ restarts: 2 })] }), done)).toEqual({
    status: 'ok',
    readings: [
      { name: 'pods_count', value: 1 },
      { name: 'not_ready_count', value: 0 },
      { name: 'restarts_count', value: 2 },
    ],
  });
});

it('says so at once when a container crashes again and again, until ten minutes passed without', async () => {
  const { look, pass } = watcher();
  expect(await look(backingOff(4))).toMatchObject({
    problems: [
      {
        reason: 'PodsCrashing',
        subject: 'kube-system/dns',
        message: 'Container app of kube-system/dns was restarted 4 times, last with exit code 137 (OOMKilled).',
      },
    ],
  });
  const running = aPod({ containers: [aContainer({ restarts: 5 })] });
  pass(5 * MINUTE);
  expect(reasonsOf(await look(running))).toEqual(['PodsCrashing kube-system/dns']);
  pass(9 * MINUTE);
  expect(reasonsOf(await look(running))).toEqual(['PodsCrashing kube-system/dns']);
  pass(1 * MINUTE);
  expect(await look(running)).toMatchObject({ status: 'ok' });
});

it('forgets the crashes of a pod that was replaced', async () => {
  const { look } = watcher();
  await look(backingOff(4));
  expect(await look(aPod({ uid: 'u2' }))).toMatchObject({ status: 'ok' });
});

it('counts restarts that it never sees waiting: three in ten minutes, and not those of before', async () => {
  const { look, pass } = watcher();
  const restarted = (restarts: number) => look(aPod({ containers: [aContainer({ restarts })] }));
  expect(reasonsOf(await restarted(40))).toEqual([]);
  for (const count of [41, 42]) {
    pass(3 * MINUTE);
    expect(reasonsOf(await restarted(count))).toEqual([]);
  }
  pass(3 * MINUTE);
  expect(reasonsOf(await restarted(43))).toEqual(['PodsCrashing kube-system/dns']);

  const slow = watcher();
  for (let count = 0; count < 10; count += 1) {
    slow.pass(6 * MINUTE);
    expect(reasonsOf(await slow.look(aPod({ containers: [aContainer({ restarts: count })] })))).toEqual([]);
  }
});

it('says after a minute that an image cannot be pulled, and in the registry’s words', async () => {
  const { look, pass } = watcher();
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x:1"' };
  const pulling = aPod({ phase: 'Pending', isReady: false, containers: [aContainer({ waiting })] });
  expect(reasonsOf(await look(pulling))).toEqual([]);
  pass(MINUTE);
  expect(await look(pulling)).toMatchObject({
    problems: [
      { reason: 'ImagePullFailing', message: 'kube-system/dns waits for an image: Back-off pulling image "x:1".' },
    ],
  });
  expect(await look(aPod())).toMatchObject({ status: 'ok' });
  expect(reasonsOf(await look(pulling))).toEqual([]);
});

it('says after five minutes that a pod is not ready, and why', async () => {
  const { look, pass } = watcher();
  const because = 'ContainersNotReady: containers with unready status: [app]';
  const notReady = aPod({ isReady: false, because });
  const waiting = { reason: 'ContainerCreating' };
  const stuck = aPod({
    uid: 'u2',
    name: 'web',
    phase: 'Pending',
    isReady: false,
    containers: [aContainer({ waiting })],
  });
  await look(notReady, stuck);
  pass(5 * MINUTE - 1);
  expect(reasonsOf(await look(notReady, stuck))).toEqual([]);
  pass(1);
  expect(await look(stuck, notReady)).toMatchObject({
    problems: [
      { reason: 'PodsNotReady', subject: 'kube-system/dns', message: `kube-system/dns is not ready: ${because}.` },
      {
        reason: 'PodsNotReady',
        subject: 'kube-system/web',
        message: 'kube-system/web is not ready: container app waits, ContainerCreating.',
      },
    ],
  });
  expect(await look(aPod(), { ...stuck, isDeleting: true })).toMatchObject({ status: 'ok' });
});

it('names four, and counts the others', async () => {
  const { look } = watcher();
  const all = Array.from({ length: 12 }, (_, index) => ({ ...backingOff(3), name: `p${index}`, uid: `u${index}` }));
  const outcome = await look(...all);
  expect(reasonsOf(outcome)).toHaveLength(5);
  expect(outcome).toMatchObject({ problems: { 4: { subject: 'others', message: 'The same holds for 8 more pods.' } } });
});

it.each([
  [{ kind: 'none', why: 'there is no Kubernetes API here' } as const, 'absent'],
  [{ kind: 'unknown', why: 'the Kubernetes API was not asked yet' } as const, 'unknown'],
])('is neither green nor red when nothing is known: %j', async (view, status) => {
  const { look, blind } = watcher();
  await look(backingOff(4));
  expect(await blind(view)).toMatchObject({ status, why: view.why });
});

it('does not call it a loop when a container died once or twice after a boot', async () => {
  const { look, pass } = watcher();
  for (const restarts of [1, 2]) {
    expect(await look(backingOff(restarts))).toMatchObject({ status: 'ok' });
    pass(15 * SECOND);
  }
  expect(await look(aPod({ containers: [aContainer({ restarts: 2 })] }))).toMatchObject({ status: 'ok' });
});

it('does not call it a loop when a pod of many restarts crashed once or twice, as each time its node boots', async () => {
  const { look, pass } = watcher();
  for (const [restarts, crashes] of [
    [41, 1],
    [42, 2],
  ] as const) {
    expect(await look(backingOff(restarts, crashes))).toMatchObject({ status: 'ok' });
    pass(15 * SECOND);
  }
  expect(reasonsOf(await look(backingOff(43, 3)))).toEqual(['PodsCrashing kube-system/dns']);
  for (const crashes of [4, 5, 6, 20])
    expect(reasonsOf(await watcher().look(backingOff(43, crashes)))).toEqual(['PodsCrashing kube-system/dns']);
});

it('counts the restarts that it saw where the kubelet waits for less, or does not say for how long', async () => {
  const { look, pass } = watcher();
  const waits = (restarts: number, message?: string) => {
    const waiting = { reason: 'CrashLoopBackOff', ...(message !== undefined && { message }) };
    return look(aPod({ containers: [aContainer({ restarts, waiting })] }));
  };
  for (const restarts of [7, 8, 9]) {
    expect(reasonsOf(await waits(restarts, 'back-off 1s restarting failed container'))).toEqual([]);
    pass(15 * SECOND);
  }
  expect(reasonsOf(await waits(10))).toEqual(['PodsCrashing kube-system/dns']);
});

it('does not take up an old loop for one restart long after', async () => {
  const { look, pass } = watcher();
  await look(backingOff(4));
  pass(11 * MINUTE);
  expect(await look(aPod({ containers: [aContainer({ restarts: 4 })] }))).toMatchObject({ status: 'ok' });
  pass(24 * 60 * MINUTE);
  expect(await look(aPod({ containers: [aContainer({ restarts: 5 })] }))).toMatchObject({ status: 'ok' });
});

it('counts nothing of the time in which it could not look', async () => {
  const { look, blind, pass } = watcher();
  const starting = aPod({ isReady: false });
  await look(starting, aPod({ uid: 'u2', name: 'leader' }));
  await blind({ kind: 'unknown', why: 'the Kubernetes API has said nothing' });
  pass(60 * MINUTE);
  const restarted = aPod({ uid: 'u2', name: 'leader', containers: [aContainer({ restarts: 5 })] });
  expect(await look(starting, restarted)).toMatchObject({ status: 'ok' });
  pass(5 * MINUTE);
  expect(reasonsOf(await look(starting, restarted))).toEqual(['PodsNotReady kube-system/dns']);
});

it('knows after its own start that a pod has not been ready for long', async () => {
  const clock = testClock();
  const old = aPod({ isReady: false, readySince: clock.now() - 60 * MINUTE });
  const young = aPod({ uid: 'u2', name: 'web', isReady: false, readySince: clock.now() - MINUTE });
  const ahead = aPod({ uid: 'u3', name: 'x', isReady: false, readySince: clock.now() + MINUTE });
  const view = { kind: 'known', pods: [old, young, ahead] } as const;
  const outcome = await pods.run(testContext(pods, { clock, pods: () => view }));
  expect(reasonsOf(outcome)).toEqual(['PodsNotReady kube-system/dns']);
});

describe('what pods come to, by the policy with which they are restarted', () => {
  const END = 5 * SECOND;
  type Policy = 'Always' | 'OnFailure' | 'Never';
  /** How the API shows a container that ended for the n-th time with this code. */
  const shown = (name: string, exitCode: number, policy: Policy, times: number): ContainerFacts => {
    const ended = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ranMs: END };
    const isOver = policy === 'Never' || (policy === 'OnFailure' && exitCode === 0);
    if (isOver) return aContainer({ name, hasEnded: true, ended });
    return aContainer({ name, restarts: times, ended, waiting: { reason: 'CrashLoopBackOff' } });
  };
  /** Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
  const phaseOf = (containers: readonly ContainerFacts[]): PodFacts['phase'] => {
    if (!containers.every(({ hasEnded }) => hasEnded === true)) return 'Running';
    return containers.every(({ ended }) => ended?.exitCode === 0) ? 'Succeeded' : 'Failed';
  };
  /** Twelve minutes; `runs`: one more container that goes on all the time. */
  const outcomeOf = async (policy: Policy, codes: readonly number[], runs: boolean) => {
    const { look, pass } = watcher();
    let phase: PodFacts['phase'] = 'Running';
    const told = new Set<string>();
    let last = '';
    await look(aPod());
    for (let step = 1; step <= 48; step += 1) {
      pass(15 * SECOND);
      const ended = codes.map((code, index) => shown(`c${index}`, code, policy, step));
      const containers = runs ? [...ended, aContainer({ name: 'runs' })] : ended;
      phase = phaseOf(containers);
      const because = `ContainersNotReady: containers with unready status: [${ended.map(({ name }) => name).join(' ')}]`;
      const outcome = await look(aPod({ phase, isReady: false, because, containers }));
      for (const reason of reasonsOf(outcome)) told.add(reason.split(' ')[0] ?? '');
      if (outcome.status === 'problem') last = outcome.problems[0]?.message ?? '';
    }
    return { phase, told: [...told].join(), last };
  };

  it.each<[string, Policy, readonly number[], boolean, PodFacts['phase'], string]>([
    ['one container that ends well', 'Always', [0], false, 'Running', 'PodsCrashing'],
    ['one container that ends well', 'OnFailure', [0], false, 'Succeeded', ''],
    ['one container that ends well', 'Never', [0], false, 'Succeeded', ''],
    ['one container that fails', 'Always', [1], false, 'Running', 'PodsCrashing'],
    ['one container that fails', 'OnFailure', [1], false, 'Running', 'PodsCrashing'],
    ['one container that fails', 'Never', [1], false, 'Failed', ''],
    ['one of two that fails', 'Always', [1], true, 'Running', 'PodsCrashing'],
    ['one of two that fails', 'OnFailure', [1], true, 'Running', 'PodsCrashing'],
    ['one of two that fails', 'Never', [1], true, 'Running', 'PodsNotReady'],
    ['two that fail', 'Always', [1, 2], false, 'Running', 'PodsCrashing'],
    ['two that fail', 'OnFailure', [1, 2], false, 'Running', 'PodsCrashing'],
    ['two that fail', 'Never', [1, 2], false, 'Failed', ''],
    ['one of two that ends well', 'OnFailure', [0], true, 'Running', ''],
    ['one of two that ends well', 'Never', [0], true, 'Running', ''],
    ['one that ends well and one that fails', 'Never', [0, 1], true, 'Running', 'PodsNotReady'],
  ])('%s, %s, codes %j: it is %5$s, and told as %6$s', async (_, policy, codes, runs, phase, told) => {
    expect(await outcomeOf(policy, codes, runs)).toMatchObject({ phase, told });
  });

  it('says what ended, and where it is tried only seldom', async () => {
    expect((await outcomeOf('Never', [1], true)).last).toBe(
      'kube-system/dns is not ready: container c0 has ended, last with exit code 1 (Error) after 5 s: it does not get as far as to run.',
    );
    expect((await outcomeOf('OnFailure', [3], false)).last).toMatch(
      / was restarted 48 times, last with exit code 3 \(Error\) after 5 s: .* It has gone on so for five minutes: by now its kubelet tries it only every few minutes\.$/,
    );
  });
});

it('names what stays Pending after five minutes, with the kubelet’s word', async () => {
  const { look, pass } = watcher();
  const pending = aPod({
    phase: 'Pending',
    isReady: false,
    containers: [aContainer({ waiting: { reason: 'ContainerCreating', message: 'volume data is not attached' } })],
  });
  await look(pending);
  pass(5 * MINUTE - SECOND);
  expect(await look(pending)).toMatchObject({ status: 'ok' });
  pass(SECOND);
  expect(await look(pending)).toMatchObject({
    problems: [
      {
        reason: 'PodsNotReady',
        message: 'kube-system/dns is not ready: container app waits, ContainerCreating: volume data is not attached.',
      },
    ],
  });
});

it('does not say that a container is given up before it has crashed for five minutes', async () => {
  const { look, pass } = watcher();
  const messageOf = async (restarts: number): Promise<string> => {
    const outcome = await look(backingOff(restarts));
    return outcome.status === 'problem' ? (outcome.problems[0]?.message ?? '') : outcome.status;
  };
  expect(await messageOf(3)).toBe(
    'Container app of kube-system/dns was restarted 3 times, last with exit code 137 (OOMKilled).',
  );
  pass(4 * MINUTE);
  expect(await messageOf(5)).not.toContain('gone on');
  pass(MINUTE);
  expect(await messageOf(6)).toMatch(/gone on so for five minutes/);
});
