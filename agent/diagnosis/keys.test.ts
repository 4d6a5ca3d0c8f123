import { describe, expect, it } from 'vitest';
import type { KeyState } from '../model/mesh-state.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, SINCE_MS, type Scene, createScene } from './testing.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const [NEW, OLD] = ['aaaaaaaa', '00000000'];
const refusal = (node: string) => ({ node, address: `${node}:7576`, sinceMs: SINCE_MS });
const ids = (node: string, ...held: readonly string[]) => ({ node, ids: held });
const say = (scene: Scene, self: string, keys: KeyState) =>
  diagnose(scene.mesh({ keys }).from(self), NOW, CATALOGUE).findings.map(({ id, severity, sentence, since }) => ({
    id,
    severity,
    sentence,
    since,
  }));

describe('an agent with another cluster key', () => {
  const finding = {
    id: 'KeyMismatch/w2',
    severity: 'warning',
    sentence: 'The agent on w2 holds another cluster key than m1: they refuse each other',
    since: SINCE,
  };

  it('is not called unresponsive: what is wrong is its key', () => {
    const keys = { own: [NEW], members: [ids('m2', NEW), ids('w2', OLD)], refusals: [refusal('w2')] };
    expect(say(createScene(NAMES).freeze('w2'), 'm1', keys)).toEqual([finding]);
  });

  it('is known for that by its own last word where this node does not dial it', () => {
    const keys = { own: [NEW], members: [ids('w2', OLD)], refusals: [] };
    expect(say(createScene(NAMES).freeze('w2'), 'm1', keys)).toEqual([finding]);
  });

  it('says of itself that it differs when most refuse it', () => {
    const keys = { own: [OLD], members: NAMES.map((name) => ids(name, NEW)), refusals: NAMES.slice(0, 4).map(refusal) };
    expect(say(createScene(NAMES).freeze('m1', 'm2', 'm3', 'w1'), 'w2', keys)).toMatchObject([
      {
        id: 'KeyMismatch/w2',
        sentence: 'The agent on w2 holds another cluster key than m1, m2, m3 and w1: they refuse each other',
      },
    ]);
  });
});

describe('no other key is seen', () => {
  it.each([
    ['in an agent that is stuck and holds ours', { own: [NEW], members: [ids('w2', NEW, OLD)], refusals: [] }],
    ['in one that never said', { own: [NEW], members: [], refusals: [] }],
  ])('%s', (_what, keys) => {
    expect(say(createScene(NAMES).freeze('w2'), 'm1', keys)).toMatchObject([{ id: 'AgentUnresponsive/w2' }]);
  });

  it('in one that is down, whatever was there before', () => {
    const keys = { own: [NEW], members: [ids('w2', OLD)], refusals: [refusal('w2')] };
    expect(say(createScene(NAMES).kill('w2'), 'm1', keys)).toMatchObject([{ id: 'AgentDown/w2' }]);
    expect(say(createScene(NAMES), 'm1', keys)).toEqual([]);
  });
});
