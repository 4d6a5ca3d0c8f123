import { describe, expect, it } from 'vitest';
import { createScene } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import { aroundIn } from './around.ts';

const scene = createScene(['m1', 'w1', 'w2']).powerOff('w2').from('m1');
const VIEW = { node: 'm1', members: 3, current: 2, settled: true };
const diagnosis: Diagnosis = { status: 'healthy', sentence: '', findings: [], view: VIEW, at: 0 };
const OPTIONS = { isMeshed: true, isCatchingUp: false, runningMs: 60_000, now: 1_000_000 };
const at = (state: ClusterState, options: Partial<typeof OPTIONS> = {}, view: Partial<Diagnosis['view']> = {}) =>
  aroundIn({ ...diagnosis, view: { ...VIEW, ...view } }, () => state, { ...OPTIONS, ...options });

describe('whether it may be told', () => {
  const { mesh: _, ...apart } = scene;
  it.each([
    ['just started', at(scene, { runningMs: 29_000 })],
    ['paused', at(scene, { isCatchingUp: true })],
    ['not joined', at(apart)],
    ['not joined', at(scene, {}, { settled: false })],
    ['no key', at({ ...apart, meshFault: { why: 'no key', since: 800_000 } })],
    ['cut off', at({ ...scene, mesh: { ...scene.mesh!, isolated: { sinceMs: 0, witnesses: [] } } })],
  ])('is not while this agent has %s', (words, around) => {
    expect(around.paused()).toContain(words);
  });

  it('is by an agent that is well, by one without others, and by one that cannot join them for long', () => {
    expect(at(scene).paused()).toBeUndefined();
    expect(at(apart, { isMeshed: false }).paused()).toBeUndefined();
    expect(at({ ...apart, meshFault: { why: 'no key', since: 600_000 } }).paused()).toBeUndefined();
  });
});

it('knows who is there, for how many it speaks, and what it cannot see', () => {
  const around = at(scene);
  expect(around.present()).toEqual(['m1', 'w1']);
  expect(around.view()).toEqual({ members: 2, known: 3 });
  expect(['m1', 'w1', 'w2', 'gone'].map((node) => around.isVisible(node))).toEqual([true, true, false, true]);
});
