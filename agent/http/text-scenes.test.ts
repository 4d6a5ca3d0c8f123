import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { NOON, aState } from '../../test/lib/fixtures.ts';
import type { HeldIncident, Scene } from '../model/scene.ts';
import { SceneInShortSchema, SceneSchema } from './contract/scenes.ts';
import { presentHeldIncident, presentOwnIncident, presentScene } from './present-scenes.ts';
import { renderScene, renderScenes } from './text-scenes.ts';

const SCENE: Scene = {
  id: '20260101T115958-0a1b2c',
  at: NOON - 2000,
  node: 'w1',
  namespace: 'prod',
  pod: 'api-x2k4p',
  container: 'app',
  cause: 'ended',
  run: 4,
  exitCode: 137,
  reason: 'OOMKilled',
  ranMs: 12_000,
  isReduced: false,
  notKept: 3,
  podFacts: {
    phase: 'Running',
    isReady: false,
    because: 'ContainersNotReady: containers with unready status: [app]',
    conditions: [{ type: 'Ready', status: 'False', since: NOON - 3000, because: 'ContainersNotReady' }],
    containers: [
      {
        name: 'app',
        restarts: 4,
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' },
        ended: { exitCode: 137, reason: 'OOMKilled', message: 'last words', ranMs: 12_000, finishedAt: NOON - 3000 },
        image: 'example.org/api:1',
        imageId: 'sha256:0a1b',
        limits: { memory: '64Mi' },
      },
      { name: 'helper', restarts: 1, isRunning: true },
    ],
    omittedContainers: 0,
  },
  logs: [
    {
      container: 'app',
      run: 4,
      lines: [
        { at: NOON - 4000, stream: 'stdout', text: 'working' },
        { at: NOON - 3100, stream: 'stderr', text: 'password=[redacted]' },
      ],
      isCut: true,
      maskedLines: 1,
      unreadableLines: 0,
    },
    { container: 'app', run: 3, lines: [], isCut: false, maskedLines: 0, unreadableLines: 0 },
  ],
  surroundings: {
    status: 'degraded',
    sentence: 'w1 is short of memory, since 11:50:00 UTC.',
    findings: ['The memory of w1 is used up.'],
    component: 3,
    members: 3,
    checks: [
      { check: 'kubelet', status: 'ok', words: [] },
      { check: 'memory-pressure', status: 'problem', words: ['2 % are available'] },
    ],
    readings: [{ check: 'memory-pressure', name: 'available_ratio', value: 0.02 }],
    changes: [{ at: NOON - 600_000, words: 'raised memory-pressure: 2 % are available' }],
  },
  missing: ['events of the pod: this agent does not read them'],
};
const OPTIONS = { port: 7575, address: '', tlsCertFile: '' };

it('says what ended and how, its last lines, and what the node looked like', () => {
  const scene = presentScene(SCENE);
  expect([...Value.Errors(SceneSchema, scene)]).toEqual([]);
  expect(renderScene(scene, NOON)).toBe(`\
prod/api-x2k4p/app on w1: exit code 137 (OOMKilled) after 12s
  noticed 11:59:58 UTC, in run 4, scene 20260101T115958-0a1b2c
  3 failures of the pod since the scene before are not kept

LAST LINES (container app, run 4; lines before these are left out; 1 with something masked)
  11:59:56.000 out  working
  11:59:56.900 err  password=[redacted]

THE RUN BEFORE (container app, run 3)
  it wrote nothing

POD  Running, not ready: ContainersNotReady: containers with unready status: [app]
  Ready  False  since 11:59:57 UTC  ContainersNotReady
  container app: waiting, CrashLoopBackOff: back-off 40s; 4 restarts
    ended last with exit code 137 (OOMKilled) after 12s at 11:59:57 UTC
    and left: last words
    image example.org/api:1 (sha256:0a1b)
    limits memory 64Mi
  container helper: running; 1 restart
    limits none

NODE w1 THEN
  w1 is short of memory, since 11:50:00 UTC.
  The memory of w1 is used up.
  connected to 3 of 3 members, itself included
  1 check was fine, others not:
    memory-pressure problem
      2 % are available
  memory-pressure  available_ratio    2 %

CHANGES OF THE NODE IN THE 15 MINUTES BEFORE
  11:50:00 UTC  raised memory-pressure: 2 % are available

NOT LOOKED AT
  events of the pod: this agent does not read them
`);
});

it('says where there is no log and no word of the API', () => {
  const { podFacts: _, exitCode: _code, reason: _reason, ranMs: _ranMs, ...rest } = SCENE;
  const reduced = presentScene({
    ...rest,
    cause: 'restarted',
    isReduced: true,
    logs: [],
    missing: ['log: not mounted'],
  });
  const text = renderScene(reduced, NOON);
  expect(text).toContain('prod/api-x2k4p/app on w1: it was started again, and how it ended is not known');
  expect(text).toContain('THERE ARE NO LAST LINES; see below why');
  expect(text).toContain('the Kubernetes API said nothing of it');
  expect(text).toContain('NOT LOOKED AT\n  log: not mounted');
});

it('lists what all nodes have, and what is away', () => {
  const { id, at, namespace, pod, container, cause, exitCode = 0, reason = '', ranMs = 0 } = SCENE;
  const told: HeldIncident = {
    id,
    at,
    namespace,
    pod,
    container,
    cause,
    exitCode,
    reason,
    ranMs,
    isReduced: false,
    node: 'w1',
    isConnected: true,
  };
  const all = [
    presentOwnIncident('m1', { ...told, container: '', cause: 'not-ready' }),
    presentHeldIncident(told, aState([]), OPTIONS),
    presentHeldIncident({ ...told, isConnected: false, cause: 'restarted', isReduced: true }, aState([]), OPTIONS),
  ];
  expect(all.flatMap((one) => [...Value.Errors(SceneInShortSchema, one)])).toEqual([]);
  expect(renderScenes({ node: 'm1', scenes: all }, NOON)).toBe(`\
ID                      WHEN          NODE                CONTAINER           WHAT
20260101T115958-0a1b2c  11:59:58 UTC  m1                  prod/api-x2k4p      it is not ready any more
20260101T115958-0a1b2c  11:59:58 UTC  w1                  prod/api-x2k4p/app  exit code 137 (OOMKilled) after 12s
20260101T115958-0a1b2c  11:59:58 UTC  w1 (not connected)  prod/api-x2k4p/app  exit code 137 (OOMKilled) after 12s; seen by its log alone
`);
  expect(renderScenes({ node: 'm1', scenes: [] }, NOON)).toBe('No scene of a failure is kept.\n');
});
