/** What every transport promises, as tests that run over each of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../agent/base/clock.ts';
import type { FrameStream, StreamLimits, Transport, TransportEvent } from '../../../agent/mesh/transport/types.ts';

export interface Harness {
  readonly clock: Clock;
  /** A started transport; `key` names the cluster key. */
  make(options?: { readonly key?: string; readonly keys?: readonly string[] }): Promise<Transport>;
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until the condition holds. @throws Error when it does not. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets this much time pass. */
  pass(durationMs: number): Promise<void>;
  stop(): Promise<void>;
}

export const TOPIC = '/meerkat/events/1';
const ECHO = '/meerkat/echo/1';
const LIMITS: StreamLimits = {
  maxFrameBytes: 64 * 1024,
  maxBufferedBytes: 128 * 1024,
  maxStreamsPerPeer: 2,
  deadlineMs: 4000,
};
const never = new AbortController().signal;
const soon = (): AbortSignal => AbortSignal.timeout(20_000);
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

export function transportContract(name: string, setUp: () => Promise<Harness>): void {
  describe(`${name} as a transport`, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await setUp();
    });
    afterEach(() => harness.stop());

    const connect = async (one: Transport, other: Transport): Promise<void> => {
      const { peer } = await harness.run(one.connect(other.listening(), other.peerId, soon()));
      expect(peer?.peerId).toBe(other.peerId);
      await harness.until(() => other.peers().some(({ peerId }) => peerId === one.peerId), 'both sides know');
    };
    const pair = async (): Promise<[Transport, Transport]> => {
      const transports: [Transport, Transport] = [await harness.make(), await harness.make()];
      await connect(...transports);
      return transports;
    };
    const open = async (from: Transport, to: Transport, limits = LIMITS): Promise<FrameStream> => {
      const result = await harness.run(from.open(to.peerId, ECHO, limits, soon()));
      if (result.kind !== 'open') throw new Error(`not opened: ${result.why}`);
      return result.stream;
    };
    const echo = (transport: Transport, limits = LIMITS): void =>
      transport.handle(ECHO, limits, async (stream, signal) => {
        for (;;) {
          const frame = await stream.receive(signal);
          if (frame.kind !== 'frame') return;
          await stream.send(frame.bytes, signal);
        }
      });

    describe('connecting', () => {
      it('tells both sides, with address and direction', async () => {
        const [a, b] = [await harness.make(), await harness.make()];
        const events: TransportEvent[] = [];
        b.watch((event) => events.push(event));
        const result = await harness.run(a.connect(b.listening(), b.peerId, soon()));
        expect(result.peer).toEqual({ peerId: b.peerId, address: b.listening()[0], direction: 'outbound' });
        expect(result.attempts).toEqual([{ address: b.listening()[0], outcome: 'connected', peerId: b.peerId }]);
        await harness.until(() => events.length > 0, 'the other side is told');
        expect(events).toMatchObject([{ kind: 'connected', peerId: a.peerId, direction: 'inbound' }]);
        expect(b.peers()).toMatchObject([{ peerId: a.peerId, direction: 'inbound' }]);
      });

      it('does not dial a peer that is connected', async () => {
        const [a, b] = await pair();
        const again = await harness.run(a.connect(b.listening(), b.peerId, soon()));
        expect(again).toMatchObject({ peer: { peerId: b.peerId }, attempts: [] });
        const back = await harness.run(b.connect(a.listening(), a.peerId, soon()));
        expect(back).toMatchObject({ peer: { peerId: a.peerId, direction: 'inbound' }, attempts: [] });
      });

      it('finds out who is behind an address', async () => {
        const [a, b] = [await harness.make(), await harness.make()];
        const { peer } = await harness.run(a.connect(b.listening().slice(0, 1), undefined, soon()));
        expect(peer?.peerId).toBe(b.peerId);
      });

      it('tells another peer than the expected one, and stays unconnected', async () => {
        const [a, b, c] = [await harness.make(), await harness.make(), await harness.make()];
        const [address = ''] = b.listening();
        const result = await harness.run(a.connect([address], c.peerId, soon()));
        expect(result).toEqual({ attempts: [{ address, outcome: 'wrong-peer', peerId: b.peerId }] });
        await harness.pass(50);
        expect([a.peers(), b.peers()]).toEqual([[], []]);
      });

      it('goes on to the next address', async () => {
        const [a, b, c] = [await harness.make(), await harness.make(), await harness.make()];
        const [wrong = ''] = c.listening();
        const [right = ''] = b.listening();
        const result = await harness.run(a.connect(['node-1:7576', '127.0.0.1:1', wrong, right], b.peerId, soon()));
        expect(result.attempts.map(({ outcome }) => outcome)).toEqual([
          'invalid',
          'refused',
          'wrong-peer',
          'connected',
        ]);
        expect(result.peer?.address).toBe(right);
      });

      it('knows its own address', async () => {
        const [a, b] = [await harness.make(), await harness.make()];
        const [address = ''] = a.listening();
        for (const expected of [undefined, b.peerId]) {
          const result = await harness.run(a.connect([address], expected, soon()));
          expect(result.attempts).toEqual([{ address, outcome: 'self', peerId: a.peerId }]);
        }
        expect(a.peers()).toEqual([]);
      });

      it('stops at the signal', async () => {
        const [a, b] = [await harness.make(), await harness.make()];
        const result = await harness.run(a.connect(b.listening(), b.peerId, AbortSignal.abort()));
        expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['aborted']);
      });

      it('admits who shares one of the keys', async () => {
        const old = await harness.make({ keys: ['old'] });
        const both = await harness.make({ keys: ['new', 'old'] });
        const next = await harness.make({ keys: ['new'] });
        await connect(old, both);
        await connect(next, both);
        const [address = ''] = next.listening();
        const result = await harness.run(old.connect([address], next.peerId, soon()));
        expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['not-admitted']);
        expect(result.peer).toBeUndefined();
        await harness.until(() => next.counts().refused.stranger === 1, 'the refusal is counted');
      });

      it('ends with one connection when both dial at once', async () => {
        for (let round = 0; round < 5; round += 1) {
          const [a, b] = [await harness.make(), await harness.make()];
          a.subscribe(
            TOPIC,
            () => 'accept',
            () => {},
          );
          await harness.run(
            Promise.all([a.connect(b.listening(), b.peerId, soon()), b.connect(a.listening(), a.peerId, soon())]),
          );
          await harness.until(() => a.peers().length === 1 && b.peers().length === 1, 'they are connected');
          await harness.pass(200);
          expect([a.peers().length, b.peers().length]).toEqual([1, 1]);
          expect(a.peers()[0]?.direction).not.toBe(b.peers()[0]?.direction);
        }
      });
    });

    describe('disconnecting', () => {
      it('says whose doing it was', async () => {
        const [a, b] = await pair();
        const events: TransportEvent[] = [];
        a.watch((event) => events.push(event));
        b.watch((event) => events.push(event));
        await harness.run(a.disconnect(b.peerId));
        await harness.until(() => events.length === 2, 'both are told');
        expect(events).toContainEqual({ kind: 'disconnected', peerId: b.peerId, why: 'local' });
        expect(events).toContainEqual({ kind: 'disconnected', peerId: a.peerId, why: 'remote' });
        expect([a.peers(), b.peers()]).toEqual([[], []]);
      });

      it('is told to nobody who stopped watching', async () => {
        const [a, b] = await pair();
        const events: TransportEvent[] = [];
        a.watch((event) => events.push(event))();
        await harness.run(b.stop());
        await harness.until(() => a.peers().length === 0, 'the peer is gone');
        expect(events).toEqual([]);
      });

      it('of a stranger does nothing', async () => {
        const [a, b] = [await harness.make(), await harness.make()];
        await harness.run(a.disconnect(b.peerId));
        expect(a.peers()).toEqual([]);
      });
    });

    describe('streams', () => {
      it('carry frames both ways and end in order', async () => {
        const [a, b] = await pair();
        echo(b);
        const stream = await open(a, b);
        expect(stream.peerId).toBe(b.peerId);
        for (const frame of ['one', '', 'three'])
          expect(await harness.run(stream.send(text(frame), never))).toBe('sent');
        await stream.close();
        const received: string[] = [];
        for (;;) {
          const result = await harness.run(stream.receive(soon()));
          if (result.kind === 'frame') received.push(Buffer.from(result.bytes).toString());
          else {
            expect(result).toEqual({ kind: 'end' });
            break;
          }
        }
        expect(received).toEqual(['one', '', 'three']);
        expect(await harness.run(stream.send(text('late'), never))).toBe('closed');
      });

      it('are refused where nobody handles them and where nobody is connected', async () => {
        const [a, b] = await pair();
        const c = await harness.make();
        expect(await harness.run(a.open(b.peerId, '/nobody/1', LIMITS, soon()))).toEqual({
          kind: 'failed',
          why: 'unsupported',
        });
        expect(await harness.run(a.open(c.peerId, ECHO, LIMITS, soon()))).toEqual({
          kind: 'failed',
          why: 'not-connected',
        });
        expect(await harness.run(a.open(b.peerId, ECHO, LIMITS, AbortSignal.abort()))).toEqual({
          kind: 'failed',
          why: 'aborted',
        });
      });

      it('end at a frame above the limit, on the side that sends and on the side that receives', async () => {
        const [a, b] = await pair();
        const ends: string[] = [];
        b.handle(ECHO, { ...LIMITS, maxFrameBytes: 10 }, async (stream, signal) => {
          const result = await stream.receive(signal);
          ends.push(result.kind === 'failed' ? result.why : result.kind);
        });
        const stream = await open(a, b);
        expect(await harness.run(stream.send(new Uint8Array(LIMITS.maxFrameBytes + 1), never))).toBe('too-large');
        expect(await harness.run(stream.send(new Uint8Array(11), never))).toBe('sent');
        await harness.until(() => ends.length === 1, 'the frame is refused');
        expect(ends).toEqual(['too-large']);
        expect(await harness.run(stream.receive(soon()))).toEqual({ kind: 'failed', why: 'closed' });
      });

      it('make a fast sender wait for a slow reader', async () => {
        const [a, b] = await pair();
        let go: () => void = () => {};
        let received = 0;
        b.handle(ECHO, { ...LIMITS, deadlineMs: 60_000 }, async (stream, signal) => {
          await new Promise<void>((resolve) => (go = resolve));
          for (;;) {
            const result = await stream.receive(signal);
            if (result.kind !== 'frame') return;
            received += result.bytes.length;
          }
        });
        const stream = await open(a, b);
        const frame = new Uint8Array(LIMITS.maxFrameBytes);
        const total = 64;
        let sent = 0;
        const sending = (async () => {
          while (sent < total && (await stream.send(frame, never)) === 'sent') sent += 1;
          await stream.close();
        })();
        await harness.pass(500);
        // 128 KiB here, at most two windows of 256 KiB under way, and a frame at either end.
        expect(sent * frame.length).toBeLessThanOrEqual(1024 * 1024);
        go();
        await harness.run(sending);
        await harness.until(() => received === total * frame.length, 'all arrives');
      });

      it('give a slow reader all of a long answer, also after it closed its own side', async () => {
        const [a, b] = await pair();
        const frames = 32;
        b.handle(ECHO, { ...LIMITS, deadlineMs: 60_000 }, async (stream, signal) => {
          expect(await stream.receive(signal)).toMatchObject({ kind: 'frame' });
          expect(await stream.receive(signal)).toEqual({ kind: 'end' });
          for (let sent = 0; sent < frames; sent += 1) await stream.send(new Uint8Array(LIMITS.maxFrameBytes), signal);
        });
        const stream = await open(a, b);
        await harness.run(stream.send(text('everything'), never));
        await stream.close();
        let received = 0;
        for (;;) {
          await harness.pass(100);
          const result = await harness.run(stream.receive(soon()));
          if (result.kind !== 'frame') {
            expect(result).toEqual({ kind: 'end' });
            break;
          }
          received += 1;
        }
        expect(received).toBe(frames);
        expect(b.counts().handlersFailed).toBe(0);
      });

      it('are taken from a peer that does not close its side, once nobody reads any more', async () => {
        const [a, b] = await pair();
        b.handle(ECHO, LIMITS, () => Promise.resolve());
        const stream = await open(a, b);
        expect(await harness.run(stream.receive(soon()))).toEqual({ kind: 'end' });
        let sent = 0;
        const from = harness.clock.monotonic();
        while ((await harness.run(stream.send(text('more'), never))) === 'sent') {
          sent += 1;
          await harness.pass(100);
        }
        expect(harness.clock.monotonic() - from).toBeLessThan(4000);
        expect(sent).toBeGreaterThan(5);
      });

      it('let go at the signal and stay usable', async () => {
        const [a, b] = await pair();
        echo(b);
        const stream = await open(a, b);
        const controller = new AbortController();
        const waiting = stream.receive(controller.signal);
        controller.abort();
        expect(await harness.run(waiting)).toEqual({ kind: 'aborted' });
        expect(await harness.run(stream.send(text('x'), AbortSignal.abort()))).toBe('aborted');
        await harness.run(stream.send(text('y'), never));
        expect(await harness.run(stream.receive(soon()))).toEqual({ kind: 'frame', bytes: text('y') });
        stream.abort();
      });

      it('fail when the connection goes', async () => {
        const [a, b] = await pair();
        echo(b);
        const stream = await open(a, b);
        const waiting = stream.receive(soon());
        await harness.run(b.disconnect(a.peerId));
        expect(await harness.run(waiting)).toMatchObject({ kind: 'failed' });
      });

      it('are taken from a handler that misses its deadline or fails', async () => {
        const [a, b] = await pair();
        b.handle(ECHO, { ...LIMITS, deadlineMs: 300 }, (_stream, signal) => {
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
        });
        b.handle('/fails/1', LIMITS, () => Promise.reject(new Error('a defect')));
        const slow = await open(a, b);
        expect(await harness.run(slow.receive(soon()))).toMatchObject({ kind: 'failed' });
        const failing = await harness.run(a.open(b.peerId, '/fails/1', LIMITS, soon()));
        if (failing.kind === 'open')
          expect(await harness.run(failing.stream.receive(soon()))).toMatchObject({ kind: 'failed' });
        await harness.until(() => b.counts().handlersFailed === 2, 'both are counted');
      });

      it('are limited in number', async () => {
        const [a, b] = await pair();
        echo(b);
        const streams = [await open(a, b), await open(a, b)];
        const third = await harness.run(a.open(b.peerId, ECHO, LIMITS, soon()));
        if (third.kind === 'open')
          expect(await harness.run(third.stream.receive(soon()))).toMatchObject({ kind: 'failed' });
        for (const stream of streams) {
          await harness.run(stream.send(text('still'), never));
          expect(await harness.run(stream.receive(soon()))).toMatchObject({ kind: 'frame' });
          await stream.close();
          expect(await harness.run(stream.receive(soon()))).toEqual({ kind: 'end' });
        }
        echoOnce(await open(a, b));
      });

      const echoOnce = (stream: FrameStream): void => stream.abort();
    });

    describe('broadcasts', () => {
      it('reach everybody, also over others, once, and not their author', async () => {
        const [a, b, c] = [await harness.make(), await harness.make(), await harness.make()];
        const got = [a, b, c].map((transport) => {
          const messages: string[] = [];
          transport.subscribe(
            TOPIC,
            () => 'accept',
            (bytes) => messages.push(Buffer.from(bytes).toString()),
          );
          return messages;
        });
        await connect(a, b);
        await connect(b, c);
        await harness.pass(1500);
        expect(await harness.run(a.publish(TOPIC, text('hello')))).toMatchObject({ kind: 'published' });
        await harness.until(() => got[2]?.length === 1, 'the last one has it');
        expect(await harness.run(a.publish(TOPIC, text('hello')))).toEqual({ kind: 'duplicate' });
        await harness.pass(300);
        expect(got).toEqual([[], ['hello'], ['hello']]);
      });

      it('end at who ignores or rejects them', async () => {
        const [a, b, c] = [await harness.make(), await harness.make(), await harness.make()];
        const got: string[] = [];
        a.subscribe(
          TOPIC,
          () => 'accept',
          () => {},
        );
        b.subscribe(
          TOPIC,
          (bytes) => (bytes[0] === 0x69 ? 'ignore' : bytes[0] === 0x72 ? 'reject' : 'accept'),
          (bytes) => got.push(`b ${Buffer.from(bytes).toString()}`),
        );
        c.subscribe(
          TOPIC,
          () => 'accept',
          (bytes) => got.push(`c ${Buffer.from(bytes).toString()}`),
        );
        await connect(a, b);
        await connect(b, c);
        await harness.pass(1500);
        for (const message of ['ignored', 'rejected', 'good']) await harness.run(a.publish(TOPIC, text(message)));
        await harness.until(() => got.length >= 2, 'the good one arrives');
        await harness.pass(300);
        expect(got.sort()).toEqual(['b good', 'c good']);
        expect(b.counts().messages).toEqual({ accepted: 1, ignored: 1, rejected: 1 });
      });

      it('of one alone are no failure; of unknown topics and after the stop they are', async () => {
        const a = await harness.make();
        a.subscribe(
          TOPIC,
          () => 'accept',
          () => {},
        );
        expect(await harness.run(a.publish(TOPIC, text('alone')))).toEqual({ kind: 'published', recipients: 0 });
        expect(await harness.run(a.publish('/other/1', text('x')))).toEqual({ kind: 'failed' });
        await harness.run(a.stop());
        expect(await harness.run(a.publish(TOPIC, text('late')))).toEqual({ kind: 'failed' });
      });
    });
  });
}
