import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createOwnNetwork } from '../../agent/mesh/probes/own-network.ts';
import { lookByTcp, type TcpLook } from '../../agent/mesh/probes/tcp-look.ts';
import { askWitnesses, type Testimony, type Witness } from '../../agent/mesh/probes/witnesses.ts';
import { killAll, startScript } from './mesh-probes-support/process.ts';

const HOST = '127.0.76.30';
const closers: (() => unknown)[] = [];

const look = (port: number, signal = new AbortController().signal, localAddress?: string): Promise<TcpLook> =>
  lookByTcp({ host: HOST, port, ...(localAddress !== undefined && { localAddress }) }, { clock: systemClock, signal });

/** Listens on a free port; what comes of a connection is the handler's affair. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A stopped process whose backlog is full: the kernel drops what comes. */
async function blackHole(): Promise<number> {
  const stopped = await startScript('listener.ts', [HOST]);
  const port = stopped.hello as number;
  stopped.signal('SIGSTOP');
  const fillers = Array.from({ length: 4 }, () => connect(port, HOST).on('error', () => {}));
  closers.push(() => fillers.forEach((socket) => socket.destroy()));
  // Two fit: the backlog and one more.
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, 'connect')));
  return port;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await killAll();
});

describe('a TCP look', () => {
  it('is answered by a real libp2p node', async () => {
    const node = await createLibp2p({
      addresses: { listen: [`/ip4/${HOST}/tcp/0`] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    });
    closers.push(() => node.stop());
    const port = Number(
      node
        .getMultiaddrs()[0]
        ?.toString()
        .match(/\/tcp\/(\d+)/)?.[1],
    );
    const looked = await look(port);
    print(`libp2p answered in ${looked.tookMs.toFixed(1)} ms`);
    expect(looked.result).toBe('answered');
    expect(node.getConnections()).toEqual([]);
  });

  it('is refused only twice', async () => {
    const looked = await look(await freePort());
    expect(looked).toMatchObject({ result: 'refused', code: 'ECONNREFUSED' });
    expect(looked.tookMs).toBeGreaterThanOrEqual(195);
  });

  it('is not refused by an agent between two lives', async () => {
    const port = await freePort();
    const looking = look(port);
    const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(port, HOST);
    closers.push(() => server.close());
    // The first try may still find the new listener: both ways it must not be refused.
    expect((await looking).result).toBe('answered');
  });

  it('finds a stopped process unresponsive', async () => {
    const stopped = await startScript('listener.ts', [HOST]);
    stopped.signal('SIGSTOP');
    const looked = await look(stopped.hello as number);
    print(`stopped: unresponsive after ${looked.tookMs.toFixed(0)} ms`);
    expect(looked.result).toBe('unresponsive');
    expect(looked.tookMs).toBeGreaterThanOrEqual(995);
  });

  it('times out where nobody takes the connection', async () => {
    const looked = await look(await blackHole());
    expect(looked.result).toBe('timed-out');
    expect(looked.tookMs).toBeGreaterThanOrEqual(1195);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['speaks HTTP', (socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ])('takes somebody who %s for a stranger', async (_what, onSocket) => {
    expect((await look(await listen(onSocket))).result).toBe('foreign');
  });

  it('takes an answer in pieces', async () => {
    const port = await listen((socket) => {
      socket.on('data', (chunk: Buffer) => {
        socket.write(chunk.subarray(0, 3));
        setTimeout(() => socket.write(Buffer.concat([chunk.subarray(3), Buffer.from('more')])), 50);
      });
    });
    expect((await look(port)).result).toBe('answered');
  });

  it('blames this node when nothing can be sent', async () => {
    expect(await look(1, undefined, '192.0.2.250')).toMatchObject({ result: 'own-fault', code: 'EADDRNOTAVAIL' });
  });

  it('can be called off', async () => {
    const controller = new AbortController();
    const looking = look(await blackHole(), controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(looking).rejects.toBe(reason);
  });
});

describe('witnesses', () => {
  const ask = (witnesses: readonly Witness[], carriers: boolean[] | undefined = [true]): Promise<Testimony> =>
    askWitnesses(witnesses, {
      clock: systemClock,
      signal: new AbortController().signal,
      ownAddresses: new Set(['127.0.76.99']),
      carriers: () => Promise.resolve(carriers),
    });
  const at = (port: number, kind: Witness['kind'] = 'peer'): Witness => ({ kind, host: HOST, port });

  it('answer by refusing', async () => {
    const witness = at(await freePort(), 'gateway');
    expect(await ask([witness])).toMatchObject({ verdict: 'reachable', answered: { ...witness, how: 'refused' } });
  });

  it('answer by accepting, and one is enough', async () => {
    const witness = at(await listen(() => {}), 'apiserver');
    const testimony = await ask([at(await blackHole()), witness]);
    expect(testimony).toMatchObject({ verdict: 'reachable', answered: { ...witness, how: 'accepted' } });
    expect(testimony.asked).toHaveLength(2);
    expect(testimony.tookMs).toBeLessThan(900);
  });

  it('are silent for a second at most', async () => {
    const testimony = await ask([at(await blackHole())]);
    expect(testimony.verdict).toBe('silent');
    expect(testimony.tookMs).toBeGreaterThanOrEqual(995);
  });

  it('are not asked without a link, and nobody asks himself', async () => {
    expect(await ask([at(1)], [false, false])).toMatchObject({ verdict: 'no-carrier', asked: [] });
    expect(await ask([{ kind: 'peer', host: '127.0.76.99', port: 1 }])).toMatchObject({ verdict: 'unasked' });
  });
});

describe('the own network', () => {
  it('has carriers: of real devices only, where there is one', async () => {
    const root = mkdtempSync(join(tmpdir(), 'meerkat-network-'));
    closers.push(() => rmSync(root, { recursive: true }));
    const add = (name: string, kind: string, carrier?: string): void => {
      const device = join(root, `sys/devices/${kind}/net/${name}`);
      mkdirSync(device, { recursive: true });
      mkdirSync(join(root, 'sys/class/net'), { recursive: true });
      if (carrier !== undefined) writeFileSync(join(device, 'carrier'), carrier);
      symlinkSync(`../../devices/${kind}/net/${name}`, join(root, 'sys/class/net', name));
    };
    const network = createOwnNetwork(root);
    expect(await network.carriers()).toBeUndefined();
    add('lo', 'virtual', '1\n');
    add('cni0', 'virtual', '1\n');
    expect(await network.carriers()).toEqual([true]);
    add('eth0', 'pci0000:00', '0\n');
    add('eth1', 'pci0000:00');
    expect(await network.carriers()).toEqual([false, false]);
  });

  it('reads this machine without a throw', async () => {
    const network = createOwnNetwork();
    expect(Array.isArray(await network.gateways())).toBe(true);
    expect((await network.carriers())?.every((carrier) => typeof carrier === 'boolean')).not.toBe(false);
  });
});
