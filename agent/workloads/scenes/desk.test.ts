import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerFacts, PodFacts, PodsView } from '../../../checks/types.ts';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { NOON } from '../../../test/lib/fixtures.ts';
import { SCENE_ID, type Scene, type SceneNode } from '../../model/scene.ts';
import { type SceneDesk, createSceneDesk } from './desk.ts';
import type { TailOf, Tails } from './log-tail.ts';
import type { Failure } from './pod-watch.ts';

const NODE: SceneNode = {
  status: 'healthy',
  sentence: 'All is well.',
  findings: [],
  members: 1,
  checks: [],
  readings: [],
  changes: [],
};
const aContainer = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({ name: 'app', restarts: 0, ...more });
const aPod = (containers: readonly ContainerFacts[], more: Partial<PodFacts> = {}): PodFacts => ({
  namespace: 'prod',
  name: 'api',
  uid: 'u1',
  phase: 'Running',
  isDeleting: false,
  isReady: false,
  containers,
  ...more,
});
const failure = (run: number | undefined = 0, more: Partial<Failure> = {}): Failure => ({
  namespace: 'prod',
  pod: 'api',
  uid: 'u1',
  container: 'app',
  cause: 'ended',
  run,
  ...more,
});
const CRASHED = aPod([aContainer({ ended: { exitCode: 3, reason: 'Error', ranMs: 12_000 } })]);
const BY_LOG = { cause: 'restarted' } as const;

let clock: FakeClock;
let view: PodsView;
let kept: Scene[];
let asked: TailOf[];
let giveTails: (of: TailOf) => Promise<Tails>;
let desk: SceneDesk;

beforeEach(() => {
  [clock, kept, asked] = [createFakeClock(), [], []];
  view = { kind: 'known', pods: [CRASHED] };
  giveTails = ({ run = 0 }) => Promise.resolve({ logs: [], missing: [`log of run ${run}: none`] });
  let drawn = 0;
  desk = createSceneDesk({
    clock,
    self: 'w1',
    random: () => {
      drawn += 1;
      return drawn / 2 ** 24;
    },
    pods: () => view,
    whyNotAsked: (namespace) => (namespace === 'prod' ? undefined : 'nobody asks for it'),
    tails: (of) => {
      asked.push(of);
      return giveTails(of);
    },
    surroundings: () => Promise.resolve({ node: NODE, missing: ['timeline: the store does not answer'] }),
    events: () => Promise.resolve({ events: [], missing: ['events of the pod: nobody reads them'] }),
    keep: (scene) => void kept.push(scene),
  });
});

describe('a scene', () => {
  it('has what the API says, and says what nobody could look at', async () => {
    desk.failed(failure());
    await clock.advance(0);
    expect(kept).toEqual([
      {
        id: '20260101T120000-000001',
        at: NOON,
        node: 'w1',
        namespace: 'prod',
        pod: 'api',
        container: 'app',
        cause: 'ended',
        run: 0,
        exitCode: 3,
        reason: 'Error',
        ranMs: 12_000,
        isReduced: false,
        notKept: 0,
        podFacts: {
          phase: 'Running',
          isReady: false,
          conditions: [],
          containers: CRASHED.containers,
          omittedContainers: 0,
        },
        events: [],
        logs: [],
        surroundings: NODE,
        missing: ['log of run 0: none', 'timeline: the store does not answer', 'events of the pod: nobody reads them'],
      },
    ]);
    expect(kept[0]?.id).toMatch(SCENE_ID);
  });

  it('is read at once, and waits for the word of the API', async () => {
    view = { kind: 'known', pods: [aPod([aContainer({ isRunning: true })])] };
    desk.failed(failure(0, BY_LOG));
    await clock.advance(0);
    expect([asked.length, kept.length]).toEqual([1, 0]);
    await clock.advance(2000);
    view = { kind: 'known', pods: [CRASHED] };
    await clock.advance(500);
    expect(kept).toMatchObject([{ cause: 'ended', exitCode: 3, isReduced: false, at: NOON }]);
  });

  it('is reduced after five seconds where the API says nothing of it, and at once where it is away', async () => {
    view = { kind: 'known', pods: [aPod([aContainer({ isRunning: true })])] };
    desk.failed(failure(0, BY_LOG));
    await clock.advance(4900);
    expect(kept).toEqual([]);
    await clock.advance(200);
    expect(kept).toMatchObject([{ cause: 'restarted', isReduced: true }]);
    expect(kept[0]?.missing[0]).toBe(
      'how it ended: the Kubernetes API said nothing of this within 5 s; what is told of the pod is from before',
    );
    expect(kept[0]).not.toHaveProperty('exitCode');

    view = { kind: 'unknown', why: 'the Kubernetes API has said nothing for 4m' };
    desk.failed(failure(1, BY_LOG));
    await clock.advance(0);
    expect(kept[1]).toMatchObject({ isReduced: true });
    expect(kept[1]?.missing[0]).toBe('pod: the Kubernetes API has said nothing for 4m');

    desk.failed(failure(0, { ...BY_LOG, namespace: 'dev' }));
    await clock.advance(0);
    expect(kept[2]?.missing[0]).toBe('pod: nobody asks for it');
  });

  it('of a pod that is being deleted is none', async () => {
    view = { kind: 'known', pods: [{ ...CRASHED, isDeleting: true }] };
    desk.failed(failure(0, BY_LOG));
    await clock.advance(10_000);
    expect(kept).toEqual([]);
  });

  it('is without secrets also in what a container and its kubelet leave', async () => {
    const ended = { exitCode: 3, message: 'dial postgres://u:hunter2@db' };
    const waiting = { reason: 'CrashLoopBackOff', message: 'password=hunter2' };
    view = { kind: 'known', pods: [aPod([aContainer({ ended, waiting })], { because: 'token=hunter2' })] };
    desk.failed(failure());
    await clock.advance(0);
    expect(JSON.stringify(kept)).not.toContain('hunter2');
    expect(kept[0]?.podFacts?.containers[0]?.ended?.message).toBe('dial postgres://u:[redacted]@db');
  });
});

describe('failures', () => {
  it('that are noticed in several ways are one', async () => {
    desk.failed(failure(0, BY_LOG));
    desk.failed(failure());
    await clock.advance(60_000);
    desk.failed(failure());
    desk.failed(failure(0, BY_LOG));
    await clock.advance(0);
    expect(kept).toHaveLength(1);
  });

  it('of a container within five seconds are one, and the next says how many were not kept', async () => {
    for (const run of [0, 1, 2]) desk.failed(failure(run));
    await clock.advance(5001);
    desk.failed(failure(3));
    await clock.advance(0);
    expect(kept.map(({ run, notKept }) => [run, notKept])).toEqual([[0, 0]]);
    // The fourth is the next.
    for (const run of [4, 5, 6, 7]) {
      await clock.advance(5001);
      desk.failed(failure(run));
    }
    await clock.advance(10_000);
    expect(kept.map(({ run, notKept }) => [run, notKept])).toEqual([
      [0, 0],
      [3, 2],
      [7, 3],
    ]);
  });

  it('in a loop leave a handful of scenes: six in the first hour', async () => {
    view = { kind: 'none', why: 'there is no Kubernetes API here' };
    // As a kubelet backs off: 10 s, twice as long each time, five minutes at most.
    for (let [run, pauseMs] = [0, 10_000]; clock.now() < NOON + 3_600_000; run += 1) {
      desk.failed(failure(run, BY_LOG));
      await clock.advance(pauseMs);
      pauseMs = Math.min(300_000, pauseMs * 2);
    }
    expect(kept.map(({ run }) => run)).toEqual([0, 1, 2, 3, 7, 15]);
  });

  it('of many pods at once are worked at four at a time, and no more than thirty are kept an hour', async () => {
    let [atOnce, most] = [0, 0];
    giveTails = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await clock.sleep(1000);
      atOnce -= 1;
      return { logs: [], missing: [] };
    };
    view = { kind: 'none', why: '' };
    for (let pod = 0; pod < 100; pod += 1) desk.failed(failure(0, { pod: `api-${pod}-of` }));
    await clock.advance(60_000);
    expect([most, kept.length]).toEqual([4, 30]);
  });

  it('of a job whose runs all fail leave room for others', async () => {
    view = { kind: 'none', why: '' };
    for (let minute = 0; minute < 60; minute += 1) {
      desk.failed(failure(0, { pod: `job-${29_384_520 + minute}-x2k4p` }));
      await clock.advance(60_000);
    }
    const jobs = kept.length;
    expect(jobs).toBe(9);
    for (let pod = 0; pod < 21; pod += 1) desk.failed(failure(0, { pod: `api-${pod}-of` }));
    await clock.advance(10_000);
    expect(kept.length - jobs).toBe(21);
  });

  it('that an earlier run of the agent kept count', async () => {
    desk.recall([1, 2, 3, 4].map((minute) => ({ ...failure(), cause: 'ended' as const, at: NOON - minute * 60_000 })));
    desk.failed(failure(9));
    await clock.advance(0);
    expect(kept).toEqual([]);
  });
});

describe('a person', () => {
  const PLACE = { namespace: 'prod', pod: 'api', container: '' };

  it('gets a scene of a pod that runs, of its only container, however often it failed', async () => {
    view = { kind: 'known', pods: [aPod([aContainer({ isRunning: true })], { isReady: true })] };
    for (const run of [0, 1, 2, 3, 4]) desk.failed(failure(run));
    await clock.advance(20_000);
    kept = [];
    const outcome = await desk.ask(PLACE);
    expect(outcome).toEqual({ kind: 'kept', id: kept[0]?.id });
    expect(kept).toMatchObject([{ cause: 'asked', container: 'app', isReduced: false, podFacts: { isReady: true } }]);
  });

  it('is told that there is no such pod, or that it was asked too often', async () => {
    view = { kind: 'known', pods: [] };
    const nobody = desk.ask({ ...PLACE, pod: 'typo' });
    await clock.advance(6000);
    expect(await nobody).toEqual({ kind: 'unknown-pod' });
    view = { kind: 'known', pods: [CRASHED] };
    for (let count = 1; count < 30; count += 1) await desk.ask(PLACE);
    expect(await desk.ask(PLACE)).toEqual({ kind: 'too-many', perHour: 30 });
    expect(kept).toHaveLength(29);
  });
});
