/** Questions to DNS servers that answer, do not answer, or answer anything else. */
import { type RemoteInfo, createSocket } from 'node:dgram';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { decode, encode } from '@dnsquery/dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createAskDns } from '../../checks/lib/dns/ask.ts';
import type { DnsRequest } from '../../checks/types.ts';

const NAME = 'kubernetes.default.svc.cluster.local';
const never = new AbortController().signal;
const ask = (port: number, protocol: DnsRequest['protocol'], { timeoutMs = 1000, signal = never } = {}) =>
  createAskDns(signal, systemClock)({ server: '127.0.0.1', port, protocol, name: NAME, type: 'A', timeoutMs });

const answerTo = (question: Uint8Array): Buffer => {
  const { id, questions } = decode(question);
  const answers = [{ type: 'A', name: NAME, data: '10.96.0.1' }] as const;
  return Buffer.from(encode({ type: 'response', id, questions, answers: [...answers] }));
};
const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
};

describe('a DNS server', () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));

  const overUdp = async (serve: (message: Buffer, reply: (answer: Uint8Array) => void) => void): Promise<number> => {
    const socket = createSocket('udp4');
    socket.on('message', (message: Buffer, { port, address }: RemoteInfo) =>
      serve(message, (answer) => socket.send(answer, port, address)),
    );
    closing.push(() => socket.close());
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    return socket.address().port;
  };
  const overTcp = async (serve: (socket: Socket) => void): Promise<number> => {
    const server = createServer((socket) => serve(socket.on('error', () => {})));
    closing.push(() => server.close());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  };

  it('answers over UDP and over TCP', async () => {
    const expected = { kind: 'answer', code: 'NOERROR', addresses: ['10.96.0.1'], durationMs: expect.any(Number) };
    const udp = await overUdp((message, reply) => reply(answerTo(message)));
    expect(await ask(udp, 'udp')).toEqual(expected);
    const tcp = await overTcp((socket) =>
      socket.on('data', (data) => socket.write(framed(answerTo(data.subarray(2))))),
    );
    expect(await ask(tcp, 'tcp')).toEqual(expected);
  });

  it('is asked a second time when the first question got lost', async () => {
    let questions = 0;
    const port = await overUdp((message, reply) => {
      questions += 1;
      if (questions === 2) reply(answerTo(message));
    });
    expect(await ask(port, 'udp')).toMatchObject({ kind: 'answer', durationMs: expect.any(Number) });
    expect(questions).toBe(2);
  });

  it('is waited for when something else comes first', async () => {
    const port = await overUdp((message, reply) => {
      reply(Buffer.from('<html>'));
      const forged = answerTo(message);
      forged.writeUInt16BE((forged.readUInt16BE(0) + 1) % 65_536, 0);
      reply(forged);
      reply(answerTo(message));
    });
    expect(await ask(port, 'udp')).toMatchObject({ kind: 'answer', addresses: ['10.96.0.1'] });
  });

  it('that nobody runs refuses both', async () => {
    const port = await overUdp(() => {});
    closing.splice(0).forEach((close) => close());
    expect(await ask(port, 'udp')).toMatchObject({ kind: 'failure', failure: 'refused' });
    expect(await ask(port, 'tcp')).toMatchObject({ kind: 'failure', failure: 'refused' });
  });

  it('that is silent is not waited for', async () => {
    const udp = await overUdp(() => {});
    expect(await ask(udp, 'udp', { timeoutMs: 200 })).toEqual({
      kind: 'failure',
      failure: 'timeout',
      message: `127.0.0.1:${udp}: no answer within 200 ms`,
    });
    const tcp = await overTcp(() => {});
    expect(await ask(tcp, 'tcp', { timeoutMs: 200 })).toMatchObject({ failure: 'timeout' });
    const drips = await overTcp((socket) => {
      const timer = setInterval(() => socket.write('\xff'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await ask(drips, 'tcp', { timeoutMs: 200 })).toMatchObject({ failure: 'timeout' });
  });

  it.each([
    ['closes the connection', (socket: Socket) => socket.end(), 'reset'],
    ['sends nonsense', (socket: Socket) => socket.write(framed(Buffer.from('<html>'))), 'other'],
    ['says that it sends nothing', (socket: Socket) => socket.write(Buffer.alloc(2)), 'other'],
    ['floods', (socket: Socket) => socket.write(Buffer.alloc(1_000_000, 0x41)), 'other'],
  ])('that %s over TCP is no DNS server', async (_, serve, failure) => {
    const port = await overTcp((socket) => socket.once('data', () => void serve(socket)));
    expect(await ask(port, 'tcp', { timeoutMs: 500 })).toMatchObject({ kind: 'failure', failure });
  });

  it.each(['udp', 'tcp'] as const)('at a port that cannot be is a failure, not an end: %s', async (protocol) => {
    const request = { protocol, name: NAME, type: 'A', timeoutMs: 500 } as const;
    const asking = createAskDns(never, systemClock);
    for (const port of [0, 99_999, -1, Number.NaN])
      expect(await asking({ ...request, server: '127.0.0.1', port }), String(port)).toMatchObject({ kind: 'failure' });
  });
});
