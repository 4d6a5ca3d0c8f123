import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openProbeSockets, type ListenAddress, type ProbeSockets } from '../../agent/mesh/probes/socket.ts';
import { type Channel, createChannelOpener } from '../../agent/mesh/probes/target-socket.ts';

const closers: (() => unknown)[] = [];

async function openEcho(addresses: readonly ListenAddress[]): Promise<ProbeSockets> {
  const sockets = await openProbeSockets(addresses, {
    onDatagram: (message, reply) => reply(Buffer.from(message)),
    onSendFailure: () => {},
  });
  closers.push(() => sockets.close());
  return sockets;
}

function open(host: string, port: number): { channel: Channel; received: string[]; failures: (string | undefined)[] } {
  const received: string[] = [];
  const failures: (string | undefined)[] = [];
  const channel = createChannelOpener(() => ({}))(
    { host, port },
    {
      message: (bytes) => received.push(Buffer.from(bytes).toString()),
      failed: (code) => failures.push(code),
    },
  );
  closers.push(() => channel.close());
  return { channel, received, failures };
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

it('listens on IPv4 and, where the machine has it, on IPv6', async () => {
  const sockets = await openEcho([
    { host: '127.0.76.50', port: 0 },
    { host: '::1', port: 0 },
  ]);
  expect(sockets.bound().length + sockets.missing.length).toBe(2);
  for (const { host, port } of sockets.bound()) {
    const { channel, received, failures } = open(host, port);
    channel.send(Buffer.from('before it is connected'));
    await expect.poll(() => received).toEqual(['before it is connected']);
    channel.send(Buffer.from('and after'));
    await expect.poll(() => received).toEqual(['before it is connected', 'and after']);
    expect(failures).toEqual([]);
  }
});

it('goes on without an address that this machine does not have', async () => {
  const sockets = await openEcho([
    { host: '127.0.76.50', port: 0 },
    { host: '2001:db8::76', port: 0 },
  ]);
  expect(sockets.bound()).toMatchObject([{ host: '127.0.76.50' }]);
  expect(sockets.missing).toMatchObject([{ host: '2001:db8::76', port: 0 }]);
});

it('binds other addresses while it runs, and all as before where one is not there', async () => {
  const [one, two, gone] = ['127.0.76.51', '127.0.76.52', '192.0.2.250'].map((host) => ({ host, port: 17_576 }));
  if (one === undefined || two === undefined || gone === undefined) throw new Error('three addresses');
  const sockets = await openEcho([one]);
  await expect(sockets.rebind([two, gone])).rejects.toMatchObject({ exit: 'unavailable' });
  expect(sockets.bound()).toEqual([one]);
  await sockets.rebind([one, two]);
  expect(sockets.bound()).toEqual([one, two]);
  await sockets.rebind([two]);
  expect(sockets.bound()).toEqual([two]);
  const { channel, received } = open(two.host, two.port);
  channel.send(Buffer.from('here'));
  await expect.poll(() => received).toEqual(['here']);
  const { channel: old, failures } = open(one.host, one.port);
  old.send(Buffer.from('nobody'));
  await expect.poll(() => failures).toEqual(['ECONNREFUSED']);
});

it('says what to do when no address is there', async () => {
  await expect(openEcho([{ host: '192.0.2.250', port: 7576 }])).rejects.toMatchObject({
    exit: 'unavailable',
    message:
      'Cannot listen for probes on 192.0.2.250 port 7576/udp: EADDRNOTAVAIL. Configure an address that this node has.',
  });
});

it('does not share its port', async () => {
  const holder = createSocket('udp4').bind(0, '127.0.76.50');
  await once(holder, 'listening');
  closers.push(() => holder.close());
  const { port } = holder.address();
  const opening = openEcho([
    { host: '127.0.76.51', port: 0 },
    { host: '127.0.76.50', port },
  ]);
  await expect(opening).rejects.toThrow(`127.0.76.50 port ${port}/udp: EADDRINUSE. Another process has the port`);
});

it('reports every refusal, and hears a target that comes back on the same socket', async () => {
  const holder = createSocket('udp4').bind(0, '127.0.76.50');
  await once(holder, 'listening');
  const { port } = holder.address();
  holder.close();
  await once(holder, 'close');
  const { channel, received, failures } = open('127.0.76.50', port);
  for (let round = 0; round < 3; round += 1) {
    channel.send(Buffer.from('anybody?'));
    await expect.poll(() => failures).toEqual(Array.from({ length: round + 1 }, () => 'ECONNREFUSED'));
  }
  await openEcho([{ host: '127.0.76.50', port }]);
  channel.send(Buffer.from('now'));
  await expect.poll(() => received).toEqual(['now']);
});

it('hears nobody but its target', async () => {
  const target = createSocket('udp4').bind(0, '127.0.76.50');
  const stranger = createSocket('udp4').bind(0, '127.0.76.52');
  await Promise.all([once(target, 'listening'), once(stranger, 'listening')]);
  closers.push(
    () => target.close(),
    () => stranger.close(),
  );
  const { channel, received } = open('127.0.76.50', target.address().port);
  channel.send(Buffer.from('ping'));
  const [, from] = (await once(target, 'message')) as [Buffer, { port: number; address: string }];
  stranger.send('junk', from.port, from.address);
  await sleep(50);
  target.send('ack', from.port, from.address);
  await expect.poll(() => received).toEqual(['ack']);
});
