import { expect, it } from 'vitest';
import type { KubeState } from '../model/kube-state.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, type Scene, aKube, aResult, createScene, failing } from './testing.ts';

const UNREAD = { reader: 'm2', ageMs: 150_000, isCurrent: false, nodes: 5, omitted: 0 };
const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']).report('w1', aResult('apiserver-address'));
const say = (scene: Scene, kube: Partial<KubeState>) =>
  diagnose(scene.from('w2', { kube: aKube({ roster: UNREAD, ...kube }) }), NOW, CATALOGUE);
const reasons = (scene: Scene, kube: Partial<KubeState>): string[] =>
  say(scene, kube).findings.map(({ reason }) => reason);
const told = (node: string, why: string) => ({ unread: [{ node, why }] });

it.each([
  ['a token', '401 Unauthorized', /sa\.pub and sa\.key/],
  ['a right', '403 nodes is forbidden: User "x" cannot list resource "nodes"', /can-i list nodes/],
  ['one request more', '429 Too many requests, please try again later', /flowcontrol_rejected/],
  ['the certificate', 'self-signed certificate in certificate chain', /kube-root-ca\.crt/],
])('servers that are healthy and refuse %s are a warning with what to do', (_, why, next) => {
  const { status, sentence, findings } = say(five(), told('w1', why));

  expect(status).toBe('degraded');
  expect(sentence).toBe(
    `The Kubernetes API is healthy by its own word and can be read by no agent; w1 is told: ${why} (since 14:02:30 UTC).`,
  );
  expect(findings).toMatchObject([{ reason: 'ApiserverRefuses', severity: 'warning', nodeSeverity: 'info' }]);
  expect(findings[0]?.next[0]).toMatch(next);
});

it('those who are refused are named once', () => {
  const { findings } = say(five(), {
    unread: [
      { node: 'w1', why: '401 Unauthorized' },
      { node: 'm1', why: '401 Unauthorized' },
    ],
  });
  expect(findings).toMatchObject([{ observers: ['m1', 'w1'] }]);
  expect(findings[0]?.next).toHaveLength(1);
});

it.each<[string, Scene, Partial<KubeState>]>([
  ['somebody reads', five(), { ...told('w1', '401 no'), roster: { ...UNREAD, isCurrent: true } }],
  ['it has not lasted', five(), { ...told('w1', '401 no'), roster: { ...UNREAD, ageMs: 119_000 } }],
  ['nobody answers', five(), told('w1', 'connect ECONNREFUSED 10.0.0.1:6443')],
  ['a proxy has no server', five(), told('w1', '502 Bad Gateway')],
  ['who is refused cannot look at the health', five(), told('w2', '401 no')],
  [
    'who is refused finds a server ill',
    five().report('w1', failing('apiserver-address', 'ApiserverAddressDown', 'no answer')),
    told('w1', '401 no'),
  ],
  ['who is refused is lost', five().powerOff('w1'), told('w1', '401 no')],
])('nothing is concluded when %s', (_, scene, kube) => {
  expect(reasons(scene, kube)).not.toContain('ApiserverRefuses');
});

it('nothing is concluded when nobody has ever read', () => {
  const { roster: _roster, ...kube } = aKube(told('w1', '403 forbidden'));
  expect(diagnose(five().from('w2', { kube }), NOW, CATALOGUE).findings).toEqual([]);
});
