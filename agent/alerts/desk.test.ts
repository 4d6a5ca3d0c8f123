import { describe, expect, it } from 'vitest';
import { AlertWorld } from '../../test/lib/alert-world.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const MINUTE = 60_000;
/** The agents have looked around. */
const begun = async (options: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {}): Promise<AlertWorld> => {
  const world = new AlertWorld({ names: NAMES, ...options });
  await world.clock.advance(MINUTE);
  return world;
};
const [FAILED, REFUSED] = [
  { kind: 'failed', why: 'connection refused' },
  { kind: 'refused', why: '400: no' },
] as const;

describe('one message for one finding', () => {
  it('is sent by the first in rank after the wait, and its end after it was gone for a while', async () => {
    const world = await begun();
    const [first] = world.ranked();
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(29_000);
    expect(world.messages).toEqual([]);
    await world.clock.advance(3 * MINUTE);
    expect(world.told()).toEqual([`${first}: +DiskFull`]);
    expect(world.messages[0]).toMatchObject({ isLate: false, view: { members: 5, known: 5 } });

    await world.clock.advance(10 * MINUTE);
    world.end('DiskFull');
    await world.clock.advance(20 * MINUTE);
    expect(world.told().slice(1)).toEqual([`${first}: -DiskFull`]);
    const [, end] = world.messages;
    expect(end?.alerts[0]?.endedAt).toBe((world.messages[0]?.at ?? 0) - (world.messages[0]?.atMs ?? 0) + endMs);
  });
  /** 1 min, 29 s, 3 min and 10 min; noticed by the next look. */
  const endMs = MINUTE + 29_000 + 13 * MINUTE + 1000;

  it('is not told of what passes, comes and goes, follows from something, or matters to nobody', async () => {
    const world = await begun();
    world.raise('Blink', ['n1']);
    await world.clock.advance(20_000);
    world.end('Blink');
    world.raise('Consequence', ['n1'], { causedBy: 'x' });
    world.raise('Planned', ['n2'], { severity: 'info' });
    world.raise('Flaps', ['n2']);
    for (let round = 0; round < 20; round += 1) {
      await world.clock.advance(40_000);
      world.end('Flaps');
      await world.clock.advance(40_000);
      world.raise('Flaps', ['n2']);
    }
    expect(world.told()).toEqual([expect.stringContaining('+Flaps')]);
  });

  it('groups forty that fail within a minute, and tells the first critical one at once', async () => {
    const world = await begun();
    for (let index = 0; index < 40; index += 1) {
      world.raise(`Down${index}`, [`w${index}`]);
      await world.clock.advance(1500);
    }
    await world.clock.advance(4 * MINUTE);
    expect(world.messages).toHaveLength(1);
    await world.clock.advance(2 * MINUTE);
    expect(world.messages.map(({ alerts }) => alerts.length)).toEqual([21, 40]);
    world.raise('EtcdGone', ['w1'], { severity: 'critical' });
    await world.clock.advance(40_000);
    expect(world.messages.map(({ alerts }) => alerts[0]?.reason).slice(2)).toEqual(['EtcdGone']);
    world.raise('AndAnother', ['w2'], { severity: 'critical' });
    await world.clock.advance(2 * MINUTE);
    expect(world.messages).toHaveLength(3);
    await world.clock.advance(4 * MINUTE);
    expect(world.messages).toHaveLength(4);
  });

  it('is told again while it stands, and at once where it becomes graver', async () => {
    const world = await begun({ names: ['n1', 'n2'] });
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(9 * 3_600_000);
    expect(world.messages).toHaveLength(3);
    expect((world.messages[1]?.atMs ?? 0) - (world.messages[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(4 * 3_600_000);
    world.end('DiskFull');
    world.raise('DiskFull', ['n3'], { severity: 'critical' });
    await world.clock.advance(MINUTE);
    expect(world.messages[3]?.alerts[0]).toMatchObject({ reason: 'DiskFull', severity: 'critical' });
  });

  it('tells again what comes back after its end, also a receiver that does not hear of ends', async () => {
    const world = await begun({ wishes: { sendResolved: false } });
    const [first] = world.ranked();
    for (let round = 0; round < 2; round += 1) {
      world.raise('DiskFull', ['n3']);
      await world.clock.advance(10 * MINUTE);
      world.end('DiskFull');
      await world.clock.advance(10 * MINUTE);
    }
    expect(world.told()).toEqual([`${first}: +DiskFull`, `${first}: +DiskFull`]);
  });

  it('does not call over what nobody can see, nor what goes on under another name', async () => {
    const world = await begun();
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(2 * MINUTE);
    world.kill('n3');
    world.end('DiskFull');
    world.raise('NodeUnreachable', ['n3']);
    await world.clock.advance(10 * MINUTE);
    world.end('NodeUnreachable');
    world.raise('NodesLost', ['n3', 'n4']);
    world.kill('n4');
    await world.clock.advance(20 * MINUTE);
    world.end('NodesLost');
    world.raise('NodeUnreachable', ['n4']);
    world.start('n3');
    await world.clock.advance(20 * MINUTE);
    const reasons = world.told().map((line) => line.slice(4));
    // That n4 is lost is no news to those who told it; n3 was away then, and says so.
    expect(reasons).toEqual([
      '+DiskFull',
      '+NodeUnreachable',
      '+NodesLost',
      '+NodeUnreachable -DiskFull',
      '-NodeUnreachable +NodeUnreachable',
    ]);
    world.start('n4');
    world.end('NodeUnreachable');
    await world.clock.advance(20 * MINUTE);
    expect(world.told().at(-1)?.slice(4).split(' ').sort()).toEqual(['-NodeUnreachable', '-NodesLost']);
    expect(world.messages).toHaveLength(6);
  });
});

describe('who sends', () => {
  it.each([0, 1, 2])('is the next one where the first %i are killed just before', async (count) => {
    const world = await begun();
    const ranked = world.ranked();
    world.raise('DiskFull', ['n3'], { seenBy: NAMES });
    await world.clock.advance(25_000);
    for (const name of ranked.slice(0, count)) world.kill(name);
    await world.clock.advance(5 * MINUTE);
    expect(world.told()).toEqual([`${ranked[count]}: +DiskFull`]);
  });

  it('makes one duplicate at most where it dies between sending and saying so', async () => {
    const world = await begun();
    const [first = '', second = ''] = world.ranked();
    world.answer = (message) => {
      if (message.sender === first) world.kill(first);
      return { kind: 'sent' };
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(10 * MINUTE);
    expect(world.told()).toEqual([`${first}: +DiskFull`, `${second}: +DiskFull`]);
    expect(new Set(world.messages.map(({ id }) => id)).size).toBe(1);
    world.start(first);
    await world.clock.advance(10 * MINUTE);
    expect(world.told().slice(2)).toEqual([]);
  });

  it('is waited for while it says that it sends, however slow the receiver', async () => {
    const world = await begun();
    world.answer = async () => {
      await world.clock.sleep(25_000);
      return { kind: 'sent' };
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(10 * MINUTE);
    expect(world.messages).toHaveLength(1);
  });

  it('gives way to others that reach the receiver, and is not asked again for a while', async () => {
    const world = await begun();
    const [first = '', second = '', third = ''] = world.ranked();
    const tries: string[] = [];
    world.answer = ({ sender }) => {
      tries.push(sender);
      return [first, second].includes(sender) ? FAILED : { kind: 'sent' };
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(2 * MINUTE);
    expect(world.told()).toEqual([`${third}: +DiskFull`]);
    expect(tries.filter((name) => name === second).length).toBeGreaterThan(0);
    tries.length = 0;
    world.end('DiskFull');
    await world.clock.advance(8 * MINUTE);
    expect(world.told().slice(1)).toEqual([expect.stringMatching(/: -DiskFull$/)]);
    expect(tries).toHaveLength(1);
  });

  it('is one after the other of nine, while the first of them have no such receiver yet', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index + 1}`);
    const world = await begun({ names });
    const ranked = world.ranked();
    for (const name of ranked.slice(0, 6)) world.muzzle(name);
    world.raise('DiskFull', ['n3'], { seenBy: names });
    // The wait, and the delays of those before.
    await world.clock.advance(30_000 + 6 * 15_000 + 5000);
    expect(world.told()).toEqual([`${ranked[6]}: +DiskFull`]);
  });

  it('is one of both receivers that lead to one place', async () => {
    const world = await begun({
      receivers: [{ name: 'ops' }, { name: 'on-call', wishes: { minSeverity: 'critical' } }],
    });
    world.answer = async () => {
      await world.clock.sleep(5000);
      return { kind: 'sent' };
    };
    world.raise('EtcdGone', ['n3'], { severity: 'critical' });
    world.raise('DiskFull', ['n4']);
    await world.clock.advance(10 * MINUTE);
    expect(world.messages.map(({ alerts }) => alerts.map(({ reason }) => reason))).toEqual([['EtcdGone', 'DiskFull']]);
    const [note] = world
      .agent('n1')
      .board.notes('notified')
      .filter(({ node }) => node === world.ranked()[0]);
    expect(note?.items).toHaveLength(1);
  });

  it('tells what it alone can see, though it is none of the first', async () => {
    const world = await begun();
    const last = world.ranked()[4] ?? '';
    world.raise('SeedsUnmet', [last], { seenBy: [last] });
    await world.clock.advance(10 * MINUTE);
    expect(world.told()).toEqual([`${last}: +SeedsUnmet`]);
  });
});

describe('a partition', () => {
  const cut = async (gossipMs: number): Promise<AlertWorld> => {
    const world = await begun({ gossipMs });
    world.raise('Before', ['n1']);
    await world.clock.advance(10 * MINUTE);
    expect(world.messages).toHaveLength(1);
    world.partition(['n1', 'n2', 'n3'], ['n4', 'n5']);
    world.raise('NodesLost', ['n4', 'n5'], { seenBy: ['n1', 'n2', 'n3'] });
    world.raise('NodesLost', ['n1', 'n2', 'n3'], { seenBy: ['n4', 'n5'] });
    world.raise('Both', ['n9']);
    await world.clock.advance(10 * MINUTE);
    return world;
  };

  it.each([300, 5000])(
    'makes one message of each side, and none once it has healed but the end (gossip %i ms)',
    async (gossipMs) => {
      const world = await cut(gossipMs);
      const sides = world.messages.slice(1);
      expect(sides.map(({ view }) => `${view.members}/${view.known}`).sort()).toEqual(['2/5', '3/5']);
      for (const { alerts, view } of sides)
        expect(alerts.map(({ reason }) => reason).sort()).toEqual(
          view.members === 3 ? ['Before', 'Both', 'NodesLost'] : ['Before', 'Both', 'NodesLost'],
        );
      world.heal();
      world.end('NodesLost');
      await world.clock.advance(30 * MINUTE);
      const after = world.told().slice(3);
      expect(after.join(' ').match(/[+]NodesLost|late/g)).toBeNull();
      // What still stands is told beside the ends, of which each side knows its own.
      expect(after.join(' ').match(/-\w+/g)).toEqual(
        ['-NodesLost', '-NodesLost'].slice(0, after.join(' ').match(/-\w+/g)?.length),
      );
      await world.clock.advance(3_600_000);
      expect(world.messages).toHaveLength(3 + after.length);
      for (const name of NAMES) expect(world.agent(name).desk.told.duplicates()).toBeLessThanOrEqual(3);
    },
  );
});

describe('what could not be told', () => {
  it('is told late, once, when the receiver is back, also what is over by then', async () => {
    const world = await begun();
    world.answer = () => FAILED;
    world.raise('Passed', ['n1']);
    await world.clock.advance(5 * MINUTE);
    world.end('Passed');
    await world.clock.advance(5 * MINUTE);
    world.raise('Stands', ['n2']);
    await world.clock.advance(20 * MINUTE);
    expect(world.messages).toEqual([]);
    expect(world.notices).toEqual([expect.stringMatching(/: notifications have not reached pager for 10m/)]);
    for (const name of NAMES) {
      world.kill(name);
      world.start(name);
    }
    await world.clock.advance(5 * MINUTE);
    world.answer = () => ({ kind: 'sent' });
    await world.clock.advance(30 * MINUTE);
    expect(world.told()).toEqual([expect.stringMatching(/^n\d: \+Stands -Passed late$/)]);
  });

  it('is not kept for longer than a day', async () => {
    const world = await begun({ names: ['n1'] });
    world.answer = () => FAILED;
    world.raise('Passed', ['n1']);
    await world.clock.advance(5 * MINUTE);
    world.end('Passed');
    await world.clock.advance(25 * 3_600_000);
    world.answer = () => ({ kind: 'sent' });
    await world.clock.advance(30 * MINUTE);
    expect(world.messages).toEqual([]);
    expect(world.agent('n1').desk.kept()).toEqual([]);
  });

  it('tries ever more rarely, not before the receiver allows, and nobody but a few', async () => {
    const world = await begun();
    const tries = new Map<string, number[]>();
    world.answer = ({ sender, atMs }) => {
      tries.set(sender, [...(tries.get(sender) ?? []), atMs]);
      return { ...FAILED, retryAfterMs: 20_000 };
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(3_600_000);
    for (const times of tries.values())
      for (const [index, at] of times.entries())
        expect(at - (times[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(20_000);
    const all = [...tries.values()].reduce((sum, times) => sum + times.length, 0);
    expect(all).toBeLessThan(100);
  });

  it('is tried by the next one where one is refused, whose secret, address or clock may be right', async () => {
    const world = await begun();
    const [first, second] = world.ranked();
    world.answer = ({ sender }) => (sender === first ? REFUSED : { kind: 'sent' });
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(5 * MINUTE);
    expect(world.told()).toEqual([`${second}: +DiskFull`]);
  });

  it('is tried again every five minutes where all are refused, is never taken for told, and is noticed', async () => {
    const world = await begun();
    const tries = new Map<string, number[]>();
    world.answer = ({ sender, atMs }) => {
      tries.set(sender, [...(tries.get(sender) ?? []), atMs]);
      return REFUSED;
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(3_600_000);
    for (const times of tries.values())
      for (const [index, at] of times.entries())
        expect(at - (times[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(300_000);
    expect(world.notices).toEqual([expect.stringMatching(/: notifications have not reached pager for 1\dm.*400: no/)]);
    for (const name of NAMES) {
      const { desk } = world.agent(name);
      expect(desk.told.dump()).toEqual([]);
      expect(desk.lines.map((line) => desk.newsOf(line).length)).toEqual([1]);
    }
    world.answer = () => ({ kind: 'sent' });
    await world.clock.advance(10 * MINUTE);
    expect(world.told()).toEqual([expect.stringMatching(/: \+DiskFull late$/)]);
    const [message] = world.messages;
    expect((message?.at ?? 0) - (message?.dueAt ?? 0)).toBeGreaterThan(3_500_000);
  });

  it.each(['receiver', 'allowance'] as const)('is waited for by all where the %s asks for peace', async (holds) => {
    const world = await begun();
    const tries: number[] = [];
    world.answer = ({ atMs }) => {
      tries.push(atMs);
      return tries.length === 1
        ? { kind: 'failed', why: 'enough', retryAfterMs: 10 * MINUTE, holds }
        : { kind: 'sent' };
    };
    world.raise('DiskFull', ['n3']);
    await world.clock.advance(20 * MINUTE);
    expect(tries).toHaveLength(2);
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(new Set(world.messages.map(({ sender }) => sender))).toEqual(new Set([world.ranked()[0]]));
    const { counts } = world.agent(world.ranked()[0] ?? '').desk.lines[0] ?? {};
    expect(counts?.failed).toBe(holds === 'allowance' ? 0 : 1);
  });
});

describe('a restart of all', () => {
  it('tells nothing again, and what began meanwhile', async () => {
    const world = await begun();
    world.raise('Before', ['n1']);
    await world.clock.advance(10 * MINUTE);
    for (const name of NAMES) world.kill(name);
    await world.clock.advance(10 * MINUTE);
    world.raise('Meanwhile', ['n2']);
    for (const name of NAMES) world.start(name);
    await world.clock.advance(10 * MINUTE);
    expect(world.told().map((line) => line.slice(4))).toEqual(['+Before', '+Meanwhile +Before']);
    world.end('Before');
    await world.clock.advance(10 * MINUTE);
    expect(world.told().at(-1)?.slice(4)).toBe('-Before +Meanwhile');
  });
});

describe('a silence', () => {
  it('stays ended where who ended it is gone, and begun where who began it is gone', async () => {
    const world = await begun();
    const begin = (name: string, node: string): string => {
      const outcome = world.agent(name).silences.begin({ node, comment: 'x', forMs: 3_600_000 });
      return outcome.kind === 'begun' ? outcome.silence.id : '';
    };
    const [ended, lasting] = [begin('n2', 'w1'), begin('n3', 'w2')];
    await world.clock.advance(2000);
    expect(world.agent('n4').silences.end(ended).kind).toBe('ended');
    await world.clock.advance(5000);
    for (const name of ['n3', 'n4']) world.kill(name);
    await world.clock.advance(10_000);
    for (const name of ['n3', 'n4']) world.forget(name);
    await world.clock.advance(10_000);
    for (const name of world.running())
      expect(
        world
          .agent(name)
          .silences.list()
          .map(({ id }) => id),
      ).toEqual([lasting]);
  });

  it('can be begun and ended more often than there is room for', async () => {
    const world = await begun();
    for (let round = 0; round < 32; round += 1) {
      const outcome = world.agent('n2').silences.begin({ node: 'w1', comment: 'x', forMs: 3_600_000 });
      expect(outcome.kind).toBe('begun');
      if (outcome.kind === 'begun') expect(world.agent('n2').silences.end(outcome.silence.id).kind).toBe('ended');
    }
    expect(world.agent('n2').silences.begin({ node: 'w1', comment: 'x', forMs: 3_600_000 }).kind).toBe('begun');
    expect(world.agent('n2').silences.list()).toHaveLength(1);
  });

  it('keeps quiet on all agents, and what still stands is told when it ends', async () => {
    const world = await begun();
    const outcome = world
      .agent('n2')
      .silences.begin({ reason: 'DiskFull', node: 'n3', comment: 'new disk', forMs: 30 * MINUTE });
    expect(outcome.kind).toBe('begun');
    await world.clock.advance(2000);
    world.raise('DiskFull', ['n3']);
    world.raise('DiskFull', ['n4']);
    await world.clock.advance(20 * MINUTE);
    expect(world.messages.map(({ alerts }) => alerts.map(({ nodes }) => nodes.join()))).toEqual([['n4']]);
    await world.clock.advance(15 * MINUTE);
    expect(world.messages[1]?.alerts.map(({ nodes }) => nodes.join()).toSorted()).toEqual(['n3', 'n4']);
  });

  it('is ended by any agent, and stays so', async () => {
    const world = await begun();
    const outcome = world.agent('n2').silences.begin({ node: 'n3', comment: 'x', forMs: 30 * MINUTE });
    await world.clock.advance(2000);
    const id = outcome.kind === 'begun' ? outcome.silence.id : '';
    expect(world.agent('n4').silences.list()).toMatchObject([{ id, by: 'n2', node: 'n3', comment: 'x' }]);
    expect(world.agent('n4').silences.end(id).kind).toBe('ended');
    await world.clock.advance(2000);
    for (const name of NAMES) expect(world.agent(name).silences.list()).toEqual([]);
    expect(world.agent('n2').silences.end(id).kind).toBe('unknown-id');
  });
});
