import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, SINCE_MS, type Scene, aResult, createScene, failing } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const reasons = (state: ClusterState): string[] => say(state).findings.map(({ reason }) => reason);

describe('an agent', () => {
  it('that was killed is down, and its host is not', () => {
    const { status, sentence, findings, view } = say(five().kill('w2').from('m1'));

    expect(status).toBe('degraded');
    expect(sentence).toBe('The agent on w2 does not run: its host answers and refuses the port (since 14:02:11 UTC).');
    expect(findings).toMatchObject([{ id: 'AgentDown/w2', observers: ['m1', 'm2', 'm3', 'w1'], since: SINCE }]);
    expect(view).toMatchObject({ component: 4, current: 4 });
  });

  it('gets time for a restart', () => {
    const within = five()
      .kill('w2')
      .member('w2', { graceUntilMs: NOW_MS + 1 });
    const over = five()
      .kill('w2')
      .member('w2', { graceUntilMs: NOW_MS - 1 });

    expect(say(within.from('m1'))).toMatchObject({ status: 'healthy', findings: [{ severity: 'info' }] });
    expect(say(over.from('m1'))).toMatchObject({ status: 'degraded', findings: [{ severity: 'warning' }] });
  });

  it('that is frozen is unresponsive, never unreachable', () => {
    const { status, findings } = say(five().freeze('w2').from('m1'));

    expect(status).toBe('degraded');
    expect(findings).toMatchObject([{ id: 'AgentUnresponsive/w2' }]);
  });

  it('that was cut off with others, again and again, has no trouble of its own', () => {
    const flapping = { falls: 3, sinceMs: SINCE_MS, isOwn: false };

    expect(say(five().member('w2', { flapping }).from('m1'))).toMatchObject({ status: 'healthy', findings: [] });
    expect(say(five().kill('w2').member('w2', { flapping }).from('m1')).findings).toMatchObject([
      { id: 'AgentDown/w2' },
    ]);
  });

  it('that comes and goes is one finding, whatever it does at the moment', () => {
    const flapping = { falls: 5, sinceMs: SINCE_MS, isOwn: true };
    const scenes = [
      five(),
      five().freeze('w2'),
      five()
        .kill('w2')
        .member('w2', { graceUntilMs: NOW_MS + 1 }),
    ];

    for (const scene of scenes) {
      expect(say(scene.member('w2', { flapping }).from('m1')).findings).toMatchObject([
        {
          id: 'AgentUnresponsive/w2',
          severity: 'warning',
          sentence: 'The agent on w2 comes and goes',
          since: SINCE,
        },
      ]);
    }
  });

  it.each([
    ['restart', 'The agent on w2 restarts'],
    ['shutdown', 'w2 shuts down'],
    ['removed', 'w2 leaves the cluster'],
  ] as const)('that says %s is leaving, and nobody is woken', (reason, sentence) => {
    const { status, findings } = say(five().leave('w2', reason).from('m1'));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([{ reason: 'NodeLeaving', severity: 'info', sentence }]);
  });

  it('that left is spoken of no more', () => {
    const { view, findings } = say(five().kill('w2').member('w2', { state: 'left' }).from('m1'));

    expect(findings).toEqual([]);
    expect(view).toMatchObject({ members: 4, component: 4, current: 4 });
  });

  it.each<[string, Scene]>([
    ['nothing was looked at since the start', five().kill('w2').member('w2', { judged: false, sinceMs: NOW_MS })],
    [
      'this node is isolated',
      five()
        .kill('w2')
        .mesh({ isolated: { sinceMs: 0, witnesses: ['gateway'] } }),
    ],
  ])('is not accused when %s', (_why, scene) => {
    expect(reasons(scene.from('m1'))).not.toContain('AgentDown');
  });

  it('leaves too few to judge when most are down, and says which', () => {
    const { status, sentence } = say(five().kill('m2', 'm3', 'w2').from('m1'));

    expect(status).toBe('unknown');
    expect(sentence).toMatch(/^Only 2 of 5 nodes are connected to m1, .*: The agent on m2 does not run/);
  });
});

describe('what other nodes report', () => {
  const full = failing('disk-space', 'DiskFull', '0 bytes are left', { subject: '/' });

  it('counts as at home', () => {
    const { status, sentence } = say(five().report('w2', full).from('m1'));

    expect(status).toBe('degraded');
    expect(sentence).toBe('/ on w2 runs out of room: 0 bytes are left (since 14:02:11 UTC).');
  });

  it('is history when the node is not connected', () => {
    expect(reasons(five().report('w2', full).powerOff('w2').from('m1'))).toEqual(['NodeUnreachable']);
  });

  it('is believed for the time that it is on its way', () => {
    const travelled = (elapsedMs: number): ClusterState => {
      const state = five().report('w2', full).from('m1');
      return {
        ...state,
        nodes: state.nodes.map((node) => (node.report.node === 'w2' ? { ...node, elapsedMs } : node)),
      };
    };

    expect(reasons(travelled(80_000))).toEqual(['DiskFull']);
    expect(reasons(travelled(110_000))).toEqual([]);
  });

  it('tells that its agent cannot look, by its own word only', () => {
    const overdue = five().report('w2', aResult('kubelet', { ageMs: 31_000 }));
    const paused = five()
      .report('w2', aResult('kubelet', { ageMs: 31_000 }))
      .describe('w2', { catchingUp: true });
    const cut = five().report(
      'w2',
      aResult('kubelet', { status: 'unknown', why: 'no result within 1s', looked: true }),
    );
    const blind = five().report('w2', aResult('kubelet', { status: 'unknown', why: 'EACCES' }));

    expect(say(overdue.from('m1')).findings).toMatchObject([{ id: 'AgentImpaired/w2/kubelet' }]);
    expect(say(cut.from('m1')).findings).toMatchObject([{ id: 'AgentImpaired/w2/kubelet' }]);
    expect(reasons(paused.from('m1'))).toEqual([]);
    expect(reasons(blind.from('m1'))).toEqual([]);
    const state = overdue.from('m1');
    const nodes = state.nodes.map((node) =>
      node.report.node === 'w2' ? { ...node, freshness: 'lagging' as const } : node,
    );
    expect(reasons({ ...state, nodes })).toEqual([]);
  });

  it('tells how its store is', () => {
    const stalled = { state: 'stalled', since: SINCE, message: 'a write has not come back for 7s' } as const;
    const readOnly = { state: 'read-only', since: SINCE, message: 'read-only file system' } as const;

    expect(say(five().store('w2', stalled).from('m1')).findings).toMatchObject([{ id: 'DiskStalled/w2' }]);
    expect(say(five().store('w2', readOnly).from('m1')).findings).toMatchObject([
      {
        id: 'StoreUnavailable/w2',
        sentence: "The agent's store on w2 is on a file system that takes no writes: read-only file system",
      },
    ]);
    expect(reasons(five().store('w2', readOnly).powerOff('w2').from('m1'))).toEqual(['NodeUnreachable']);
    const noted = five()
      .store('w2', stalled)
      .report('w2', failing('disk-latency', 'DiskStalled', 'no write for 7s'));
    expect(reasons(noted.from('m1'))).toEqual(['DiskStalled']);
  });

  it('tells its version', () => {
    const { status, findings } = say(five().describe('w2', { version: '1.1.0' }).from('m1'));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      {
        reason: 'VersionSkew',
        severity: 'info',
        nodes: ['w2'],
        sentence: '2 versions of the agent run: 1.0.0 on m1, m2, m3 and w1; 1.1.0 on w2',
      },
    ]);
    expect(reasons(five().describe('w2', { version: '1.1.0' }).kill('w2').from('m1'))).toEqual(['AgentDown']);
  });
});

describe('conflicts', () => {
  it('over a name are a warning', () => {
    const conflict = { kind: 'name', name: 'w2', claimants: ['12D3a at 10.0.0.5', '12D3b'], since: SINCE } as const;
    const { status, findings } = say(
      five()
        .mesh({ conflicts: [conflict] })
        .from('m1'),
    );

    expect(status).toBe('degraded');
    expect(findings).toMatchObject([
      { id: 'NameConflict/w2', sentence: 'Two agents claim to be w2: 12D3a at 10.0.0.5 and 12D3b', since: SINCE },
    ]);
  });

  it('over an address are a warning while the node is not reached otherwise', () => {
    const conflict = { kind: 'address', node: 'w2', address: '10.0.0.5:7576', found: '12D3b', since: SINCE } as const;
    const lost = five()
      .powerOff('w2')
      .mesh({ conflicts: [conflict] });

    expect(reasons(lost.from('m1'))).toContain('AddressConflict');
    expect(
      reasons(
        five()
          .mesh({ conflicts: [conflict] })
          .from('m1'),
      ),
    ).toEqual([]);
  });
});
