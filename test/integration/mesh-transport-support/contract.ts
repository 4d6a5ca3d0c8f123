/** What every transport promises, as tests that run over each of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AdmissionKey, Transport, TransportEvent } from '../../../agent/mesh/transport/types.ts';
import { streamContract } from './contract-streams.ts';
import { type Harness, TOPIC } from './harness.ts';
import { keyOf } from './libp2p-harness.ts';

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

      it('listens elsewhere while it runs, and lets go of who came to where it was', async () => {
        const [a, b] = await pair();
        const [before = ''] = b.listening();
        const next = await harness.make();
        const [freed = ''] = next.listening();
        await harness.run(next.stop());
        await harness.run(b.relisten([freed]));
        expect(b.listening()).toEqual([freed]);
        await harness.until(() => a.peers().length === 0 && b.peers().length === 0, 'both sides know');
        const old = await harness.run(a.connect([before], b.peerId, soon()));
        expect(old.attempts).toMatchObject([{ outcome: 'refused' }]);
        const { peer } = await harness.run(a.connect([freed], b.peerId, soon()));
        expect(peer?.address).toBe(freed);
      });

      it('stays where it is when the other address is taken, and keeps connections of addresses that stay', async () => {
        const [a, b] = await pair();
        const [before = '', [taken = '']] = [b.listening()[0], a.listening()];
        await expect(harness.run(b.relisten([before, taken]))).rejects.toMatchObject({ exit: 'unavailable' });
        await harness.run(b.relisten([before]));
        expect(b.listening()).toEqual([before]);
        expect(b.peers()).toHaveLength(1);
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

      it('changes its keys while it runs: who shares none of them any more is cut off, the others stay', async () => {
        const [newKey, oldKey] = ['new', 'old'].map((id) => ({ id, secret: keyOf(id) })) as [
          AdmissionKey,
          AdmissionKey,
        ];
        const [changing, quick, slow] = [
          await harness.make({ keys: ['old'] }),
          await harness.make({ keys: ['new'] }),
          await harness.make({ keys: ['old'] }),
        ];
        await connect(slow, changing);
        changing.admit([newKey, oldKey]);
        expect(changing.peers().map(({ peerId }) => peerId)).toEqual([slow.peerId]);
        await connect(quick, changing);

        changing.admit([newKey]);

        await harness.until(() => slow.peers().length === 0, 'the one with the old key is cut off');
        expect(quick.peers().map(({ peerId }) => peerId)).toEqual([changing.peerId]);
        const [address = ''] = changing.listening();
        const result = await harness.run(slow.connect([address], changing.peerId, soon()));
        expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['not-admitted']);
        slow.admit([newKey, oldKey]);
        await connect(slow, changing);
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

    streamContract(() => harness, pair);

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
