import { describe, expect, it } from 'vitest';
import type { ApiNodeSummary } from '../../agent/http/contract.ts';
import { countFleet, differs, filterFleet, isFine, sortFleet } from './fleet.ts';

const node = (name: string, changes: Partial<ApiNodeSummary> = {}): ApiNodeSummary => ({
  node: name,
  status: 'ok',
  sentence: '',
  ageSeconds: 1,
  counts: { ok: 20, problem: 0, unknown: 0, absent: 2 },
  ...changes,
});
const names = (nodes: readonly ApiNodeSummary[]): string[] => nodes.map((one) => one.node);

describe('order', () => {
  it('puts control-plane nodes first, then trouble, then what is not known; numbers count as numbers', () => {
    const nodes = [
      node('w10'),
      node('w9'),
      node('w8', { status: 'problem' }),
      node('w7', { member: 'unreachable', freshness: 'stale', status: 'unknown' }),
      node('w6', { status: 'unknown' }),
      node('k2'),
      node('prod-master-1'),
    ];
    const sorted = sortFleet(nodes, new Set(['k2']));
    expect(names(sorted)).toEqual(['k2', 'prod-master-1', 'w7', 'w8', 'w6', 'w9', 'w10']);
  });

  it.each(['master-1', 'controlplane', 'control-plane-2', 'cp1', 'ip-10-0-0-1-master', 'k8s.cp.2'])(
    'takes %s for a control-plane node',
    (name) => {
      expect(names(sortFleet([node('a'), node(name)], new Set()))).toEqual([name, 'a']);
    },
  );

  it.each(['cpu-heavy', 'webmaster2', 'mastery', 'scp-1'])('takes %s for no control-plane node', (name) => {
    expect(names(sortFleet([node('a'), node(name)], new Set()))).toEqual(['a', name]);
  });
});

describe('filter', () => {
  it('finds parts of names in any case', () => {
    const nodes = [node('ip-10-0-0-1.eu'), node('ip-10-0-0-2.EU'), node('gpu-1')];
    expect(names(filterFleet(nodes, { text: ' Eu ', onlyTroubled: false }))).toEqual([
      'ip-10-0-0-1.eu',
      'ip-10-0-0-2.EU',
    ]);
  });

  it('hides only what is fine: not what is unknown, late, in doubt or has never been heard', () => {
    const odd = [
      node('problem', { status: 'problem' }),
      node('unknown', { status: 'unknown' }),
      node('lagging', { freshness: 'lagging' }),
      node('suspect', { member: 'suspect' }),
      node('silent', { ageSeconds: null }),
      node('gone', { freshness: 'stale' }),
    ];
    const fine = [node('own'), node('peer', { freshness: 'current', member: 'alive' })];
    expect(names(filterFleet([...odd, ...fine], { text: '', onlyTroubled: true }))).toEqual(names(odd));
    expect(fine.every(isFine)).toBe(true);
  });
});

it('counts a node that is not connected as that, whatever it last said', () => {
  const nodes = [
    node('a'),
    node('b', { status: 'problem' }),
    node('c', { status: 'problem', freshness: 'stale' }),
    node('d', { status: 'ok', member: 'agent-down' }),
    node('e', { status: 'unknown' }),
  ];
  expect(countFleet(nodes)).toEqual({ all: 5, problem: 1, unknown: 1, history: 2, notFine: 4 });
});

it('tells a change from a mere age', () => {
  expect(differs(node('a'), node('a', { ageSeconds: 9, sentence: 'else' }))).toBe(false);
  expect(differs(node('a'), node('a', { member: 'suspect' }))).toBe(true);
  expect(differs(node('a'), node('a', { counts: { ok: 19, problem: 1, unknown: 0, absent: 2 } }))).toBe(true);
});
