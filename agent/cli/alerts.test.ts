import { expect, it } from 'vitest';
import { exitOf } from './alerts.ts';

const UNKNOWN = [{ rule: 'worker-quiet', why: 'its log cannot be read' }];
const MOOT = [{ rule: 'node-events', why: 'no agent here knows of a Kubernetes API', moot: true }];

it.each([
  [0, 'nothing fires', { firing: 0, unknown: [] }],
  [1, 'something fires', { firing: 2, unknown: [] }],
  [1, 'something fires, whatever else is unknown', { firing: 1, unknown: UNKNOWN }],
  [2, 'a rule is unknown', { firing: 0, unknown: UNKNOWN }],
  [1, 'more fires than had room to be told', { firing: 0, omitted: 3, unknown: [] }],
  [0, 'only rules that nobody wrote are unknown where nobody can read events', { firing: 0, unknown: MOOT }],
  [2, 'another one is, too', { firing: 0, unknown: [...MOOT, ...UNKNOWN] }],
  [2, 'nobody judges', { firing: 0, unknown: [], missing: 'this agent judges no rules' }],
])('ends with %i where %s', (code, _, said) => {
  expect(exitOf(said)).toBe(code);
});
