import { expect, it } from 'vitest';
import { NOON, aDiagnosis, aFinding, aProblem, aResult, aState } from '../../../test/lib/fixtures.ts';
import type { Scene, SceneLine } from '../../model/scene.ts';
import { MOST_SCENE_BYTES, fitted, sceneNodeOf } from './content.ts';

it('tells of the node what is wrong with it, what it is short of and what has changed', () => {
  const results = [
    aResult({ check: 'kubelet', status: 'problem', problems: [aProblem({ message: 'refused, password=hunter2' })] }),
    aResult({ check: 'memory-pressure', readings: [{ name: 'available_bytes', value: 12 }] }),
    aResult({ check: 'dns', status: 'unknown', why: 'no server is known', readings: [{ name: 'x_count', value: 1 }] }),
  ];
  const findings = [
    aFinding({ node: 'node-a', sentence: 'The kubelet on node-a is down' }),
    aFinding({ node: 'node-b', sentence: 'Something else' }),
    aFinding({ node: 'node-b', nodes: ['node-b', 'node-a'], sentence: 'Both of them' }),
  ];
  const events = [
    { kind: 'agent-notice', at: NOON, node: 'node-a', message: 'newest', sequence: 2 },
    {
      kind: 'raised',
      at: NOON - 5,
      node: 'node-a',
      check: 'kubelet',
      reason: 'KubeletDown',
      severity: 'critical',
      message: 'refused',
      sequence: 1,
    },
  ] as const;
  const node = sceneNodeOf(aState(results), aDiagnosis({ findings }), events);
  expect(node.findings).toEqual(['The kubelet on node-a is down', 'Both of them']);
  expect(node.checks).toEqual([
    { check: 'kubelet', status: 'problem', words: ['refused, password=[redacted]'] },
    { check: 'memory-pressure', status: 'ok', words: [] },
    { check: 'dns', status: 'unknown', words: ['no server is known'] },
  ]);
  expect(node.readings).toEqual([{ check: 'memory-pressure', name: 'available_bytes', value: 12 }]);
  expect(node.changes).toEqual([
    { at: NOON - 5, words: 'raised kubelet: refused' },
    { at: NOON, words: 'newest' },
  ]);
});

it('leaves out the oldest lines where a scene would be too large', () => {
  const lines = (text: string): SceneLine[] =>
    Array.from({ length: 200 }, (_, index) => ({ at: NOON, stream: 'stdout', text: `${index}${text}` }));
  const log = { container: 'app', isCut: false, maskedLines: 0, unreadableLines: 0 };
  const scene: Scene = {
    id: '20260101T120000-000001',
    at: NOON,
    node: 'w1',
    namespace: 'prod',
    pod: 'api',
    container: 'app',
    cause: 'ended',
    isReduced: false,
    notKept: 0,
    // Each of these takes two bytes in JSON.
    logs: [
      { ...log, run: 1, lines: lines('"'.repeat(320)) },
      { ...log, run: 0, lines: lines('\\'.repeat(320)) },
    ],
    surroundings: sceneNodeOf(aState([]), aDiagnosis({}), []),
    missing: [],
  };
  expect(Buffer.byteLength(JSON.stringify(scene))).toBeGreaterThan(MOST_SCENE_BYTES);
  const { logs } = fitted(scene);
  expect(Buffer.byteLength(JSON.stringify({ ...scene, logs }))).toBeLessThanOrEqual(MOST_SCENE_BYTES);
  expect(logs.map(({ lines: left, isCut }) => [left.length > 100, left.at(-1)?.text.slice(0, 3), isCut])).toEqual([
    [true, '199', true],
    [true, '199', false],
  ]);
  const small = { ...scene, logs: [] };
  expect(fitted(small)).toEqual(small);
});

it('masks a secret before a text is cut inside of it', () => {
  const message = `${'x'.repeat(380)} ghp_0123456789abcdefghijABCDEFGHIJ012345`;
  const results = [aResult({ check: 'kubelet', status: 'problem', problems: [aProblem({ message })] })];
  const [said = ''] = sceneNodeOf(aState(results), aDiagnosis(), []).checks[0]?.words ?? [];
  expect(said).toMatch(/^x{380} \[redacted\]$/);
  const long = sceneNodeOf(aState([]), aDiagnosis({ sentence: 'y'.repeat(900) }), []).sentence;
  expect(long).toHaveLength(400);
});
