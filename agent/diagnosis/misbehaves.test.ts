import { describe, expect, it } from 'vitest';
import type { Misbehaviour } from '../model/mesh-state.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, SINCE_MS, type Scene, createScene } from './testing.ts';

const say = (scene: Scene, misbehaving: readonly Misbehaviour[]) =>
  diagnose(scene.mesh({ misbehaving }).from('a'), NOW, CATALOGUE);
const cluster = (): Scene => createScene(['a', 'b', 'c', 'd']);
const culprit: Misbehaviour = {
  node: 'c',
  peerId: '12D3KooWc',
  addresses: ['10.0.0.3:7576'],
  misdeeds: { malformed: 1, forged: 412 },
  sinceMs: SINCE_MS,
  refusedUntilMs: NOW_MS + 60_000,
};

describe('a member that does what no agent does', () => {
  it('is named with what it did, until when it is cut off, and what to do', () => {
    const { status, findings } = say(cluster(), [culprit]);

    expect(status).toBe('degraded');
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      reason: 'PeerMisbehaves',
      severity: 'warning',
      node: 'c',
      since: SINCE,
      observers: ['a'],
      sentence: 'The agent on c sends what no agent sends, badly signed records: cut off from a until 14:06:00 UTC',
    });
    expect(findings[0]?.evidence).toEqual([
      'badly signed records: 412 times',
      'frames that nobody can read: once',
      'its key is 12D3KooWc, at 10.0.0.3:7576',
    ]);
    expect(findings[0]?.next.join()).toContain('meerkat key rotate');
  });

  it('is no lost node, and no node is made up for a key without a name', () => {
    const stranger = { ...culprit, node: undefined, addresses: [], refusedUntilMs: NOW_MS - 1000 };
    const { findings, view } = say(cluster(), [culprit, stranger]);

    expect(view).toMatchObject({ members: 4, component: 4, current: 4 });
    expect(findings.map(({ reason, node, subject }) => [reason, node, subject])).toEqual([
      ['PeerMisbehaves', 'a', '12D3KooWc'],
      ['PeerMisbehaves', 'c', undefined],
    ]);
    expect(findings[0]?.sentence).toContain('The peer 12D3KooWc sends');
    expect(findings[0]?.sentence).toContain('it was cut off from a until 14:04:59 UTC');
  });
});
