import { expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { MAX_NEIGHBOURS, createRings } from './rings.ts';

const names = (count: number, prefix = 'node-'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);

function shuffled(list: readonly string[], seed: number): string[] {
  const random = createRandom(seed);
  return [...list].sort(() => random.next() - 0.5);
}

it('is the same on every member, whatever the order of the names', () => {
  const all = names(40);
  const one = createRings(all);
  const other = createRings([...shuffled(all, 7), ...all]);

  for (const name of all) {
    expect(other.neighbours(name)).toEqual(one.neighbours(name));
    expect(other.observers(name, shuffled(all, 9))).toEqual(one.observers(name, all));
  }
});

it.each([
  [1, 0],
  [2, 1],
  [5, 4],
  [9, 8],
  [300, 8],
])('%i members make %i rings', (count, rings) => {
  expect(createRings(names(count)).count).toBe(rings);
});

it('is symmetric: a follows b exactly where b precedes a', () => {
  const rings = createRings(names(120));

  for (const a of rings.members) {
    for (const b of rings.members) {
      expect(rings.successors(b).includes(a)).toBe(rings.predecessors(a).includes(b));
      expect(rings.neighbours(a).includes(b)).toBe(rings.neighbours(b).includes(a));
    }
  }
});

it('makes everybody a neighbour where nobody has more than 16', () => {
  const rings = createRings(names(17));

  expect(rings.neighbours('node-3')).toEqual(rings.members.filter((name) => name !== 'node-3'));
});

it('connects all members with at most 16 neighbours, from 2 to 200', () => {
  for (let count = 2; count <= 200; count += 1) {
    const rings = createRings(names(count));
    const reached = new Set(['node-1']);
    for (const name of reached) {
      const neighbours = rings.neighbours(name);
      expect(neighbours.length).toBeLessThanOrEqual(MAX_NEIGHBOURS);
      for (const neighbour of neighbours) reached.add(neighbour);
    }
    expect(reached.size).toBe(count);
  }
});

it.each(['node-', 'ip-10-0-0-', 'worker.example.internal-'])('spreads the observing evenly over %s…', (prefix) => {
  for (const count of [3, 10, 32, 100, 200]) {
    const rings = createRings(names(count, prefix));
    const observers = rings.observersWithin(new Set(rings.members));
    const duties = new Map<string, number>();
    for (const subject of rings.members) {
      expect(observers.of(subject)).toHaveLength(rings.count);
      for (const observer of observers.of(subject)) duties.set(observer, (duties.get(observer) ?? 0) + 1);
    }
    expect(Math.max(...duties.values())).toBeLessThan(3 * rings.count);
  }
});

it('takes the observers from the component only, and none twice', () => {
  const rings = createRings(names(60));
  const component = new Set(['node-4', 'node-9', 'node-33']);

  for (const subject of rings.members) {
    const observers = rings.observers(subject, component);
    expect(observers).toHaveLength(component.has(subject) ? 2 : 3);
    expect(new Set(observers).size).toBe(observers.length);
    expect(observers.every((name) => component.has(name) && name !== subject)).toBe(true);
  }
  expect(rings.observers('stranger', component)).toEqual([]);
  expect(rings.observersWithin(component).of('stranger')).toEqual([]);
  expect(rings.neighbours('stranger')).toEqual([]);
});

it('names the same observers by both ways of asking', () => {
  const random = createRandom(4);
  for (const count of [2, 3, 8, 31, 90]) {
    const rings = createRings(names(count));
    for (let round = 0; round < 20; round += 1) {
      const share = random.next();
      const component = new Set(rings.members.filter(() => random.chance(share)));
      const within = rings.observersWithin(component);
      for (const subject of rings.members) expect(within.of(subject)).toEqual(rings.observers(subject, component));
    }
  }
});

it('tells whom one observes as it tells who observes one', () => {
  const random = createRandom(5);
  for (const count of [2, 9, 31, 90]) {
    const rings = createRings(names(count));
    const within = rings.observersWithin(new Set(rings.members.filter(() => random.chance(0.5))));
    for (const observer of rings.members) {
      expect(within.subjectsOf(observer)).toEqual(rings.members.filter((name) => within.of(name).includes(observer)));
    }
  }
  expect(createRings(names(9)).observersWithin(new Set()).subjectsOf('stranger')).toEqual([]);
});

it('finds the neighbours among some members as on rings of these alone', () => {
  const random = createRandom(6);
  for (const count of [2, 17, 18, 60, 300]) {
    const rings = createRings(names(count));
    for (const share of [0.02, 0.1, 0.5, 0.9, 1]) {
      const living = rings.members.filter(() => random.chance(share));
      const alone = createRings(living);
      for (const name of living) expect(rings.neighboursAmong(name, new Set(living))).toEqual(alone.neighbours(name));
    }
  }
  expect(createRings(names(60)).neighboursAmong('stranger', new Set(names(60)))).toEqual([]);
});

it('changes the neighbourhood of few when one joins', () => {
  const before = createRings(names(100));
  const after = createRings([...names(100), 'node-new']);
  const touched = before.members.filter(
    (name) => String(before.neighbours(name)) !== String(after.neighbours(name).filter((one) => one !== 'node-new')),
  );
  const observersBefore = before.observersWithin(new Set(before.members));
  const observersAfter = after.observersWithin(new Set(after.members));
  const moved = before.members.filter((name) => String(observersBefore.of(name)) !== String(observersAfter.of(name)));

  // On each ring the newcomer parts one pair.
  expect(touched.length).toBeLessThanOrEqual(2 * before.count);
  expect(moved.length).toBeLessThanOrEqual(2 * before.count);
});

it('lays out 5,000 members', () => {
  const rings = createRings(names(5000));
  const observers = rings.observersWithin(new Set(rings.members));

  expect(rings.members.every((name) => observers.of(name).length === 8)).toBe(true);
  expect(Math.max(...rings.members.map((name) => rings.neighbours(name).length))).toBe(16);
});
