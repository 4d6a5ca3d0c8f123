import { describe, expect, it } from 'vitest';
import { RequestFailure } from './api.ts';
import { createLive, type Link, type StreamHandlers } from './stream.ts';

/** A world whose time moves by hand: an agent that answers or does not, and a stream that opens or does not. */
function createWorld() {
  let now = 1_000_000;
  let receivedAt = -Infinity;
  let stream: StreamHandlers | undefined;
  const world = {
    link: { kind: 'connecting' } as Link,
    answers: true,
    refusal: undefined as Error | undefined,
    streams: true,
    asked: 0,
    opened: 0,
    closed: 0,
  };
  const live = createLive({
    now: () => now,
    random: () => 1,
    open(handlers) {
      world.opened += 1;
      stream = handlers;
      return () => {
        world.closed += 1;
        stream = undefined;
      };
    },
    async refresh() {
      world.asked += 1;
      if (!world.answers) throw new Error('No answer from this agent.');
      if (world.refusal !== undefined) throw world.refusal;
      receivedAt = now;
    },
    receivedAt: () => receivedAt,
    report: (link) => {
      world.link = link;
    },
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return {
    world,
    live,
    breakStream: () => stream?.failed(),
    sleep: (ms: number) => {
      now += ms;
    },
    /** Ticks every second; a stream that works delivers before each tick. */
    run: async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        now += 1000;
        if (world.streams && world.answers && stream !== undefined) {
          receivedAt = now;
          stream.heard();
        }
        if (!world.streams) stream?.failed();
        live.tick();
        await settle();
      }
    },
  };
}

describe('the link', () => {
  it('is live by the stream alone, without asking', async () => {
    const { world, run } = createWorld();
    await run(3);
    const before = world.asked;
    await run(30);
    expect(world.link).toEqual({ kind: 'live' });
    expect(world.asked).toBe(before);
    expect(world.opened).toBe(1);
  });

  it('is lost at once when the stream breaks and nobody answers', async () => {
    const { world, run, breakStream } = createWorld();
    await run(3);
    world.answers = false;
    breakStream();
    await run(1);
    expect(world.link).toEqual({ kind: 'lost', why: 'No answer from this agent.', answered: false });
  });

  it('is lost with a question for the token where the agent asks for one', async () => {
    const { world, run, breakStream } = createWorld();
    await run(3);
    world.refusal = new RequestFailure('This agent needs a token.', 401);
    breakStream();
    await run(1);
    expect(world.link).toEqual({ kind: 'lost', why: 'This agent needs a token.', answered: true, asksToken: true });
  });

  it('finds out a stream that is open and silent', async () => {
    const { world, run } = createWorld();
    await run(3);
    world.answers = false;
    await run(4);
    expect(world.link.kind).toBe('live');
    await run(2);
    expect(world.link.kind).toBe('lost');
  });

  it('comes back by itself, and asks for what it missed', async () => {
    const { world, run, breakStream } = createWorld();
    await run(3);
    world.answers = false;
    breakStream();
    await run(20);
    const asked = world.asked;
    world.answers = true;
    await run(20);
    expect(world.link).toEqual({ kind: 'live' });
    expect(world.asked).toBeGreaterThan(asked);
  });

  it('polls every five seconds where streams do not work, and tries them again ever more rarely', async () => {
    const { world, run } = createWorld();
    world.streams = false;
    await run(60);
    expect(world.link).toEqual({ kind: 'polling' });
    world.asked = 0;
    world.opened = 0;
    await run(60);
    expect(world.opened).toBeLessThanOrEqual(5);
    expect(world.asked).toBeGreaterThanOrEqual(10);
    expect(world.asked).toBeLessThanOrEqual(17);
  });

  it('is never live right after the machine slept', async () => {
    const { world, run, live, sleep } = createWorld();
    await run(3);
    world.answers = false;
    sleep(3_600_000);
    live.tick();
    expect(world.link.kind).toBe('lost');
  });
});

describe('pause and hidden pages', () => {
  it('neither asks nor listens while paused, and asks on resume', async () => {
    const { world, run, live } = createWorld();
    await run(3);
    live.pause();
    const { asked, opened } = world;
    await run(60);
    expect(world.link).toEqual({ kind: 'paused' });
    expect([world.asked, world.opened]).toEqual([asked, opened]);
    live.resume();
    await run(2);
    expect(world.link).toEqual({ kind: 'live' });
    expect(world.asked).toBeGreaterThan(asked);
  });

  it('gives the stream back while hidden and asks every 15 s', async () => {
    const { world, run, live } = createWorld();
    await run(3);
    live.setVisible(false);
    world.asked = 0;
    world.opened = 0;
    await run(60);
    expect(world.opened).toBe(0);
    expect(world.asked).toBeGreaterThanOrEqual(3);
    expect(world.asked).toBeLessThanOrEqual(5);
    expect(world.link).toEqual({ kind: 'polling' });
    live.setVisible(true);
    await run(1);
    expect(world.link).toEqual({ kind: 'live' });
  });
});
