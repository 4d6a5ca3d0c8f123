import { expect, it } from 'vitest';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, type Scene, aResult, createScene, failing } from './testing.ts';

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
const WELL = aResult('overlay');
const POLICY = 'a NetworkPolicy that was added keeps the overlay responders apart';
const problem = (reason: string, peers: readonly string[], since = SINCE): CheckResult => ({
  ...failing('overlay', reason, ''),
  problems: peers.map((subject) => ({
    reason,
    subject,
    message: `a pod on ${subject} did not answer.`,
    severity: 'warning',
    since,
  })),
});
const to = (...peers: readonly string[]): CheckResult => problem('OverlayPathBroken', peers);
const cutOff = (since = SINCE): CheckResult =>
  failing('overlay', 'OverlayCutOff', 'No pod answers on any of 4 nodes.', { since });

/** Where these nodes say so, and on all others all is well. */
function onNodes(results: Readonly<Record<string, CheckResult>>, change: (scene: Scene) => Scene = (scene) => scene) {
  const scene = createScene(NAMES);
  for (const name of NAMES) scene.report(name, results[name] ?? WELL);
  return diagnose(change(scene).from('m1'), NOW, CATALOGUE);
}

it('that is broken between two nodes is one finding, whoever of them says so', () => {
  const sentence =
    'Pods on w1 and those on w2 do not reach each other over the overlay network, the nodes themselves do';
  const pair = { reason: 'OverlayBroken', severity: 'warning', nodes: ['w1', 'w2'], subject: 'w2', sentence };
  for (const results of [{ w1: to('w2') }, { w2: to('w1') }, { w1: to('w2'), w2: to('w1') }]) {
    const { status, findings } = onNodes(results);
    expect(findings).toMatchObject([{ ...pair, alternatives: [], observers: Object.keys(results) }]);
    expect([status, findings.length]).toEqual(['degraded', 1]);
  }
});

it('that is broken around one node is that node’s', () => {
  const { status, findings } = onNodes({ w4: cutOff(SINCE + 1000), m1: to('w4'), w1: to('w4'), w2: to('w4') });
  expect(status).toBe('degraded');
  expect(findings).toMatchObject([
    {
      reason: 'OverlayBroken',
      node: 'w4',
      severity: 'warning',
      nodeSeverity: 'critical',
      observers: ['m1', 'w1', 'w2', 'w4'],
      since: SINCE,
      alternatives: [POLICY],
      sentence:
        'Pods on w4 reach no pod of other nodes over the overlay network, the nodes themselves reach each other',
    },
  ]);
  expect(findings[0]?.nodes).toBeUndefined();
});

it('names the node that several others have in common', () => {
  const { findings } = onNodes({ m1: to('w4'), w1: to('w4'), w2: to('w4') });
  expect(findings).toMatchObject([
    {
      node: 'w4',
      nodes: ['w4', 'm1', 'w1', 'w2'],
      sentence:
        'Pods on w4 and those on m1, w1 and w2 do not reach each other over the overlay network, the nodes themselves do',
    },
  ]);
});

it('that is down on more than half of the nodes is critical, since it was half of them', () => {
  const { status, findings } = onNodes({
    m1: cutOff(),
    w1: cutOff(SINCE + 2000),
    w2: cutOff(SINCE + 4000),
    w3: to('m1'),
  });
  expect(status).toBe('critical');
  expect(findings).toMatchObject([
    {
      reason: 'OverlayBroken',
      severity: 'critical',
      nodes: ['m1', 'w1', 'w2'],
      since: SINCE + 4000,
      next: ['mend OverlayCutOff'],
      alternatives: [POLICY],
      sentence:
        'The overlay network is down: pods on 3 of 5 nodes (m1, w1 and w2) reach no pod of another node, the nodes themselves reach each other',
    },
  ]);
});

it('that is broken between many pairs is told once', () => {
  const names = Array.from({ length: 8 }, (_, index) => `w${index + 1}`);
  const scene = createScene(['m1', ...names]).report('m1', WELL);
  for (const [index, name] of names.entries()) scene.report(name, to(names[index ^ 1] ?? ''));
  const { findings } = diagnose(scene.from('m1'), NOW, CATALOGUE);
  expect(findings).toMatchObject([
    {
      reason: 'OverlayBroken',
      sentence:
        'The overlay network is broken between 4 pairs of nodes (w1, w2, w3, w4 and 4 more), which reach each other themselves',
    },
  ]);
});

it('that lets only short datagrams pass is told of both ends', () => {
  const { findings } = onNodes({ w1: problem('OverlayMtuBroken', ['w2']), w2: problem('OverlayMtuBroken', ['w1']) });
  expect(findings).toMatchObject([
    {
      reason: 'OverlayMtuBroken',
      severity: 'warning',
      nodes: ['w1', 'w2'],
      sentence: 'Between pods on w1 and those on w2 long datagrams get lost, short ones do not',
      observers: ['w1', 'w2'],
    },
  ]);
});

it('that was broken a moment ago is no finding', () => {
  const ended = { reason: 'OverlayPathBroken', subject: 'w2', message: '', severity: 'warning', since: SINCE } as const;
  expect(onNodes({ w1: aResult('overlay', { ended: [{ ...ended, endedMs: 3000 }] }) }).findings).toEqual([]);
});

it('that lets only short datagrams pass anywhere is told once', () => {
  const scene = createScene(NAMES);
  for (const name of NAMES)
    scene.report(
      name,
      problem(
        'OverlayMtuBroken',
        NAMES.filter((other) => other !== name),
      ),
    );
  const { findings } = diagnose(scene.from('m1'), NOW, CATALOGUE);
  expect(findings).toMatchObject([
    {
      reason: 'OverlayMtuBroken',
      nodes: NAMES.toSorted(),
      sentence: 'Between pods of 10 pairs of nodes (m1, w1, w2, w3 and w4) long datagrams get lost, short ones do not',
    },
  ]);
});

const dns = (message: string): CheckResult => failing('dns', 'DnsDown', message, { subject: '10.96.0.10' });
const SILENT = 'No answer over UDP from 10.96.0.10:53: no answer within 1700 ms';
const treeOf = (results: Readonly<Record<string, readonly CheckResult[]>>) => {
  const scene = createScene(NAMES);
  for (const name of NAMES) scene.report(name, WELL, aResult('dns'), ...(results[name] ?? []));
  return diagnose(scene.from('m1'), NOW, CATALOGUE).findings.map(({ reason, causedBy }) => [reason, causedBy]);
};

it('explains DNS that is silent on a node whose pods reach no others, and no other failure of it', () => {
  expect(treeOf({ w4: [cutOff(), dns(SILENT)] })).toEqual([
    ['OverlayBroken', undefined],
    ['DnsDown', 'OverlayBroken/w4'],
  ]);
  expect(treeOf({ w4: [cutOff(), dns('No answer over UDP from 10.96.0.10:53: connect ECONNREFUSED')] })).toEqual([
    ['DnsDown', undefined],
    ['OverlayBroken', undefined],
  ]);
});

it('that is broken between two nodes explains no DNS', () => {
  expect(treeOf({ w1: [to('w2'), dns(SILENT)] })).toEqual([
    ['DnsDown', undefined],
    ['OverlayBroken', undefined],
  ]);
  const all = Object.fromEntries(NAMES.map((name) => [name, [dns(SILENT)]]));
  expect(treeOf({ ...all, w1: [to('w2'), dns(SILENT)] })).toEqual([
    ['ClusterDnsDown', undefined],
    ['OverlayBroken', undefined],
  ]);
});

it('explains DNS that fails on all that do not reach the one node', () => {
  const others = Object.fromEntries(['m1', 'w1', 'w2'].map((name) => [name, [to('w4'), dns(SILENT)]]));
  expect(treeOf({ ...others, w4: [cutOff()] })).toEqual([
    ['OverlayBroken', undefined],
    ['ClusterDnsDown', 'OverlayBroken/w4'],
  ]);
});

it('DNS that went with a large part of the cluster is no trouble of its own', () => {
  const silent = dns('No answer over UDP from 10.96.0.10:53: no answer within 2000 ms.');
  const causes = (scene: ReturnType<typeof createScene>) =>
    diagnose(scene.from('w5'), NOW, CATALOGUE).findings.flatMap(({ id, causedBy }) =>
      causedBy === undefined ? [id] : [],
    );
  const nodes = ['m1', 'm2', 'm3', 'w1', 'w2', 'w3', 'w4', 'w5'];
  const asking = () => nodes.reduce((scene, name) => scene.report(name, aResult('dns')), createScene(nodes));
  const left = (...lost: readonly string[]) =>
    asking()
      .cut(
        lost,
        nodes.filter((name) => !lost.includes(name)),
      )
      .report('w5', silent);

  expect(causes(left('m1', 'm2', 'm3', 'w1', 'w2', 'w3'))).toEqual(['NodesLost/m1']);
  expect(causes(left('w1', 'w2'))).toEqual(expect.arrayContaining(['DnsDown/w5/10.96.0.10', 'NodesLost/w1']));
});
