import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerFacts, PodFacts } from '../../../checks/types.ts';
import { type PodWatch, createPodWatch } from './pod-watch.ts';

const aPod = (container: Partial<ContainerFacts>, more: Partial<PodFacts> = {}): PodFacts => ({
  namespace: 'prod',
  name: 'api',
  uid: 'u1',
  phase: 'Running',
  isDeleting: false,
  isReady: true,
  containers: [{ name: 'app', restarts: 0, ...container }],
  ...more,
});
const RUNS = { isRunning: true } as const;
const CRASH = { exitCode: 1, reason: 'Error' };
const DONE = { exitCode: 0, reason: 'Completed' };
const LOOP = { waiting: { reason: 'CrashLoopBackOff' } };

let now: number;
let watch: PodWatch;
const look = (...pods: readonly PodFacts[]): string[] =>
  watch.look(pods).map(({ pod, uid, container, cause, run }) => `${pod} ${uid} ${container} ${cause} ${run}`);
beforeEach(() => {
  now = 0;
  watch = createPodWatch({ isWanted: (namespace) => namespace === 'prod', monotonic: () => now });
});

describe('a container', () => {
  it('that crashes is told once for each run, whatever the API says of it on the way', () => {
    expect(look(aPod(RUNS))).toEqual([]);
    expect(look(aPod({ ended: CRASH }))).toEqual(['api u1 app ended 0']);
    expect(look(aPod({ ...RUNS, restarts: 1, ended: CRASH }))).toEqual([]);
    expect(look(aPod({ ...LOOP, restarts: 1, ended: CRASH }))).toEqual(['api u1 app ended 1']);
    expect(look(aPod({ ...RUNS, restarts: 2, ended: CRASH }))).toEqual([]);
    // Of what happened between two looks the last.
    expect(look(aPod({ ...RUNS, restarts: 7, ended: CRASH }))).toEqual(['api u1 app ended 6']);
  });

  it('that the kernel ended is told whatever its code', () => {
    look(aPod(RUNS));
    expect(look(aPod({ ended: { exitCode: 0, reason: 'OOMKilled' } }))).toEqual(['api u1 app ended 0']);
  });

  it('that ends well is told when it is started again, or waits for that, and only then', () => {
    look(aPod(RUNS));
    expect(look(aPod({ ended: DONE }))).toEqual([]);
    expect(look(aPod({ ...RUNS, restarts: 1, ended: DONE }))).toEqual(['api u1 app restarted 0']);
    expect(look(aPod({ ...LOOP, restarts: 1, ended: DONE }))).toEqual(['api u1 app crash-loop 1']);
  });

  it('whose end its runtime did not see is told when it is started again', () => {
    look(aPod(RUNS));
    expect(look(aPod({ ended: { exitCode: 255, reason: 'Unknown' } }))).toEqual([]);
    expect(look(aPod({ ...RUNS, restarts: 1, ended: { exitCode: 255, reason: 'Unknown' } }))).toEqual([
      'api u1 app restarted 0',
    ]);
  });

  it('whose end the kubelet forgot is told by its restarts', () => {
    look(aPod(RUNS));
    expect(look(aPod({ ...RUNS, restarts: 1 }))).toEqual(['api u1 app restarted 0']);
  });

  it('of a job that has ended is none of ours, nor is what was so before this agent came', () => {
    expect(look(aPod({ ...LOOP, restarts: 9, ended: CRASH }))).toEqual([]);
    expect(
      look(aPod({ ...LOOP, restarts: 9, ended: CRASH }), aPod({ ended: DONE }, { uid: 'u2', name: 'job' })),
    ).toEqual([]);
    expect(look(aPod({ ended: CRASH }, { uid: 'u3', name: 'late', phase: 'Failed' }))).toEqual(['late u3 app ended 0']);
  });

  it('of a pod that is being deleted, or of a namespace that nobody named, may end as it likes', () => {
    look(aPod(RUNS));
    expect(look(aPod({ ended: { exitCode: 137 } }, { isDeleting: true }))).toEqual([]);
    expect(look(aPod({ ended: CRASH }, { uid: 'u2', namespace: 'dev' }))).toEqual([]);
  });

  it('of a static pod is named as its kubelet names its logs', () => {
    look();
    expect(look(aPod({ ended: CRASH }, { configHash: 'c0ffee' }))).toEqual(['api c0ffee app ended 0']);
  });
});

describe('a pod that is not ready', () => {
  const unready = (container: Partial<ContainerFacts> = RUNS): string[] => look(aPod(container, { isReady: false }));

  it('any more is told after a minute, once until it was ready again', () => {
    look(aPod(RUNS));
    expect(unready()).toEqual([]);
    now = 59_000;
    expect(unready()).toEqual([]);
    now = 61_000;
    expect(unready()).toEqual(['api u1  not-ready undefined']);
    now = 300_000;
    expect(unready()).toEqual([]);
    look(aPod(RUNS));
    expect(unready()).toEqual([]);
    now = 361_000;
    expect(unready()).toEqual(['api u1  not-ready undefined']);
  });

  it('yet, or because a container of it crashed, is not told', () => {
    look();
    unready();
    now = 120_000;
    expect(unready()).toEqual([]);
    look(aPod(RUNS));
    expect(unready({ ...LOOP, restarts: 1, ended: CRASH })).toEqual(['api u1 app ended 1']);
    now = 300_000;
    expect(unready({ ...RUNS, restarts: 2, ended: CRASH })).toEqual([]);
  });
});
