import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { AgentError } from '../../base/errors.ts';
import { createLog } from '../../base/log.ts';
import type { Place } from '../compose/addresses.ts';
import { createPlaceFinder } from './place.ts';

function setUp(configured: readonly string[] = [], announce: readonly string[] = []) {
  const clock = createFakeClock();
  const world = { addresses: ['10.0.0.7'] as readonly string[], moves: [] as Place[], fault: false };
  const finder = createPlaceFinder(
    { configured, port: 7576, announce },
    {
      clock,
      log: createLog('silent', 'n'),
      read: async () => ({
        all: world.addresses.map((host) => ({ device: 'eth0', host })),
        sources: world.addresses,
        passing: new Set(),
      }),
    },
  );
  const move = async (place: Place): Promise<void> => {
    if (world.fault) throw new AgentError('unavailable', 'EADDRNOTAVAIL');
    world.moves.push(place);
  };
  return { clock, world, finder, move };
}

it('moves once for each change, and within seconds', async () => {
  const { clock, world, finder, move } = setUp();
  const first = await finder.find();
  expect(first).toEqual({ listen: [{ host: '10.0.0.7', port: 7576 }], hostAddresses: ['10.0.0.7'] });
  const stop = finder.follow(first, move);
  await clock.advance(30_000);
  expect(world.moves).toEqual([]);
  world.addresses = [];
  await clock.advance(3000);
  world.moves.length = 0;
  world.addresses = ['10.0.0.8', '172.17.0.1'];
  await clock.advance(30_000);
  expect(world.moves).toEqual([
    { listen: [{ host: '10.0.0.8', port: 7576 }], hostAddresses: ['10.0.0.8', '172.17.0.1'] },
  ]);
  stop();
  world.addresses = ['10.0.0.9'];
  await clock.advance(30_000);
  expect(world.moves).toHaveLength(1);
});

it('tries again until the new address can be used', async () => {
  const { clock, world, finder, move } = setUp();
  finder.follow(await finder.find(), move);
  world.addresses = ['10.0.0.8'];
  world.fault = true;
  await clock.advance(10_000);
  expect(world.moves).toEqual([]);
  world.fault = false;
  await clock.advance(3000);
  expect(world.moves).toMatchObject([{ listen: [{ host: '10.0.0.8' }] }]);
});

it('listens on a configured address as soon as it is here, and announces what it is told to', async () => {
  const { clock, world, finder, move } = setUp(['10.0.0.7', '10.0.0.100'], ['192.0.2.7:1']);
  const first = await finder.find();
  expect(first).toMatchObject({ listen: [{ host: '10.0.0.7' }], announce: ['192.0.2.7:1'] });
  finder.follow(first, move);
  world.addresses = ['10.0.0.100', '10.0.0.7'];
  await clock.advance(3000);
  expect(world.moves.at(-1)?.listen.map(({ host }) => host)).toEqual(['10.0.0.7', '10.0.0.100']);
  world.addresses = ['10.0.0.7'];
  await clock.advance(3000);
  expect(world.moves.at(-1)?.listen.map(({ host }) => host)).toEqual(['10.0.0.7']);
});
