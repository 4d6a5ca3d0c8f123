/** The checks `http` and `tcp` against real servers: good ones, and those that answer anything else. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import * as plain from 'node:http';
import * as secure from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '@dnsquery/dns-packet';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createNameLookup } from '../../agent/base/lookup.ts';
import { createSocketLookup } from '../../agent/base/socket-lookup.ts';
import { http } from '../../checks/http.ts';
import { createConnect } from '../../checks/lib/connect.ts';
import { createFetch } from '../../checks/lib/fetch.ts';
import { testContext } from '../../checks/lib/testing.ts';
import { tcp } from '../../checks/tcp.ts';
import type { Outcome } from '../../checks/types.ts';
import { createAuthority } from '../lab/lib/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-own-probes-'));
const servers: net.Server[] = [];
const open = new Set<net.Socket>();

afterEach(async () => {
  // Nothing is left of a probe that has ended, whatever the server does.
  await expect.poll(() => open.size, { timeout: 5000 }).toBe(0);
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function listen(server: net.Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => {
    open.add(socket);
    if (!(server instanceof plain.Server) && !(server instanceof secure.Server)) socket.resume();
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host, port: 0 }, resolve);
  });
  return (server.address() as net.AddressInfo).port;
}

/** A port on which nobody listens: one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  servers.splice(servers.indexOf(server), 1);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const COMMON = {
  name: 'api',
  description: '',
  severity: 'warning',
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
  initialDelaySeconds: 0,
} as const;

/** Knows `shop.example`, is silent about `hangs-….example`, and says of everything else that there is no such name. */
const nameServer = createSocket('udp4').on('message', (message: Buffer, { port, address }) => {
  const { id, questions = [] } = decode(message);
  const [question] = questions;
  if (question === undefined) return;
  const { name, type } = question;
  if (name.startsWith('hangs-')) return;
  const isKnown = name === 'shop.example';
  const answers = isKnown && type === 'A' ? [{ type: 'A', name, data: '127.0.0.1' } as const] : [];
  // RCODE 3: there is no such name.
  nameServer.send(encode({ type: 'response', id, questions, answers, flags: isKnown ? 0 : 3 }), port, address);
});
beforeAll(() => new Promise<void>((resolve) => nameServer.bind(0, '127.0.0.1', resolve)));
afterAll(() => nameServer.close());

const lookup = createSocketLookup(
  createNameLookup({
    clock: systemClock,
    openResolver: () => {
      const resolver = new Resolver({ timeout: 700, tries: 1 });
      resolver.setServers([`127.0.0.1:${nameServer.address().port}`]);
      return resolver;
    },
    readText: async () => '',
  }),
);

/** One look of an agent that has no other. */
function context(signal = new AbortController().signal) {
  const fetch = createFetch(signal, systemClock, lookup);
  return { isOnly: true, signal, clock: systemClock, fetch, connect: createConnect(signal, systemClock, lookup) };
}

const ask = (url: string, more: object = {}): Promise<Outcome> =>
  http.run(testContext(http, { ...context(), config: { probes: [{ ...COMMON, url, headers: {}, ...more }] } }));
const connect = (port: number, host = '127.0.0.1', more: object = {}): Promise<Outcome> =>
  tcp.run(testContext(tcp, { ...context(), config: { probes: [{ ...COMMON, host, port, ...more }] } }));

const failed = (what: RegExp) => ({ status: 'problem', problems: [{ message: expect.stringMatching(what) }] });
const answering = (listener: plain.RequestListener): Promise<number> => listen(plain.createServer(listener));
/** A server that says these bytes to whoever asks, and then nothing. */
const saying = (bytes: string, end = false): Promise<number> =>
  listen(net.createServer((socket) => socket.once('data', () => (end ? socket.end(bytes) : socket.write(bytes)))));

// A process that is held up says so instead of a time-out: on a busy machine that is right, and no failure.
describe('http', { retry: 3 }, () => {
  it.each([
    [204, 'ok'],
    [399, 'ok'],
    [400, 'problem'],
    [503, 'problem'],
  ])('with %i is %s', async (status, expected) => {
    const port = await answering((_, response) => response.writeHead(status).end());
    expect(await ask(`http://127.0.0.1:${port}/healthz`)).toMatchObject({ status: expected });
  });

  it('says who asks, and sends the operator’s headers', async () => {
    let seen: plain.IncomingHttpHeaders = {};
    const port = await answering(({ headers }, response) => {
      seen = headers;
      response.end();
    });
    await ask(`http://127.0.0.1:${port}/`, { headers: { Host: 'shop.example', 'X-Key': 'a b' } });
    expect(seen).toMatchObject({ host: 'shop.example', 'user-agent': 'meerkat', 'x-key': 'a b', connection: 'close' });
  });

  it('bears a huge answer, of which it reads the beginning', async () => {
    let sent = 0;
    const port = await answering((_, response) => {
      const more = (): void => {
        while (sent < 1_000_000_000 && response.write('x'.repeat(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 'ok' });
    expect(sent).toBeLessThan(50_000_000);
  });

  it.each<[string, () => Promise<number>, RegExp]>([
    ['is silent', () => listen(net.createServer()), /^api: no full answer from 127\.0\.0\.1:\d+ within \d+ ms\.$/],
    [
      'drips its body for ever',
      async () => {
        return await answering((_, response) => {
          response.writeHead(200);
          const timer = setInterval(() => response.write('.'), 50);
          response.on('close', () => clearInterval(timer));
        });
      },
      /no full answer/,
    ],
    [
      'drips its headers for ever',
      async () => {
        return await listen(
          net.createServer((socket) => {
            socket.write('HTTP/1.1 200 OK\r\nx: ');
            const timer = setInterval(() => socket.write('.'), 50);
            socket.on('close', () => clearInterval(timer));
          }),
        );
      },
      /no full answer/,
    ],
    [
      'stops in the middle',
      () => saying('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', true),
      /^api: .*(aborted|closed)/,
    ],
    ['hangs up', () => saying('', true), /^api: .*(hang up|closed)/],
    [
      'resets the connection',
      () => listen(net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))),
      /ECONNRESET/,
    ],
    ['speaks another protocol', () => saying('SSH-2.0-OpenSSH_9.6\r\n'), /^api: .*Parse Error/],
    [
      'changes the protocol',
      () => saying('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      /^api: /,
    ],
    ['is not there', freePort, /^api: nobody listens on 127\.0\.0\.1:\d+\.$/],
    [
      'wants TLS',
      async () => {
        const { cert, key } = await (await createAuthority(directory, 'wants-tls')).issue('server');
        return await listen(secure.createServer({ cert, key }));
      },
      /^api: /,
    ],
  ])('fails where the server %s', async (_, start, what) => {
    const port = await start();
    const startedAt = performance.now();
    expect(await ask(`http://127.0.0.1:${port}/`, { timeoutSeconds: 0.5 })).toMatchObject(failed(what));
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });

  it('follows redirects on the same host to the end, and none that lead away', async () => {
    const port = await answering(({ url = '' }, response) => {
      const to = { '/': '/a', '/a': '//127.0.0.1:PORT/b?c', '/away': 'http://192.0.2.1/' }[url];
      if (to === undefined) response.writeHead(url === '/b?c' ? 200 : 500).end();
      else response.writeHead(302, { location: to.replace('PORT', String(port)) }).end('moved');
    });
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 'ok' });
    expect(await ask(`http://127.0.0.1:${port}/away`)).toMatchObject({
      status: 'ok',
      readings: expect.arrayContaining([{ name: 'elsewhere_count', subject: 'api', value: 1 }]),
    });
  });

  it('follows no redirects in a circle', async () => {
    let requests = 0;
    const port = await answering((_, response) => {
      requests += 1;
      response.writeHead(307, { location: '/' }).end();
    });
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject(failed(/redirects again and again: 10 times/));
    expect(requests).toBe(10);
  });

  it('does not wait longer for redirects that each take their time', async () => {
    const port = await answering((_, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 200);
    });
    const startedAt = performance.now();
    expect(await ask(`http://127.0.0.1:${port}/`, { timeoutSeconds: 0.5 })).toMatchObject(failed(/no full answer/));
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  it('does not ask who the server is', async () => {
    const { cert, key } = await (await createAuthority(directory, 'own-probes')).issue('somebody-else');
    const port = await listen(secure.createServer({ cert, key }, (_, response) => response.end()));
    expect(await ask(`https://127.0.0.1:${port}/`)).toMatchObject({ status: 'ok' });
    expect(await ask(`https://localhost:${port}/`)).toMatchObject({ status: 'ok' });
  });

  it('asks over IPv6', async ({ skip }) => {
    const port = await listen(
      plain.createServer((_, response) => response.end()),
      '::1',
    ).catch(() => 0);
    if (port === 0) skip('this machine has no IPv6 loopback');
    expect(await ask(`http://[::1]:${port}/`)).toMatchObject({ status: 'ok' });
    // 127.0.0.1 refuses, ::1 answers.
    expect(await ask(`http://localhost:${port}/`)).toMatchObject({ status: 'ok' });
  });

  it('asks at the address of a name, and fails where it has none', async () => {
    const port = await answering((_, response) => response.end());
    expect(await ask(`http://shop.example:${port}/`)).toMatchObject({ status: 'ok' });
    expect(await ask('http://gone.example/')).toMatchObject(failed(/^api: gone\.example: DNS knows no such name\.$/));
  });

  it('is held up by no name but its own', async () => {
    const port = await answering((_, response) => response.end());
    const names = [...Array.from({ length: 15 }, (_, index) => `hangs-${index}`), 'shop'];
    const probes = names.map((name) => ({ ...COMMON, name, url: `http://${name}.example:${port}/`, headers: {} }));
    const outcome = await http.run(testContext(http, { ...context(), config: { probes } }));
    expect(outcome.status === 'problem' && outcome.problems.map(({ subject }) => subject)).toEqual(names.slice(0, 15));
  });

  it('has sixteen probes at once, of which those that hang hold up no other', async () => {
    const silent = await listen(net.createServer());
    const port = await answering((_, response) => response.end());
    const probes = Array.from({ length: 16 }, (_, index) => ({
      ...COMMON,
      name: `p${index}`,
      url: `http://127.0.0.1:${index % 2 === 0 ? port : silent}/`,
      headers: {},
    }));
    const startedAt = performance.now();
    const outcome = await http.run(testContext(http, { ...context(), config: { probes } }));
    const tookMs = performance.now() - startedAt;
    process.stderr.write(`eight servers of sixteen that hang for 1 s: ${Math.round(tookMs)} ms\n`);
    expect(outcome.status === 'problem' && outcome.problems.map(({ subject }) => subject)).toEqual(
      Array.from({ length: 8 }, (_, index) => `p${2 * index + 1}`),
    );
    expect(tookMs).toBeLessThan(2500);
  });

  it('is unknown where the run ends first', async () => {
    const port = await listen(net.createServer());
    const run = new AbortController();
    const probes = [{ ...COMMON, url: `http://127.0.0.1:${port}/`, headers: {}, timeoutSeconds: 60 }];
    const running = http.run(testContext(http, { ...context(run.signal), config: { probes } }));
    await expect.poll(() => open.size).toBe(1);
    run.abort();
    expect(await running).toMatchObject({ status: 'unknown' });
  });
});

describe('tcp', { retry: 3 }, () => {
  it('is ok where somebody takes the connection, silent or not', async () => {
    expect(await connect(await listen(net.createServer()))).toMatchObject({ status: 'ok' });
    expect(await connect(await saying('hello'), 'localhost')).toMatchObject({ status: 'ok' });
    expect(await connect(await listen(net.createServer((socket) => socket.resetAndDestroy())))).toMatchObject({
      status: 'ok',
    });
  });

  it('is ok over IPv6', async ({ skip }) => {
    const port = await listen(net.createServer(), '::1').catch(() => 0);
    if (port === 0) skip('this machine has no IPv6 loopback');
    expect(await connect(port, '::1')).toMatchObject({ status: 'ok' });
  });

  it('fails where nobody listens', async () => {
    expect(await connect(await freePort())).toMatchObject(failed(/^api: nobody listens on 127\.0\.0\.1:\d+\.$/));
  });

  it('fails where nobody accepts: as many as fit are waiting already', async () => {
    const script = `
      require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
        require('fs').writeSync(1, String(this.address().port));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
      });`;
    const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<number>((resolve) => {
      server.stdout.once('data', (text: Buffer) => resolve(Number(text)));
    });
    const waiting = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
    await expect.poll(() => waiting.filter(({ connecting }) => !connecting).length).toBeGreaterThanOrEqual(2);
    const outcome = await connect(port, '127.0.0.1', { timeoutSeconds: 0.3 });
    expect(outcome).toMatchObject(failed(/^api: no connection to 127\.0\.0\.1:\d+ within 300 ms\.$/));
    for (const socket of waiting) socket.destroy();
    server.kill('SIGKILL');
  });

  it('fails where the name has no address', async () => {
    expect(await connect(9, 'gone.example')).toMatchObject(failed(/^api: gone\.example:9: DNS knows no such name\.$/));
  });

  it('is unknown where the run is over', async () => {
    const probes = [{ ...COMMON, host: '127.0.0.1', port: 9 }];
    const look = tcp.run(testContext(tcp, { ...context(AbortSignal.abort()), config: { probes } }));
    expect(await look).toMatchObject({
      status: 'unknown',
      why: 'api: the run ended before there was a connection',
    });
  });

  it('is unknown where this process was held up', async () => {
    // Its name is not answered for, so the connection is still to come.
    const pending = connect(9, 'hangs-on.example', { timeoutSeconds: 0.1 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    expect(await pending).toMatchObject({ status: 'unknown', why: expect.stringContaining('was held up') });
  });
});
