import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createFetch } from '../../checks/lib/fetch.ts';
import type { FetchRequest, FetchResult } from '../../checks/types.ts';
import { type Authority, createAuthority } from '../lab/lib/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-fetch-'));
const servers: net.Server[] = [];
let connections = 0;

beforeEach(() => {
  connections = 0;
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

async function listen(server: net.Server, at: net.ListenOptions = { host: '127.0.0.1', port: 0 }): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => {
    connections += 1;
    // Nobody else reads from it, and what is not read does not end.
    if (!(server instanceof http.Server) && !(server instanceof https.Server)) socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(at, resolve);
  });
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const fetchOnce = (request: FetchRequest, signal = new AbortController().signal): Promise<FetchResult> =>
  createFetch(signal, systemClock)({ timeoutMs: 5000, ...request });

/** A port on which nobody listens: one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  servers.splice(servers.indexOf(server), 1);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The server sees a connection end a moment after the client destroyed it. */
async function expectNoConnection(): Promise<void> {
  await expect.poll(() => connections, { timeout: 5000 }).toBe(0);
}

describe('an answer', () => {
  it('has its status and body, whatever the status', async () => {
    const port = await listen(http.createServer((_, response) => response.writeHead(503).end('no leader')));

    const result = await fetchOnce({ url: `http://127.0.0.1:${port}/health` });

    expect(result).toMatchObject({ kind: 'response', status: 503, body: 'no leader' });
    expect(result.durationMs).toBeGreaterThan(0);
    await expectNoConnection();
  });

  it('is to the request that was made', async () => {
    const server = http.createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        const { method, url, headers } = request;
        response.end(JSON.stringify({ method, url, body, type: headers['content-type'], close: headers.connection }));
      });
    });
    const port = await listen(server);

    const result = await fetchOnce({
      url: `http://127.0.0.1:${port}/v3/kv/range?a=1`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"key":"bQ=="}',
    });

    expect(result.kind === 'response' && JSON.parse(result.body)).toEqual({
      method: 'POST',
      url: '/v3/kv/range?a=1',
      body: '{"key":"bQ=="}',
      type: 'application/json',
      close: 'close',
    });
  });

  it('comes on a connection of its own', async () => {
    let accepted = 0;
    const server = http.createServer((_, response) => response.end());
    server.on('connection', () => {
      accepted += 1;
    });
    const port = await listen(server);
    const fetch = createFetch(new AbortController().signal, systemClock);

    await fetch({ url: `http://127.0.0.1:${port}/` });
    await fetch({ url: `http://127.0.0.1:${port}/` });

    expect(accepted).toBe(2);
  });

  it('is not followed when it redirects', async () => {
    const server = http.createServer((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    const port = await listen(server);

    const redirect = { status: 302, location: '/elsewhere' };
    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/` })).toMatchObject(redirect);
  });

  it('is cut when it is huge, and the rest is not read', async () => {
    const server = http.createServer((_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const port = await listen(server);

    const result = await fetchOnce({ url: `http://127.0.0.1:${port}/`, maxBodyBytes: 100_000 });

    expect(result).toMatchObject({ kind: 'response', status: 200, body: 'x'.repeat(100_000) });
    await expectNoConnection();
  });

  it('comes from an IPv6 address', async ({ skip }) => {
    const server = http.createServer((_, response) => response.end('six'));
    const port = await listen(server, { host: '::1', port: 0 }).catch(() => 0);
    if (port === 0) skip('this machine has no IPv6 loopback');

    expect(await fetchOnce({ url: `http://[::1]:${port}/` })).toMatchObject({ kind: 'response', body: 'six' });
  });

  it('comes from a unix socket', async () => {
    const socketPath = join(directory, 'answers.sock');
    await listen(
      http.createServer((request, response) => response.end(`${request.headers.host}${request.url}`)),
      { path: socketPath },
    );

    expect(await fetchOnce({ url: 'http://docker/_ping', socketPath })).toMatchObject({ body: 'docker/_ping' });
  });
});

// A process that is held up says so instead of `timeout`: on a busy machine that is right, and no failure.
describe('a failure', { retry: 3 }, () => {
  it('is `refused` where nobody listens', async () => {
    const port = await freePort();

    const result = await fetchOnce({ url: `http://127.0.0.1:${port}/` });

    expect(result).toMatchObject({ kind: 'failure', failure: 'refused' });
    expect(result.kind === 'failure' && result.message).toContain(`127.0.0.1:${port}: connect ECONNREFUSED`);
  });

  it('is `timeout` where somebody accepts and is silent', async () => {
    const port = await listen(net.createServer());

    const result = await fetchOnce({ url: `http://127.0.0.1:${port}/`, timeoutMs: 150 });

    expect(result).toMatchObject({
      failure: 'timeout',
      message: `no full answer from 127.0.0.1:${port} within 150 ms`,
    });
    await expectNoConnection();
  });

  it('is `timeout` where the body drips for ever', async () => {
    const server = http.createServer((_, response) => {
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const port = await listen(server);

    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/`, timeoutMs: 300 })).toMatchObject({ failure: 'timeout' });
    await expectNoConnection();
  });

  it('is `reset` where the connection is reset', async () => {
    const port = await listen(net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));

    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/` })).toMatchObject({ failure: 'reset' });
  });

  it.each([
    ['before the answer', ''],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
  ])('is `reset` where the connection is closed %s', async (_, answer) => {
    const port = await listen(net.createServer((socket) => socket.once('data', () => socket.end(answer))));

    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/` })).toMatchObject({ failure: 'reset' });
    await expectNoConnection();
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'other'],
    [
      'a change of protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'reset',
    ],
  ])('is named where the answer is %s', async (_, answer, failure) => {
    const port = await listen(net.createServer((socket) => socket.once('data', () => socket.write(answer))));

    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/` })).toMatchObject({ failure });
    await expectNoConnection();
  });

  it('is `unreachable` where there is no such socket, `refused` where nobody serves it any more', async () => {
    const socketPath = join(directory, 'left.sock');
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, socketPath]);

    expect(await fetchOnce({ url: 'http://x/', socketPath: join(directory, 'none.sock') })).toMatchObject({
      failure: 'unreachable',
    });
    expect(await fetchOnce({ url: 'http://x/', socketPath })).toMatchObject({ failure: 'refused' });
  });

  it('is `aborted` when the run ends, during the exchange or before it', async () => {
    const port = await listen(net.createServer());
    const run = new AbortController();
    const pending = fetchOnce({ url: `http://127.0.0.1:${port}/` }, run.signal);
    await expect.poll(() => connections).toBe(1);

    run.abort();

    expect(await pending).toMatchObject({ failure: 'aborted' });
    expect(await fetchOnce({ url: `http://127.0.0.1:${port}/` }, run.signal)).toMatchObject({ failure: 'aborted' });
    await expectNoConnection();
  });

  it('is `aborted` when this process was held up past the deadline', async () => {
    const port = await listen(http.createServer((_, response) => response.end()));

    const pending = fetchOnce({ url: `http://127.0.0.1:${port}/`, timeoutMs: 100 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);

    const result = await pending;
    expect(result).toMatchObject({ failure: 'aborted' });
    expect(result.kind === 'failure' && result.message).toContain('held up');
  });

  it.each([
    ['a URL that is none', { url: 'nowhere' }],
    ['another protocol', { url: 'ftp://127.0.0.1/' }],
    ['a header that cannot be sent', { url: 'http://127.0.0.1/', headers: { 'x y': '1' } }],
  ])('is `other` for %s', async (_, request) => {
    expect(await fetchOnce(request)).toMatchObject({ kind: 'failure', failure: 'other' });
  });

  it('leaves no listener on the signal of the run', async () => {
    const port = await listen(http.createServer((_, response) => response.end()));
    const run = new AbortController();
    let listeners = 0;
    const { signal } = run;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };

    await fetchOnce({ url: `http://127.0.0.1:${port}/` }, signal);
    await fetchOnce({ url: `http://127.0.0.1:${await freePort()}/` }, signal);

    expect(listeners).toBe(0);
  });
});

describe('TLS', () => {
  let authority: Authority;
  let server: { cert: string; key: string };

  beforeAll(async () => {
    authority = await createAuthority(directory, 'fetch');
    server = await authority.issue('server');
  });

  const answering = (options: https.ServerOptions): Promise<number> =>
    listen(https.createServer({ ...server, ...options }, (_, response) => response.end('secret')));

  it('does not verify the server unless it is given an authority', async () => {
    const port = await answering({});

    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ status: 200, body: 'secret' });
    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/`, tls: { ca: authority.ca } })).toMatchObject({
      status: 200,
    });
    const other = await createAuthority(directory, 'other');
    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/`, tls: { ca: other.ca } })).toMatchObject({
      failure: 'tls',
    });
    await expectNoConnection();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is `tls` where the server demands a certificate (%s)', async (version) => {
    const port = await answering({
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.ca,
      minVersion: version,
      maxVersion: version,
    });
    const client = await authority.issue('client');

    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ failure: 'tls' });
    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/`, tls: client })).toMatchObject({ status: 200 });
  });

  it('is `tls` where the server speaks plain HTTP, and where our own key is none', async () => {
    const port = await listen(http.createServer((_, response) => response.end()));
    const tls = { cert: readFileSync(import.meta.filename, 'utf8'), key: 'none' };

    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ failure: 'tls' });
    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/`, tls })).toMatchObject({ failure: 'tls' });
  });

  it('is `timeout` where the server accepts and does not shake hands', async () => {
    const port = await listen(net.createServer());

    expect(await fetchOnce({ url: `https://127.0.0.1:${port}/`, timeoutMs: 150 })).toMatchObject({
      failure: 'timeout',
    });
    await expectNoConnection();
  });
});
