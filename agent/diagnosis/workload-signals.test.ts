import { describe, expect, it } from 'vitest';
import type { Signal } from '../model/signal.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, createScene, failing } from './testing.ts';

const signal = (change: Partial<Signal> = {}): Signal => ({
  namespace: 'prod',
  workload: 'worker',
  container: '',
  name: 'QueueStalled',
  message: 'the queue is not consumed.',
  source: 'grafana',
  state: 'firing',
  since: SINCE,
  saidAt: NOW,
  until: NOW + 900_000,
  firstBy: 'w1',
  by: 'w2',
  isCurrent: true,
  ...change,
});
const scene = () => createScene(['m1', 'w1', 'w2']);
const say = (signals: readonly Signal[], of = scene()) => diagnose(of.from('m1', { signals }), NOW, CATALOGUE);

describe('what is said of a workload', () => {
  it('is told as the word of whoever says it, and the cluster stays healthy', () => {
    expect(say([signal()])).toMatchObject({
      status: 'healthy',
      findings: [
        {
          id: 'WorkloadSignal/w1/prod/worker',
          severity: 'info',
          nodeSeverity: 'info',
          sentence: 'Grafana says of prod/worker: QueueStalled: the queue is not consumed',
          since: SINCE,
          observers: ['w2'],
          evidence: [
            'Grafana says of prod/worker: QueueStalled: the queue is not consumed (since 14:02:11 UTC, told to w2)',
          ],
        },
      ],
    });
  });

  it('is one finding for each workload, with the oldest first', () => {
    const { findings } = say([
      signal({ name: 'Newer', since: SINCE + 1000 }),
      signal(),
      signal({ container: 'main', source: 'api', message: '' }),
    ]);
    expect(findings.map(({ sentence }) => sentence)).toEqual([
      'Grafana says of prod/worker: QueueStalled: the queue is not consumed, and 1 more like it',
      'A client of the API says of prod/worker (container main): QueueStalled',
    ]);
  });

  it('is told of sixteen workloads, and of more how many', () => {
    const many = Array.from({ length: 40 }, (_, index) => signal({ workload: `w-${index}`, since: SINCE + index }));
    const { findings } = say(many);
    expect(findings).toHaveLength(16);
    expect(findings.find(({ subject }) => subject === 'others')?.sentence).toBe(
      'The same is said of 25 more workloads',
    );
  });

  it('is not told when it is unknown whether it still holds', () => {
    expect(say([signal({ state: 'unknown' })]).findings).toEqual([]);
  });

  it('is no less where somebody works on the node that was told', () => {
    const down = scene().report('w1', failing('kubelet', 'KubeletDown', 'it is down'));
    expect(say([signal()], down).findings.map(({ reason, severity }) => [reason, severity])).toEqual([
      ['KubeletDown', 'warning'],
      ['WorkloadSignal', 'info'],
    ]);
  });
});
