import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { ContainerLiveness, LivenessState } from '../model/liveness.ts';
import { LivenessSchema } from './contract/workloads.ts';
import { presentLiveness } from './present-liveness.ts';

const of = (...states: readonly LivenessState[]): ContainerLiveness[] =>
  states.map((state, index) => ({
    namespace: 'prod',
    pod: `worker-${index}`,
    container: 'main',
    watch: 'worker',
    state,
    why: state === 'alive' ? '' : 'it has written nothing for 31 min',
    since: Date.UTC(2026, 0, 1),
  }));

it.each([
  [[], 'unknown', 'unknown'],
  [['alive'], 'alive', 'alive'],
  [['dead'], 'dead', 'dead'],
  [['dead', 'alive'], 'alive', 'dead'],
  [['dead', 'dead'], 'dead', 'dead'],
  [['dead', 'suppressed'], 'suppressed', 'dead'],
  [['dead', 'unknown'], 'unknown', 'dead'],
  [['alive', 'unknown'], 'alive', 'unknown'],
] as const)('of %j calls the workload %s, and a pod %s', (states, workload, pod) => {
  expect(presentLiveness('w1', of(...states), true).state).toBe(workload);
  expect(presentLiveness('w1', of(...states), false).state).toBe(pod);
});

it('calls a pod dead for one of its containers, whoever else in it is content', () => {
  const of2 = (...pods: readonly (readonly LivenessState[])[]): ContainerLiveness[] =>
    pods.flatMap((states, pod) => of(...states).map((one) => ({ ...one, pod: `worker-${pod}` })));
  expect(presentLiveness('w1', of2(['dead', 'alive']), true).state).toBe('dead');
  expect(presentLiveness('w1', of2(['dead', 'alive'], ['alive', 'alive']), true).state).toBe('alive');
});

it('says of each container what was seen', () => {
  const said = presentLiveness('w1', of('alive', 'dead'), true);
  expect([...Value.Errors(LivenessSchema, said)]).toEqual([]);
  expect(said.containers).toMatchObject([
    { state: 'alive' },
    { state: 'dead', why: 'it has written nothing for 31 min' },
  ]);
  expect(said.containers[0]).not.toHaveProperty('why');
});
