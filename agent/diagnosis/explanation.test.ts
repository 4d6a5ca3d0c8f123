/** Whose words an explanation may rest on. */
import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, aKube, createScene, failing } from './testing.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];

/** The etcd member of m1 is down, and a minute later its API server is in trouble. */
const troubled = (message: string) =>
  createScene(NAMES).report(
    'm1',
    failing('etcd', 'EtcdDown', 'nobody listens'),
    failing('apiserver', 'ApiserverHung', message, { since: SINCE + 60_000 }),
  );

const causeOf = (reason: string, state: ReturnType<ReturnType<typeof createScene>['from']>): string | undefined =>
  diagnose(state, NOW, CATALOGUE).findings.find((finding) => finding.reason === reason)?.causedBy;

it('takes the word of the node itself', () => {
  expect(causeOf('ApiserverDown', troubled('nobody listens').from('w1'))).toBe('EtcdMemberDown/m1');
  expect(causeOf('ApiserverDown', troubled('it does not answer').from('w1'))).toBeUndefined();
});

it('does not take what another one adds about a node that speaks', () => {
  const address = { subject: '10.0.0.1:6443', since: NOW - 100_000 };
  const scene = troubled('it does not answer');
  for (const name of ['m2', 'w2'])
    scene.report(
      name,
      failing('apiserver-address', 'ApiserverUnreachable', 'apiserver on m1: nobody listens', address),
    );
  const kube = aKube({ apiServers: [{ address: '10.0.0.1:6443', node: 'm1' }] });
  const { findings } = diagnose(scene.from('w1', { kube }), NOW, CATALOGUE);
  const down = findings.find(({ reason }) => reason === 'ApiserverDown');

  expect(down?.evidence).toContain('apiserver-address on w2: apiserver on m1: nobody listens');
  expect(down?.causedBy).toBeUndefined();
});

it('does not take why somebody works on the node', () => {
  const maintenance = {
    node: 'm1',
    by: 'w2',
    reason: 'apiserver on m1: nobody listens',
    sinceMs: 0,
    untilMs: 2 * NOW_MS,
  };
  const state = troubled('it does not answer')
    .mesh({ maintenance: [maintenance] })
    .from('w1');
  const down = diagnose(state, NOW, CATALOGUE).findings.find(({ reason }) => reason === 'ApiserverDown');

  expect(down?.evidence.join()).toContain('nobody listens');
  expect(down?.causedBy).toBeUndefined();
});
