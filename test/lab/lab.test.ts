/** The lab itself: each fault does what it says, measured by real traffic, and nothing stays. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lib/agent-process.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Traffic, startTraffic } from './lib/traffic.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`lab: skipped, ${missing}\n`);

const HOSTS = ['m1', 'm2', 'm3', 'w1', 'w2'];

const timed = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const result = await action();
  process.stdout.write(`${what}: ${Math.round(performance.now() - began)} ms\n`);
  return result;
};

describe.skipIf(missing !== undefined)('faults of the lab', () => {
  let lab: Lab;
  let traffic: Traffic;

  beforeAll(async () => {
    const began = performance.now();
    lab = await timed('five hosts', () => createLab({ hosts: HOSTS, overlay: true }));
    expect(performance.now() - began).toBeLessThan(10_000);
    traffic = await timed('a process in each', () => startTraffic(lab));
  });

  afterEach(() => lab.heal());
  afterAll(() => timed('removal', () => lab.remove()));

  it('all reach all, on every network', async () => {
    for (const { name: from } of lab.hosts)
      for (const { name: to } of lab.hosts.filter(({ name }) => name !== from)) {
        expect(await traffic.udp(from, to), `${from} to ${to}`).toBe(20);
      }
    const { address6, overlayAddress } = lab.host('m2');
    expect(await traffic.udp('m1', 'm2', { address: address6 })).toBe(20);
    expect(await traffic.udp('m1', 'm2', { address: overlayAddress })).toBe(20);
    expect(await traffic.open('m1', 'm2')).toBe('ok');
    expect(await traffic.ask('m1', 'm2')).toBe('ok');
  });

  it('cut: silent both ways, for open connections too, and nobody else notices', async () => {
    await traffic.open('m1', 'm2');
    await timed('cut', () => lab.cut('m1', 'm2'));
    expect(await traffic.udp('m1', 'm2')).toBe(0);
    expect(await traffic.udp('m2', 'm1')).toBe(0);
    expect(await traffic.udp('m1', 'm2', { address: lab.host('m2').address6 })).toBe(0);
    expect(await traffic.udp('m1', 'm2', { address: lab.host('m2').overlayAddress })).toBe(0);
    expect(await traffic.ask('m1', 'm2')).toBe('silent');
    expect(await traffic.open('m2', 'm1')).toBe('silent');
    expect(await traffic.udp('m1', 'm3')).toBe(20);
    await timed('heal', () => lab.heal());
    expect(await traffic.udp('m1', 'm2')).toBe(20);
    expect(await traffic.open('m2', 'm1')).toBe('ok');
  });

  it('cut one way: the other way still works', async () => {
    await lab.cut('m1', 'm2', { oneWay: true });
    expect(await traffic.udp('m1', 'm2')).toBe(0);
    expect(await traffic.udp('m2', 'm1')).toBe(20);
    expect(await traffic.open('m2', 'm1'), 'no handshake without the way back').toBe('silent');
  });

  it('cut of one protocol, of the overlay, of full-size packets', async () => {
    await lab.cut('m1', 'm2', { only: 'udp' });
    await lab.cut('m1', 'm3', { only: 'tcp' });
    await lab.cut('m1', 'w1', { only: 'overlay' });
    await lab.cut('m1', 'w2', { largerThanBytes: 1400 });
    expect([await traffic.udp('m1', 'm2'), await traffic.open('m1', 'm2')]).toEqual([0, 'ok']);
    expect([await traffic.udp('m1', 'm3'), await traffic.open('m1', 'm3')]).toEqual([20, 'silent']);
    expect(await traffic.udp('m1', 'w1')).toBe(20);
    expect(await traffic.udp('m1', 'w1', { address: lab.host('w1').overlayAddress })).toBe(0);
    expect(await traffic.udp('m1', 'w2', { bytes: 1300 })).toBe(20);
    expect(await traffic.udp('m1', 'w2', { bytes: 1400 })).toBe(0);
  });

  it('partition: groups reach themselves only', async () => {
    await lab.partition([
      ['m1', 'm2', 'm3'],
      ['w1', 'w2'],
    ]);
    expect(await traffic.udp('m1', 'w1')).toBe(0);
    expect(await traffic.udp('w2', 'm3')).toBe(0);
    expect(await traffic.udp('m1', 'm3')).toBe(20);
    expect(await traffic.udp('w1', 'w2')).toBe(20);
  });

  it('loss: a fifth of the packets, and each way by itself', async () => {
    const count = 4000;
    const lost = async (from: string, to: string): Promise<number> =>
      1 - (await traffic.udp(from, to, { count })) / count;
    // Six standard deviations of 4000 draws are 0.038.
    const within = (ratio: number): void => expect(Math.abs(ratio - 0.2)).toBeLessThan(0.04);
    await lab.loss('*', 0.2);
    const everywhere = await lost('w1', 'w2');
    process.stdout.write(`20 % loss measured: ${(100 * everywhere).toFixed(1)} %\n`);
    within(everywhere);
    await lab.loss('*', 0);
    await lab.loss('m1', 0.2, 'out');
    within(await lost('m1', 'w1'));
    // A machine that is busy with something else drops a few of 4,000 by itself.
    expect(await lost('w1', 'm1')).toBeLessThan(0.05);
    expect(await lost('w1', 'w2')).toBeLessThan(0.05);
  });

  it('isolate: neither hosts nor the gateway, though the carrier is there; the test still looks in', async () => {
    const w2 = lab.host('w2');
    expect(await traffic.open('w2', lab.gateway), 'the gateway answers').toBe('ECONNREFUSED');
    await w2.isolate();
    expect(await traffic.udp('w2', 'w1')).toBe(0);
    expect(await traffic.udp('w1', 'w2')).toBe(0);
    expect(await traffic.open('w2', lab.gateway)).not.toBe('ECONNREFUSED');
    expect(await w2.exec('cat', ['/sys/class/net/eth0/carrier'])).toBe('1\n');
    expect((await w2.fetch('/received?as=nobody')).body).toBe('0');
  });

  it('link down: no carrier; its process is still asked from inside', async () => {
    const w2 = lab.host('w2');
    await w2.linkDown();
    expect(await w2.exec('cat', ['/sys/class/net/eth0/carrier'])).toBe('0\n');
    expect((await w2.fetch('/received?as=nobody')).body).toBe('0');
    expect(await traffic.open('w1', 'w2')).toBe('silent');
    await w2.linkUp();
    // The hosts first have to find each other again.
    await eventually(
      () => traffic.udp('w1', 'w2'),
      (received) => received === 20,
      10_000,
    );
  });

  it('power off: silent, without a reset, and a reset or a refusal only after power on', async () => {
    await traffic.open('m1', 'w1');
    const dying = traffic.of('w1');
    await timed('power off', () => lab.host('w1').powerOff());
    expect(await dying.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(lab.host('w1').processes()).toEqual([]);
    expect(await traffic.ask('m1', 'w1')).toBe('silent');
    await expect(lab.host('w1').exec('true')).rejects.toThrow('w1 is powered off');
    await timed('power on', () => lab.host('w1').powerOn());
    expect(await traffic.open('m1', 'w1')).toBe('ECONNREFUSED');
    await traffic.start('w1');
    expect(await traffic.open('m1', 'w1')).toBe('ok');
    expect(await traffic.udp('w1', 'm1', { address: lab.host('m1').overlayAddress })).toBe(20);
  });

  it('kill: the host says so at once', async () => {
    await traffic.open('m1', 'm2');
    traffic.of('m2').kill('SIGKILL');
    await traffic.of('m2').ended;
    expect(['closed', 'ECONNRESET']).toContain(await traffic.ask('m1', 'm2'));
    expect(await traffic.open('m1', 'm2')).toBe('ECONNREFUSED');
    await traffic.start('m2');
  });

  it('freeze: the host accepts, the process is silent', async () => {
    traffic.of('m2').freeze();
    expect(await traffic.open('m1', 'm2')).toBe('ok');
    expect(await traffic.ask('m1', 'm2')).toBe('silent');
    traffic.of('m2').thaw();
    expect(await traffic.open('m1', 'm2')).toBe('ok');
    expect(await traffic.ask('m1', 'm2')).toBe('ok');
  });
});
