/** Peers that say what is not so, or say it for ever. */
import { describe, expect, it } from 'vitest';
import { AlertWorld } from '../../test/lib/alert-world.ts';
import { MAX_NOTE_BYTES, type Note } from '../model/board.ts';
import { MAX_ENTRIES, createToldLog } from './told-log.ts';
import { MAX_ROUND, laterRound, makeNote, nextRound, readNote } from './told-note.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const TO = 'aaaabbbbccccdddd';
const MINUTE = 60_000;
const hex = (number: number): string => number.toString(16).padStart(16, '0');
const begun = async (): Promise<AlertWorld> => {
  const world = new AlertWorld({ names: NAMES });
  await world.clock.advance(MINUTE);
  return world;
};
/** Says it each second, whatever its agent says. */
const repeats = (world: AlertWorld, name: string, line: (second: number) => object): void => {
  const { board } = world.agent(name);
  const { tell } = board;
  world.muzzle(name);
  let second = 0;
  world.clock.every(1000, () => {
    second += 1;
    tell('notified', [{ to: TO, told: [], ...line(second) }]);
  });
};

describe('who says without end', () => {
  it.each([
    ['that it sends', () => ({ sending: 0 })],
    ['that nothing is to be sent', () => ({ wait: 900_000 })],
    ['that it has just told something', () => ({ last: 0, told: [[hex(7), 'f', 'w', 0, 1, 1]] })],
    ['that it fails and sends', (second: number) => (second % 2 === 0 ? { sending: 0 } : { failing: 0 })],
  ])('%s keeps the others quiet for minutes at most', async (_, line) => {
    const world = await begun();
    repeats(world, world.ranked()[1] ?? '', line);
    await world.clock.advance(5000);
    world.raise('DiskFull', ['w1']);
    await world.clock.advance(22 * MINUTE);
    expect(world.told()).toEqual([expect.stringMatching(/: \+DiskFull/)]);
    world.raise('Another', ['w2']);
    await world.clock.advance(12 * MINUTE);
    expect(world.messages).toHaveLength(2);
  });

  it('that it sends is not waited for where it never would, and is shown where it is', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index + 1}`);
    const world = new AlertWorld({ names });
    await world.clock.advance(MINUTE);
    const ranked = world.ranked();
    repeats(world, ranked[11] ?? '', () => ({ sending: 0 }));
    await world.clock.advance(5000);
    world.raise('DiskFull', ['w1'], { seenBy: names.filter((name) => name !== ranked[11]) });
    await world.clock.advance(34_000);
    expect(world.told()).toEqual([`${ranked[0]}: +DiskFull`]);

    repeats(world, ranked[1] ?? '', () => ({ sending: 0 }));
    await world.clock.advance(5000);
    const { desk } = world.agent(ranked[0] ?? '');
    const [line] = desk.lines;
    const around = { present: () => names } as unknown as Parameters<typeof desk.holdersOf>[1];
    expect(line && desk.holdersOf(line, around)).toEqual([ranked[1]]);
  });
});

it('that a round of a rule was told keeps the others quiet until the next one', async () => {
  const world = await begun();
  const [, liar = ''] = world.ranked();
  world.fire('busy', { severity: 'critical' });
  await world.clock.advance(5 * MINUTE);
  const fingerprint = world.messages[0]?.alerts[0]?.fingerprint;
  world.muzzle(liar);
  world.agent(liar).board.tell('notified', [{ to: TO, told: [[fingerprint, 'f', 'c', 0, 1, 1, 99_999]] }]);
  await world.clock.advance(10 * MINUTE);
  for (let round = 2; round <= 4; round += 1) {
    world.again('busy');
    await world.clock.advance(10 * MINUTE);
  }
  expect(world.messages.map(({ alerts }) => alerts[0]?.rule?.round)).toEqual([1, 2, 3, 4]);
});

describe('the log of what was told', () => {
  const aLog = () =>
    createToldLog({
      self: 'me',
      keepMs: 1e9,
      duplicateMs: 15_000,
      destinations: () => [TO],
      isNeeded: (fingerprint) => fingerprint === hex(3),
    });
  const aNote = (node: string, items: readonly unknown[]): Note => ({
    node,
    items,
    isOwn: false,
    isCurrent: true,
    ageMs: 0,
  });

  it('keeps nothing of other places, and so much of its own, what is needed and what others said before the rest', () => {
    const log = aLog();
    log.hear([aNote('good', [{ to: TO, told: [1, 2, 3].map((n) => [hex(n), 'f', 'w', 0, 1, 1]) }])], 1000);
    for (let round = 1; round <= 200; round += 1) {
      const told = Array.from({ length: 100 }, (_, index) => [hex(1000 * round + index), 'f', 'w', 0, 1, 1]);
      const others = Array.from({ length: 20 }, (_, index) => ({ to: hex(1000 * round + index), told }));
      log.hear([aNote('bad', [{ to: TO, told }, ...others])], 1000 + round);
    }
    expect(log.dump().length).toBeLessThanOrEqual(MAX_ENTRIES + 300);
    expect(new Set(log.dump().map(([to]) => to))).toEqual(new Set([TO]));
    for (const number of [1, 2, 3]) expect(log.of(TO, hex(number))?.by).toBe('good');
  });

  it('goes on where another says a round of any length, in five digits', () => {
    const log = aLog();
    for (const round of [2 ** 53 - 1, 2 ** 53, -1, 1.5, '1', MAX_ROUND]) {
      log.hear([aNote(`bad${round}`, [{ to: TO, told: [[hex(3), 'f', 'w', 0, round, 2 ** 53 - 1]] }])], 1000);
      expect(log.of(TO, hex(3))?.round).toBeLessThanOrEqual(MAX_ROUND);
    }
    for (let word = 0; word < 5; word += 1) {
      const before = log.of(TO, hex(3))?.round ?? 0;
      const round = nextRound(before);
      expect(laterRound(before, round)).toBe(round);
      expect(round).toBeLessThanOrEqual(MAX_ROUND);
      log.add(TO, hex(3), { state: 'firing', severity: 'critical', atMs: 2000 + word, round, size: 2 });
      expect(log.of(TO, hex(3))?.round).toBe(round);
    }
  });

  it('fits its note, whatever the rounds and sizes, and what is read again is what was written', () => {
    const told = { state: 'firing', severity: 'critical', by: 'me', round: MAX_ROUND, size: 1e9 } as const;
    const entries = Array.from({ length: 600 }, (_, index) => [hex(index), { ...told, atMs: -9e8 }] as const);
    const items = makeNote([{ destination: TO, entries, sendingMs: 0, failingMs: 0, notBeforeMs: 900_000 }], 0);
    expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThanOrEqual(MAX_NOTE_BYTES);
    const [line] = readNote(JSON.parse(JSON.stringify(items)) as unknown[], 'me', 0);
    expect(line?.entries.length).toBeGreaterThan(200);
    expect(line).toMatchObject({ sendingMs: 0, failingMs: 0, notBeforeMs: 900_000 });
  });
});

describe('a board that takes less', () => {
  it('is told what fits', async () => {
    const world = await begun();
    for (const name of NAMES) {
      const { board } = world.agent(name);
      const { tell } = board;
      board.tell = (topic, items) => (JSON.stringify(items).length > 5000 ? 'too-long' : tell(topic, items));
    }
    for (let index = 0; index < 150; index += 1) world.raise('DiskFull', [`w${index}`]);
    await world.clock.advance(20 * MINUTE);
    expect(world.messages.map(({ alerts }) => alerts.length)).toEqual([100, 100]);
    for (const name of NAMES) expect(world.agent(name).desk.told.dump()).toHaveLength(150);
  });
});
