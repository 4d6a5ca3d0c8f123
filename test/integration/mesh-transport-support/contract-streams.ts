/** What every transport promises of its streams. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { FrameStream, StreamLimits, Transport } from '../../../agent/mesh/transport/types.ts';
import type { Harness } from './harness.ts';

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

/** `pair` makes two transports that are connected. */
export function streamContract(current: () => Harness, pair: () => Promise<[Transport, Transport]>): void {
  let harness: Harness;
  beforeEach(() => {
    harness = current();
  });
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

  describe('streams', () => {
    it('carry frames both ways and end in order', async () => {
      const [a, b] = await pair();
      echo(b);
      const stream = await open(a, b);
      expect(stream.peerId).toBe(b.peerId);
      for (const frame of ['one', '', 'three']) expect(await harness.run(stream.send(text(frame), never))).toBe('sent');
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
}
