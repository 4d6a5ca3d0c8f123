import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { Member } from '../model/member.ts';
import type { Roster } from '../model/roster.ts';
import { createDepartures } from './departures.ts';
import { createRights } from './rights.ts';
import { type RosterReader, startRosterReader } from './roster-reader.ts';
import { type FakeApi, aLease, aList, aMember, aNode, createFakeApi, denied, failed, ok } from './testing.ts';

const silent = { warn() {}, info() {} } as never;
const HOUR_MS = 3_600_000;
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/w2';

describe('a roster reader', () => {
  let clock: FakeClock;
  let api: FakeApi;
  let members: readonly Member[];
  let told: Roster[];
  let notices: string[];
  let suggested: (readonly string[])[];
  let contested: readonly string[];
  let isFirst: boolean;
  let serversBefore: readonly string[];
  let learned: (readonly string[])[];
  let reader: RosterReader;
  const begin = async (): Promise<void> => {
    const notice = (message: string): void => void notices.push(message);
    reader = startRosterReader({
      client: api.client,
      clock,
      random: () => 0.5,
      rights: createRights({ log: silent, notice }),
      departures: createDepartures({
        clock,
        self: 'm1',
        hadOwnNode: () => true,
        withNode: () => members.map(({ name }) => name),
        forget: (name) => {
          members = members.filter((member) => member.name !== name);
          return { kind: 'forgotten', state: 'unreachable' };
        },
        notice,
      }),
      members: () => members,
      withNode: () => members.map(({ name }) => name),
      contested: () => contested,
      cordonedForMs: (name) => (name === 'w1' ? 500_000 : undefined),
      isFirst: () => isFirst,
      tell: (roster) => void told.push(roster),
      onServers: (servers) => void learned.push(servers),
      serversBefore,
      suggest: (hosts) => void suggested.push(hosts),
    });
    await clock.advance(2000);
  };
  beforeEach(() => {
    [clock, api, told, notices] = [createFakeClock(), createFakeApi(), [], []];
    [suggested, contested, isFirst] = [[], [], true];
    [serversBefore, learned] = [[], []];
    members = ['m1', 'w1', 'w2'].map((name) => aMember(name));
    api.answers.set('/api/v1/nodes', aList(['m1', 'w1', 'w2', 'w9'].map((name) => aNode(name))));
    api.answers.set(
      '/api/v1/namespaces/default/endpoints/kubernetes',
      ok({ subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'https', port: 6443 }] }] }),
    );
  });
  afterEach(() => reader.stop());

  it('tells anew what a kubelet says of itself with what else there is to say, for it counts seconds', async () => {
    await begin();
    const say = (message: string, version: string): void =>
      api.watches
        .find(({ path }) => path.startsWith('/api/v1/nodes'))
        ?.onEvent({ type: 'MODIFIED', object: aNode('w1', { ready: 'False', message, version }) });
    say('PLEG was last seen active 3m0s ago', '101');
    await clock.advance(2000);
    const count = told.length;
    expect(told.at(-1)?.entries).toMatchObject([{ name: 'w1', ready: 'false' }, {}]);
    say('PLEG was last seen active 3m10s ago', '102');
    await clock.advance(2000);
    expect(told).toHaveLength(count);
    await clock.advance(30_000);
    expect(told.at(-1)?.entries[0]?.notReadyMessage).toBe('PLEG was last seen active 3m10s ago');
  });

  it('tells what there is to say, once, and again now and then', async () => {
    await begin();
    expect(told.at(-1)).toMatchObject({ nodes: 4, apiServers: ['https://10.0.0.1:6443'] });
    expect(told.at(-1)?.entries).toMatchObject([{ name: 'w9', hasNoAgent: true }]);
    const count = told.length;
    await clock.advance(25_000);
    expect(told).toHaveLength(count);
    await clock.advance(65_000);

    expect(told).toHaveLength(count + 3);
  });

  it('tells whose Node was deleted, while the agent lives', async () => {
    await begin();
    expect(told.at(-1)?.withoutNode).toEqual([]);
    members = [...members, aMember('w8')];
    reader.review();
    await clock.advance(2000);

    expect(told.at(-1)?.withoutNode).toEqual(['w8']);
  });

  it('asks soon again where the Service names no API server yet', async () => {
    const path = '/api/v1/namespaces/default/endpoints/kubernetes';
    const serving = api.answers.get(path);
    const count = (): number => api.asked.filter((one) => one === path).length;
    api.answers.set(path, ok({ subsets: [] }));
    await begin();
    if (serving !== undefined) api.answers.set(path, serving);
    await clock.advance(50_000);
    expect(told.at(-1)?.apiServers).toEqual([]);
    await clock.advance(10_000);
    expect(told.at(-1)?.apiServers).toEqual(['https://10.0.0.1:6443']);

    await clock.advance(200_000);
    expect(count()).toBe(2);
  });

  it('misses an API server that left the Service, for as long as its Node has a control plane', async () => {
    const labels = { 'node-role.kubernetes.io/control-plane': '' };
    const nodes = ['m1', 'm2'].map((name, index) => aNode(name, { labels, addresses: [`10.0.0.${index + 1}`] }));
    api.answers.set('/api/v1/nodes', aList(nodes));
    serversBefore = ['https://10.0.0.2:6443', 'https://10.0.0.3:6443'];
    await begin();
    expect(told.at(-1)).toMatchObject({
      apiServers: ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'],
      serverNodes: ['m1', 'm2'],
    });
    await clock.advance(5 * 60_000);
    expect(learned.at(-1)).toEqual(['https://10.0.0.1:6443', 'https://10.0.0.2:6443']);

    api.watches
      .findLast(({ path }) => path.startsWith('/api/v1/nodes'))
      ?.onEvent({ type: 'DELETED', object: aNode('m2', { labels, addresses: ['10.0.0.2'], version: '101' }) });
    await clock.advance(2000);
    expect(told.at(-1)).toMatchObject({ apiServers: ['https://10.0.0.1:6443'] });
  });

  it('forgets an API server that is long gone from the Service where the Nodes may not be listed', async () => {
    const [one, two] = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'];
    const path = '/api/v1/namespaces/default/endpoints/kubernetes';
    const serving = api.answers.get(path);
    api.answers.set('/api/v1/nodes', denied);
    serversBefore = [two];
    await begin();
    expect(learned.at(-1)).toEqual([one, two]);

    // As long as no server answers, nothing is learned of any.
    api.answers.set(path, failed);
    await clock.advance(5 * HOUR_MS);
    if (serving !== undefined) api.answers.set(path, serving);
    await clock.advance(50 * 60_000);
    expect(learned.at(-1)).toEqual([one, two]);
    await clock.advance(10 * 60_000);
    expect(learned.at(-1)).toEqual([one]);
    expect(told.at(-1)?.apiServers).toEqual([one]);
  });

  it('tells of a change within seconds, and of many at once', async () => {
    await begin();
    const count = told.length;
    for (const name of ['w1', 'w2'])
      api.watches
        .at(-1)
        ?.onEvent({ type: 'MODIFIED', object: aNode(name, { spec: { unschedulable: true }, version: '101' }) });
    await clock.advance(1500);

    expect(told).toHaveLength(count + 1);
    expect(told.at(-1)?.entries.map(({ name, cordonedForMs }) => [name, cordonedForMs])).toEqual([
      ['w1', 501_000],
      ['w2', 1000],
      ['w9', undefined],
    ]);
  });

  it('says that it cannot read, and what it knew', async () => {
    await begin();
    api.watches.at(-1)?.end(failed);
    await clock.advance(14_000);
    expect(told.every(({ fault }) => fault === undefined)).toBe(true);
    await clock.advance(3000);

    expect(told.at(-1)).toMatchObject({ fault: '10.96.0.1:443: no answer within 10 s', nodes: 4 });
    expect(told.at(-1)?.confirmedMs).toBeGreaterThan(0);
  });

  it('says so as well when it never could', async () => {
    api.answers.set('/api/v1/nodes', failed);
    await begin();
    await clock.advance(17_000);

    expect(told.at(-1)).toMatchObject({ fault: expect.stringContaining('no answer'), nodes: 0 });
    expect(told.at(-1)?.confirmedMs).toBeUndefined();
  });

  it.each(['unreachable', 'agent-unresponsive'] as const)('looks at the Leases of those that are %s', async (state) => {
    await begin();
    api.answers.set(LEASE, ok(aLease('w2', '7')));
    members = members.map((member) => (member.name === 'w2' ? { ...member, state } : member));
    reader.review();
    await clock.advance(42_000);

    expect(told.at(-1)?.entries[0]).toMatchObject({ name: 'w2', lease: { kind: 'stale' } });
  });

  it.each([
    [4, true],
    [5, false],
  ])('that comes after another one looks at the Leases of %i: %s', async (count, looks) => {
    isFirst = false;
    await begin();
    const lost = Array.from({ length: count }, (_, index) => `w${index}`);
    members = lost.map((name) => ({ ...aMember(name), state: 'unreachable' }));
    reader.review();
    await clock.advance(1000);

    expect(api.asked.some((path) => path.includes('kube-node-lease'))).toBe(looks);
  });

  it('looks at the Leases of controllers all the time, and not while it cannot read the Nodes', async () => {
    const scheduler = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler';
    api.answers.set(scheduler, ok(aLease('kube-scheduler', '7')));
    await begin();
    for (let seconds = 0; seconds < 90; seconds += 2) {
      reader.review();
      await clock.advance(2000);
    }
    expect(told.at(-1)?.controllers).toMatchObject([
      { name: 'kube-scheduler', kind: 'stale', holder: 'kube-scheduler' },
      { name: 'kube-controller-manager', kind: 'none' },
    ]);
    api.answers.set('/api/v1/nodes', failed);
    api.watches.at(-1)?.end(failed);
    await clock.advance(17_000);
    reader.review();
    const asked = api.asked.filter((path) => path === scheduler).length;
    await clock.advance(60_000);

    expect(api.asked.filter((path) => path === scheduler)).toHaveLength(asked);
    expect(told.at(-1)?.controllers).toEqual([]);
  });

  it('tells of Nodes that were registered anew, for a while, and of names that two agents claim', async () => {
    await begin();
    const anew = aNode('w2', { uid: 'uid-2', version: '102' });
    api.watches.at(-1)?.onEvent({ type: 'MODIFIED', object: anew });
    contested = ['w1'];
    await clock.advance(2000);
    expect(told.at(-1)?.entries).toMatchObject([
      { name: 'w1', uid: 'uid-of-w1' },
      { name: 'w2', uid: 'uid-2' },
      { name: 'w9', hasNoAgent: true },
    ]);
    contested = [];
    await clock.advance(11 * 60_000);

    expect(told.at(-1)?.entries.map(({ name }) => name)).toEqual(['w9']);
  });

  it('looks for agents where none is known', async () => {
    await begin();
    await clock.advance(121_000);
    expect(suggested.at(-1)).toEqual(['10.0.0.1']);
    reader.stop();

    expect(suggested.at(-1)).toEqual([]);
  });

  it('removes whose Node is deleted', async () => {
    await begin();
    api.watches.at(-1)?.onEvent({ type: 'DELETED', object: aNode('w2', { version: '101' }) });
    await clock.advance(2000);

    expect(members.map(({ name }) => name)).toEqual(['m1', 'w1']);
    expect(notices).toEqual(['w2 was removed from the cluster: its Node was deleted']);
  });

  it('lists again after a minute when somebody is missing, and removes it then', async () => {
    api.answers.set('/api/v1/nodes', aList(['m1', 'w1'].map((name) => aNode(name))));
    await begin();
    expect(members).toHaveLength(3);
    await clock.advance(75_000);

    expect(members.map(({ name }) => name)).toEqual(['m1', 'w1']);
    expect(notices).toEqual(['w2 was removed from the cluster: its Node is gone']);
  });

  it('removes nobody for the list of an etcd that was restored', async () => {
    await begin();
    api.answers.set('/api/v1/nodes', aList([], '3'));
    api.watches.at(-1)?.end({ kind: 'gone', message: '410' });
    await clock.advance(300_000);

    expect(members).toHaveLength(3);
    expect(notices).toEqual(['the Kubernetes API lists no Nodes at all: nobody is removed for that']);
  });

  it('says when others read', async () => {
    await begin();
    reader.stop();

    expect(told.at(-1)).toMatchObject({ fault: 'others read', nodes: 4, entries: [{ name: 'w9' }] });
    await clock.advance(120_000);
    expect(clock.pendingTimers()).toBe(0);
  });
});
