import { expect, it } from 'vitest';
import type { RosterEntry } from '../model/roster.ts';
import { type NodeObjectSources, nodeObjectOf } from './node-object.ts';
import { readNode } from './objects/node.ts';
import { type NodeOptions, aNode, aRoster, heard } from './testing.ts';

const ownNode = (options: NodeOptions = {}) => readNode(aNode('w1', options)) ?? expect.fail('no Node');
const entry = (more: Partial<RosterEntry> = {}): RosterEntry => ({
  name: 'w1',
  uid: 'uid-of-w1',
  isControlPlane: false,
  ready: 'true',
  ...more,
});
const look = (more: Partial<NodeObjectSources> = {}) =>
  nodeObjectOf({ own: ownNode(), isOwnCurrent: false, rosters: [], lease: undefined, ...more });
const byReader = (entries: readonly RosterEntry[], omitted = 0) =>
  look({ own: ownNode({ ready: 'Unknown' }), rosters: [heard('m1', aRoster({ entries, omitted }))] });
const WELL = { kind: 'known', node: { ready: 'true', troubles: [], isLeaving: false } };

it('is well where the reader has nothing to say of it, whatever this agent read once', () => {
  expect(byReader([])).toEqual(WELL);
  expect(byReader([entry({ name: 'w2', ready: 'false' })])).toEqual(WELL);
  expect(byReader([entry({ cordonedForMs: 1000 })])).toEqual(WELL);
});

it('is what the reader says', () => {
  const told = entry({
    ready: 'false',
    notReadyBecause: 'KubeletNotReady',
    notReadyMessage: 'PLEG is not healthy',
    troubles: ['DiskPressure'],
    removedBy: 'karpenter.sh/disrupted',
  });
  expect(byReader([told])).toEqual({
    kind: 'known',
    node: {
      ready: 'false',
      because: 'KubeletNotReady: PLEG is not healthy',
      troubles: ['DiskPressure'],
      isLeaving: true,
    },
  });
});

it('is not known where the Node is gone, nor where a reader cannot say whether it is', () => {
  const by = (withoutNode?: readonly string[]) =>
    look({ rosters: [heard('m1', { ...aRoster(), ...(withoutNode && { withoutNode }) })] });
  expect(by(['w1'])).toEqual({ kind: 'unknown', why: 'the Kubernetes API has no Node w1 any more' });
  expect(by(['w2'])).toEqual(WELL);
  const { withoutNode: _, ...older } = aRoster();
  expect(look({ rosters: [heard('m1', older)] })).toMatchObject({ kind: 'unknown' });
  expect(look({ isOwnCurrent: true, rosters: [heard('m1', older)] })).toEqual(WELL);
});

it('is not known where the reader has no room for it, nor under another machine’s UID', () => {
  expect(byReader([entry({ name: 'w2' })], 7)).toMatchObject({ kind: 'unknown', why: expect.stringContaining('room') });
  expect(byReader([entry()], 7)).toEqual(WELL);
  expect(byReader([entry({ uid: 'another' })])).toMatchObject({
    kind: 'unknown',
    why: 'the Node of this machine was registered anew a moment ago',
  });
});

it('is what this agent reads itself where nobody reads for it', () => {
  expect(look()).toEqual({ kind: 'unknown', why: 'no agent reads the Nodes in the Kubernetes API now' });
  const own = ownNode({ ready: 'Unknown', troubles: ['NetworkUnavailable'] });
  const seen = { ready: 'unknown', because: 'KubeletNotReady', troubles: ['NetworkUnavailable'], isLeaving: false };
  expect(look({ own, isOwnCurrent: true })).toEqual({ kind: 'known', node: seen });
  const rosters = [heard('m1', aRoster({ omitted: 3 }))];
  expect(look({ own, isOwnCurrent: true, rosters })).toEqual({ kind: 'known', node: seen });
});

it('has no readiness before anybody said it', () => {
  const own = readNode({ metadata: { name: 'w1', uid: 'u' } }) ?? expect.fail('no Node');
  expect(look({ own, isOwnCurrent: true })).toMatchObject({ kind: 'known', node: { because: 'NoStatus' } });
  expect(look({ own, isOwnCurrent: true })).not.toHaveProperty('node.ready');
});

it('tells of a Lease only that it is stale', () => {
  const rosters = [heard('m1', aRoster())];
  const by = (kind: 'renewed' | 'stale' | 'none') => look({ rosters, lease: { kind, unchangedForMs: 47_000 } });
  expect(by('stale')).toMatchObject({ node: { ready: 'true', leaseStaleForMs: 47_000 } });
  expect(by('renewed')).toEqual(WELL);
  expect(by('none')).toEqual(WELL);
});
