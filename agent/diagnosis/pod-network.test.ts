/** That a new pod gets no network is told under what keeps its runtime from giving it one. */
import { expect, it } from 'vitest';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, createScene, failing } from './testing.ts';

const at = (sinceMs: number): { since: number } => ({ since: SINCE + sinceMs });
const network = (message: string): CheckResult =>
  failing('pod-network', 'PodNetworkFails', `containerd 1.7.24, ${message}`, at(60_000));

const tree = (...results: readonly CheckResult[]) =>
  diagnose(
    createScene(['m1', 'w1'])
      .report('w1', ...results)
      .from('m1'),
    NOW,
    CATALOGUE,
  ).findings.map(({ reason, causedBy }) => [reason, causedBy]);

it.each([
  [
    'a runtime that is gone',
    failing('container-runtime', 'RuntimeDown', 'nobody listens on /run/containerd/containerd.sock', at(0)),
    'phase list: nobody listens on /run/containerd/containerd.sock',
  ],
  [
    'a runtime that hangs',
    failing('container-runtime', 'RuntimeHung', 'Version was not answered within 1.7 s', at(0)),
    'phase list: ListPodSandbox was accepted and not answered within 2.0 s',
  ],
  [
    'a runtime that has no network',
    failing('container-runtime', 'PodNetworkNotReady', 'cni plugin not initialized', at(0)),
    'phase sandbox: failed to setup network for sandbox: cni plugin not initialized',
  ],
  [
    'what keeps any container from starting',
    failing('container-start', 'ContainersCannotStart', 'phase sandbox: runc did not start', at(0)),
    'phase sandbox: failed to create containerd task: runc did not start',
  ],
  [
    'a disk that is full',
    failing('disk-space', 'DiskFull', '/var has 0 B of 10 GB', { ...at(0), subject: '/var' }),
    'phase sandbox: copy file range failed: no space left on device',
  ],
])('is a consequence of %s', (_, cause, message) => {
  const [first, second] = tree(cause, network(message));
  expect(first).toEqual([cause.problems[0]?.reason, undefined]);
  expect(second).toEqual(['PodNetworkFails', expect.stringContaining(`${cause.problems[0]?.reason}/w1`)]);
});

it('is a cause where the network is what fails, whatever else does', () => {
  const cause = failing('container-start', 'ContainersCannotStart', 'phase create: image', at(0));
  const plugin = network('phase sandbox: plugin type="bridge" failed (add): no addresses');
  expect(tree(cause, plugin)).toEqual([
    ['ContainersCannotStart', undefined],
    ['PodNetworkFails', undefined],
  ]);
});
