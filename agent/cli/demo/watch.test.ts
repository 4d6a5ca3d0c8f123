import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ApiFinding, ApiStatus } from '../../http/contract.ts';
import { configOf, planNodes } from './plan.ts';
import { type Answers, agreement, isWhole, newsOf } from './watch.ts';

const NODES = planNodes(3, 7575, '/tmp/demo');

const down = (node: string, more: Partial<ApiFinding> = {}): ApiFinding => ({
  id: `AgentDown/${node}`,
  reason: 'AgentDown',
  severity: 'info',
  nodeSeverity: 'warning',
  node,
  sentence: `The agent on ${node} does not run`,
  since: '2026-01-01T12:00:00.000Z',
  forSeconds: 1,
  observers: [],
  dissent: [],
  evidence: [],
  alternatives: [],
  next: [],
  ...more,
});

type Said = { readonly status?: ApiStatus['status']; readonly findings?: ApiFinding[]; readonly settled?: boolean };

/** What m1, m2 and m3 say; undefined: no answer. */
const answers = (...said: readonly (Said | undefined)[]): Answers =>
  new Map(
    NODES.map((node, index) => {
      const one = said[index];
      if (one === undefined) return [node, undefined];
      const { status = 'healthy', findings = [], settled = true } = one;
      const view = { node: node.name, members: 3, current: 3, component: 3, settled };
      return [node, { status, sentence: '', at: '', view, findings }];
    }),
  );

const DOWN: Said = { findings: [down('m3')] };

it('plans names, addresses and seeds that an agent can read', () => {
  const five = planNodes(5, 17_575, '/tmp/demo');

  expect(five.map(({ name }) => name)).toEqual(['m1', 'm2', 'm3', 'w1', 'w2']);
  expect(parse(configOf(five[4]!, five))).toEqual({
    node: { name: 'w2' },
    dataDirectory: '/tmp/demo/w2',
    http: { address: '127.0.0.15', port: 17_575 },
    mesh: {
      addresses: ['127.0.0.15'],
      port: 17_576,
      seeds: ['127.0.0.11:17576', '127.0.0.12:17576', '127.0.0.13:17576'],
    },
  });
});

it('calls a cluster whole only when all are connected and settled', () => {
  expect(isWhole(answers({}, {}, {}))).toBe(true);
  expect(isWhole(answers({}, {}, { settled: false }))).toBe(false);
  expect(isWhole(answers({}, {}, undefined))).toBe(false);
});

it('says who agrees', () => {
  expect(agreement(answers({}, {}, {}))).toEqual({ text: 'all 3 agree: healthy', isUnanimous: true });
  expect(agreement(answers({}, {}, undefined)).text).toBe('m1, m2: healthy; no answer from m3');
  expect(agreement(answers({}, { status: 'degraded' }, {}))).toEqual({
    text: 'm1, m3: healthy; m2: degraded',
    isUnanimous: false,
  });
  expect(agreement(answers(undefined, undefined, undefined)).text).toBe('nobody answers');
});

it('tells what most see, once', () => {
  const one = newsOf(new Map(), answers(DOWN, {}, undefined));
  const two = newsOf(one.known, answers(DOWN, DOWN, undefined));
  const three = newsOf(two.known, answers(DOWN, DOWN, undefined));

  expect([one.lines, two.lines, three.lines]).toEqual([[], ['m1, m2: info: The agent on m3 does not run.'], []]);
});

it('tells it again when it becomes grave', () => {
  const { known } = newsOf(new Map(), answers(DOWN, DOWN, undefined));
  const grave: Said = { findings: [down('m3', { severity: 'warning' })] };

  expect(newsOf(known, answers(grave, grave, undefined)).lines).toEqual([
    'm1, m2: warning: The agent on m3 does not run.',
  ]);
});

it('says that it is over when nobody sees it, and does not ask who has just started', () => {
  const { known } = newsOf(new Map(), answers(DOWN, DOWN, undefined));
  const later = newsOf(known, answers(DOWN, {}, { settled: false }));

  expect(later.lines).toEqual([]);
  expect(newsOf(later.known, answers({}, {}, { settled: false })).lines).toEqual([
    'over: The agent on m3 does not run.',
  ]);
  expect(newsOf(later.known, answers(undefined, undefined, undefined)).lines).toEqual([]);
});

it('does not tell a consequence, and not that it is over while it is one', () => {
  const { known } = newsOf(new Map(), answers(DOWN, DOWN, DOWN));
  const folded: Said = { findings: [down('m3', { causedBy: 'NodesLost' })] };

  expect(newsOf(known, answers(folded, folded, folded)).lines).toEqual([]);
});
