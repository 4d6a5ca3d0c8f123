import { expect, it } from 'vitest';
import { isPodOf } from './pod-names.ts';

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
  ['web', 'web-v2-x2k4p', false],
  ['web', 'web-db-x2k4p', false],
  ['kube-proxy', 'kube-proxy-b7xkz', true],
])('takes of the workload %s the pod %s: %s', (workload, pod, is) => {
  expect(isPodOf(workload, pod)).toBe(is);
});
