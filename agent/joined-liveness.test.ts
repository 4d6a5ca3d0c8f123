import { describe, expect, it } from 'vitest';
import { createScene } from './diagnosis/testing.ts';
import { surroundingsIn } from './joined-liveness.ts';

const NAMES = ['m1', 'w1', 'w2'];
const proofOf = (): number => 20 * 60_000;
const WORDS = [{ watch: 'worker', containers: 2, failing: 1, condemned: 0 }];

describe('what is known of the others', () => {
  it('is how many of them are seen, and what they said last', () => {
    const scene = createScene(NAMES).powerOff('w2').from('m1');
    const nodes = scene.nodes.map((node) => ({ ...node, report: { ...node.report, liveness: WORDS } }));
    expect(surroundingsIn({ ...scene, nodes }, true, proofOf)).toEqual({
      visible: 2,
      known: 3,
      seesFirst: true,
      words: [{ node: 'w1', words: WORDS }],
    });
    const behind = nodes.map((node) =>
      node.freshness === 'current' ? { ...node, freshness: 'lagging' as const } : node,
    );
    expect(surroundingsIn({ ...scene, nodes: behind }, true, proofOf).words).toHaveLength(1);
  });

  it('is that the first of them by name is seen, of two halves by one', () => {
    const names = ['m1', 'w1', 'w2', 'w3'];
    const from = (self: string) =>
      surroundingsIn(createScene(names).cut(['m1', 'w1'], ['w2', 'w3']).from(self), true, proofOf);
    expect(names.map((name) => [from(name).visible, from(name).seesFirst])).toEqual([
      [2, true],
      [2, true],
      [2, false],
      [2, false],
    ]);
  });

  it('is also what an agent that is away had condemned, until that would have proven itself', () => {
    const scene = createScene(NAMES).powerOff('w2').from('m1');
    const heard = (elapsedMs: number): unknown => {
      const nodes = scene.nodes.map((node) => ({
        ...node,
        elapsedMs,
        report: { ...node.report, liveness: [{ watch: 'worker', containers: 2, failing: 1, condemned: 1 }] },
      }));
      return surroundingsIn({ ...scene, nodes }, true, proofOf).words.find(({ node }) => node === 'w2');
    };
    expect(heard(19 * 60_000)).toEqual({
      node: 'w2',
      words: [{ watch: 'worker', containers: 0, failing: 0, condemned: 1 }],
    });
    expect(heard(20 * 60_000)).toBeUndefined();
  });

  it('is nothing where a mesh is wanted and there is none', () => {
    const { mesh: _, ...alone } = createScene(['m1']).from('m1');
    expect(surroundingsIn(alone, true, proofOf)).toMatchObject({
      visible: 1,
      known: 1,
      alone: 'this agent has not joined the others',
    });
    expect(surroundingsIn(alone, false, proofOf)).not.toHaveProperty('alone');
    expect(surroundingsIn({ ...alone, meshFault: { why: 'no cluster key', since: 0 } }, true, proofOf).alone).toBe(
      'no cluster key',
    );
  });
});
