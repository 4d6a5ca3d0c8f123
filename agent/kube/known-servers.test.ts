import { expect, it } from 'vitest';
import { createAbsences, knownServers } from './known-servers.ts';
import { readNode } from './objects/node.ts';
import { aNode } from './testing.ts';

const MASTER = { 'node-role.kubernetes.io/control-plane': '' };
const node = (name: string, address: string, labels: Record<string, string> = MASTER) => {
  const facts = readNode(aNode(name, { labels, addresses: [address] }));
  if (facts === undefined) throw new Error('no Node');
  return facts;
};
const [ONE, TWO] = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'];
const NODES = [node('m1', '10.0.0.1'), node('m2', '10.0.0.2'), node('w1', '10.0.0.9', {})];

it('names the Nodes of those that serve', () => {
  expect(knownServers([ONE, 'https://192.0.2.7:443'], [], NODES)).toEqual({
    apiServers: [ONE, 'https://192.0.2.7:443'],
    serverNodes: ['m1', undefined],
  });
  expect(knownServers(['https://[fd00::1]:6443'], [], [node('m1', 'fd00::1')]).serverNodes).toEqual(['m1']);
});

it('misses one that left the Service while its Node has a control plane', () => {
  expect(knownServers([ONE], [ONE, TWO], NODES)).toEqual({ apiServers: [ONE, TWO], serverNodes: ['m1', 'm2'] });
});

it.each([
  ['whose Node was removed', [TWO], [node('m1', '10.0.0.1')]],
  ['whose Node is a worker now', [TWO], [node('m1', '10.0.0.1'), node('m2', '10.0.0.2', {})]],
  ['that was on no Node', ['https://192.0.2.7:443'], NODES],
  ['that listens on another port now', ['https://10.0.0.1:443'], NODES],
])('does not miss one %s', (_, before, nodes) => {
  expect(knownServers([ONE], before, nodes).apiServers).toEqual([ONE]);
});

it('drops nothing before the Nodes and the Service were read', () => {
  expect(knownServers([], [TWO, 'https://192.0.2.7:443'], NODES)).toEqual({
    apiServers: [TWO, 'https://192.0.2.7:443'],
    serverNodes: ['m2', undefined],
  });
  expect(knownServers([ONE], [TWO], undefined)).toEqual({
    apiServers: [ONE, TWO],
    serverNodes: [undefined, undefined],
  });
});

it('drops what is long gone from the Service where the Nodes are not read, and only there', () => {
  const isLongGone = (url: string): boolean => url === TWO;
  expect(knownServers([ONE], [ONE, TWO], undefined, isLongGone).apiServers).toEqual([ONE]);
  expect(knownServers([ONE], [ONE, TWO], NODES, isLongGone).apiServers).toEqual([ONE, TWO]);
  expect(knownServers([], [ONE, TWO], undefined, isLongGone).apiServers).toEqual([ONE, TWO]);
});

it('counts the readings of the Service that do not name a server, in a row', () => {
  const absences = createAbsences();
  const read = (times: number, ...listed: readonly string[]): boolean => {
    for (let time = 0; time < times; time += 1) absences.note(listed, [ONE, TWO]);
    return absences.isLong(TWO);
  };
  expect(read(11, ONE)).toBe(false);
  expect(read(1, ONE, TWO)).toBe(false);
  expect(read(11, ONE)).toBe(false);
  expect(read(1, ONE)).toBe(true);
  expect(absences.isLong(ONE)).toBe(false);
  expect(read(1, ONE, TWO)).toBe(false);
});
