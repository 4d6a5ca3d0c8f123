import { beforeEach, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/lib/fake-clock.ts';
import { createLooks, type Looks } from './looks.ts';
import type { Looked } from './observation.ts';
import type { TcpLookResult } from './tcp-look.ts';

let clock: FakeClock;
let seen: Looked[];
let started: string[];
let results: Record<string, TcpLookResult>;
let looks: Looks;

beforeEach(() => {
  clock = createFakeClock();
  seen = [];
  started = [];
  results = {};
  looks = createLooks({
    clock,
    async lookByTcp({ host, port }, { signal }) {
      started.push(`${host}:${port}`);
      await clock.sleep(100, signal);
      signal.throwIfAborted();
      return { result: results[`${host}:${port}`] ?? results[host] ?? 'timed-out', tookMs: 100 };
    },
    report: (look) => seen.push(look),
  });
});

it('looks at one peer once at a time', async () => {
  const addresses = [{ host: '192.0.2.1', port: 7576, tcpPort: 1234 }];
  looks.start('p', addresses);
  looks.start('p', addresses);
  await clock.advance(100);
  expect(started).toEqual(['192.0.2.1:1234']);
  looks.start('p', addresses);
  await clock.advance(100);
  expect(seen).toHaveLength(2);
});

it('takes the best of all addresses', async () => {
  results = { '192.0.2.1': 'timed-out', '2001:db8::1': 'answered', '192.0.2.2': 'refused' };
  looks.start(
    'p',
    Object.keys(results).map((host) => ({ host, port: 7576 })),
  );
  await clock.advance(100);
  expect(seen).toEqual([{ kind: 'tcp-look', peerId: 'p', at: 100, result: 'answered', tookMs: 100 }]);
});

it('says nothing of a look that was called off', async () => {
  looks.start('p', [{ host: '192.0.2.1', port: 7576 }]);
  looks.start('q', [{ host: '192.0.2.2', port: 7576 }]);
  looks.cancel('p');
  looks.stop();
  await clock.advance(1000);
  expect(seen).toEqual([]);
});

it('asks the host of a stuck agent elsewhere once nobody is let in any more', async () => {
  const look = async (): Promise<TcpLookResult | undefined> => {
    looks.start('p', [{ host: '192.0.2.1', port: 7576 }]);
    await clock.advance(300);
    return seen.at(-1)?.result;
  };
  results = { '192.0.2.1:7576': 'unresponsive', '192.0.2.1:22': 'refused' };
  expect(await look()).toBe('unresponsive');
  expect(started).toEqual(['192.0.2.1:7576']);

  results['192.0.2.1:7576'] = 'timed-out';
  expect(await look()).toBe('unresponsive');
  expect(started.slice(1)).toEqual(['192.0.2.1:7576', '192.0.2.1:10250', '192.0.2.1:22']);

  // The host is gone as well.
  delete results['192.0.2.1:22'];
  expect(await look()).toBe('timed-out');
  // One lost packet is not the end of it.
  results['192.0.2.1:22'] = 'refused';
  expect(await look()).toBe('unresponsive');
});

it('takes silence for silence where the agent was not stuck before', async () => {
  results = { '192.0.2.1:22': 'refused', '192.0.2.1:7576': 'answered' };
  looks.start('p', [{ host: '192.0.2.1', port: 7576 }]);
  await clock.advance(300);
  delete results['192.0.2.1:7576'];
  looks.start('p', [{ host: '192.0.2.1', port: 7576 }]);
  await clock.advance(300);

  expect(seen.map(({ result }) => result)).toEqual(['answered', 'timed-out']);
  expect(started).not.toContain('192.0.2.1:22');
});
