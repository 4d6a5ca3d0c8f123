import { expect, it } from 'vitest';
import { isPodOf, workloadOf } from './pod-names.ts';

it.each([
  ['worker', 'worker', true],
  ['worker', 'worker-7d9f4c6b8-x2k4p', true],
  ['worker', 'worker-x2k4p', true],
  ['worker', 'worker-0', true],
  ['worker', 'worker-12', true],
  ['worker', 'worker-api-7d9f4c6b8-x2k4p', false],
  ['worker', 'worker-migrate', false],
  ['worker', 'workers-0', false],
  ['worker', 'work', false],
  ['worker', 'worker-0-x2k4p', true],
  ['worker', 'worker-29384520-x2k4p', true],
  ['worker', 'worker-29384520-3-x2k4p', true],
  ['web', 'web-v2-x2k4p', false],
  ['web', 'web-db-x2k4p', false],
  ['kube-proxy', 'kube-proxy-b7xkz', true],
])('takes of the workload %s the pod %s: %s', (workload, pod, is) => {
  expect(isPodOf(workload, pod)).toBe(is);
});

it.each([
  ['worker-7d9f4c6b8-x2k4p', 'worker'],
  ['worker-x2k4p', 'worker'],
  ['web-db-x2k4p', 'web-db'],
  ['db-0', 'db'],
  ['cleanup-29384520-x2k4p', 'cleanup'],
  ['cleanup-29384520-0-x2k4p', 'cleanup'],
  ['etl-5f0c9a7be1d24c33', 'etl'],
  ['prod/worker-7d9f4c6b8-x2k4p', 'prod/worker'],
  ['worker', 'worker'],
  ['etcd-master', 'etcd-master'],
  ['web-facade', 'web-facade'],
  ['x2k4p', 'x2k4p'],
  ['prod/x2k4p', 'prod/x2k4p'],
  [`${'a-'.repeat(120)}0`, `${'a-'.repeat(119)}a`],
])('the pod %s is one of %s', (pod, workload) => {
  expect(workloadOf(pod)).toBe(workload);
});
