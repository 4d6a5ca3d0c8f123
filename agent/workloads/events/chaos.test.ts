/** Whatever becomes of readers, watches, disks and connections: nothing is counted twice, and in the end nothing is missing. */
import { expect, it } from 'vitest';
import { createEventWorld } from '../../../test/lib/event-world.ts';
import { createRandom } from '../../../test/lib/random.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const SECOND = 1000;
const STEPS = 120;
const RUNS = 10;

/** What may happen between two events. */
function upset(world: ReturnType<typeof createEventWorld>, random: ReturnType<typeof createRandom>): void {
  const running = world.running();
  const one = random.pick(NAMES);
  switch (random.integer(9)) {
    case 0:
      if (running.length > 2 && running.includes(one)) world.kill(one);
      return;
    case 1:
    case 2:
      for (const name of NAMES) if (!running.includes(name)) return world.start(name);
      return;
    case 3:
      world.breakWatch(one);
      return;
    case 4:
      world.unreachable.add(one);
      return;
    case 5:
      world.unreachable.clear();
      return;
    case 6:
      if (world.silent.has(one)) {
        world.silent.delete(one);
        world.breakWatch(one);
      } else world.silent.add(one);
      return;
    case 7:
      for (const name of NAMES) world.side.set(name, random.integer(2));
      return;
    case 8:
      world.side.clear();
  }
}

it.each(Array.from({ length: RUNS }, (_, seed) => seed))('counts what happened (seed %i)', async (seed) => {
  const random = createRandom(seed);
  const world = createEventWorld();
  for (const name of NAMES) world.start(name);
  const uids = Array.from({ length: 12 }, (_, index) => `uid-${index}`);
  for (let step = 0; step < STEPS; step += 1) {
    for (let count = random.integer(4); count > 0; count -= 1) world.happen(random.pick(uids), 1 + random.integer(3));
    if (random.chance(0.3)) upset(world, random);
    await world.clock.advance(random.integer(12) * SECOND);
    for (const name of NAMES)
      for (const uid of uids)
        expect(world.stored(name, uid), `${name} has too many of ${uid} at step ${step}`).toBeLessThanOrEqual(
          world.happened(uid),
        );
  }
  world.side.clear();
  world.unreachable.clear();
  for (const name of world.silent) world.breakWatch(name);
  world.silent.clear();
  const running = world.running();
  for (const name of NAMES) if (!running.includes(name)) world.start(name);
  await world.clock.advance(180 * SECOND);

  const [reader = '', ...others] = world.readers();
  expect(others).toEqual([]);
  const happened = uids.map((uid) => [uid, world.happened(uid)]);
  expect(uids.map((uid) => [uid, world.stored(reader, uid)])).toEqual(happened);
  for (const name of NAMES) {
    const { events } = await world.at(name).feed.events({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 });
    const found = new Map(events.map(({ uid, occurrences }) => [uid, occurrences]));
    expect(uids.map((uid) => [uid, found.get(uid) ?? 0])).toEqual(happened);
  }
});
