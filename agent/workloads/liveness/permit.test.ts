import { describe, expect, it } from 'vitest';
import { type NodeWord, leaveFor } from './permit.ts';

const word = (node: string, change: Partial<NodeWord> = {}): NodeWord => ({
  node,
  containers: 1,
  failing: 0,
  condemned: 0,
  ...change,
});
const NODES = Array.from({ length: 12 }, (_, index) => `w${index}`);
/** How many of these nodes may condemn how many, each by itself. */
const leaves = (words: readonly NodeWord[]): number[] =>
  words.map(({ node, failing }) => Math.min(failing, leaveFor(node, 'worker', words)));
const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('of all that fail at once', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 1],
    [8, 2],
    [12, 3],
  ])('of %i containers %i may be restarted', (count, most) => {
    const words = NODES.slice(0, count).map((node) => word(node, { failing: 1 }));
    expect(sumOf(leaves(words))).toBe(most);
  });

  it('several of one node count as well', () => {
    const words = [word('w0', { containers: 8, failing: 8 }), word('w1', { containers: 8, failing: 8 })];
    expect(sumOf(leaves(words))).toBe(4);
  });
});

it('gives no leave while others are on their way back', () => {
  const words = NODES.slice(0, 8).map((node, index) => word(node, index < 2 ? { condemned: 1 } : { failing: 1 }));
  expect(sumOf(leaves(words))).toBe(0);
  expect(sumOf(leaves([word('w0', { condemned: 1 }), word('w1'), ...words.slice(2)]))).toBe(1);
});

it('gives leave to the only one that fails, and to nobody else', () => {
  const words = NODES.map((node) => word(node, node === 'w7' ? { failing: 1 } : {}));
  expect(leaves(words)).toEqual(NODES.map((node) => Number(node === 'w7')));
});

it('does not always spare the same node', () => {
  const words = NODES.map((node) => word(node, { failing: 1 }));
  const first = (watch: string): string | undefined => NODES.find((node) => leaveFor(node, watch, words) > 0);
  expect(new Set(Array.from({ length: 20 }, (_, index) => first(`watch-${index}`))).size).toBeGreaterThan(3);
});
