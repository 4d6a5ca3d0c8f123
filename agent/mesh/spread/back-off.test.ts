import { expect, it } from 'vitest';
import { createBackOff } from './back-off.ts';
import type { ExchangeFault } from './link.ts';

/** Fails `count` times, each as soon as the neighbour is asked again; how long each wait was, in s. */
function waits(fault: ExchangeFault, count: number): number[] {
  const backOff = createBackOff();
  let now = 0;
  return Array.from({ length: count }, () => {
    backOff.failed('peer', fault, now);
    const from = now;
    while (backOff.isWaiting('peer', now)) now += 1000;
    return (now - from) / 1000;
  });
}

it('doubles, up to half a minute, and up to five where rules were broken', () => {
  expect(waits('timeout', 5)).toEqual([5, 10, 20, 30, 30]);
  expect(waits('malformed', 8)).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  expect(waits('busy', 2)).toEqual([0, 0]);
});

it('serves whom it does not ask, where only a connection ended', () => {
  const backOff = createBackOff();
  for (const fault of ['closed', 'timeout', 'unasked'] as const) backOff.failed(fault, fault, 0);
  backOff.failed('both', 'unasked', 0);
  backOff.failed('both', 'closed', 0);

  const peers = ['closed', 'timeout', 'unasked', 'both', 'stranger'];
  expect(peers.filter((peer) => backOff.isShunned(peer, 1))).toEqual(['timeout', 'unasked', 'both']);
  expect(peers.filter((peer) => backOff.isWaiting(peer, 1))).toEqual(['closed', 'timeout', 'unasked', 'both']);
});

it('is over with an exchange that went well, and with a new connection unless rules were broken', () => {
  const backOff = createBackOff();
  for (const peer of ['slow', 'hostile', 'healed']) backOff.failed(peer, peer === 'slow' ? 'closed' : 'unasked', 0);
  backOff.reconnected('slow');
  backOff.reconnected('hostile');
  backOff.succeeded('healed');

  expect(['slow', 'hostile', 'healed', 'stranger'].map((peer) => backOff.isWaiting(peer, 1))).toEqual([
    false,
    true,
    false,
    false,
  ]);
});
