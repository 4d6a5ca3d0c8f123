import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { NOON, aResult, aState } from '../../test/lib/fixtures.ts';
import { NOW, NOW_MS, createScene } from '../diagnosis/testing.ts';
import { MembersSchema } from './contract.ts';
import { MatrixSchema } from './contract/links.ts';
import { presentMatrix, presentMembers, presentOneMember } from './present-mesh.ts';
import { renderMatrix, renderMember, renderMembers } from './text-mesh.ts';
import { statedEdges } from '../model/stated-edges.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const ALONE = aState([aResult()]);

it('has one member and no links without a mesh', () => {
  expect(presentMembers(ALONE)).toEqual({
    node: 'node-a',
    digest: '',
    members: [
      {
        node: 'node-a',
        state: 'alive',
        since: '2026-01-01T11:00:00.000Z',
        judged: true,
        inComponent: true,
        testimony: [],
      },
    ],
  });
  expect(presentMatrix(ALONE)).toEqual({ node: 'node-a', nodes: ['node-a'], links: [] });
  expect(renderMatrix(presentMatrix(ALONE), NOON)).toBe('node-a knows of no other node.\n');
  expect(renderMembers(presentMembers(ALONE), NOON)).toBe(`1 of 1 members connected to node-a

NODE    STATE  FOR  REPORT  WHAT
node-a  alive  1h   own
`);
});

it('shows members with what their observers say', () => {
  const state = createScene(NAMES)
    .powerOff('m1')
    .leave('m2', 'restart')
    .member('m2', { graceUntilMs: NOW_MS + 60_000 })
    .member('m3', { state: 'suspect', flapping: { falls: 3, sinceMs: 0, isOwn: true }, judged: false })
    .member('w2', { state: 'left', inComponent: false })
    .from('w1');
  const members = presentMembers(state);

  expect([...Value.Errors(MembersSchema, members)]).toEqual([]);
  expect(members.members[0]).toEqual({
    node: 'm1',
    state: 'unreachable',
    since: '2026-01-01T14:02:11.000Z',
    judged: true,
    inComponent: false,
    freshness: 'stale',
    testimony: [
      { observer: 'm3', state: 'lost' },
      { observer: 'w1', state: 'lost' },
      { observer: 'w2', state: 'lost' },
    ],
  });
  expect(renderMembers(members, NOW)).toBe(`2 of 4 members connected to w1

NODE  STATE        FOR     REPORT   WHAT
m1    UNREACHABLE  2m 49s  stale    not connected; lost for m3, w1 and w2
m2    LEAVING      2m 49s  stale    not connected; it restarts; expected back by 14:06:00 UTC; refused for m3, w1 and w2
m3    SUSPECT      1h      current  known from before this agent started; comes and goes: went down 3 times in two minutes
w1    alive        1h      own
w2    LEFT         1h      current

Reports: 0000000000000000; agents with the same word here know the same.
`);
});

it('shows links, history marked, and none to who left', () => {
  const scene = createScene(NAMES).member('w2', { state: 'left' });
  const state = scene.from('w1');
  const [first, ...others] = state.nodes;
  const gone = { ...state, nodes: [{ ...first!, freshness: 'stale' as const }, ...others] };
  const matrix = presentMatrix(gone);

  expect([...Value.Errors(MatrixSchema, matrix)]).toEqual([]);
  expect(matrix.nodes).toEqual(['m1', 'm2', 'm3', 'w1']);
  expect(matrix.links.filter(({ from, to }) => from === 'w2' || to === 'w2')).toEqual([]);
  expect(matrix.links.filter(({ stale }) => stale === true).map(({ from }) => from)).toEqual(['m1', 'm1', 'm1']);
  expect(matrix.links.find(({ from, to }) => from === 'w1' && to === 'm2')).toEqual({
    from: 'w1',
    to: 'm2',
    state: 'good',
    since: '2026-01-01T13:05:00.000Z',
    clockOffsetSeconds: 0,
  });
});

it('writes figures of a link in seconds and shares', () => {
  const state = createScene(['m1', 'w1']).from('w1');
  const edge = {
    peer: 'm1',
    state: 'good',
    sinceMs: 0,
    rttMs: 0.4123456,
    lossTo: 0.1,
    lossFrom: 0,
    sampled: true,
  } as const;
  const nodes = state.nodes.map((node) =>
    node.freshness === undefined ? { ...node, edges: statedEdges([edge]) } : node,
  );

  expect(presentMatrix({ ...state, nodes }).links.find(({ from }) => from === 'w1')).toMatchObject({
    rttSeconds: 0.000412,
    lossTo: 0.1,
    lossFrom: 0,
    sampled: true,
  });
});

it('draws the matrix under the links that are not good', () => {
  const state = createScene(NAMES).powerOff('m1').kill('m2').freeze('m3').from('w1');

  expect(renderMatrix(presentMatrix(state), NOW)).toBe(`Seen from w1: 2 links are good, 6 are not

to m1  lost          since 14:02:11 UTC (2m 49s)  from w1 and w2
to m2  refused       since 14:02:11 UTC (2m 49s)  from w1 and w2
to m3  unresponsive  since 14:02:11 UTC (2m 49s)  from w1 and w2

        12345
 1 m1 * \\
 2 m2 *  \\
 3 m3 *   \\
 4 w1   XRU\\.
 5 w2   XRU.\\

. good   X lost   R refused: no agent there   U unresponsive: the agent is stuck
B UDP is blocked   ? not known   blank: no neighbours   \\ itself   * says nothing current
`);
});

it('gives a lossy link a line, and one that is not known', () => {
  const links = [
    { from: 'a', to: 'b', state: 'good', since: '2026-01-01T14:00:00.000Z', lossFrom: 0.4 },
    { from: 'b', to: 'a', since: '2026-01-01T14:00:00.000Z' },
  ] as const;
  const text = renderMatrix({ node: 'a', nodes: ['a', 'b'], links: [...links] }, NOW);

  expect(text).toContain('to b  lossy      since 14:00:00 UTC (5m)  from a\n');
  expect(text).toContain('to a  not known  since 14:00:00 UTC (5m)  from b\n');
  expect(text).toContain('\n 2 b   ?\\\n');
});

it('counts links where there are too many nodes to draw, and numbers columns in two lines below that', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
  const many = renderMatrix(presentMatrix(createScene(names(41)).powerOff('n7').from('n1')), NOW);
  const few = renderMatrix(presentMatrix(createScene(names(40)).from('n1')), NOW);

  expect(many).toContain('\nSTATE  LINKS\ngood   312\nlost   8\n');
  expect(few).toContain(`\n${' '.repeat(18)}1111111111222222222233333333334\n`);
  expect(Math.max(...few.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
});

it('shows only the links of one node, and whom they lead to', () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  const state = createScene(names).powerOff('n3').from('n1');
  const matrix = presentMatrix(state, 'n2');

  expect(matrix.links.every(({ from, to }) => from === 'n2' || to === 'n2')).toBe(true);
  expect(matrix.links.filter(({ to }) => to === 'n2').map(({ from }) => from)).not.toEqual([]);
  expect(matrix.links.find(({ from, to }) => from === 'n2' && to === 'n3')?.state).toBe('lost');
  expect(matrix.nodes).toEqual(
    ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n28', 'n29'].filter((name) =>
      matrix.links.some(({ from, to }) => from === name || to === name),
    ),
  );
  expect(matrix.links.length).toBe(
    presentMatrix(state).links.filter(({ from, to }) => from === 'n2' || to === 'n2').length,
  );
});

it('shows one member as among all of them', () => {
  const state = createScene(NAMES).powerOff('m1').from('w1');

  expect(presentOneMember(state, 'm1')).toEqual(presentMembers(state).members[0]);
  expect(presentOneMember(state, 'w9')).toBeUndefined();
  expect(presentOneMember(ALONE, 'node-a')).toEqual(presentMembers(ALONE).members[0]);
  expect(renderMember(presentMembers(state).members[0]!, 'w1', NOW)).toBe(
    'NODE  STATE        FOR     REPORT  WHAT\nm1    UNREACHABLE  2m 49s  stale   not connected; lost for m2, m3, w1 and w2\n',
  );
});
