import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type AskResult, ASK_MS, MAX_ANSWER_BYTES, MAX_QUESTION_BYTES } from '../../model/questions.ts';
import { Malformed } from '../../model/read.ts';
import { ANSWER_MS, ASKING, MAX_ANSWERED_TO_ONE, MAX_ASKED_OF_ONE } from './protocol.ts';
import { type AskerWorld, type TestAsker, createAskerWorld } from './testing.ts';

const never = new AbortController().signal;

let clock: FakeClock;
let world: AskerWorld;
let one: TestAsker;
let two: TestAsker;

/** What became of it when that time is over. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'nothing yet'> {
  let result: T | 'nothing yet' = 'nothing yet';
  void promise.then((value) => (result = value));
  await clock.advance(ms);
  return result;
}
const ask = (question: unknown, { of = 'n2', from = one, ms = 100 } = {}): Promise<AskResult | 'nothing yet'> =>
  within(ms, from.questions.ask(of, 'echo', question));
const whyOf = (result: AskResult | 'nothing yet'): string =>
  typeof result === 'object' && result.kind === 'failed' ? result.why : JSON.stringify(result);
const peersOf = ({ transport }: TestAsker): string[] => transport.peers().map(({ peerId }) => peerId);

beforeEach(async () => {
  clock = createFakeClock();
  world = createAskerWorld(clock);
  one = await world.start(1);
  two = await world.start(2);
  two.handlers.set('echo', async (question, from) => ({ question, from }));
});

describe('a question', () => {
  it('is answered by the one who is asked, who knows from whom it is', async () => {
    const question = { deep: [1, null, 'ä'] };

    expect(await ask(question)).toEqual({
      kind: 'answer',
      node: 'n2',
      value: { question, from: { node: 'n1', peerId: 'peer-1' } },
    });
    expect(one.questions.counts().asked).toEqual({ answers: 1, failed: {} });
    expect(two.questions.counts().served).toEqual({ answered: 1, refused: 0 });
  });

  it('to oneself needs nobody else', async () => {
    one.handlers.set('echo', async (question) => question);

    expect(await ask('own', { of: 'n1' })).toEqual({ kind: 'answer', node: 'n1', value: 'own' });
    expect(peersOf(one)).toEqual([]);
    one.handlers.clear();
    expect(whyOf(await ask('own', { of: 'n1' }))).toBe('unsupported');
  });

  it('has an answer of a MiB, and no longer one', async () => {
    const text = 'x'.repeat(MAX_ANSWER_BYTES - 2);
    two.handlers.set('echo', async (more) => text + String(more));

    expect(await ask('', { ms: 1000 })).toMatchObject({ kind: 'answer', value: text });
    expect(whyOf(await ask('x', { ms: 1000 }))).toBe('too-long');
    expect(whyOf(await ask('x'.repeat(MAX_QUESTION_BYTES)))).toBe('too-long');
    expect(await ask('', { ms: 1000 })).toMatchObject({ kind: 'answer' });
  });

  it.each([
    ['nobody of that name', 'unknown-node', () => ask(1, { of: 'stranger' })],
    ['somebody who is away', 'not-connected', () => ask(1, { of: 'n9' })],
    ['an agent of before', 'unsupported', async () => (await world.bare(3), ask(1, { of: 'n3' }))],
    ['somebody who knows nothing of it', 'unsupported', () => (two.handlers.clear(), ask(1))],
    ['somebody without an answer', 'refused', () => (two.handlers.set('echo', async () => undefined), ask(1))],
  ])('to %s fails as %s', async (_, why, asked) => {
    const result = await asked();

    expect(whyOf(result)).toBe(why);
    expect(result).toMatchObject({ message: expect.stringMatching(/^[a-z]/) });
  });

  it('that cannot be read or ends in a defect is refused, and only the defect is logged', async () => {
    two.handlers.set('echo', async (question) => {
      throw question === 'bad' ? new Malformed('a number') : new Error('a defect');
    });

    expect([whyOf(await ask('bad')), two.defects.length]).toEqual(['refused', 0]);
    expect([whyOf(await ask('good')), two.defects.length]).toEqual(['refused', 1]);
  });

  it('has an answer in time or none, and whoever answers is told that nobody waits', async () => {
    let isOver = false;
    two.handlers.set('echo', (_question, _from, signal) => {
      signal.addEventListener('abort', () => (isOver = true));
      return new Promise(() => {});
    });
    const asked = one.questions.ask('n2', 'echo', 1);

    expect(await within(ANSWER_MS - 10, asked)).toBe('nothing yet');
    expect(isOver).toBe(false);
    expect(whyOf(await within(30, asked))).toBe('timeout');
    expect(isOver).toBe(true);
  });

  it('ends when whoever asked wants no answer, when the way is cut, and when the agent stops', async () => {
    two.handlers.set('echo', () => new Promise(() => {}));
    const wanted = new AbortController();
    const first = one.questions.ask('n2', 'echo', 1, wanted.signal);
    await clock.advance(100);
    wanted.abort();
    expect(whyOf(await within(1, first))).toBe('aborted');
    const second = one.questions.ask('n2', 'echo', 2);
    await clock.advance(100);
    world.network.lose('peer-1', 'peer-2');
    expect(whyOf(await within(10, second))).toBe('closed');
    const third = one.questions.ask('n2', 'echo', 3);
    await clock.advance(100);
    one.questions.stop();
    expect(whyOf(await within(1, third))).toBe('aborted');
  });

  it('fails soon on a connection that is none any more, and after its time where the answer is lost', async () => {
    await ask(1);
    world.network.cut('peer-1', 'peer-2');
    expect(await ask(2, { ms: 4900 })).toBe('nothing yet');
    await clock.advance(200);
    expect(one.questions.counts().asked.failed).toEqual({ closed: 1 });
    world.network.mendAll();
    two.handlers.set('echo', async (question) => (world.network.cut('peer-2', 'peer-1'), question));

    expect(await ask(3, { ms: ASK_MS - 1 })).toBe('nothing yet');
    await clock.advance(1);
    expect(one.questions.counts().asked.failed).toEqual({ closed: 1, timeout: 1 });
  });
});

describe('an agent that asks', () => {
  it('asks one at most so many at a time, and so many a second', async () => {
    two.handlers.set('echo', () => new Promise((resolve) => clock.after(50, () => resolve(1))));
    const burst = await within(100, Promise.all(Array.from({ length: 5 }, () => one.questions.ask('n2', 'echo', 1))));
    expect(burst === 'nothing yet' ? burst : burst.filter(({ kind }) => kind === 'answer').length).toBe(
      MAX_ASKED_OF_ONE,
    );
    let answers = 0;
    for (let round = 0; round < 600; round += 1) if (whyOf(await ask(1)).includes('answer')) answers += 1;

    // A minute: what is held against peers that open streams begins at ten a second.
    expect(answers).toBeGreaterThan(150);
    expect(answers).toBeLessThanOrEqual(ASKING.burst + 60 * ASKING.perSecond);
    expect(two.questions.counts().served.refused).toBe(0);
  });
});

describe('who is no neighbour', () => {
  it('is dialled, and left half a minute after the last question', async () => {
    await ask(1);
    expect(peersOf(one)).toEqual(['peer-2']);
    await clock.advance(29_000);
    await ask(2);
    await clock.advance(29_000);
    expect([peersOf(one), one.questions.counts().visits]).toEqual([['peer-2'], 1]);
    await clock.advance(1100);

    expect([peersOf(one), peersOf(two), one.questions.counts().visits]).toEqual([[], [], 0]);
    expect(await ask(3)).toMatchObject({ kind: 'answer' });
  });

  it('is not left while it is asked, while it asks itself, and when it is a neighbour by then', async () => {
    one.handlers.set('echo', async (question) => question);
    await ask(1);
    for (let round = 0; round < 4; round += 1) {
      await clock.advance(20_000);
      expect(await ask('back', { of: 'n1', from: two })).toMatchObject({ kind: 'answer' });
    }
    expect(peersOf(one)).toEqual(['peer-2']);
    one.neighbours.add('n2');
    await clock.advance(120_000);

    expect([peersOf(one), one.questions.counts().visits]).toEqual([['peer-2'], 0]);
  });

  it('is never left where somebody else dialled it', async () => {
    void one.transport.connect(two.transport.listening(), 'peer-2', never);
    await clock.advance(100);
    await ask(1);
    await clock.advance(120_000);

    expect(peersOf(one)).toEqual(['peer-2']);
  });

  it('makes room for others: the one that was left longest ago goes', async () => {
    for (let number = 3; number <= 14; number += 1) {
      const other = await world.start(number);
      other.handlers.set('echo', async () => number);
      expect(await ask(1, { of: `n${number}` })).toMatchObject({ value: number });
    }

    expect(peersOf(one)).toEqual([7, 8, 9, 10, 11, 12, 13, 14].map((number) => `peer-${number}`));
    await clock.advance(60_000);
    expect([peersOf(one), clock.pendingTimers()]).toEqual([[], 0]);
  });

  it('is not dialled where all places are taken', async () => {
    for (let number = 3; number <= 12; number += 1)
      (await world.start(number)).handlers.set('echo', () => new Promise(() => {}));
    const asked = Array.from({ length: 10 }, (_, at) => one.questions.ask(`n${at + 3}`, 'echo', 1));
    const results = await within(ASK_MS + 100, Promise.all(asked));

    expect(results === 'nothing yet' ? [] : results.map(whyOf).filter((why) => why === 'not-connected')).toHaveLength(
      2,
    );
  });
});

describe('an agent that is asked by many', () => {
  it('answers so many at a time, and again when those are over', async () => {
    const others: TestAsker[] = [];
    for (let number = 3; number <= 14; number += 1) others.push(await world.start(number));
    two.handlers.set('echo', () => new Promise((resolve) => clock.after(500, () => resolve('done'))));
    const all = (): Promise<AskResult[]> => Promise.all(others.map(({ questions }) => questions.ask('n2', 'echo', 1)));
    const first = await within(1000, all());
    const told = first === 'nothing yet' ? [] : first.map(whyOf);

    expect(told.filter((why) => why === 'busy')).toHaveLength(4);
    const again = await within(1000, all());
    expect(again === 'nothing yet' ? 0 : again.filter(({ kind }) => kind === 'answer').length).toBe(8);
    expect(MAX_ANSWERED_TO_ONE).toBeLessThan(8);
  });
});
