import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { load } from '../../base/config/testing.ts';
import { createLog } from '../../base/log.ts';
import type { Receiver } from '../types.ts';
import type { Post, PostAnswer, PostRequest } from './post.ts';
import { createReceivers } from './receivers.ts';
import { aNotification, alerts, memoryFiles } from './testing.ts';

const SIGNAL = new AbortController().signal;
const OK: PostAnswer = { kind: 'answer', status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
const ROBOT = { name: 'group', dingtalk: { tokenFile: '/token', secretFile: '/secret' } };

interface Setup {
  readonly receivers: readonly Receiver[];
  readonly requests: PostRequest[];
  readonly texts: Map<string, string>;
}

function setUp(
  settings: readonly object[],
  { clock = createFakeClock(), answer = () => OK }: { clock?: FakeClock; answer?: () => PostAnswer } = {},
): Setup {
  const requests: PostRequest[] = [];
  const post: Post = async (request) => {
    requests.push(request);
    return answer();
  };
  const texts = new Map([
    ['/token', 't0ken\n'],
    ['/secret', 'SECtest\n'],
    ['/url', 'https://hooks.example.org/services/T0/B0/s3cretpath\n'],
    ['/hmac', 'hmac-secret'],
  ]);
  const { receivers } = load({ env: { MEERKAT_NOTIFICATIONS_RECEIVERS: JSON.stringify(settings) } }).notifications;
  const made = createReceivers(receivers, {
    clock,
    log: createLog('silent', 'm1'),
    random: () => 0.5,
    files: memoryFiles(texts),
    post,
    clusterName: 'prod',
    templates: {},
  });
  return { receivers: made, requests, texts };
}

const first = ({ receivers }: Setup): Receiver => {
  const [one] = receivers;
  if (one === undefined) throw new Error('there is no receiver');
  return one;
};

describe('a destination', () => {
  const destinations = (setup: Setup): string[] => setup.receivers.map(({ destination }) => destination);

  it('is the same on every agent and under every name, and another for another place', () => {
    const settings = [
      ROBOT,
      { ...ROBOT, name: 'again', perMinute: 3 },
      { name: 'other', dingtalk: { tokenFile: '/secret' } },
      { name: 'hook', webhook: { url: 'https://a/hook' } },
      { name: 'signed', webhook: { url: 'https://a/hook', secretFile: '/hmac' } },
      { name: 'file', webhook: { urlFile: '/url' } },
      { name: 'am', alertmanager: { urls: ['http://a:9093', 'http://b:9093'] } },
      { name: 'ma', alertmanager: { urls: ['http://b:9093/', 'http://a:9093/'] } },
    ];
    const [robot, again, other, hook, signed, file, am, ma] = destinations(setUp(settings));
    expect(robot).toBe(again);
    expect(hook).toBe(signed);
    expect(am).toBe(ma);
    expect(new Set([robot, other, hook, file, am])).toHaveLength(5);
    expect(destinations(setUp(settings))).toEqual([robot, again, other, hook, signed, file, am, ma]);
    for (const one of [robot, file, am]) expect(one).toMatch(/^[0-9a-f]{16}$/);
  });

  it('follows a token that is replaced', async () => {
    const setup = setUp([ROBOT]);
    const [before] = destinations(setup);
    setup.texts.set('/token', 'another');
    await first(setup).send(aNotification(), SIGNAL);
    expect(destinations(setup)).not.toContain(before);
    expect(setup.requests[0]?.url).toContain('access_token=another&');
  });
});

describe('sending', () => {
  it('signs anew each time', async () => {
    const clock = createFakeClock();
    const setup = setUp([ROBOT], { clock });
    await first(setup).send(aNotification(), SIGNAL);
    await clock.advance(1000);
    await first(setup).send(aNotification(), SIGNAL);
    const [one, other] = setup.requests.map(({ url }) => new URL(url).searchParams);
    for (const query of [one, other]) {
      expect([...(query?.keys() ?? [])]).toEqual(['access_token', 'timestamp', 'sign']);
    }
    expect(Number(other?.get('timestamp')) - Number(one?.get('timestamp'))).toBe(1000);
    expect(other?.get('sign')).not.toBe(one?.get('sign'));
  });

  it('posts to a webhook with signature, name and deadline', async () => {
    const setup = setUp([{ name: 'hook', webhook: { urlFile: '/url', secretFile: '/hmac' }, timeoutSeconds: 3 }]);
    await expect(first(setup).send(aNotification(), SIGNAL)).resolves.toEqual({ kind: 'sent' });
    const [request] = setup.requests;
    expect(request?.url).toBe('https://hooks.example.org/services/T0/B0/s3cretpath');
    expect(request?.timeoutMs).toBe(3000);
    expect(request?.headers).toEqual({
      'x-meerkat-notification': 'ops-00000000000000aa',
      'x-signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
    });
  });

  it('never gives a secret away, whatever the server answers', async () => {
    const words: unknown[] = [];
    for (const [settings, echo] of [
      [ROBOT, 't0ken SECtest'],
      [{ name: 'hook', webhook: { urlFile: '/url', secretFile: '/hmac' } }, '/services/T0/B0/s3cretpath hmac-secret'],
    ] as const) {
      for (const answer of [
        { kind: 'answer', status: 200, body: JSON.stringify({ errcode: 310_000, errmsg: echo }) },
        { kind: 'answer', status: 200, body: echo },
        { kind: 'answer', status: 400, body: echo },
        { kind: 'answer', status: 500, body: echo.replaceAll('/', String.raw`\/`) },
        { kind: 'none', why: echo },
      ] satisfies PostAnswer[]) {
        const receiver = first(setUp([settings], { answer: () => answer }));
        words.push(await receiver.send(aNotification(), SIGNAL), receiver);
      }
    }
    expect(words).toHaveLength(20);
    expect(JSON.stringify(words)).not.toMatch(/t0ken|SECtest|s3cretpath|hmac-secret/);
  });

  it('says which file is missing and tries again', async () => {
    const setup = setUp([ROBOT]);
    setup.texts.delete('/secret');
    await expect(first(setup).send(aNotification(), SIGNAL)).resolves.toEqual({
      kind: 'failed',
      why: '/secret is not there',
      retryAfterMs: 30_000,
    });
    setup.texts.set('/secret', 'SECtest');
    await expect(first(setup).send(aNotification(), SIGNAL)).resolves.toEqual({ kind: 'sent' });
    expect(setup.requests).toHaveLength(1);
  });
});

describe('a robot that takes 20 a minute', () => {
  /** As DingTalk does: too many, and it takes none for ten minutes. */
  const robot = (clock: FakeClock) => {
    const [asked, taken]: [number[], number[]] = [[], []];
    let blockedUntil = 0;
    const answer = (): PostAnswer => {
      const now = clock.monotonic();
      asked.push(now);
      if (asked.filter((at) => at > now - 60_000).length > 20) blockedUntil = now + 600_000;
      const errcode = now < blockedUntil ? 130_101 : 0;
      if (errcode === 0) taken.push(now);
      return { kind: 'answer', status: 200, body: JSON.stringify({ errcode, errmsg: '' }) };
    };
    return { asked, taken, answer };
  };

  /** Each alert in a message of its own, tried again when its receiver says so. */
  const sendAll = async (receiver: Receiver, count: number, clock: FakeClock, forMs: number): Promise<number> => {
    let delivered = 0;
    const sendOne = async (index: number): Promise<void> => {
      for (let tries = 0; tries < 100; tries += 1) {
        const outcome = await receiver.send(
          aNotification({ id: `n${index}`, alerts: alerts(1, { fingerprint: `${index}` }) }),
          SIGNAL,
        );
        if (outcome.kind === 'sent') delivered += 1;
        if (outcome.kind !== 'failed') return;
        await clock.sleep(outcome.retryAfterMs ?? 1000);
      }
    };
    const all = Array.from({ length: count }, (_, index) => sendOne(index));
    await clock.advance(forMs);
    await Promise.all(all);
    return delivered;
  };

  it('gets 25 alerts within three minutes of a start, never more than 15 a minute, and all of them', async () => {
    const clock = createFakeClock();
    const { asked, taken, answer } = robot(clock);
    const setup = setUp([ROBOT], { clock, answer });
    expect(await sendAll(first(setup), 25, clock, 180_000)).toBe(25);
    expect(asked).toEqual(taken);
    expect(asked.filter((at) => at < 60_000)).toHaveLength(5);
    expect(Math.max(...asked.map((from) => asked.filter((at) => at >= from && at < from + 60_000).length))).toBe(15);
  });

  it('gets 15 of 25 in the minute they come in, when the agent has run for a while', async () => {
    const clock = createFakeClock();
    const { asked, answer } = robot(clock);
    const setup = setUp([ROBOT], { clock, answer });
    await clock.advance(60_000);
    expect(await sendAll(first(setup), 25, clock, 120_000)).toBe(25);
    expect(asked.filter((at) => at < 120_000)).toHaveLength(15);
  });

  it('takes no more than 20 a minute over a restart', async () => {
    const clock = createFakeClock();
    const { asked, taken, answer } = robot(clock);
    const before = setUp([ROBOT], { clock, answer });
    await clock.advance(60_000);
    for (let count = 0; count < 40; count += 1) await first(before).send(aNotification(), SIGNAL);
    const after = setUp([ROBOT], { clock, answer });
    for (let count = 0; count < 40; count += 1) await first(after).send(aNotification(), SIGNAL);
    expect(asked).toHaveLength(20);
    expect(taken).toHaveLength(20);
  });

  it('is left alone for ten minutes when it says so, under every name', async () => {
    const clock = createFakeClock();
    let code = 130_101;
    const answer = (): PostAnswer => ({ kind: 'answer', status: 200, body: JSON.stringify({ errcode: code }) });
    const setup = setUp([ROBOT, { ...ROBOT, name: 'again' }], { clock, answer });
    await expect(first(setup).send(aNotification(), SIGNAL)).resolves.toMatchObject({ retryAfterMs: 600_000 });
    code = 0;
    await clock.advance(599_999);
    for (const receiver of setup.receivers) {
      await expect(receiver.send(aNotification(), SIGNAL)).resolves.toMatchObject({ kind: 'failed' });
    }
    expect(setup.requests).toHaveLength(1);
    await clock.advance(1);
    await expect(first(setup).send(aNotification(), SIGNAL)).resolves.toEqual({ kind: 'sent' });
  });
});
