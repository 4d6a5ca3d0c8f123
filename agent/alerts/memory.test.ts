import { describe, expect, it } from 'vitest';
import { AlertWorld } from '../../test/lib/alert-world.ts';
import { type AlertMemory, fromMemory, toMemory } from './memory.ts';

const NAMES = ['n1', 'n2', 'n3'];
const MINUTE = 60_000;

/** What an agent keeps that has told something, and owes something. */
async function aMemory(): Promise<AlertMemory> {
  const world = new AlertWorld({ names: NAMES });
  await world.clock.advance(MINUTE);
  world.raise('DiskFull', ['n3'], { severity: 'critical' });
  await world.clock.advance(5 * MINUTE);
  world.fire('busy', { key: 'prod/api', facts: { namespace: 'prod' }, receivers: ['pager'] });
  await world.clock.advance(6 * MINUTE);
  world.answer = () => ({ kind: 'failed', why: 'away' });
  world.raise('Waits', ['n2']);
  await world.clock.advance(10 * MINUTE);
  const memory = world.disk(world.ranked()[0] ?? '');
  if (memory === undefined) throw new Error('nothing was kept');
  return memory;
}

describe('what the notifications keep', () => {
  it('is read as it was written', async () => {
    const memory = await aMemory();
    expect([memory.kept.length, memory.told.length, memory.owed.length]).toEqual([3, 2, 1]);
    expect(memory.kept.find(({ alert }) => alert.reason === 'busy')?.alert.rule).toMatchObject({
      key: 'prod/api',
      round: 1,
    });
    expect(memory.told.map(([, , { ruleRound }]) => ruleRound)).toEqual([undefined, 1]);
    const times = fromMemory(memory, 0, Number.MAX_SAFE_INTEGER);
    expect(memory).toMatchObject({ ...(times && toMemory(times, 0)) });
  });

  it('is taken up as far as it can be read, and never throws', async () => {
    const memory = await aMemory();
    const [good] = memory.kept;
    const kept = [null, 5, {}, { alert: null }, { ...good, standing: 'odd' }, { ...good, beganMs: '1' }, good];
    kept.push({ ...good, alert: { ...good?.alert, rule: { key: 'x', facts: {}, round: -1, receivers: [] } } as never });
    const told = [null, ['x'], ['aaaabbbbccccdddd', 'ffff', {}], { length: 2 }, ...memory.told];
    for (const odd of [undefined, null, 5, 'x', [], {}, { version: 2 }, { version: 1, kept: 5, told: {}, owed: 'x' }])
      expect(fromMemory(odd, 0, 1)?.kept ?? []).toEqual([]);
    const times = fromMemory({ version: 1, kept, told, owed: [[]], notes: [{ topic: 'odd' }, 1] }, 0, 1);
    expect([times?.kept.length, times?.told.length, times?.owed.length, times?.notes.length]).toEqual([1, 2, 0, 0]);
  });

  it('does not stop an agent that finds it malformed, nor is it written before it was read', async () => {
    const world = new AlertWorld({ names: NAMES });
    await world.clock.advance(MINUTE);
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(5 * MINUTE);
    expect(world.messages).toHaveLength(1);
    const before = new Map(NAMES.map((name) => [name, world.disk(name)]));
    for (const name of NAMES) world.kill(name);
    for (const name of NAMES) world.start(name, { isMemoryAwaited: true }).desk.stop();
    for (const name of NAMES) expect(world.disk(name)).toBe(before.get(name));
    for (const name of NAMES) {
      world.kill(name);
      world.keep(name, { version: 1, kept: [null], told: [[1, 2, null]], owed: [{}], notes: [7] });
      world.start(name);
    }
    await world.clock.advance(10 * MINUTE);
    expect(world.messages).toHaveLength(1);
    world.raise('Another', ['n2']);
    await world.clock.advance(10 * MINUTE);
    expect(world.messages).toHaveLength(2);
  });
});

describe('a defect while something is sent', () => {
  it('does not hold the line up', async () => {
    const world = new AlertWorld({ names: ['n1'] });
    await world.clock.advance(MINUTE);
    const { board } = world.agent('n1');
    const { tell } = board;
    // Before it is sent, and after.
    let faults = 2;
    board.tell = (topic, items) => {
      faults -= 1;
      if (faults >= 0) throw new Error('a defect');
      return tell(topic, items);
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(10 * MINUTE);
    expect(faults).toBeLessThan(0);
    expect(world.messages).toHaveLength(1);
  });
});
