/** Nodes of known distributions on which nothing is wrong: no check finds a problem, and each says what it should. */
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { resolvePresence } from '../agent/runner/presence.ts';
import { fakeFetch, fakeHostFiles, testContext } from '../checks/lib/testing.ts';
import { CHECKS } from '../checks/registry.ts';
import type { AnyCheck, CheckContext, Outcome } from '../checks/types.ts';
import { CILIUM_WORKER, KUBEADM_MASTER, KUBEADM_WORKER, KUBESPRAY_WORKER } from './lib/profiles/kubeadm.ts';
import { inPod } from './lib/profiles/in-pod.ts';
import { EKS_NODE, K3S_SERVER, OPENSHIFT_MASTER, TALOS_MASTER } from './lib/profiles/others.ts';
import { NO_PODS, type Profile } from './lib/profiles/profile.ts';

const PROFILES = [
  KUBEADM_MASTER,
  KUBEADM_WORKER,
  KUBESPRAY_WORKER,
  CILIUM_WORKER,
  K3S_SERVER,
  EKS_NODE,
  TALOS_MASTER,
  OPENSHIFT_MASTER,
  inPod(KUBEADM_MASTER),
  inPod(KUBEADM_WORKER),
  inPod(CILIUM_WORKER),
  inPod(EKS_NODE),
  inPod(K3S_SERVER),
];

/** As the runner has it, on a node where nothing was seen before. */
async function look(
  check: AnyCheck,
  { files, answers, hasDocker = false, podDns, authority }: Profile,
): Promise<Outcome> {
  const host = fakeHostFiles({ ...files });
  const context = testContext(CHECKS[0] as never, {
    host,
    fetch: fakeFetch({ ...answers }),
    node: {
      name: 'node-1',
      arch: 'amd64',
      cpus: 4,
      apiServiceAddress: '10.96.0.1',
      apiServicePort: 443,
      ...(podDns !== undefined && { podDns }),
    },
    dns: async () => ({ kind: 'answer', code: 'NOERROR', addresses: ['10.96.0.1'], durationMs: 2 }),
    pods: () => NO_PODS,
    apiAuthority: async () => (authority === undefined ? undefined : { path: '/ca.crt', pem: authority }),
    logs: () => ({ kind: 'none', why: 'no log is followed in this test' }),
    nodeObject: () => ({ kind: 'known', node: { ready: 'true', troubles: [], isLeaving: false } }),
    runtime: {
      probe: async () =>
        hasDocker
          ? { kind: 'ok', runtime: 'Docker Engine', phases: { ping: 2, list: 3 } }
          : { kind: 'unavailable', message: 'nobody asks the runtime here' },
    },
  });
  const config = Value.Default(check.config, {});
  const own = { ...context, config, state: check.createState?.() } as CheckContext<never, never>;
  const outcome = await check.run(own);
  return resolvePresence(check, config, outcome, host, { configured: false, memoryKnown: true });
}

describe.each(PROFILES.map((profile) => [profile.name, profile] as const))('%s', (_, profile) => {
  it.each(CHECKS.map((check) => [check.id, check] as const))('%s finds nothing wrong', async (id, check) => {
    const outcome = await look(check, profile);
    if (outcome.status === 'problem') expect.fail(JSON.stringify(outcome.problems));
    const expected = profile.expected[id];
    if (expected !== undefined) expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: expected });
  });
});
