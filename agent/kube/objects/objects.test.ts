import { describe, expect, it } from 'vitest';
import { aLease, aNode } from '../testing.ts';
import { serversOfEndpoints, serversOfSlices } from './api-servers.ts';
import { readLease } from './lease.ts';
import { readNode } from './node.ts';

const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  7,
  'text',
  [],
  {},
  { metadata: 7 },
  { metadata: { name: 'a' } },
  { metadata: { name: 7, uid: 7 } },
];

describe('a Node', () => {
  it('is read', () => {
    const node = aNode('w1', {
      labels: { 'topology.kubernetes.io/zone': 'eu-1a', 'node-role.kubernetes.io/control-plane': '' },
      spec: {
        unschedulable: true,
        taints: [{ key: 'x' }, { key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }],
      },
      ready: 'Unknown',
    });

    expect(readNode(node)).toEqual({
      name: 'w1',
      uid: 'uid-of-w1',
      isControlPlane: true,
      zone: 'eu-1a',
      os: 'linux',
      addresses: ['10.0.0.1'],
      machineId: 'machine-of-w1',
      isCordoned: true,
      removedBy: 'ToBeDeletedByClusterAutoscaler',
      ready: 'unknown',
      notReadyBecause: 'KubeletNotReady',
      troubles: [],
    });
  });

  it('tells what is wrong with it, and what its kubelet says', () => {
    const said = `[container runtime is down,\nPLEG is not healthy]${' and more'.repeat(40)}`;
    const node = readNode(
      aNode('w1', { ready: 'False', message: said, troubles: ['PIDPressure', 'MemoryPressure', 'KernelDeadlock'] }),
    );

    expect(node).toMatchObject({ ready: 'false', troubles: ['MemoryPressure', 'PIDPressure'] });
    expect(node?.notReadyMessage).toMatch(/^\[container runtime is down, PLEG .*…$/);
    expect(node?.notReadyMessage).toHaveLength(200);
    // What the node controller writes is always the same.
    expect(readNode(aNode('w1', { ready: 'Unknown', message: 'stopped' }))).not.toHaveProperty('notReadyMessage');
  });

  it.each([
    ['node-role.kubernetes.io/master', true],
    ['node-role.kubernetes.io/worker', false],
  ])('with the label %s', (label, isControlPlane) => {
    expect(readNode(aNode('m1', { labels: { [label]: '' } }))?.isControlPlane).toBe(isControlPlane);
  });

  it('may have no status and no spec', () => {
    expect(readNode({ metadata: { name: 'w1', uid: 'u' } })).toMatchObject({
      ready: 'unknown',
      isCordoned: false,
    });
    expect(
      readNode({
        metadata: { name: 'w1', uid: 'u' },
        spec: [],
        status: { conditions: {}, addresses: [{ type: 'InternalIP', address: 7 }], nodeInfo: 7 },
      }),
    ).toBeDefined();
  });

  it.each([...GARBAGE, { metadata: { name: 'a', uid: 'no uid' } }])('is not %j', (object) => {
    expect(readNode(object)).toBeUndefined();
  });
});

describe('a Lease', () => {
  it('is read', () => {
    expect(readLease(aLease('w1', '42'))).toEqual({ name: 'w1', version: '42', durationMs: 40_000, holder: 'w1' });
  });

  it.each(GARBAGE)('is not %j', (object) => {
    expect(readLease(object)).toBeUndefined();
  });
});

describe('the API servers', () => {
  const PORTS = [{ name: 'https', port: 6443 }];

  it('are the ready endpoints of all slices, of both families', () => {
    const list = {
      items: [
        {
          ports: PORTS,
          endpoints: [
            { addresses: ['10.0.0.2'], conditions: { ready: true } },
            { addresses: ['10.0.0.1'] },
            { addresses: ['10.0.0.3'], conditions: { ready: false } },
          ],
        },
        { ports: PORTS, endpoints: [{ addresses: ['fd00::1'] }, { addresses: ['not an address', 7] }] },
      ],
    };

    expect(serversOfSlices(list)).toEqual(['https://10.0.0.1:6443', 'https://10.0.0.2:6443', 'https://[fd00::1]:6443']);
  });

  it('are the addresses of the Endpoints', () => {
    const object = {
      subsets: [{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.9' }], ports: PORTS }],
    };

    expect(serversOfEndpoints(object)).toEqual(['https://10.0.0.1:6443']);
  });

  it.each([...GARBAGE, { items: [{ endpoints: 7, ports: 7 }] }, { subsets: [7] }])('are none in %j', (object) => {
    expect(serversOfSlices(object)).toEqual([]);
    expect(serversOfEndpoints(object)).toEqual([]);
  });
});
