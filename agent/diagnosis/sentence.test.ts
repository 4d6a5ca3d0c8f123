/** The one sentence names what follows from its first cause, in words and not too many. */
import { describe, expect, it } from 'vitest';
import type { CheckResult, RaisedProblem } from '../model/report.ts';
import { EXPLANATIONS } from './causes.ts';
import { NAMED } from './consequence-words.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, type Scene, createScene, failing } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const say = (scene: Scene): string => diagnose(scene.from('w1'), NOW, CATALOGUE).sentence;
/** What follows the cause. */
const rest = (scene: Scene): string => say(scene).replace(/^.*?\(since [^)]+\)/, '');

const SLOW = (message = 'etcd takes 1.8 s for a sync of its log'): CheckResult =>
  failing('etcd', 'EtcdSlow', message, { severity: 'warning' });
const WAITS = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed');
const DISK = failing('disk-latency', 'DiskSlow', 'writes take long', { severity: 'warning' });
const LEADERS = failing('etcd', 'EtcdLeaderFlapping', '4 changes of the leader', { severity: 'warning' });
const crashing = (...names: readonly string[]): CheckResult => {
  const [first, ...more] = names.map((name) =>
    failing('pods', 'PodsCrashing', 'restarted 4 times, last with exit code 1 (Error)', {
      subject: `kube-system/${name}`,
      severity: 'warning',
      since: SINCE + 60_000,
    }),
  );
  const result = first ?? failing('pods', 'PodsCrashing', '');
  return { ...result, problems: [result, ...more].flatMap(({ problems }): readonly RaisedProblem[] => problems) };
};
const [DNS, OTHER_DNS] = ['coredns-66bc5c9577-x7k2p', 'coredns-66bc5c9577-lq5vd'] as const;

it('every reason that can be a consequence has words', () => {
  expect(EXPLANATIONS.map(({ consequence }) => consequence).filter((reason) => !NAMED.has(reason))).toEqual([]);
});

it('tells a slow disk of etcd with what everybody else sees of it', () => {
  expect(say(five().report('m2', SLOW(), WAITS, crashing(DNS, OTHER_DNS)))).toBe(
    'The etcd member on m2 cannot write fast enough: etcd takes 1.8 s for a sync of its log (since 14:02:11 UTC); as a consequence: API server m2 not ready, DNS pods restarting.',
  );
});

it('is not silent about what is away for no longer than a restart', () => {
  const down = failing('etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379.', { since: NOW - 5000 });
  const stopped = failing('kubelet', 'KubeletDown', 'nobody listens on 127.0.0.1:10248.', { since: NOW - 5000 });
  const [alone, both] = [five().report('m2', down), five().report('m2', down).report('w2', stopped)];

  expect(say(alone)).toMatch(
    /^Nothing is wrong on 5 nodes: .*; only told: The etcd member on m2 is down: nobody listens on 127\.0\.0\.1:2379\.$/,
  );
  expect(say(both)).toMatch(/; only told: The etcd member on m2 is down: .* and 1 more\.$/);
});

describe('the consequences', () => {
  it('are three at most, what most people notice first', () => {
    const scene = five().report('m2', SLOW(), WAITS, DISK, crashing(DNS)).report('m1', LEADERS);
    expect(rest(scene)).toBe(
      '; as a consequence: API server m2 not ready, DNS pods restarting, etcd changes its leader and 1 more.',
    );
  });

  it('have the nodes that are not those of the cause', () => {
    const pod = 'kube-controller-manager-m1';
    expect(rest(five().report('m2', SLOW()).report('m1', crashing(pod)))).toBe(
      `; as a consequence: ${pod} restarting on m1.`,
    );
    expect(rest(five().report('m2', SLOW(), crashing(DNS, 'metrics-server-5d4b8f9c7-abcde')))).toBe(
      '; as a consequence: pods restarting.',
    );
  });

  it('are told with the other problems', () => {
    const kubelet = failing('kubelet', 'KubeletDown', 'nobody listens');
    expect(rest(five().report('m2', SLOW(), WAITS).report('w2', kubelet))).toContain('; 1 more problem.');
  });

  it('of consequences belong to the first cause', () => {
    const down = failing('etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379');
    const scene = five().powerOff('m2', 'm3').report('m1', WAITS, down);
    expect(say(scene)).toMatch(/as a consequence: .*API server m1 not ready/);
  });

  it('are fewer where there is no room for them', () => {
    const scene = (message: string): Scene =>
      five().report('m2', SLOW(message), WAITS, DISK, crashing(DNS)).report('m1', LEADERS);
    const lengths = [120, 150, 165, 200].map((length) => {
      const sentence = say(scene('x'.repeat(length)));
      expect(sentence.length).toBeLessThanOrEqual(300);
      return sentence.replace(/^.*UTC\)/, '');
    });
    expect(lengths).toEqual([
      '; as a consequence: API server m2 not ready, DNS pods restarting, etcd changes its leader and 1 more.',
      '; as a consequence: API server m2 not ready, DNS pods restarting and 2 more.',
      '; as a consequence: API server m2 not ready and 3 more.',
      '; 4 consequences.',
    ]);
  });

  it('never cost a word of the cause', () => {
    const message = 'x'.repeat(400);
    expect(say(five().report('m2', SLOW(message), WAITS))).toBe(
      `The etcd member on m2 cannot write fast enough: ${message} (since 14:02:11 UTC); 1 consequence.`,
    );
  });
});
