import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { NOW, NOW_MS, SINCE_MS, createScene } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Maintenance, MaintenanceOutcome } from '../model/maintenance.ts';
import { MembersSchema, NodesSchema } from './contract.ts';
import { MaintainedSchema, MaintenancesSchema } from './contract/orders.ts';
import { answerToMaintain } from './maintenance-words.ts';
import { presentMaintenanceList } from './present-maintenance.ts';
import { presentMembers } from './present-mesh.ts';
import { findKnown, gistOfPeer, presentNodes } from './present-nodes.ts';
import { peerSamples } from './peer-samples.ts';
import { renderMaintenance } from './text-maintenance.ts';
import { renderMembers } from './text-mesh.ts';

const HOUR = 3_600_000;
const MARK: Maintenance = { node: 'w2', by: 'm1', reason: 'new disk', sinceMs: SINCE_MS, untilMs: NOW_MS + HOUR };
const stateOf = (maintenance: readonly Maintenance[], self = 'w1'): ClusterState =>
  createScene(['m1', 'w1', 'w2', 'w10']).powerOff('w2').mesh({ maintenance }).from(self);
const SHOWN = {
  node: 'w2',
  by: 'm1',
  reason: 'new disk',
  since: '2026-01-01T14:02:11.000Z',
  until: '2026-01-01T15:05:00.000Z',
};

it('lists the nodes in maintenance in the order that people expect', () => {
  const listed = presentMaintenanceList(stateOf([{ ...MARK, node: 'w10' }, MARK]));

  expect([...Value.Errors(MaintenancesSchema, listed)]).toEqual([]);
  expect(listed.maintenance).toEqual([SHOWN, { ...SHOWN, node: 'w10' }]);
  expect(renderMaintenance(listed, NOW)).toBe(`NODE  SINCE         UNTIL         LEFT  BY  REASON
w2    14:02:11 UTC  15:05:00 UTC  1h    m1  new disk
w10   14:02:11 UTC  15:05:00 UTC  1h    m1  new disk
`);
  expect(renderMaintenance(presentMaintenanceList(stateOf([])), NOW)).toBe('No node is in maintenance.\n');
});

it('says so of the node and of the member, and no other', () => {
  const state = stateOf([MARK]);
  const { nodes } = presentNodes(state, NOW);
  const members = presentMembers(state);

  expect([...Value.Errors(NodesSchema, { nodes }), ...Value.Errors(MembersSchema, members)]).toEqual([]);
  expect(nodes.filter((node) => node.maintenance !== undefined)).toMatchObject([
    {
      node: 'w2',
      status: 'unknown',
      maintenance: SHOWN,
      sentence: expect.stringMatching(
        /^In maintenance until 15:05:00 UTC \(new disk\), by m1\. Unreachable since 14:02:11 UTC; /,
      ) as string,
    },
  ]);
  expect(members.members.filter((member) => member.maintenance !== undefined)).toMatchObject([
    { node: 'w2', maintenance: SHOWN },
  ]);
  expect(renderMembers(members, NOW)).toMatch(/w2 .* in maintenance until 15:05:00 UTC \(new disk\); not connected; /);
});

it('is news for those who follow a node, when it begins, changes and ends', () => {
  const gists = [[], [MARK], [{ ...MARK, untilMs: NOW_MS + 2 * HOUR }]].map((maintenance) => {
    const known = findKnown(stateOf(maintenance), 'w2');
    return known && gistOfPeer(known);
  });
  expect(new Set(gists).size).toBe(3);
});

it('is a metric of the node itself, and a number for all', () => {
  const valuesOf = (self: string): readonly number[] =>
    peerSamples(stateOf([MARK], self))
      .filter(({ family }) => family.name.includes('maintenance'))
      .map(({ value }) => value);
  expect(valuesOf('w2')).toEqual([1, 1]);
  expect(valuesOf('w1')).toEqual([0, 1]);
});

it.each<[MaintenanceOutcome, string]>([
  [{ kind: 'begun', maintenance: MARK }, 'begun: w2 is in maintenance until 15:05:00 UTC'],
  [{ kind: 'ended', maintenance: MARK }, 'ended: w2 is not in maintenance any more.'],
  [{ kind: 'not-in-maintenance' }, 'ended-before: w2 is not in maintenance; nothing was left to do.'],
  [{ kind: 'unknown-name' }, '404: There is no member w2'],
  [{ kind: 'too-long', maxMs: 24 * HOUR }, '400: The longest maintenance is 1d (mesh.maintenanceMaxHours).'],
  [{ kind: 'too-many' }, '409: This agent has put as many nodes'],
  [{ kind: 'overruled', by: 'm2' }, '409: The agent on m2 said otherwise'],
  [{ kind: 'not-settled' }, '503: This agent has just started'],
  [{ kind: 'busy' }, '503: Too much was ordered'],
  [
    { kind: 'no-mesh', why: 'mesh.enabled is false' },
    '503: This agent does not talk to others: mesh.enabled is false.',
  ],
])('%o is answered', (outcome, words) => {
  const answer = (): string => {
    try {
      const said = answerToMaintain('w2', outcome, NOW - NOW_MS, NOW);
      expect([...Value.Errors(MaintainedSchema, said)]).toEqual([]);
      return `${said.outcome}: ${said.message}`;
    } catch (error) {
      const { statusCode, message } = error as { statusCode: number; message: string };
      return `${statusCode}: ${message}`;
    }
  };
  expect(answer().startsWith(words)).toBe(true);
});
