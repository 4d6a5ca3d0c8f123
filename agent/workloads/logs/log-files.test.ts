import { expect, it } from 'vitest';
import { latestInstance, parsePodDirectory } from './log-files.ts';

it('reads the name of a pod’s directory, and of nothing else', () => {
  expect(parsePodDirectory('prod_worker-7d9f4c6b8-x2k4p_0f5c2bb6-6d3e-4f0e-9d2b-7b8d6f0e2a11')).toEqual({
    namespace: 'prod',
    pod: 'worker-7d9f4c6b8-x2k4p',
    uid: '0f5c2bb6-6d3e-4f0e-9d2b-7b8d6f0e2a11',
  });
  expect(parsePodDirectory('kube-system_etcd-m1_b2a1c3')?.uid).toBe('b2a1c3');
  for (const name of ['', 'prod', 'prod_worker', 'prod__uid', '_worker_uid', 'a_b_c_d'])
    expect(parsePodDirectory(name), name).toBeUndefined();
});

it('finds the latest run of a container with what was rotated of it', () => {
  expect(
    latestInstance([
      '0.log',
      '2.log',
      '2.log.20261123-101500',
      '2.log.20261123-111500',
      '2.log.20261122-101500.gz',
      '2.log.20261123-121500.tmp',
      '1.log.20261123-121500',
      'notes',
    ]),
  ).toEqual({ restarts: 2, current: '2.log', rotated: ['2.log.20261123-111500', '2.log.20261123-101500'] });
  expect(latestInstance(['10.log', '9.log'])?.restarts).toBe(10);
  // Between the renaming and the new file there is none.
  expect(latestInstance(['0.log.20261123-111500'])?.current).toBe('0.log');
  expect(latestInstance(['notes', 'x.log', '.log'])).toBeUndefined();
});
