import { describe, expect, it } from 'vitest';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { Edge } from '../model/member.ts';
import type { BlockedPort } from '../model/ports.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, SINCE_MS, type Scene, createScene } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const reasons = (state: ClusterState): string[] => say(state).findings.map(({ reason }) => reason);

/** What `from` states of those to whom its datagrams do not get. */
const closed = (
  state: ClusterState,
  ways: readonly (readonly [string, string])[],
  sinceMs = SINCE_MS,
): ClusterState => {
  const change = (node: NodeState): NodeState => {
    const edges: readonly Edge[] = node.edges?.all() ?? [];
    const isClosed = ({ peer }: Edge): boolean => ways.some(([from, to]) => from === node.report.node && to === peer);
    const changed = edges.map((edge) => (isClosed(edge) ? { ...edge, state: 'udp-blocked' as const, sinceMs } : edge));
    return { ...node, edges: statedEdges(changed) };
  };
  return { ...state, nodes: state.nodes.map(change) };
};

describe('the port of probes, closed between nodes', () => {
  const into = ['m1', 'm2', 'm3', 'w1'].map((from) => [from, 'w2'] as const);

  it.each(['m1', 'w2'])('is one finding, with its direction, as seen from %s, and makes no cluster ill', (self) => {
    const { status, findings } = say(closed(five().from(self), into));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      {
        id: 'PortBlocked/w2/7576/udp',
        severity: 'info',
        since: SINCE,
        observers: ['m1', 'm2', 'm3', 'w1'],
        nodes: ['m1', 'm2', 'm3', 'w1', 'w2'],
      },
    ]);
    expect(findings[0]?.sentence).toMatch(
      /^Port 7576\/udp of w2 does not answer m1, m2, m3 and w1, while 7576\/tcp does: /,
    );
    expect(findings[0]?.next[0]).toMatch(/^Let 7576\/udp from m1, m2, m3 and w1 into w2: firewalld /);
  });

  it('is one finding also where it is closed everywhere', () => {
    const all = ['m1', 'm2', 'm3', 'w1', 'w2'];
    const everywhere = all.flatMap((from) => all.flatMap((to) => (from === to ? [] : [[from, to] as const])));
    expect(reasons(closed(five().from('m1'), everywhere))).toEqual(['PortBlocked']);
  });

  it('is nothing for a minute, of a node that has just come, and of one that is gone', () => {
    expect(reasons(closed(five().from('m1'), into, NOW_MS - 59_000))).toEqual([]);
    expect(
      reasons(
        closed(
          five()
            .member('w2', { connectedSinceMs: NOW_MS - 59_000 })
            .from('m1'),
          into,
        ),
      ),
    ).toEqual([]);
    expect(reasons(closed(five().powerOff('w2').from('m1'), into))).not.toContain('PortBlocked');
    const comesAndGoes = { falls: 4, sinceMs: SINCE_MS, isOwn: true };
    expect(reasons(closed(five().member('w2', { flapping: comesAndGoes }).from('m1'), into))).not.toContain(
      'PortBlocked',
    );
  });
});

describe('a port to which this node opens no connection', () => {
  const port = (more: Partial<BlockedPort> = {}): BlockedPort => ({
    port: 7575,
    purpose: 'http',
    peers: ['m1', 'w2'],
    how: 'silent',
    since: SINCE,
    ...more,
  });
  const finding = (more?: Partial<BlockedPort>) => say(five().from('w1', { blockedPorts: [port(more)] })).findings[0];

  it('is a finding that names the port, both ends and what to open', () => {
    expect(finding()).toMatchObject({
      id: 'PortBlocked/w1/7575/tcp',
      severity: 'info',
      nodeSeverity: 'info',
      sentence:
        'Port 7575/tcp of m1 and w2 does not answer w1, while the agents there answer probes: whoever is on this node cannot ask them for the status',
      alternatives: [],
    });
    expect(finding()?.next[0]).toMatch(/^Let 7575\/tcp from w1 into m1 and w2: /);
    expect(finding({ port: 7576, purpose: 'gossip', peers: ['w2'] })?.sentence).toBe(
      'Port 7576/tcp of w2 does not answer w1, while the agent there answers probes: what they know comes here by way of others, or not at all',
    );
  });

  it('may be another one, where it is refused', () => {
    expect(finding({ how: 'refused' })).toMatchObject({
      sentence: expect.stringContaining('Port 7575/tcp of m1 and w2 refuses w1, '),
      alternatives: ['another http.port or http.address there'],
    });
  });

  it('says nothing while this node is cut off from all', () => {
    const isolated = { sinceMs: SINCE_MS, witnesses: ['gateway 10.0.0.254'] };
    expect(
      reasons(
        five()
          .mesh({ isolated })
          .from('w1', { blockedPorts: [port()] }),
      ),
    ).not.toContain('PortBlocked');
  });
});
