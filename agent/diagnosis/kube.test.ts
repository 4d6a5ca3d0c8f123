import { describe, expect, it } from 'vitest';
import type { KubeState, Removal } from '../model/kube-state.ts';
import type { ControllerLease, LeaseState } from '../model/roster.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, SINCE_MS, aKube, createScene } from './testing.ts';

const MINUTE = 60_000;
const five = () => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const lease = (node: string, kind: LeaseState['kind']) => ({ node, kind, unchangedForMs: 42_000 });

describe('the Lease of a lost node', () => {
  const say = (...leases: ReturnType<typeof lease>[]) =>
    diagnose(
      five()
        .powerOff('w1', 'w2')
        .from('m1', { kube: aKube({ leases }) }),
      NOW,
      CATALOGUE,
    ).findings[0];

  it('that is renewed says that the node runs', () => {
    const finding = say(lease('w1', 'renewed'), lease('w2', 'renewed'));

    expect(finding).toMatchObject({ reason: 'NodesLost', alternatives: ['cut off from m1, m2 and m3'] });
    expect(finding?.evidence.join('; ')).toContain('the kubelet of w1 renewed its Lease 42s ago: the node runs');
  });

  it('that is not says that the API does not hear of it either', () => {
    const finding = say(lease('w1', 'stale'), lease('w2', 'stale'));

    expect(finding?.alternatives).toEqual(['powered off', 'cut off from m1, m2 and m3 and from the Kubernetes API']);
    expect(finding?.evidence.join('; ')).toContain('the kubelet of w2 has not renewed its Lease for 42s');
  });

  it.each([
    ['of one only', [lease('w1', 'renewed')]],
    ['that differ', [lease('w1', 'renewed'), lease('w2', 'stale')]],
    ['that are not there', [lease('w1', 'none'), lease('w2', 'none')]],
  ])('%s settles nothing', (_, leases) => {
    expect(say(...leases)?.alternatives).toEqual(['powered off', 'cut off from m1, m2 and m3']);
  });
});

describe('a node that is being removed', () => {
  const removal = (more: Partial<Removal> = {}): readonly Removal[] => [
    { node: 'w2', why: 'tainted karpenter.sh/disrupted', isAnnounced: true, sinceMs: SINCE_MS, ...more },
  ];
  const say = (removing: readonly Removal[], scene = five()) =>
    diagnose(scene.mesh({ removing }).from('m1', { kube: aKube({ removing }) }), NOW, CATALOGUE);

  it('is told, and changes no status', () => {
    const { status, findings } = say(removal());

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      {
        reason: 'NodeLeaving',
        node: 'w2',
        severity: 'info',
        since: SINCE,
        observers: ['m2'],
        sentence: 'w2 is being removed from the cluster: it is tainted karpenter.sh/disrupted',
      },
    ]);
  });

  it('is not, when it is only cordoned', () => {
    expect(say(removal({ why: 'cordoned', isAnnounced: false })).findings).toEqual([]);
  });

  it('is the reason of its own loss', () => {
    const { findings } = say(removal(), five().powerOff('w2'));

    expect(findings.map(({ reason }) => reason)).toEqual(['NodeUnreachable']);
  });
});

describe('a controller whose Lease', () => {
  const scheduler = (more: Partial<ControllerLease> = {}): ControllerLease => ({
    name: 'kube-scheduler',
    kind: 'stale',
    unchangedForMs: 42_000,
    holder: 'm1_0f8fad5b',
    ...more,
  });
  const say = (controllers: readonly ControllerLease[], more: Partial<KubeState> = {}) =>
    diagnose(five().from('w1', { kube: aKube({ controllers, ...more }) }), NOW, CATALOGUE);

  it('nobody renews does not work', () => {
    const { status, sentence, findings } = say([scheduler()]);

    expect(status).toBe('degraded');
    expect(sentence).toContain('No scheduler works: nobody renews its Lease, while the Kubernetes API answers');
    expect(findings).toMatchObject([
      { id: 'SchedulerDown/m1', severity: 'warning', since: NOW - 42_000, observers: ['m2'] },
    ]);
  });

  it('is held by nobody who is known is about the control plane', () => {
    const { findings } = say([scheduler({ name: 'kube-controller-manager', holder: 'elsewhere_1' })]);

    expect(findings.map(({ id }) => id)).toEqual(['ControllerManagerDown/m1']);
  });

  it.each([
    ['is renewed', scheduler({ kind: 'renewed' }), {}],
    ['does not exist', scheduler({ kind: 'none' }), {}],
    ['was read once', scheduler(), { roster: { reader: 'm2', ageMs: 1e6, isCurrent: false, nodes: 7, omitted: 0 } }],
  ])('%s is not accused', (_, one, more) => {
    expect(say([one], more).findings).toEqual([]);
  });
});

describe('nodes without an agent', () => {
  const missing = (...names: readonly string[]) => names.map((node) => ({ node, sinceMs: NOW_MS - 6 * MINUTE }));
  const say = (kube: KubeState) => diagnose(five().from('m1', { kube }), NOW, CATALOGUE);

  it('are told, and change no status', () => {
    const { status, findings } = say(aKube({ withoutAgent: missing('w8', 'w9') }));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      { reason: 'AgentMissing', severity: 'info', nodes: ['w8', 'w9'], sentence: 'w8 and w9 run no agent' },
    ]);
  });

  it.each([
    ['that may be starting one', aKube({ withoutAgent: [{ node: 'w9', sinceMs: NOW_MS - 4 * MINUTE }] })],
    [
      'as somebody read it once',
      aKube({
        withoutAgent: missing('w9'),
        roster: { reader: 'm2', ageMs: 1e6, isCurrent: false, nodes: 7, omitted: 0 },
      }),
    ],
  ])('%s are not', (_, kube) => {
    expect(say(kube).findings).toEqual([]);
  });
});
