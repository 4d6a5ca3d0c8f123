import { describe, expect, it } from 'vitest';
import { testClock, testContext } from './lib/testing.ts';
import { nodeObject } from './node-object.ts';
import type { NodeObjectFacts, NodeObjectView, NodeTrouble } from './types.ts';

const SECOND_MS = 1000;
const WELL: NodeObjectFacts = { ready: 'true', troubles: [], isLeaving: false };
const NO_CNI =
  'KubeletNotReady: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

/** Looks at what the API says at the moment, after so much time. */
function setUp() {
  const clock = testClock();
  let view: NodeObjectView = { kind: 'known', node: WELL };
  const context = testContext(nodeObject, { clock, nodeObject: () => view });
  const look = (afterMs: number, next: Partial<NodeObjectFacts> | NodeObjectView) => {
    clock.advance(afterMs);
    view = 'kind' in next ? next : { kind: 'known', node: { ...WELL, ...next } };
    return nodeObject.run(context);
  };
  return { look };
}
/** On a node that this agent has seen ready. */
async function setUpWell() {
  const { look } = setUp();
  await look(0, {});
  return look;
}
const OK = { status: 'ok', readings: [] };

describe('node-object', () => {
  it('is ok where nothing is wrong', async () => {
    expect(await setUp().look(0, {})).toEqual(OK);
  });

  it('is absent without Kubernetes, and unknown while the API does not tell', async () => {
    const { look } = setUp();
    expect(await look(0, { kind: 'none', why: 'there is no Kubernetes API here' })).toEqual({
      status: 'absent',
      why: 'there is no Kubernetes API here',
    });
    expect(await look(0, { kind: 'unknown', why: 'nobody reads' })).toMatchObject({
      status: 'unknown',
      why: 'nobody reads',
    });
    expect(nodeObject.looksThrough).toBe('kubernetes-api');
  });

  it.each<[string, Partial<NodeObjectFacts>, number, string, string]>([
    [
      'NodeNotReady',
      { ready: 'false', because: 'KubeletNotReady: PLEG is not healthy: pleg was last seen active 3m5s ago.' },
      60,
      'NodeNotReady',
      'The kubelet calls this node not ready: KubeletNotReady: PLEG is not healthy: pleg was last seen active 3m5s ago.',
    ],
    [
      'NodeNotReady',
      { ready: 'false' },
      60,
      'NodeNotReady',
      'The kubelet calls this node not ready: no reason is given.',
    ],
    [
      'NodeNotReady with a runtime that is down, and its network with it',
      { ready: 'false', because: `[container runtime is down, ${NO_CNI}]` },
      60,
      'NodeNotReady',
      `The kubelet calls this node not ready: [container runtime is down, ${NO_CNI}].`,
    ],
    [
      'NodeNetworkUnavailable by its kubelet',
      { ready: 'false', because: NO_CNI, troubles: ['NetworkUnavailable'] },
      60,
      'NodeNetworkUnavailable',
      `The kubelet calls this node not ready: ${NO_CNI}.`,
    ],
    [
      'NodeNetworkUnavailable by the network',
      { troubles: ['NetworkUnavailable'] },
      300,
      'NodeNetworkUnavailable',
      'Whoever makes the network of this node says that it is not there (NetworkUnavailable).',
    ],
    [
      'NodeStatusUnknown',
      { ready: 'unknown', because: 'NodeStatusUnknown' },
      30,
      'NodeStatusUnknown',
      'The control plane has not heard from the kubelet: NodeStatusUnknown.',
    ],
    [
      'NodeLeaseStale',
      { leaseStaleForMs: 47_000 },
      30,
      'NodeLeaseStale',
      'The kubelet has not renewed its Lease for more than 40 s, while the Kubernetes API answered.',
    ],
  ])('is %s once that lasts, and no more when it is over', async (_, node, lastsSeconds, reason, message) => {
    const look = await setUpWell();
    expect(await look(SECOND_MS, node)).toEqual(OK);
    expect(await look((lastsSeconds - 1) * SECOND_MS, node)).toEqual(OK);
    expect(await look(SECOND_MS, node)).toEqual({ status: 'problem', problems: [{ reason, message }], readings: [] });
    expect(await look(SECOND_MS, {})).toEqual(OK);
    expect(await look(SECOND_MS, node)).toEqual(OK);
  });

  it.each<[NodeTrouble, string, string]>([
    ['MemoryPressure', 'NodeMemoryPressure', 'The kubelet is short of memory (MemoryPressure).'],
    ['DiskPressure', 'NodeDiskPressure', 'The kubelet is short of disk space or inodes (DiskPressure).'],
    ['PIDPressure', 'NodePidPressure', 'The kubelet is short of process ids (PIDPressure).'],
  ])('tells %s at once, also where the agent has just started', async (trouble, reason, message) => {
    const problem = { status: 'problem', problems: [{ reason, message }] };
    expect(await setUp().look(0, { troubles: [trouble] })).toMatchObject(problem);
    expect(await setUp().look(0, { troubles: [trouble], ready: 'false', because: NO_CNI })).toMatchObject(problem);
  });

  it('tells each thing of a node that has several', async () => {
    const look = await setUpWell();
    const node = { ready: 'unknown', troubles: ['DiskPressure'], leaseStaleForMs: 50_000 } as const;
    await look(0, node);
    expect(await look(30_000, node)).toMatchObject({
      problems: [{ reason: 'NodeStatusUnknown' }, { reason: 'NodeLeaseStale' }, { reason: 'NodeDiskPressure' }],
    });
  });

  it.each<[string, Partial<NodeObjectFacts>]>([
    ['has no network yet', { ready: 'false', because: NO_CNI }],
    ['has not been heard of yet', { ready: 'unknown', because: 'NodeStatusNeverUpdated' }],
    ['waits for its routes', { troubles: ['NetworkUnavailable'] }],
  ])('is unknown for five minutes on a node that %s, because it may be starting', async (_, node) => {
    const { look } = setUp();
    expect(await look(0, node)).toMatchObject({
      status: 'unknown',
      why: expect.stringMatching(/^this node may still be starting\. /),
    });
    expect(await look(299_000, node)).toMatchObject({ status: 'unknown' });
    expect(await look(SECOND_MS, node)).toMatchObject({ status: 'problem' });
  });

  it('is unknown before anybody has said whether the node is ready', async () => {
    const { look } = setUp();
    const node: NodeObjectFacts = { troubles: [], isLeaving: false, because: 'NoStatus' };
    for (let round = 0; round < 3; round += 1)
      expect(await look(1_000_000, { kind: 'known', node })).toMatchObject({ status: 'unknown' });
  });

  it.each<[string, Partial<NodeObjectFacts>]>([
    ['is about to be removed', { isLeaving: true, ready: 'unknown', leaseStaleForMs: 90_000 }],
    ['shuts down', { ready: 'false', because: 'KubeletNotReady: node is shutting down' }],
  ])('says nothing of a node that %s, but of what its pods feel', async (_, node) => {
    const look = await setUpWell();
    expect(await look(0, node)).toEqual(OK);
    expect(await look(600_000, node)).toEqual(OK);
    expect(await look(0, { ...node, troubles: ['DiskPressure', 'NetworkUnavailable'] })).toMatchObject({
      problems: [{ reason: 'NodeDiskPressure' }],
    });
  });

  it('goes on with what it saw before the API was silent', async () => {
    const look = await setUpWell();
    const node = { ready: 'false', because: NO_CNI } as const;
    await look(0, node);
    await look(60_000, { kind: 'unknown', why: 'nobody reads' });
    expect(await look(1000, node)).toMatchObject({ status: 'problem' });
  });
});
