import { describe, expect, it } from 'vitest';
import { createEventWorld } from '../../../test/lib/event-world.ts';
import { inOrder } from './roles.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const [FIRST = '', NEXT = '', THIRD = '', FOURTH = '', LAST = ''] = inOrder(NAMES);

async function aWorld(options?: Parameters<typeof createEventWorld>[0]) {
  const world = createEventWorld(options);
  for (const name of NAMES) world.start(name);
  await world.clock.advance(20 * SECOND);
  return world;
}

const partsOf = (world: Awaited<ReturnType<typeof aWorld>>): string =>
  inOrder(world.running())
    .map((name) => world.at(name).feed.counts().part)
    .join();

describe('who has not read before', () => {
  it('tells since when what it sees first happened', async () => {
    const world = await aWorld();
    const began = world.clock.now();
    for (let time = 0; time < 7; time += 1) {
      if (time > 0) await world.clock.advance(9 * MINUTE);
      world.happen('x');
    }
    const ended = world.clock.now();
    for (const name of [FIRST, NEXT, THIRD]) world.kill(name);
    await world.clock.advance(30 * SECOND);
    const [sighting, ...others] = world.at(FOURTH).heard;
    expect(others).toEqual([]);
    expect(sighting).toMatchObject({ added: 7, sinceAt: began, event: { at: ended } });
  });
});

describe('who reads', () => {
  it('is one, two more keep copies, and all know who', async () => {
    const world = await aWorld();
    expect(partsOf(world)).toBe('reads,copies,copies,idle,idle');
    for (const name of NAMES) {
      const { feed } = world.at(name);
      expect(feed.judge()).toBe(FIRST);
      expect(feed.feed()).toMatchObject({ state: 'current', reader: FIRST, standbys: [NEXT, THIRD] });
    }
  });

  it('is the next one as soon as the reader is gone, and the first again after a minute that it is back', async () => {
    const world = await aWorld();
    world.kill(FIRST);
    await world.clock.advance(3 * SECOND);
    expect(partsOf(world)).toBe('reads,copies,copies,idle');
    world.start(FIRST);
    await world.clock.advance(60 * SECOND);
    expect(world.readers()).toEqual([NEXT]);
    await world.clock.advance(20 * SECOND);
    expect(world.readers()).toEqual([FIRST]);
    expect(partsOf(world)).toBe('reads,copies,copies,idle,idle');
  });

  it('is the next one where the first cannot reach the API, which says why', async () => {
    const world = await aWorld();
    world.unreachable.add(FIRST);
    await world.clock.advance(40 * SECOND);
    expect(partsOf(world)).toBe('fails,reads,copies,copies,idle');
    await world.clock.advance(5 * MINUTE);
    world.unreachable.clear();
    await world.clock.advance(20 * MINUTE);
    expect(partsOf(world)).toBe('reads,copies,copies,idle,idle');
  });

  it('is nobody while the API is away, few try, and the first of them reads again', async () => {
    const world = await aWorld();
    world.happen('x');
    await world.clock.advance(2 * SECOND);
    for (const name of NAMES) world.unreachable.add(name);
    await world.clock.advance(10 * MINUTE);
    expect(world.readers()).toEqual([]);
    const { feed } = world.at(LAST);
    expect(feed.feed()).toMatchObject({ state: 'stale' });
    expect(feed.feed().why).toContain('connection refused');
    expect(feed.judge()).toBe(FIRST);
    world.unreachable.clear();
    await world.clock.advance(2 * MINUTE);
    expect(world.readers()).toEqual([FIRST]);
  });

  it('is one that has all, while the first one still lists', async () => {
    const world = await aWorld();
    world.kill(FIRST);
    await world.clock.advance(3 * SECOND);
    world.slow.add(FIRST);
    world.start(FIRST);
    await world.clock.advance(2 * MINUTE);
    world.happen('x');
    await world.clock.advance(2 * SECOND);
    expect(world.readers().toSorted()).toEqual([FIRST, NEXT].toSorted());
    for (const name of NAMES) {
      const { feed } = world.at(name);
      expect(feed.judge()).toBe(NEXT);
      expect(feed.feed()).toMatchObject({ state: 'current', reader: NEXT });
    }
    // It keeps its copy meanwhile.
    expect(world.at(FIRST).feed.completeSince()).toBe(world.at(NEXT).feed.completeSince());
    expect(world.at(FIRST).heard).toHaveLength(1);
    world.slow.clear();
    await world.clock.advance(20 * SECOND);
    expect(world.readers()).toEqual([FIRST]);
    expect(world.stored(FIRST, 'x')).toBe(1);
  });

  it('is nobody where no agent knows of an API', async () => {
    const world = await aWorld({ hasKube: () => false });
    await world.clock.advance(2 * MINUTE);
    expect(world.at(FIRST).feed.feed()).toEqual({
      state: 'none',
      why: 'no agent here knows of a Kubernetes API',
      standbys: [],
    });
    const answer = await world.at(LAST).feed.events(ALL);
    expect(answer).toMatchObject({ events: [], missing: 'no agent here knows of a Kubernetes API' });
  });

  it('is the one that can, wherever that stands', async () => {
    const world = await aWorld({ hasKube: (name) => name === LAST });
    await world.clock.advance(2 * MINUTE);
    expect(world.readers()).toEqual([LAST]);
    world.happen('x', 3);
    await world.clock.advance(2 * SECOND);
    expect(await world.at(FIRST).feed.events(ALL)).toMatchObject({ events: [{ uid: 'x', occurrences: 3 }] });
  });

  it('is one on each side of a split, and one after it', async () => {
    const world = await aWorld();
    for (const name of [FIRST, FOURTH]) world.side.set(name, 1);
    await world.clock.advance(5 * SECOND);
    expect(world.readers().toSorted()).toEqual([FIRST, NEXT].toSorted());
    world.happen('x', 5);
    await world.clock.advance(2 * SECOND);
    world.side.clear();
    await world.clock.advance(20 * SECOND);
    expect(world.readers()).toEqual([FIRST]);
    for (const name of NAMES)
      expect(await world.at(name).feed.events(ALL)).toMatchObject({ events: [{ uid: 'x', occurrences: 5 }] });
  });
});

describe('what happens', () => {
  it('is told to all that judge, on the reader and on those that keep copies, once', async () => {
    const world = await aWorld();
    world.happen('x');
    world.happen('x', 2);
    world.happen('quiet', 1, { reason: 'DNSConfigForming' });
    await world.clock.advance(2 * SECOND);
    for (const name of [FIRST, NEXT, THIRD])
      expect(world.at(name).heard.map(({ event, added }) => [event.uid, event.count, added])).toEqual([
        ['x', 1, 1],
        ['x', 3, 2],
      ]);
    expect(world.at(LAST).heard).toEqual([]);
  });

  it('is handed over as a whole only to those that keep copies', async () => {
    const world = await aWorld();
    world.happen('x');
    const { follow } = world.at(FIRST).feed.answers;
    for (const node of [NEXT, THIRD]) expect(follow(['', 0], { node })).toHaveLength(7);
    for (const from of [{ node: FOURTH }, { node: LAST }, { node: 'stranger' }, {}])
      expect(follow(['', 0], from)).toBeUndefined();
  });

  it('is complete since it was listed first, also with whoever takes over', async () => {
    const world = await aWorld();
    const since = world.at(FIRST).feed.completeSince();
    expect(since).toBeGreaterThan(0);
    expect(world.at(NEXT).feed.completeSince()).toBe(since);
    expect(world.at(LAST).feed.completeSince()).toBeUndefined();
    await world.clock.advance(MINUTE);
    world.kill(FIRST);
    await world.clock.advance(5 * SECOND);
    expect(world.at(NEXT).feed.completeSince()).toBe(since);
    world.unreachable.add(NEXT);
    await world.clock.advance(3 * SECOND);
    expect(world.at(NEXT).feed.completeSince()).toBeUndefined();
  });

  it('is answered by the reader, and by a copy where the reader is gone', async () => {
    const world = await aWorld();
    world.happen('x', 4);
    await world.clock.advance(2 * SECOND);
    expect(await world.at(LAST).feed.events(ALL)).toMatchObject({
      events: [{ uid: 'x', occurrences: 4 }],
      isCut: false,
      from: expect.arrayContaining([FIRST]),
    });
    world.kill(FIRST);
    const covered = { ...ALL, from: world.clock.now() - 2 * SECOND };
    const { events, from, missing } = await world.at(LAST).feed.events(covered);
    expect({ events, from: from.toSorted(), missing }).toEqual({
      events: [expect.objectContaining({ uid: 'x', occurrences: 4 })],
      from: [NEXT, THIRD].toSorted(),
      missing: undefined,
    });
    expect((await world.at(LAST).feed.sightings({ ...ALL, reason: 'BackOff' })).events).toMatchObject([
      { added: 3 },
      { added: 1 },
    ]);
    expect((await world.at(LAST).feed.events({ ...ALL, reason: 'Other' })).events).toEqual([]);
  });

  it('is the latest warnings where nobody can be asked, and what is missing is said', async () => {
    const world = await aWorld();
    world.happen('x');
    world.happen('normal', 1, { type: 'Normal' });
    await world.clock.advance(20 * SECOND);
    world.side.set(LAST, 1);
    world.unreachable.add(LAST);
    const answer = await world.at(LAST).feed.events(ALL);
    expect(answer.events).toMatchObject([{ uid: 'x', occurrences: 1 }]);
    expect(answer.missing).toContain('only what this agent remembers and the latest warnings');
  });

  it('is all only since somebody was there to see it, which is said with who could not be asked', async () => {
    const world = await aWorld();
    await world.clock.advance(MINUTE);
    const day = { ...ALL, from: world.clock.now() - 24 * 60 * MINUTE };
    const time = /^nobody who answers has all from before \d\d:\d\d:\d\d UTC/;
    for (const name of NAMES) expect((await world.at(name).feed.events(day)).missing).toMatch(time);
    expect((await world.at(NEXT).feed.events({ ...ALL, from: world.clock.now() - MINUTE })).missing).toBeUndefined();
    const given = (await world.at(NEXT).feed.events(day)).missing;
    expect(given).not.toContain('cannot be reached');
    world.side.set(NEXT, 1);
    const { events, missing, feed } = await world.at(NEXT).feed.events(day);
    expect([events, feed.state]).toEqual([[], 'current']);
    expect(missing).toMatch(time);
    expect(missing).toContain(`the agent of ${FIRST} cannot be reached; the agent of ${THIRD} cannot be reached`);
  });

  it('is answered from memory while the disk is away', async () => {
    const world = await aWorld();
    world.disk(FIRST).isAway = true;
    world.happen('x', 4);
    const answer = await world.at(FIRST).feed.events(ALL);
    expect(answer.events).toMatchObject([{ uid: 'x', occurrences: 4 }]);
    expect(answer.missing).toContain('the disk does not answer');
    // Whether there was more is not known.
    const recent = await world.at(FIRST).feed.recent(0);
    expect(recent.found.map(({ added }) => added)).toEqual([1, 3]);
    expect(recent.from).toBeUndefined();
  });

  it('is not all where the disk took less than there was, which is said, and a copy is asked', async () => {
    const world = await aWorld();
    world.happen('x');
    await world.clock.advance(5 * SECOND);
    const from = world.clock.now() - MINUTE;
    world.disk(FIRST).lostUntil = world.clock.now() - 5 * SECOND;
    const { missing, from: asked } = await world.at(FIRST).feed.events({ ...ALL, from });
    expect(missing).toContain('some that happened before 5s ago could not be written');
    expect(asked).toContain(NEXT);
    const since = await world.at(FIRST).feed.events({ ...ALL, from: world.clock.now() - 4 * SECOND });
    expect(since.missing).toBeUndefined();
  });

  it('is not counted anew where the store fails at first and there are no others', async () => {
    const world = createEventWorld({ hasMesh: false });
    world.start('a');
    await world.clock.advance(10 * SECOND);
    world.happen('x', 3);
    await world.clock.advance(2 * SECOND);
    world.kill('a');
    world.disk('a').isAway = true;
    world.start('a');
    await world.clock.advance(500);
    world.disk('a').isAway = false;
    await world.clock.advance(20 * SECOND);
    expect(world.readers()).toEqual(['a']);
    expect(world.at('a').heard).toEqual([]);
  });

  it('is handed to who takes over as far back as there is room, and how far that is', async () => {
    const world = await aWorld();
    const from = world.clock.now();
    world.happen('done');
    await world.clock.advance(2 * SECOND);
    expect(await world.at(FIRST).feed.recent(from)).toMatchObject({ found: [{ event: { uid: 'done' } }], from });
    for (let index = 0; index < 50; index += 1) {
      for (let one = 0; one < 100; one += 1) world.happen(`x-${one}`);
      await world.clock.advance(SECOND);
    }
    const recent = await world.at(FIRST).feed.recent(from);
    expect([recent.found.length, recent.found[0]?.event.uid]).toEqual([5000, 'x-0']);
    expect(recent.from).toBe(from + 1);
    world.happen('more');
    await world.clock.advance(2 * SECOND);
    const later = await world.at(FIRST).feed.recent(from);
    expect(later.from).toBeGreaterThan(from + 1000);
    expect(later.found.at(-1)?.event.uid).toBe('more');
  });

  it('is bounded, and that is said', async () => {
    const world = await aWorld();
    for (let index = 0; index < 5; index += 1) world.happen(`x-${index}`);
    await world.clock.advance(2 * SECOND);
    const { events, isCut } = await world.at(LAST).feed.events({ ...ALL, limit: 3 });
    expect([events.length, isCut]).toEqual([3, true]);
  });
});
