import { expect, it } from 'vitest';
import { aPod } from '../testing.ts';
import { readPod } from './pod.ts';

it('is read', () => {
  expect(readPod(aPod('coredns-x'))).toEqual({
    namespace: 'kube-system',
    name: 'coredns-x',
    uid: 'uid-of-coredns-x',
    phase: 'Running',
    isDeleting: false,
    isReady: true,
    conditions: [{ type: 'Ready', status: 'True' }],
    containers: [{ name: 'app', restarts: 0, isRunning: true }],
  });
});

it('tells what a scene of its failure needs, and nothing of its environment, annotations and volumes', () => {
  const containerStatuses = [
    {
      name: 'app',
      restartCount: 1,
      image: 'example.org/app:1',
      imageID: 'example.org/app@sha256:0a1b',
      state: { running: { startedAt: '2026-01-01T00:00:08Z' } },
      lastState: {
        terminated: { exitCode: 139, signal: 11, message: 'last\nwords', finishedAt: '2026-01-01T00:00:07Z' },
      },
    },
  ];
  const since = '2026-01-01T00:00:00Z';
  const conditions = [
    { type: 'Initialized', status: 'True', lastTransitionTime: since },
    { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
    7,
  ];
  const pod = aPod('x', {
    metadata: { annotations: { 'kubernetes.io/config.hash': 'c0ffee', note: 'secret-1' } },
    status: { phase: 'Running', conditions, containerStatuses },
  });
  const env = [{ name: 'PASSWORD', value: 'secret-2' }];
  const resources = { limits: { cpu: '1', memory: '64Mi' } };
  const spec = { containers: [{ name: 'app', env, resources }], volumes: [{ name: 'secret-3' }] };
  const read = readPod({ ...(pod as object), spec });
  expect(read).toMatchObject({
    configHash: 'c0ffee',
    conditions: [
      { type: 'Initialized', status: 'True', since: Date.parse(since) },
      { type: 'Ready', status: 'False', because: 'ContainersNotReady' },
    ],
    containers: [
      {
        name: 'app',
        isRunning: true,
        image: 'example.org/app:1',
        imageId: 'example.org/app@sha256:0a1b',
        limits: { cpu: '1', memory: '64Mi' },
        ended: { exitCode: 139, signal: 11, message: 'last words', finishedAt: Date.parse('2026-01-01T00:00:07Z') },
      },
    ],
  });
  expect(JSON.stringify(read)).not.toContain('secret');
});

it('tells why a container does not run, and how it ended', () => {
  const containerStatuses = [
    {
      name: 'app',
      restartCount: 7,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s\nrestarting' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    },
  ];
  const initContainerStatuses = [{ name: 'setup', state: { terminated: { exitCode: 0, reason: 'Completed' } } }];
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'not ready: [app]' }];
  const pod = readPod(
    aPod('x', { status: { phase: 'Running', conditions, containerStatuses, initContainerStatuses } }),
  );

  expect(pod).toMatchObject({ isReady: false, because: 'ContainersNotReady: not ready: [app]' });
  expect(pod?.containers).toEqual([
    { name: 'setup', restarts: 0, hasEnded: true, ended: { exitCode: 0, reason: 'Completed' } },
    {
      name: 'app',
      restarts: 7,
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting' },
      ended: { exitCode: 137, reason: 'OOMKilled' },
    },
  ]);
});

it('tells for how long a container ran that ended, where it is said', () => {
  const ranMs = (startedAt: unknown, finishedAt: unknown) =>
    readPod(
      aPod('x', {
        status: {
          containerStatuses: [{ name: 'app', lastState: { terminated: { exitCode: 1, startedAt, finishedAt } } }],
        },
      }),
    )?.containers[0]?.ended?.ranMs;
  expect(ranMs('2026-01-01T00:00:00Z', '2026-01-01T00:00:07Z')).toBe(7000);
  expect(ranMs('2026-01-01T00:00:07Z', '2026-01-01T00:00:00Z')).toBeUndefined();
  expect([ranMs('0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'), ranMs(undefined, 'soon')]).toEqual([
    undefined,
    undefined,
  ]);
});

it('tells since when it is ready, where it is said', () => {
  const at = (lastTransitionTime: unknown) =>
    readPod(aPod('x', { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }] } }))
      ?.readySince;
  expect(at('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0, 1));
  expect([at('soon'), at(7), at(undefined)]).toEqual([undefined, undefined, undefined]);
});

it('is being deleted from the moment that it says when', () => {
  expect(readPod(aPod('x', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }))?.isDeleting).toBe(true);
});

it('may be of any form', () => {
  const statuses = [
    7,
    {},
    { name: 7 },
    { name: 'a', restartCount: -3, state: 7, lastState: { terminated: { exitCode: 'x' } } },
  ];
  const odd = aPod('x', { status: { phase: 'Evaporated', conditions: [7], containerStatuses: statuses } });
  expect(readPod(odd)).toMatchObject({ phase: 'Unknown', isReady: false, containers: [{ name: 'a', restarts: 0 }] });
  const many = Array.from({ length: 1000 }, (_, index) => ({ name: `c${index}` }));
  expect(readPod(aPod('x', { status: { containerStatuses: many } }))?.containers).toHaveLength(64);
  for (const garbage of [undefined, null, 7, [], {}, { metadata: 7 }, { metadata: { name: 'a', uid: 'u' } }])
    expect(readPod(garbage)).toBeUndefined();
});
