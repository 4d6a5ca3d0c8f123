import { describe, expect, it } from 'vitest';
import { createScene } from './diagnosis/testing.ts';
import { surroundingsIn } from './joined-liveness.ts';

const NAMES = ['m1', 'w1', 'w2'];
const WORDS = [{ watch: 'worker', containers: 2, failing: 1, condemned: 0 }];

describe('what is known of the others', () => {
  it('is how many of them are seen, and what they said last', () => {
    const scene = createScene(NAMES).powerOff('w2').from('m1');
    const nodes = scene.nodes.map((node) => ({ ...node, report: { ...node.report, liveness: WORDS } }));
    expect(surroundingsIn({ ...scene, nodes }, true)).toEqual({
      visible: 2,
      known: 3,
      words: [{ node: 'w1', words: WORDS }],
    });
    const behind = nodes.map((node) =>
      node.freshness === 'current' ? { ...node, freshness: 'lagging' as const } : node,
    );
    expect(surroundingsIn({ ...scene, nodes: behind }, true).words).toHaveLength(1);
  });

  it('is nothing where a mesh is wanted and there is none', () => {
    const { mesh: _, ...alone } = createScene(['m1']).from('m1');
    expect(surroundingsIn(alone, true)).toMatchObject({
      visible: 1,
      known: 1,
      alone: 'this agent has not joined the others',
    });
    expect(surroundingsIn(alone, false)).not.toHaveProperty('alone');
    expect(surroundingsIn({ ...alone, meshFault: { why: 'no cluster key', since: 0 } }, true).alone).toBe(
      'no cluster key',
    );
  });
});
