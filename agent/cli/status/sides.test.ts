import { expect, it } from 'vitest';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { CATALOGUE, NOW, type Scene, createScene, failing } from '../../diagnosis/testing.ts';
import { presentMembers } from '../../http/present-mesh.ts';
import { presentStatus } from '../../http/present.ts';
import { type Voice, merge } from './sides.ts';
import { type Silent, renderMerged } from './sides-text.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const MASTERS = ['m1', 'm2', 'm3'];
const WORKERS = ['w1', 'w2'];

/** What the agent on this node says: the real diagnosis of what it knows. */
function voice(scene: Scene, name: string): Voice {
  const state = scene.from(name);
  return {
    place: `${name}:7575`,
    status: presentStatus(diagnose(state, NOW, CATALOGUE), NOW),
    members: presentMembers(state),
  };
}
const voices = (scene: Scene, ...names: readonly string[]): Voice[] => names.map((name) => voice(scene, name));
const text = (all: readonly Voice[], silent: readonly Silent[] = []): string => renderMerged(merge(all), silent, NOW);

it('says once what all say', () => {
  const scene = createScene(NAMES).report('w2', failing('kubelet', 'KubeletDown', 'refused'));
  const merged = merge(voices(scene, 'm1', 'w1', 'w2'));

  expect(merged.sides).toMatchObject([{ asked: ['m1', 'w1', 'w2'], nodes: NAMES, status: 'degraded' }]);
  expect(merged.sayings).toMatchObject([{ by: ['m1', 'w1', 'w2'], findings: [{ reason: 'KubeletDown' }] }]);
  expect(merged.settled).toEqual([]);
  expect(text(voices(scene, 'm1', 'w1', 'w2'))).toMatch(
    /^DEGRADED {2}[^\n]*w2[^]*\n\nSide 1: m1, m2, m3, w1 and w2; asked m1, w1 and w2\n[^]*\nAll 3 say:\n\n- /,
  );
});

it('tells the sides of a cut, who says what, and that nobody is powered off', () => {
  const scene = createScene(NAMES).cut(MASTERS, WORKERS);
  const merged = merge(voices(scene, 'm1', 'w1'));

  expect(merged).toMatchObject({
    sides: [
      { asked: ['m1'], nodes: MASTERS },
      { asked: ['w1'], nodes: WORKERS },
    ],
    isOneCluster: true,
    settled: [
      { nodes: MASTERS, outcome: 'alive', by: ['m1'] },
      { nodes: WORKERS, outcome: 'alive', by: ['w1'] },
    ],
  });
  expect(merged.sayings.map(({ by }) => by)).toEqual([['m1'], ['w1']]);
  const losses = merged.sayings.flatMap(({ findings }) => findings).filter(({ reason }) => reason === 'NodesLost');
  expect(losses.map(({ alternatives }) => alternatives)).toEqual([[], []]);
  const said = text(voices(scene, 'm1', 'w1'));
  expect(said).toMatch(/^CRITICAL {2}2 sides that do not reach each other: m1, m2 and m3 \| w1 and w2\.\n/);
  expect(said).toContain(
    '\nSettled: w1 and w2 are alive, and not powered off: their own side sees them,\n  says w1.\n',
  );
  expect(said).not.toContain('could be  powered off');
  expect(said).toContain('\nOnly m1 says:\n');
  expect(said).toContain('\nOnly w1 says:\n');
});

it('leaves open what no side that was asked can tell', () => {
  const off = createScene(NAMES).powerOff('w2');
  const merged = merge(voices(off, 'm1', 'w1'));

  expect(merged.settled).toEqual([{ nodes: ['w2'], outcome: 'lost', by: [] }]);
  expect(text(voices(off, 'm1', 'w1'))).toContain(
    'Not settled: no side that was asked sees w2: powered off, or cut off from all of\n  them.\n',
  );
});

it('leaves the alternatives where only one side was asked', () => {
  const scene = createScene(NAMES).cut(MASTERS, WORKERS);
  const [saying] = merge(voices(scene, 'w1', 'w2')).sayings;

  expect(saying?.findings.find(({ reason }) => reason === 'NodesLost')?.alternatives).not.toEqual([]);
});

it('names who does not answer', () => {
  expect(text(voices(createScene(NAMES), 'm1'), [{ place: 'w1:7575', why: 'No agent listens at w1:7575.' }])).toContain(
    '\nNo answer: No agent listens at w1:7575.\n',
  );
});

it('asks whether it is one cluster where nobody knows the other', () => {
  const two = [voice(createScene(['a1', 'a2']), 'a1'), voice(createScene(['b1', 'b2']), 'b1')];

  expect(merge(two).isOneCluster).toBe(false);
  expect(text(two)).toMatch(
    /^HEALTHY {2}2 groups that do not know each other: a1 and a2 \| b1 and b2; are they of one/,
  );
});

it('calls no agent a side of its own that has just started, or has no mesh', () => {
  const scene = createScene(NAMES);
  const alone = (name: string, view: object): Voice => {
    const one = voice(scene, name);
    const members = { ...one.members, members: one.members.members.filter(({ node }) => node === name) };
    return { ...one, members, status: { ...one.status, view: { ...one.status.view, ...view } } };
  };
  const others = createScene(['m1', 'm2']);
  const started = alone('w1', { component: 1, settled: false });
  const { component: _none, ...rest } = started.status.view;
  const unmeshed = { ...started, status: { ...started.status, view: { ...rest, settled: true } } };

  expect(merge([voice(others, 'm1'), started])).toMatchObject({ sides: [{ asked: ['m1'] }], apart: [{ node: 'w1' }] });
  expect(merge([voice(others, 'm1'), unmeshed])).toMatchObject({ sides: [{ asked: ['m1'] }], apart: [{ node: 'w1' }] });
  // Others count it as theirs already.
  expect(merge([voice(scene, 'm1'), started])).toMatchObject({ sides: [{ asked: ['m1', 'w1'] }], apart: [] });
  expect(text([started])).toMatch(
    /^HEALTHY {2}Nothing is wrong[^]*\nw1 cannot tell who is connected: it has just started/,
  );
  expect(
    text([unmeshed, { ...unmeshed, status: { ...unmeshed.status, view: { ...rest, node: 'w9', settled: true } } }]),
  ).toMatch(/^HEALTHY {2}w1 and w9 speak each for itself: none can tell who is connected\.\n/);
});

it('takes one agent that was asked twice for one', () => {
  expect(merge(voices(createScene(NAMES), 'm1', 'm1')).sides).toMatchObject([{ asked: ['m1'] }]);
});
