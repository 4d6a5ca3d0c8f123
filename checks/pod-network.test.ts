import { describe, expect, it } from 'vitest';
import { fakeHostFiles, testContext } from './lib/testing.ts';
import { podNetwork } from './pod-network.ts';
import type { Outcome, RuntimeProbeAnswer, SeenFromPod } from './types.ts';

const NODE = fakeHostFiles({ '/etc/kubernetes/kubelet.conf': 'kind: Config' });
const runtime = 'containerd 1.7.24';
const WELL: RuntimeProbeAnswer = {
  kind: 'ok',
  runtime,
  phases: { list: 1, sandbox: 240, answer: 2, remove: 80, total: 322 },
};
const failed = (phase: string, message: string): RuntimeProbeAnswer => ({
  kind: 'failed',
  runtime,
  failure: 'error',
  phase,
  message,
  phases: { sandbox: 20 },
});

/** Looks with one check over time. */
function createChecked(host = NODE, seenBefore = false) {
  const { state } = testContext(podNetwork);
  let nowMs = 0;
  return (answer: RuntimeProbeAnswer, afterMs = 60_000): Promise<Outcome> => {
    nowMs += afterMs;
    const clock = { now: () => nowMs, monotonic: () => nowMs };
    const context = { host, clock, state, seenBefore, runtime: { probe: async () => answer } };
    return podNetwork.run(testContext(podNetwork, context));
  };
}

it('is ok with the phases in seconds', async () => {
  expect(await createChecked()(WELL)).toEqual({
    status: 'ok',
    readings: [
      { name: 'sandbox_seconds', value: 0.24 },
      { name: 'answer_seconds', value: 0.002 },
      { name: 'remove_seconds', value: 0.08 },
    ],
  });
});

it.each([
  ['sandbox', 'PodNetworkFails'],
  ['answer', 'PodAddressSilent'],
  ['remove', 'PodNetworkNotRemoved'],
  ['sweep', 'PodNetworkNotRemoved'],
  ['list', 'PodNetworkFails'],
])('tells that phase %s fails, once it was so for a minute', async (phase, reason) => {
  const look = createChecked();
  await look(WELL);
  expect(await look(failed(phase, 'plugin type="bridge" failed (add): no'))).toMatchObject({ status: 'ok' });
  expect(await look(failed(phase, 'plugin type="bridge" failed (add): no'), 500)).toMatchObject({ status: 'ok' });
  expect(await look(failed(phase, 'plugin type="bridge" failed (add): no'), 59_500)).toEqual({
    status: 'problem',
    problems: [{ reason, message: `containerd 1.7.24, phase ${phase}: plugin type="bridge" failed (add): no.` }],
    readings: [{ name: 'sandbox_seconds', value: 0.02 }],
  });
  expect(await look(WELL)).toMatchObject({ status: 'ok' });
  // The minute begins anew.
  expect(await look(failed(phase, 'no'))).toMatchObject({ status: 'ok' });
});

const FULL = [
  'plugin type="flannel" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.42.0.1-10.42.0.254',
  'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
  'failed to setup network for sandbox "x": Failed to allocate pool: Failed to delegate: Failed to allocate address: No available addresses',
  'network: Failed to allocate pool: Failed to delegate: Failed to allocate pool: No available address pools',
  'IPAM Invoker Add failed with error: Failed to get IP address from CNS with error: %w: AllocateIPConfig failed: not enough IPs available for 9c6a7f37',
  'plugin type="calico" failed (add): failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks',
  'unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure range is full',
  'unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure No more IPs available',
  'unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure "all CIDR ranges are exhausted"',
];

describe('as its overlay responder sees it', () => {
  const seen = (fromPod?: SeenFromPod): RuntimeProbeAnswer => ({ ...WELL, ...(fromPod !== undefined && { fromPod }) });
  const SILENT = {
    status: 'problem',
    problems: [
      {
        reason: 'PodAddressSilentToPods',
        message:
          'containerd 1.7.24: new addresses answer the node, and no longer its overlay responder, which is a pod; a NetworkPolicy may forbid it.',
      },
    ],
    readings: [{}, {}, {}],
  };

  it('is told once it was silent for a minute, until it is heard, also while it does not say', async () => {
    const look = createChecked();
    expect(await look(seen('answered'))).toMatchObject({ status: 'ok' });
    expect(await look(seen('silent'))).toMatchObject({ status: 'ok' });
    expect(await look(seen(), 500)).toMatchObject({ status: 'ok' });
    expect(await look(seen('silent'))).toMatchObject(SILENT);
    expect(await look(seen(), 500)).toMatchObject(SILENT);
    expect(await look(seen('answered'))).toMatchObject({ status: 'ok' });
    expect(await look(seen('silent'))).toMatchObject({ status: 'ok' });
  });

  it('is a warning where the node is answered, and critical where nobody is', async () => {
    expect(podNetwork.reasons.PodAddressSilentToPods.severity).toBe('warning');
    expect(podNetwork.reasons.PodAddressSilent.severity).toBe('critical');
    const look = createChecked();
    for (const said of ['answered', 'silent', 'silent'] as const) await look(seen(said));
    await look(failed('answer', 'its new address does not answer the node'));
    expect(await look(failed('answer', 'its new address does not answer the node'))).toMatchObject({
      problems: [{ reason: 'PodAddressSilent' }],
    });
  });

  const deaf = (fromPod?: SeenFromPod): RuntimeProbeAnswer => ({
    ...failed('answer', 'its new address 10.1.0.7 does not answer the node for 2.0 s (no answer)'),
    ...(fromPod !== undefined && { fromPod }),
  });
  it('is a warning where only the node is not answered, also while the pod does not say', async () => {
    const look = createChecked();
    await look(WELL);
    await look(deaf('answered'));
    const told = {
      problems: [
        {
          reason: 'PodAddressSilentToNode',
          message:
            'containerd 1.7.24, phase answer: its new address 10.1.0.7 does not answer the node for 2.0 s (no answer); its overlay responder, which is a pod, hears it, so that a NetworkPolicy or a firewall of the host may forbid it.',
        },
      ],
    };
    expect(await look(deaf('answered'))).toMatchObject(told);
    expect(await look(deaf(), 500)).toMatchObject(told);
    expect(podNetwork.reasons.PodAddressSilentToNode.severity).toBe('warning');
    expect(await look(deaf('silent'))).toMatchObject({ problems: [{ reason: 'PodAddressSilent' }] });
  });

  it('has nothing to add of another fault, nor of an earlier one', async () => {
    const look = createChecked();
    await look(WELL);
    await look(deaf('answered'));
    await look(WELL);
    await look(deaf());
    expect(await look(deaf())).toMatchObject({ problems: [{ reason: 'PodAddressSilent' }] });
    expect(await look(failed('sandbox', 'no'))).toMatchObject({ problems: [{ reason: 'PodNetworkFails' }] });
  });

  it('is left out where it never heard one, or does not say any more', async () => {
    const never = createChecked();
    for (let minute = 0; minute < 5; minute += 1) expect(await never(seen('silent'))).toMatchObject({ status: 'ok' });
    const gone = createChecked();
    for (const said of ['answered', 'silent', 'silent'] as const) await gone(seen(said));
    expect(await gone(seen(), 301_000)).toMatchObject({ status: 'ok' });
  });
});

it.each(FULL)('tells addresses that ran out from a network that is broken: %s', async (message) => {
  const look = createChecked();
  await look(WELL);
  await look(failed('sandbox', message));
  expect(await look(failed('sandbox', message))).toMatchObject({
    status: 'problem',
    problems: [{ reason: 'PodAddressesExhausted', message: expect.stringContaining(message) }],
  });
  expect(podNetwork.reasons.PodAddressesExhausted.severity).toBe('warning');
});

it.each([
  ['answer', 'its new address 10.1.0.7 does not answer: range is full'],
  ['sandbox', 'plugin type="bridge" failed (add): failed to find plugin "bridge" in path [/opt/cni/bin]'],
])('does not take other words for it: %s, %s', async (phase, message) => {
  const look = createChecked();
  await look(WELL);
  await look(failed(phase, message));
  expect(JSON.stringify(await look(failed(phase, message)))).not.toContain('Exhausted');
});

describe('after a restart of the agent', () => {
  const fault = failed('sandbox', 'plugin type="bridge" failed (add): no');

  it('tells of a network that an earlier agent saw well, once the node had time to start', async () => {
    const look = createChecked(NODE, true);
    const why =
      'this node may still be starting. containerd 1.7.24, phase sandbox: plugin type="bridge" failed (add): no';
    for (let minute = 0; minute < 5; minute += 1) expect(await look(fault)).toMatchObject({ status: 'unknown', why });
    expect(await look(fault)).toMatchObject({ status: 'problem', problems: [{ reason: 'PodNetworkFails' }] });
  });

  it('does not wait where it saw it well itself', async () => {
    const look = createChecked(NODE, true);
    await look(fault);
    await look(WELL);
    await look(fault);
    expect(await look(fault)).toMatchObject({ status: 'problem' });
  });

  it('raises nothing of a network that was replaced by one that asks the API', async () => {
    const look = createChecked(NODE, true);
    for (let minute = 0; minute < 10; minute += 1)
      expect(await look(failed('sandbox', 'pods "meerkat-network-probe" not found'))).toMatchObject({
        status: 'unknown',
        why: 'the network plug-in takes only pods that the API knows',
      });
  });
});

it.each(['remove', 'sweep'])('has seen enough where %s fails: what is removed was made before', async (phase) => {
  const look = createChecked();
  for (let minute = 0; minute < 5; minute += 1)
    expect(await look(failed(phase, 'no'))).toMatchObject({ status: 'unknown' });
  expect(await look(failed(phase, 'no'))).toMatchObject({
    status: 'problem',
    problems: [{ reason: 'PodNetworkNotRemoved' }],
  });
});

it('raises nothing of a network that it never saw well', async () => {
  const look = createChecked();
  for (let round = 0; round < 5; round += 1)
    expect(await look(failed('sandbox', 'no'))).toMatchObject({
      status: 'unknown',
      why: 'not yet seen well: containerd 1.7.24, phase sandbox: no',
    });
});

it.each([
  'plugin type="calico" failed (add): pods "meerkat-network-probe" not found',
  'plugin type="multus" failed (add): Multus: [meerkat/meerkat-network-probe/u]: error getting pod: pods "meerkat-network-probe" not found',
  'failed to get pod annotation: timed out waiting for annotations: context deadline exceeded',
])('cannot look where the plug-in asks the API for the pod: %s', async (message) => {
  const look = createChecked();
  for (let round = 0; round < 3; round += 1)
    expect(await look(failed('sandbox', message))).toMatchObject({
      status: 'unknown',
      why: 'the network plug-in takes only pods that the API knows',
    });
});

it('is told all the same of a network that once took what the API does not know', async () => {
  const look = createChecked();
  await look(WELL);
  await look(failed('sandbox', 'pods "meerkat-network-probe" not found'));
  expect(await look(failed('sandbox', 'pods "meerkat-network-probe" not found'))).toMatchObject({ status: 'problem' });
});

it('has the runtime’s words where these name the sandbox and not a pod of the API', async () => {
  const words = 'error adding pod meerkat_meerkat-network-probe to CNI network "pods": Link not found';
  expect(await createChecked()(failed('sandbox', words))).toMatchObject({ why: expect.stringContaining(words) });
});

it('is absent on a host of no cluster and where there is no runtime, and unknown where nobody could look', async () => {
  expect(await createChecked(fakeHostFiles({}))(failed('sandbox', 'no'))).toMatchObject({ status: 'absent' });
  expect(await createChecked()({ kind: 'none', message: 'w' })).toEqual({ status: 'absent', why: 'w' });
  expect(await createChecked()({ kind: 'unsupported', message: 'w' })).toEqual({ status: 'absent', why: 'w' });
  expect(await createChecked()({ kind: 'unavailable', message: 'w' })).toMatchObject({
    status: 'unknown',
    why: 'w',
  });
});
