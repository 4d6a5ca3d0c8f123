import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { testKeys } from '../envelope/testing.ts';
import { authorText } from '../identity/peer-id.ts';
import { decodeBinding, encodeBinding } from './binding.ts';
import type { Roster } from '../../model/roster.ts';
import { decodeLeaving, encodeLeaving } from './leaving.ts';
import { MAX_WORDS, type MaintenanceWord, decodeMaintenance, encodeMaintenance } from './maintenance.ts';
import { decodeRoster, encodeRoster } from './roster.ts';
import { brokenPayload, faultsIn } from './testing.ts';
import { decodeTombstone, encodeTombstone } from './tombstone.ts';

const HEADER = { boot: 3, sequence: 2, node: 'node-a' };
const FULL = { ...HEADER, contentSequence: 2 };
const OTHER = testKeys(9).author;
const UID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const ROSTER: Roster = {
  fault: 'no answer',
  confirmedMs: 4000,
  nodes: 7,
  apiServers: ['https://10.0.0.1:6443', 'https://[fd00::1]:6443'],
  entries: [
    { name: 'm1', uid: UID, isControlPlane: true, ready: 'true', zone: 'eu-1a' },
    {
      name: 'w1',
      uid: UID,
      isControlPlane: false,
      ready: 'unknown',
      cordonedForMs: 61_000,
      removedBy: 'karpenter.sh/disrupted',
      notReadyBecause: 'NodeStatusUnknown',
      hasNoAgent: true,
      lease: { kind: 'stale', unchangedForMs: 42_000 },
    },
  ],
  controllers: [],
  omitted: 0,
};
const WITH_CONTROLLERS: Roster = {
  ...ROSTER,
  entries: [],
  controllers: [
    { name: 'kube-scheduler', kind: 'stale', unchangedForMs: 42_000, holder: 'm1_0f8fad5b' },
    { name: 'kube-controller-manager', kind: 'none', unchangedForMs: 0 },
  ],
};
const IN_TROUBLE: Roster = {
  ...ROSTER,
  entries: [
    {
      name: 'w1',
      uid: UID,
      isControlPlane: true,
      ready: 'false',
      notReadyBecause: 'KubeletNotReady',
      notReadyMessage: 'PLEG is not healthy',
      troubles: ['MemoryPressure', 'NetworkUnavailable'],
    },
    { name: 'w2', uid: UID, isControlPlane: false, ready: 'true', troubles: ['DiskPressure', 'PIDPressure'] },
  ],
};
const WITH_SERVERS: Roster = { ...ROSTER, entries: [], serverNodes: ['m1', undefined] };
const WORDS: readonly MaintenanceWord[] = [
  { node: 'w1', generation: 1, forMs: 1500, leftMs: 3_600_000, reason: 'new disk' },
  { node: 'w2', generation: 7, forMs: 0, leftMs: 0 },
];
const maintenanceOf = (words: readonly MaintenanceWord[]): Uint8Array => {
  const payload = encodeMaintenance(HEADER, words);
  if (payload === undefined) throw new Error('there is no room');
  return payload;
};
const text = (payload: Uint8Array): string => Buffer.from(payload).toString();
const bytes = (...items: readonly unknown[]): Uint8Array => Buffer.from(JSON.stringify(items));

/** The wire form stays: these vectors may never change, only grow at their end. */
describe('wire form', () => {
  it.each([
    ['leaving', encodeLeaving(HEADER, 'restart'), '[3,2,2,"node-a","restart"]'],
    ['claim', encodeBinding(HEADER, { generation: 4 }), '[3,2,2,"node-a",4]'],
    ['claim with a UID', encodeBinding(HEADER, { generation: 4, nodeUid: UID }), `[3,2,2,"node-a",4,null,"${UID}"]`],
    [
      'refutation',
      encodeBinding(HEADER, { generation: 5, refuted: OTHER }),
      '[3,2,2,"node-a",5,"3X6E0BCu0opBbpKPUMTAmsD5So9bNGVIFovdthzbcmM"]',
    ],
    [
      'tombstone',
      encodeTombstone(HEADER, { name: 'node-b', author: OTHER, generation: 4, why: 'deleted' }),
      '[3,2,2,"node-a","node-b","3X6E0BCu0opBbpKPUMTAmsD5So9bNGVIFovdthzbcmM",4,"deleted"]',
    ],
    [
      'roster',
      encodeRoster(FULL, ROSTER),
      `[3,2,2,"node-a","no answer",4,7,["https://10.0.0.1:6443","https://[fd00::1]:6443"],[["m1","${UID}",1,1,"eu-1a"],["w1","${UID}",2,2,null,61,"karpenter.sh/disrupted","NodeStatusUnknown","s",42]]]`,
    ],
    [
      'roster with controllers',
      encodeRoster(FULL, WITH_CONTROLLERS),
      '[3,2,2,"node-a","no answer",4,7,["https://10.0.0.1:6443","https://[fd00::1]:6443"],[],null,[[0,"s",42,"m1_0f8fad5b"],[1,"n",0]]]',
    ],
    [
      'roster with Nodes in trouble',
      encodeRoster(FULL, IN_TROUBLE),
      `[3,2,2,"node-a","no answer",4,7,["https://10.0.0.1:6443","https://[fd00::1]:6443"],[["w1","${UID}",37,0,null,null,null,"KubeletNotReady",null,null,"PLEG is not healthy"],["w2","${UID}",24,1]]]`,
    ],
    [
      'roster with the Nodes of the API servers',
      encodeRoster(FULL, WITH_SERVERS),
      '[3,2,2,"node-a","no answer",4,7,["https://10.0.0.1:6443","https://[fd00::1]:6443"],[],null,null,null,["m1"]]',
    ],
    ['word on maintenance', maintenanceOf(WORDS), '[3,2,2,"node-a",[["w1",1,1500,3600000,"new disk"],["w2",7,0,0]]]'],
  ])('of a %s', (_, payload, golden) => {
    expect(text(payload)).toBe(golden);
  });
});

describe('round trip', () => {
  it.each(['restart', 'shutdown', 'removed'] as const)('leaving: %s', (reason) => {
    expect(decodeLeaving(encodeLeaving(HEADER, reason))).toEqual({ header: FULL, reason });
  });

  it.each([{ generation: 1 }, { generation: 4_294_967_295, refuted: OTHER, nodeUid: UID }])('binding: %#', (claim) => {
    expect(decodeBinding(encodeBinding(HEADER, claim))).toEqual({ header: FULL, ...claim });
  });

  it.each(['deleted', 'absent', 'forget'] as const)('tombstone: %s', (why) => {
    const stone = { name: 'node-b', author: OTHER, generation: 0, why };

    expect(decodeTombstone(encodeTombstone(HEADER, stone))).toEqual({ header: FULL, ...stone });
  });
});

describe('a roster', () => {
  it('comes back as it was', () => {
    const second: Roster = { ...WITH_SERVERS, serverNodes: [undefined, 'm2'] };
    for (const roster of [ROSTER, WITH_CONTROLLERS, IN_TROUBLE, second])
      expect(decodeRoster(encodeRoster(FULL, roster))).toEqual({ header: FULL, roster });
  });

  it('leaves out API servers of no address or port that there is, with their Nodes', () => {
    const servers = ['https://999.999.999.999:6443', 'https://10.0.0.1:99999', 'https://10.0.0.1:6443'];
    const payload = bytes(3, 2, 2, 'node-a', null, null, 1, servers, [], null, null, null, ['m1', 'm2', 'm3']);

    expect(decodeRoster(payload)?.roster).toMatchObject({
      apiServers: ['https://10.0.0.1:6443'],
      serverNodes: ['m3'],
    });
  });

  it('tells whose Nodes are gone, or that it does not know', () => {
    for (const roster of [ROSTER, { ...ROSTER, withoutNode: [] }, { ...ROSTER, withoutNode: ['w7', 'w8'] }])
      expect(decodeRoster(encodeRoster(FULL, roster))?.roster).toEqual(roster);
  });

  it('leaves out what kubelets say before it leaves out Nodes', () => {
    const entries = Array.from({ length: 100 }, (_, index) => ({
      name: `node-${index}`,
      uid: UID,
      isControlPlane: false,
      ready: 'false' as const,
      notReadyMessage: 'x'.repeat(200),
    }));
    const decoded = decodeRoster(encodeRoster(FULL, { ...ROSTER, entries }))?.roster;

    expect(decoded).toMatchObject({ omitted: 0 });
    expect(decoded?.entries).toHaveLength(100);
    expect(decoded?.entries[0]).not.toHaveProperty('notReadyMessage');
  });

  it('of many nodes leaves out the last ones, and counts them', () => {
    const [, entry] = ROSTER.entries;
    const entries = Array.from({ length: 5000 }, (_, index) => ({
      ...entry,
      name: `node-${index}`,
    })) as Roster['entries'];
    const payload = encodeRoster(FULL, { ...ROSTER, entries, omitted: 3 });
    const decoded = decodeRoster(payload)?.roster;

    expect(payload.length).toBeLessThan(16 * 1024);
    expect(decoded?.entries[0]?.name).toBe('node-0');
    expect(decoded?.entries.length).toBeGreaterThan(80);
    expect((decoded?.entries.length ?? 0) + (decoded?.omitted ?? 0)).toBe(5003);
  });
});

describe('words on maintenance', () => {
  it('come back as they were', () => {
    expect(decodeMaintenance(maintenanceOf(WORDS))).toEqual({ header: FULL, words: WORDS });
    expect(decodeMaintenance(maintenanceOf([]))).toEqual({ header: FULL, words: [] });
  });

  it('are as many as there is room for, and their reasons are one short line', () => {
    const word: MaintenanceWord = { node: 'n'.repeat(253), generation: 1, forMs: 0, leftMs: 1 };
    const many = Array.from({ length: MAX_WORDS }, () => word);
    expect(decodeMaintenance(maintenanceOf(many))?.words).toHaveLength(MAX_WORDS);
    expect(encodeMaintenance(HEADER, [...many, word])).toBeUndefined();
    const wordy = { ...word, forMs: 1e9, leftMs: 1e9, reason: '\u{20ac}'.repeat(500) };
    expect(
      encodeMaintenance(
        HEADER,
        many.map(() => wordy),
      ),
    ).toBeUndefined();
    const [read] =
      decodeMaintenance(maintenanceOf([{ ...word, reason: `a\n\u001b[31m${'b'.repeat(500)}` }]))?.words ?? [];
    expect(read?.reason).toMatch(/^a \[31mb{70,}…$/);
    const hostile = bytes(
      3,
      2,
      2,
      'node-a',
      Array.from({ length: 5000 }, () => ['w1', 1, 0, 1, `\n${'x'.repeat(5000)}`]),
    );
    expect(decodeMaintenance(hostile)?.words).toHaveLength(MAX_WORDS);
    expect(decodeMaintenance(hostile)?.words[0]?.reason?.length).toBe(80);
  });
});

describe('other versions', () => {
  it('may say more, and give reasons that promise nothing here', () => {
    expect(decodeLeaving(bytes(3, 2, 2, 'node-a', 'upgrade', 'more'))).toEqual({ header: FULL, reason: 'shutdown' });
    expect(decodeBinding(bytes(3, 2, 2, 'node-a', 4, null, null, 'more'))).toEqual({ header: FULL, generation: 4 });
    expect(decodeTombstone(bytes(3, 2, 2, 'node-a', 'node-b', authorText(OTHER), 4, 'merged', 'more'))).toMatchObject({
      why: 'absent',
    });
  });

  it.each([
    ['leaving', decodeLeaving(bytes(3, 2, 2, 'node-a'))],
    ['leaving', decodeLeaving(bytes(3, 2, 2, 'node-a', '\u001b'))],
    ['binding', decodeBinding(bytes(3, 2, 2, 'node-a', 0))],
    ['binding', decodeBinding(bytes(3, 2, 2, 'node-a', 4_294_967_296))],
    ['binding', decodeBinding(bytes(3, 2, 2, 'node-a', 4, 'short'))],
    ['binding', decodeBinding(bytes(3, 2, 2, 'node-a', 4, null, 'a b'))],
    ['tombstone', decodeTombstone(bytes(3, 2, 2, 'node-a', '-', authorText(OTHER), 4, 'deleted'))],
    ['tombstone', decodeTombstone(bytes(3, 2, 2, 'node-a', 'node-b', 7, 4, 'deleted'))],
    ['tombstone', decodeTombstone(bytes(3, 2, 2, 'node-a', 'node-b', authorText(OTHER), -1, 'deleted'))],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, -1, []))],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, 1, ['http://10.0.0.1:80']))],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, 1, [], [], null, [['kube-scheduler', 's', 1]]))],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, 1, [], ['w1']))],
    [
      'roster',
      decodeRoster(
        bytes(3, 2, 2, 'node-a', null, null, 1, [], [['w1', UID, 0, 0, null, null, null, null, null, null, 7]]),
      ),
    ],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, 1, [], [['w1', 'a b', 0, 1]]))],
    ['roster', decodeRoster(bytes(3, 2, 2, 'node-a', null, null, 1, [], [], null, null, [7]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['w1', 0, 0, 1]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['w1', 1, -1, 1]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['w1', 1, Number.MAX_SAFE_INTEGER, 1]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['w1', 1, 0, 32 * 86_400_000]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['-', 1, 0, 1]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', [['w1', 1, 0, 1, 7]]))],
    ['maintenance', decodeMaintenance(bytes(3, 2, 2, 'node-a', ['w1']))],
    ['nothing', decodeTombstone(new Uint8Array(0))],
    ['broken UTF-8', decodeLeaving(Buffer.from('[3,2,2,"node-a","restart","\u00ff"]', 'latin1'))],
    ['an object', decodeLeaving(Buffer.from('{"0":3}'))],
  ])('are refused when they are no %s: %#', (_, decoded) => {
    expect(decoded).toBeUndefined();
  });
});

it.each([
  ['leaving', decodeLeaving, bytes(3, 2, 2, 'node-a', 'restart')],
  ['binding', decodeBinding, encodeBinding(HEADER, { generation: 4, refuted: OTHER, nodeUid: UID })],
  ['roster', decodeRoster, encodeRoster(FULL, { ...WITH_CONTROLLERS, entries: ROSTER.entries, withoutNode: ['w7'] })],
  ['roster without Nodes', decodeRoster, encodeRoster(FULL, { ...WITH_CONTROLLERS, withoutNode: ['w7'] })],
  ['roster with the Nodes of the API servers', decodeRoster, encodeRoster(FULL, WITH_SERVERS)],
  ['maintenance', decodeMaintenance, maintenanceOf(WORDS)],
  ['tombstone', decodeTombstone, encodeTombstone(HEADER, { name: 'b', author: OTHER, generation: 4, why: 'absent' })],
])('%s: nothing that a reader would stumble over in 12,000 broken ones', (_, decode, payload) => {
  const random = createRandom(13);
  let accepted = 0;
  for (let round = 0; round < 12_000; round += 1) {
    const decoded = decode(brokenPayload(JSON.parse(text(payload)) as unknown[], random));
    if (decoded === undefined) continue;
    accepted += 1;
    expect(faultsIn(decoded)).toEqual([]);
  }
  expect(accepted).toBeGreaterThan(200);
});
