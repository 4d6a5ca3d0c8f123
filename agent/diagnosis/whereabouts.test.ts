import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, createScene } from './testing.ts';

const PLACES: Readonly<Record<string, readonly string[]>> = {
  m1: ['10.0.0.1:7576'],
  w1: ['10.0.0.4:7600', '[fd00::4]:7600'],
  w2: ['[fd00::5]:7576'],
};
const five = () => createScene(['m1', 'm2', 'm3', 'w1', 'w2']).mesh({ addressesOf: (node) => PLACES[node] ?? [] });
const nextOf = (scene: ReturnType<typeof five>) =>
  diagnose(scene.from('m2'), NOW, CATALOGUE).findings.flatMap(({ next }) => next);

it('commands for a broken path have addresses and no names', () => {
  expect(nextOf(five().cut(['w1'], ['w2']))).toEqual([
    'On w1: `ip route get fd00::5` and `traceroute -n fd00::5`; then firewall rules and switches between it and w2',
  ]);
  expect(nextOf(five().cut(['m1'], ['w1'], { oneWay: true }))).toEqual([
    'On w1: `tcpdump -ni any udp port 7600 and host 10.0.0.1`; then firewall rules, reverse-path filters and routes',
  ]);
});

it('ask for an address that nobody knows', () => {
  expect(nextOf(five().cut(['m2'], ['m3']))).toEqual([
    expect.stringMatching(/^On m2: `ip route get ADDRESS-OF-m3` and `traceroute -n ADDRESS-OF-m3`;/),
  ]);
});

it('name a node that is lost by where its agent answered', () => {
  expect(nextOf(five().powerOff('w1')).at(-1)).toMatch(/: curl -s 10\.0\.0\.4:7575\/status$/);
  expect(nextOf(five().powerOff('w2')).at(-1)).toMatch(/: curl -s 'http:\/\/\[fd00::5\]:7575\/status'$/);
});
