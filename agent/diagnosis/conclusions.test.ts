import { expect, it } from 'vitest';
import type { Diagnosis, Finding } from '../model/finding.ts';
import type { TimelineEvent } from '../model/timeline.ts';
import { createConclusions } from './conclusions.ts';

const T = 1_800_000_000_000;

const aFinding = (more: Partial<Finding> = {}): Finding => ({
  id: 'NodeUnreachable/m1',
  reason: 'NodeUnreachable',
  severity: 'warning',
  nodeSeverity: 'critical',
  node: 'm1',
  sentence: 'm1 does not answer w1',
  since: T - 700,
  observers: ['w1'],
  dissent: [],
  evidence: [],
  alternatives: [],
  next: [],
  ...more,
});

const at = (seconds: number, findings: readonly Finding[], settled = true): Diagnosis => ({
  status: 'degraded',
  sentence: '',
  findings,
  view: { node: 'w1', members: 2, current: 1, settled },
  at: T + seconds * 1000,
});

const lost: TimelineEvent = {
  kind: 'concluded',
  at: T - 700,
  node: 'm1',
  reason: 'NodeUnreachable',
  severity: 'warning',
  message: 'm1 does not answer w1',
};

it('writes a conclusion down once it has stood for two seconds, with the time at which it began', () => {
  const conclusions = createConclusions();
  const told = [0, 1, 2, 3].map((second) => conclusions.review(at(second, [aFinding()])));
  expect(told).toEqual([[], [], [lost], []]);
});

it('writes down when it is over, with the time at which it was gone', () => {
  const conclusions = createConclusions([lost]);
  expect([0, 1, 2, 3].map((second) => conclusions.review(at(second, [])))).toEqual([
    [],
    [],
    [{ ...lost, kind: 'resolved', at: T }],
    [],
  ]);
});

it('passes over what changes its name at once, and what is gone for a moment', () => {
  const conclusions = createConclusions([lost]);
  const other = aFinding({ reason: 'NodesLost', nodes: ['m1', 'm2'] });
  expect(conclusions.review(at(0, [aFinding(), other]))).toEqual([]);
  expect(conclusions.review(at(1, []))).toEqual([]);
  expect([2, 3, 4, 5].flatMap((second) => conclusions.review(at(second, [aFinding()])))).toEqual([]);
});

it('leaves to their nodes what checks found', () => {
  const conclusions = createConclusions();
  const found = aFinding({ check: 'etcd' });
  expect([0, 1, 2, 3].flatMap((second) => conclusions.review(at(second, [found])))).toEqual([]);
});

it('says nothing before it is settled, and takes up what an earlier run left open', () => {
  const conclusions = createConclusions([lost]);
  expect([0, 1, 2, 3].flatMap((second) => conclusions.review(at(second, [], false)))).toEqual([]);
  expect([4, 5, 6, 7].flatMap((second) => conclusions.review(at(second, [aFinding()])))).toEqual([]);
});

it('does not call over what was about a moment', () => {
  const conclusions = createConclusions();
  const leaving = aFinding({ reason: 'NodeLeaving', severity: 'info' });
  const told = [0, 1, 2, 3, 4, 5, 6].flatMap((second) => conclusions.review(at(second, second < 3 ? [leaving] : [])));
  expect(told.map(({ kind }) => kind)).toEqual(['concluded']);
});

it('writes the story of a partition once it has not changed for a while', () => {
  const conclusions = createConclusions();
  const story = (second: number): string => (second < 5 ? 'w1 was cut off' : 'w1 and w2 were cut off');
  const told = Array.from({ length: 25 }, (_, second) =>
    conclusions
      .review(at(second, [aFinding({ reason: 'Partition', severity: 'info', sentence: story(second) })]))
      .map((event) => `${second} ${'message' in event ? event.message : ''}`),
  );
  expect(told.flat()).toEqual(['20 w1 and w2 were cut off']);
});

it('passes over a conclusion to whoever comes first by name, when nodes join it or come back', () => {
  const conclusions = createConclusions();
  const lostNodes = (...nodes: readonly string[]): Finding =>
    aFinding({ reason: 'NodesLost', node: nodes[0] ?? '', nodes });
  const told = [
    lostNodes('m2', 'm3'),
    lostNodes('m2', 'm3'),
    lostNodes('m2', 'm3'),
    ...Array.from({ length: 4 }, () => lostNodes('m1', 'm2', 'm3')),
    ...Array.from({ length: 4 }, () => lostNodes('m3')),
  ].map((finding, second) => conclusions.review(at(second, [finding])).length);
  expect(told).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

  const over = [11, 12, 13].flatMap((second) => conclusions.review(at(second, [])));
  expect(over).toMatchObject([{ kind: 'resolved', reason: 'NodesLost', node: 'm2' }]);
});

it('does not take two losses of other nodes for one', () => {
  const conclusions = createConclusions();
  const first = aFinding({ reason: 'NodesLost', node: 'm1', nodes: ['m1', 'm2'] });
  const second = aFinding({ reason: 'NodesLost', node: 'w1', nodes: ['w1', 'w2'] });
  const told = [[first], [first], [first], [second], [second], [second]].flatMap((findings, time) =>
    conclusions.review(at(time, findings)).map(({ kind }) => kind),
  );

  expect(told).toEqual(['concluded', 'resolved', 'concluded']);
});

it('calls nothing over that is lost with others now', () => {
  const conclusions = createConclusions([lost]);
  const together = aFinding({ reason: 'NodesLost', nodes: ['m1', 'm2'] });
  const told = [[together], [together], [together], [together], [], [], []].flatMap((findings, second) =>
    conclusions
      .review(at(second, findings))
      .flatMap((event) => ('reason' in event ? [`${event.reason} ${event.kind}`] : [])),
  );

  expect(told).toEqual(['NodesLost concluded', 'NodeUnreachable resolved', 'NodesLost resolved']);
});

it('calls two losses over when the one that they have become is', () => {
  const conclusions = createConclusions();
  const loss = (...nodes: readonly string[]): Finding => aFinding({ reason: 'NodesLost', node: nodes[0] ?? '', nodes });
  const two = [loss('m1', 'm2'), loss('w1', 'w2')];
  const one = [loss('m1', 'm2', 'w1', 'w2')];
  const told = [two, two, two, one, one, one, [], [], []].map((findings, second) =>
    conclusions
      .review(at(second, findings))
      .map(({ kind, node }) => `${node} ${kind}`)
      .join(', '),
  );

  expect(told.filter((line) => line !== '')).toEqual(['m1 concluded, w1 concluded', 'm1 resolved, w1 resolved']);
});
