import { describe, expect, it } from 'vitest';
import type { HeardRoster } from '../model/roster.ts';
import { currentRosters, isReader, isShort, lastRoster, rankOf, readDelayMs } from './readers.ts';
import { aMember, aRoster, heard } from './testing.ts';

const NAMES = Array.from({ length: 100 }, (_, index) => `node-${index + 1}`);
const members = NAMES.map((name) => aMember(name));
const order = [...NAMES].sort((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1));
const at = (place: number): string => order[place] ?? '';
const first = (count: number): string[] => order.slice(0, count).sort();
const fault = aRoster({ fault: 'no answer' });
const readers = (rosters: readonly HeardRoster[], shortForMs = 0, present = members): string[] =>
  NAMES.filter((name) => isReader(name, present, rosters, shortForMs)).sort();

describe('readers', () => {
  it('are the same three for everybody, before and after they have said anything', () => {
    expect(readers([])).toEqual(first(3));
    expect(readers(order.slice(0, 3).map((name) => heard(name)))).toEqual(first(3));
  });

  it.each([
    ['cannot read', [heard(at(0), fault), heard(at(1)), heard(at(2))]],
    ['has said nothing for long', [heard(at(0), aRoster(), { elapsedMs: 101_000 }), heard(at(1)), heard(at(2))]],
  ])('are followed by one when one %s', (_, rosters) => {
    const idle = rosters[0]?.roster.fault === undefined ? at(0) : at(3);

    // Whoever cannot read keeps trying.
    expect(readers(rosters)).toEqual([...new Set([at(0), at(1), at(2), idle])].sort());
    expect(isShort('node-1', members, rosters)).toBe(true);
  });

  it('are followed by one when one is gone, however long the others have been there', () => {
    const left = members.map((member) =>
      member.name === at(0) ? { ...member, state: 'agent-down' as const } : member,
    );
    const rosters = [heard(at(0)), heard(at(1)), heard(at(2))];

    expect(readers(rosters, 0, left).filter((name) => name !== at(0))).toEqual([at(1), at(2), at(3)].sort());
  });

  it('are tried by more and more while nobody can, and never by all', () => {
    const rosters = order.slice(0, 3).map((name) => heard(name, fault));
    expect(readers(rosters)).toHaveLength(6);
    expect(readers(rosters, 45_000)).toHaveLength(9);
    expect(readers(rosters, 90_000)).toHaveLength(15);
    expect(readers(rosters, 3_600_000)).toHaveLength(51);
    const many = order.slice(0, 60).map((name) => heard(name, fault));

    expect(readers(many, 3_600_000)).toHaveLength(6 + 40);
  });

  it('are those who reach the API, whatever their rank', () => {
    const rosters = [
      ...order.slice(0, 60).map((name) => heard(name, fault)),
      ...order.slice(60, 63).map((name) => heard(name)),
    ];

    expect(isShort('node-1', members, rosters)).toBe(false);
    expect(readers(rosters, 3_600_000)).toEqual(order.slice(60, 63).sort());
  });

  it('that are too many become three again', () => {
    const rosters = order.slice(0, 5).map((name) => heard(name));

    expect(readers(rosters)).toEqual(first(3));
  });

  it.each([
    ['of another component', { inComponent: false }],
    ['leaving', { state: 'leaving' as const }],
  ])('are none that are %s', (_, more) => {
    const changed = members.map((member) => (member.name === at(0) ? { ...member, ...more } : member));

    expect(readers([], 0, changed).filter((name) => name !== at(0))).toEqual([at(1), at(2), at(3)].sort());
    expect(currentRosters(at(3), changed, [heard(at(0)), heard(at(2))])[0]?.node).toBe(at(2));
  });

  it('is who is alone', () => {
    const alone = [aMember('node-1', { inComponent: false })];

    expect(isReader('node-1', alone, [], 0)).toBe(true);
    expect(isShort('node-1', alone, [heard('node-1')])).toBe(false);
  });
});

describe('the roster that counts', () => {
  const rosters = [heard(at(2)), heard(at(0)), heard(at(1))];

  it('is the one of the first that reads', () => {
    expect(currentRosters('node-1', members, rosters)[0]?.node).toBe(at(0));
    expect(currentRosters('node-1', members, [heard(at(0), fault), ...rosters.slice(2)])[0]?.node).toBe(at(1));
    expect(
      currentRosters('node-1', members, [heard(at(0), aRoster(), { isCurrent: false }), heard(at(2))])[0]?.node,
    ).toBe(at(2));
  });

  it('is none when nobody reads now, and then the last one is history', () => {
    const old = [
      heard(at(0), aRoster({ fault: 'no answer', confirmedMs: 5000 }), { elapsedMs: 90_000 }),
      heard(at(1), aRoster({ confirmedMs: 1000 }), { elapsedMs: 90_000, isCurrent: false }),
    ];

    expect(currentRosters('node-1', members, old)).toEqual([]);
    expect(lastRoster(old)?.node).toBe(at(1));
    expect(
      lastRoster([heard(at(0), { nodes: 0, apiServers: [], entries: [], controllers: [], omitted: 0, fault: 'x' })]),
    ).toBeUndefined();
  });
});

describe('how soon a piece of a mesh begins to read', () => {
  const piece = (here: number, all: number) =>
    Array.from({ length: all }, (_, index) => aMember(`node-${index}`, { inComponent: index < here }));

  it.each([
    ['all of it', 5, 5, 0],
    ['its greater part', 3, 5, 0],
    ['a half', 2, 4, 0],
    ['a small part', 2, 5, 15_000],
    ['a single one of many', 1, 5000, 3 * 5000 * 50 * 2000],
  ])('%s', (_, here, all, ms) => {
    expect(readDelayMs(piece(here, all), all)).toBe(ms);
  });

  it('one that has met nobody, and knows how many there are', () => {
    expect(readDelayMs(piece(1, 1), 1)).toBe(0);
    expect(readDelayMs(piece(1, 1), 1000)).toBe(3 * 1000 * 10 * 2000);
  });
});
