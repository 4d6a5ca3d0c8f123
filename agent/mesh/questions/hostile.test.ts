/** Peers that break the rules of questions: none of them costs more than its own streams. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { ASK_MS } from '../../model/questions.ts';
import type { MemoryTransport } from '../transport/memory/transport.ts';
import type { FrameLimits, FrameStream } from '../transport/types.ts';
import {
  ANSWERING,
  ASK_PROTOCOL,
  FRAME_LIMITS,
  MAX_FRAME_BYTES,
  MAX_QUESTION_FRAME_BYTES,
  STREAM_LIMITS,
} from './protocol.ts';
import { type AskerWorld, type TestAsker, createAskerWorld } from './testing.ts';

const never = new AbortController().signal;
/** What a peer that keeps no limits may send. */
const NO_LIMITS = { maxFrameBytes: 1 << 24, maxBufferedBytes: 1 << 24 };

let clock: FakeClock;
let world: AskerWorld;
let agent: TestAsker;
let evil: MemoryTransport;
let asked = 0;

const text = (kind: number, json: string): Uint8Array => Buffer.concat([Buffer.of(kind), Buffer.from(json)]);
const full = (kind: number): Uint8Array => new Uint8Array(MAX_FRAME_BYTES).fill(32).fill(kind, 0, 1);

beforeEach(async () => {
  clock = createFakeClock();
  world = createAskerWorld(clock);
  agent = await world.start(1);
  evil = await world.bare(2);
  asked = 0;
  agent.handlers.set('echo', async (question) => ((asked += 1), question));
  void evil.connect(agent.transport.listening(), 'peer-1', never);
  await clock.advance(20);
});

describe('a peer that answers', () => {
  const GOOD = text(3, '"fine"');
  const ask = async (...frames: readonly Uint8Array[]): Promise<string> => {
    evil.handle(ASK_PROTOCOL, { ...STREAM_LIMITS, ...NO_LIMITS, deadlineMs: 60_000 }, async (stream) => {
      await stream.receive(never);
      for (const frame of frames) await stream.send(frame, never);
      await stream.receive(never);
    });
    const result = agent.questions.ask('n2', 'echo', 1);
    await clock.advance(ASK_MS + 1);
    const told = await result;
    return told.kind === 'answer' ? JSON.stringify(told.value) : told.why;
  };
  const random = createRandom(5);
  const noise = Uint8Array.from({ length: 5000 }, () => random.integer(256));

  it.each([
    ['properly', [GOOD], '"fine"', []],
    ['with nothing', [], 'timeout', []],
    ['with an empty frame', [new Uint8Array()], 'malformed', ['peer-2 malformed']],
    ['with noise', [noise], 'malformed', ['peer-2 malformed']],
    ['with no JSON', [text(3, '{"a":')], 'malformed', ['peer-2 malformed']],
    ['with no UTF-8', [Uint8Array.of(3, 34, 0xff, 34)], 'malformed', ['peer-2 malformed']],
    ['with crumbs', [text(2, '['), text(3, ']')], 'malformed', ['peer-2 malformed']],
    ['with a frame that is too long', [new Uint8Array(MAX_FRAME_BYTES + 1).fill(2)], 'malformed', ['peer-2 oversize']],
    ['without end', Array.from({ length: 40 }, () => full(2)), 'malformed', ['peer-2 malformed']],
    ['and stops in the middle', [full(2)], 'timeout', []],
    ['that it refuses, for a reason of later', [Uint8Array.of(4, 99)], 'refused', []],
    ['and then refuses', [full(2), Uint8Array.of(4, 1)], 'malformed', ['peer-2 malformed']],
    ['with more after the end', [GOOD, GOOD, full(2), full(2)], '"fine"', []],
    ['with a very deep value', [text(3, '['.repeat(60_000))], 'malformed', ['peer-2 malformed']],
  ])('%s', async (_, frames, told, misdeeds) => {
    expect(await ask(...frames)).toBe(told);
    expect([agent.misdeeds, agent.defects]).toEqual([misdeeds, []]);
    expect(await agent.questions.ask('n1', 'echo', 'still here')).toMatchObject({ value: 'still here' });
  });
});

describe('a peer that asks', () => {
  const open = async (limits: FrameLimits = NO_LIMITS): Promise<FrameStream | undefined> => {
    const opened = evil.open('peer-1', ASK_PROTOCOL, limits, never);
    await clock.advance(10);
    const result = await opened;
    return result.kind === 'open' ? result.stream : undefined;
  };
  /** First byte and second of what comes back, and how it ends. */
  const say = async (...frames: readonly Uint8Array[]): Promise<string> => {
    const stream = await open();
    for (const frame of frames) void stream?.send(frame, never);
    await clock.advance(100);
    const received = await stream?.receive(AbortSignal.abort());
    return received?.kind === 'frame' ? received.bytes.slice(0, 2).join() : (received?.kind ?? 'none');
  };

  it.each([
    ['noise', [Uint8Array.of(9, 9, 9)], 'malformed'],
    ['an empty frame', [new Uint8Array()], 'malformed'],
    ['no JSON', [text(1, '["echo",')], 'malformed'],
    ['no array', [text(1, '{"0":"echo"}')], 'malformed'],
    ['nothing', [text(1, '["echo"]')], 'malformed'],
    ['a subject that is none', [text(1, '["../etc",1]')], 'malformed'],
    ['a subject that is no text', [text(1, '[["echo"],1]')], 'malformed'],
    ['too much', [text(1, `["echo","${'x'.repeat(MAX_QUESTION_FRAME_BYTES)}"]`)], 'oversize'],
    ['far too much', [new Uint8Array(MAX_FRAME_BYTES + 1)], 'oversize'],
  ])('%s gets nothing, and it is held against it', async (_, frames, misdeed) => {
    expect(await say(...frames)).toBe('failed');
    expect([agent.misdeeds, asked, agent.defects]).toEqual([[`peer-2 ${misdeed}`], 0, []]);
  });

  it('on what nobody knows is told so', async () => {
    expect(await say(text(1, '["other",1]'))).toBe('4,2');
    expect(agent.misdeeds).toEqual([]);
  });

  it('opens a hundred streams and says nothing: four wait for two seconds, the others are told to come later', async () => {
    const streams: FrameStream[] = [];
    for (let count = 0; count < 100; count += 1) {
      const stream = await open();
      if (stream !== undefined) streams.push(stream);
    }
    const told = await Promise.all(streams.map((stream) => stream.receive(AbortSignal.abort())));
    const busy = told.filter((one) => one.kind === 'frame' && one.bytes[0] === 4 && one.bytes[1] === 1);
    expect([streams.length, busy.length]).toEqual([100, 96]);
    const good = await world.start(3);
    const answer = good.questions.ask('n1', 'echo', 'mine');
    await clock.advance(100);
    expect(await answer).toMatchObject({ kind: 'answer', value: 'mine' });
    await clock.advance(12_000);

    expect(agent.questions.counts().served).toEqual({ answered: 1, refused: 100 });
    expect(await say(text(1, '["echo",1]'))).toBe('3,49');
  });

  it('without end is answered no more than so often', async () => {
    for (let count = 0; count < 600; count += 1) await say(text(1, '["echo",1]'));

    // 600 questions in 66 s.
    expect(asked).toBeLessThanOrEqual(ANSWERING.burst + 67 * ANSWERING.perSecond);
    expect(asked).toBeGreaterThan(200);
    expect(agent.questions.counts().served).toEqual({ answered: asked, refused: 600 - asked });
  });

  it('and does not read a long answer keeps its place until the end of the time, and no longer', async () => {
    agent.handlers.set('echo', async () => 'x'.repeat(900_000));
    const stream = await open(FRAME_LIMITS);
    void stream?.send(text(1, '["echo",1]'), never);
    await clock.advance(ASK_MS + 2000);

    expect(agent.questions.counts().served).toEqual({ answered: 0, refused: 1 });
    expect(clock.pendingTimers()).toBe(0);
  });

  it('is not answered by an agent that stops', async () => {
    agent.questions.stop();

    expect(await say(text(1, '["echo",1]'))).toBe('4,1');
    expect(asked).toBe(0);
  });
});
