import { describe, expect, it } from 'vitest';
import type { HeardRoster, RosterEntry } from '../model/roster.ts';
import { kubeView } from './kube-view.ts';
import { aMember, aRoster, heard } from './testing.ts';

const entry = (name: string, more: Partial<RosterEntry> = {}): RosterEntry => ({
  name,
  uid: `uid-of-${name}`,
  isControlPlane: false,
  ready: 'true',
  ...more,
});
const MEMBERS = [
  aMember('m1'),
  aMember('w1'),
  aMember('w2', { state: 'unreachable', inComponent: false, sinceMs: 100_000 }),
];
const NOW_MS = 130_000;
const view = (entries: readonly RosterEntry[], more: Parameters<typeof heard>[2] = {}, roster = {}) =>
  kubeView({
    self: 'w1',
    members: MEMBERS,
    rosters: [heard('m1', aRoster({ entries, ...roster }), more)],
    missingRights: [],
    knownSince: () => 7000,
    nowMs: NOW_MS,
  });

describe('what the readers say', () => {
  it('is nothing before anybody has read', () => {
    const state = kubeView({
      self: 'w1',
      members: MEMBERS,
      rosters: [],
      missingRights: ['to get nodes'],
      knownSince: () => 0,
      nowMs: 0,
    });

    expect(state.roster).toBeUndefined();
    expect(state).toMatchObject({ missingRights: ['to get nodes'], controlPlane: [], removing: [], withoutAgent: [] });
  });

  it('names the nodes with a control plane, those that are not ready, and those without an agent', () => {
    const state = view([
      entry('m1', { isControlPlane: true }),
      entry('w2', { ready: 'unknown', notReadyBecause: 'NodeStatusUnknown' }),
      entry('w9', { hasNoAgent: true }),
      // The reader had not met it yet.
      entry('w1', { hasNoAgent: true }),
    ]);

    expect(state.controlPlane).toEqual(['m1']);
    expect(state.apiServers).toEqual([]);
    expect(state.notReady).toEqual([{ node: 'w2', ready: 'unknown', why: 'NodeStatusUnknown' }]);
    expect(state.withoutAgent).toEqual([{ node: 'w9', sinceMs: 7000 }]);
    expect(state.roster).toMatchObject({ reader: 'm1', isCurrent: true, nodes: 3 });
  });

  it('names the API servers by their addresses, with the Nodes that have them, also when nobody reads', () => {
    const roster = { apiServers: ['https://10.0.0.1:6443', 'https://[fd00::7]:443'], serverNodes: ['m1'] };
    const servers = [{ address: '10.0.0.1:6443', node: 'm1' }, { address: '[fd00::7]:443' }];

    expect(view([], {}, roster).apiServers).toEqual(servers);
    expect(view([], {}, { ...roster, fault: 'no answer' }).apiServers).toEqual(servers);
    // As older readers tell it.
    expect(view([], {}, { ...roster, serverNodes: undefined }).apiServers).toEqual(
      servers.map(({ address }) => ({ address })),
    );
  });

  it('tells who is refused only while nobody reads', () => {
    const say = (...rosters: readonly HeardRoster[]) =>
      kubeView({ self: 'w1', members: MEMBERS, rosters, missingRights: [], knownSince: () => 0, nowMs: NOW_MS }).unread;
    const refused = heard('w1', aRoster({ fault: '401 Unauthorized' }));

    expect(say(refused, heard('m1', aRoster({})))).toEqual([]);
    expect(say(refused)).toEqual([{ node: 'w1', why: '401 Unauthorized' }]);
    expect(say({ ...refused, elapsedMs: 100_000 })).toEqual([]);
    expect(say({ ...refused, node: 'gone' })).toEqual([]);
  });

  it('tells of Leases only while somebody reads', () => {
    const entries = [entry('w2', { lease: { kind: 'renewed', unchangedForMs: 3000 } })];

    expect(view(entries, { elapsedMs: 4000 }).leases).toEqual([{ node: 'w2', kind: 'renewed', unchangedForMs: 7000 }]);
    expect(view(entries, {}, { fault: 'no answer' }).leases).toEqual([]);
    expect(view(entries, {}, { fault: 'no answer' }).roster?.isCurrent).toBe(false);
  });

  it('tells of Leases what any reader knows, the last change of all', () => {
    const lease = (kind: 'renewed' | 'stale', unchangedForMs: number) =>
      entry('w2', { lease: { kind, unchangedForMs } });
    const say = (...rosters: readonly HeardRoster[]) =>
      kubeView({ self: 'w1', members: MEMBERS, rosters, missingRights: [], knownSince: () => 0, nowMs: NOW_MS });
    const scheduler = { name: 'kube-scheduler', kind: 'stale', unchangedForMs: 40_000 } as const;
    const knows = aRoster({ entries: [lease('stale', 41_000)], controllers: [scheduler] });
    const isNew = aRoster({ entries: [entry('w2')] });
    for (const rosters of [
      [heard('m1', knows), heard('w1', isNew)],
      [heard('w1', knows), heard('m1', isNew)],
    ]) {
      expect(say(...rosters).leases).toEqual([{ node: 'w2', kind: 'stale', unchangedForMs: 41_000 }]);
      expect(say(...rosters).controllers).toEqual([scheduler]);
    }
    const saw = aRoster({ entries: [lease('renewed', 2000)] });
    expect(say(heard('m1', knows), heard('w1', saw, { elapsedMs: 500 })).leases).toEqual([
      { node: 'w2', kind: 'renewed', unchangedForMs: 2500 },
    ]);
  });
});

describe('a node is being removed', () => {
  it.each<[string, Partial<RosterEntry>, string | undefined]>([
    ['tainted for it', { removedBy: 'karpenter.sh/disrupted' }, 'tainted karpenter.sh/disrupted'],
    ['cordoned before it was lost', { cordonedForMs: 31_000 }, 'cordoned'],
    ['cordoned after it was lost', { cordonedForMs: 29_000 }, undefined],
    ['neither', {}, undefined],
  ])('that is %s', (_, more, why) => {
    expect(view([entry('w2', more)]).removing).toEqual(
      why === undefined ? [] : [{ node: 'w2', why, isAnnounced: more.removedBy !== undefined, sinceMs: 7000 }],
    );
  });

  it('that is cordoned and alive', () => {
    expect(view([entry('w1', { cordonedForMs: 0 })]).removing).toMatchObject([{ node: 'w1', why: 'cordoned' }]);
  });
});
