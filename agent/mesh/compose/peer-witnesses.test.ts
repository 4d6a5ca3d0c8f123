import { expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { peerWitnesses } from './peer-witnesses.ts';

const random = createRandom(1);
const ask = (addresses: readonly string[], lost: readonly string[] = []) =>
  peerWitnesses(
    [
      { addresses: lost, isLost: true },
      { addresses, isLost: false },
    ],
    () => random.next(),
  );

it('asks each host once on ports that are not ours, and never this machine', () => {
  const asked = ask(['10.0.0.2:7576', '10.0.0.2:7577', '127.0.0.3:7576', '[::1]:7576', '[fd00::4]:7576', 'nonsense']);

  expect(asked.map(({ kind, host, port }) => `${kind} ${host} ${port}`).sort()).toEqual([
    'peer 10.0.0.2 10250',
    'peer 10.0.0.2 22',
    'peer fd00::4 10250',
    'peer fd00::4 22',
  ]);
});

it('asks four of many, and others the next time', () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `10.0.0.${index + 1}:7576`);
  const hosts = Array.from({ length: 20 }, () => ask(addresses).map(({ host }) => host));

  expect(hosts.map((asked) => new Set(asked).size)).toEqual(hosts.map(() => 4));
  expect(new Set(hosts.flat()).size).toBeGreaterThan(40);
});

it('asks those that are lost last', () => {
  const lost = Array.from({ length: 10 }, (_, index) => `10.0.1.${index + 1}:7576`);
  const asked = Array.from({ length: 20 }, () => ask(['10.0.0.1:7576', '10.0.0.2:7576'], lost).map(({ host }) => host));

  expect(asked.map((hosts) => [...new Set(hosts)].slice(0, 2).sort())).toEqual(
    asked.map(() => ['10.0.0.1', '10.0.0.2']),
  );
  expect(new Set(asked.flat()).size).toBeGreaterThan(8);
});
