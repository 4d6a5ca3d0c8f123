/** Who may ask, under which name, how often, and what every answer carries. */
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type Socket, connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { CONNECTION_LIMITS } from '../../agent/http/connection-limit.ts';
import { SECURITY_HEADERS } from '../../agent/http/headers.ts';
import { createHttpServer } from '../../agent/http/server.ts';
import { type FixtureServer, httpDeps, httpOptions, startFixtureServer } from '../lib/http-server.ts';
import { getRequest, sendRaw } from '../lib/raw-http.ts';

/** An address of this machine that is not loopback: who connects to it comes from it. */
const OTHER_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const withoutOther = OTHER_ADDRESS === undefined ? ' (skipped: this machine has only loopback addresses)' : '';

let directory: string;
let server: FixtureServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-http-'));
  server = await startFixtureServer({ hostNames: ['status.example.org'] });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

describe('every answer', () => {
  const large = `GET /${'x'.repeat(9000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  it.each([
    ['an answer', getRequest('/status'), 200],
    ['the page', getRequest('/'), 200],
    ['metrics', getRequest('/metrics'), 200],
    ['a stream', getRequest('/api/v1/stream'), 200],
    ['no such path', getRequest('/nope'), 404],
    ['a bad query', getRequest('/status?x=1'), 400],
    ['a URL that cannot be decoded', getRequest('/api/v1/nodes/%ff%'), 400],
    ['a parameter too long', getRequest(`/api/v1/nodes/${'n'.repeat(400)}`), 414],
    ['a foreign name', getRequest('/status', { host: 'evil.example.org' }), 421],
    ['another method', getRequest('/status').replace('GET', 'DELETE'), 404],
    [
      'a body nobody reads',
      `POST /status HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nconnection: close\r\n\r\nx=1`,
      404,
    ],
    [
      'a body too large',
      `POST /status HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999\r\nconnection: close\r\n\r\n{`,
      413,
    ],
    ['headers too large', large, 431],
    ['no HTTP at all', '\u0016\u0003\u0001\u0000\r\n\r\n', 400],
    ['a request without a host', 'GET /status HTTP/1.1\r\n\r\n', 200],
    ['an expectation', getRequest('/status', { expect: 'miracles' }), 200],
    ['a probe in HTTP/1.0', 'GET /health/node HTTP/1.0\r\n\r\n', 503],
  ])('%s carries the headers, and a failure its code', async (_, bytes, status) => {
    const answer = await sendRaw(server.port, bytes, 300);

    expect(answer.statusCodes).toEqual([status]);
    expect(answer.headers).toMatchObject(SECURITY_HEADERS);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers).not.toHaveProperty('server');
    if (status >= 400 && answer.headers['content-type']?.startsWith('application/json') === true) {
      expect(JSON.parse(answer.body)).toEqual({ code: expect.stringMatching(/^[A-Z]/), message: expect.any(String) });
    }
  });
});

describe('the Host header', () => {
  it.each(['localhost', '127.0.0.1:7575', '[::1]:7575', 'node-a', 'node-a.example.org', 'status.example.org'])(
    'may be %s',
    async (host) => {
      expect((await sendRaw(server.port, getRequest('/status', { host }))).statusCodes).toEqual([200]);
    },
  );

  it('may not be any other name, also for probes, and the refusal names the setting', async () => {
    for (const path of ['/status', '/livez', '/health/node', '/', '/nope']) {
      const answer = await sendRaw(server.port, getRequest(path, { host: 'rebind.example.org' }));
      expect(answer.statusCodes).toEqual([421]);
      expect(answer.body).toContain('http.hostNames');
    }
  });
});

describe('access by token', () => {
  it('lets the token in, and probes and the page without it where they tell little', async () => {
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, 'first\n');
    const own = await startFixtureServer({ access: 'token', tokenFile });
    const status = async (path: string, authorization?: string): Promise<number> => {
      const response = await fetch(
        `${own.url}${path}`,
        authorization === undefined ? {} : { headers: { authorization } },
      );
      await response.body?.cancel();
      return response.status;
    };
    try {
      for (const path of ['/status', '/metrics', '/api/v1/stream', '/api/v1/openapi.json', '/nope']) {
        expect(await status(path), path).toBe(401);
        expect(await status(path, 'Bearer wrong'), path).toBe(401);
      }
      expect(await status('/status', 'Bearer first')).toBe(200);
      expect(await status('/nope', 'Bearer first')).toBe(404);
      for (const path of ['/livez', '/readyz', '/']) expect(await status(path), path).toBe(200);
      // This test asks from the machine itself.
      expect(await status('/health/node')).toBe(503);
    } finally {
      await own.stop();
    }
  });
});

describe.skipIf(OTHER_ADDRESS === undefined)(`a client from elsewhere${withoutOther}`, () => {
  const host = OTHER_ADDRESS ?? '';

  it('may only ask whether the agent lives when access is by loopback', async () => {
    const own = await startFixtureServer({ access: 'loopback', address: '' });
    try {
      const status = async (path: string): Promise<readonly number[]> =>
        (await sendRaw(own.port, getRequest(path), 2000, host)).statusCodes;
      expect(await status('/livez')).toEqual([200]);
      expect(await status('/readyz')).toEqual([200]);
      for (const path of ['/status', '/health/node', '/', '/metrics', '/nope'])
        expect(await status(path)).toEqual([401]);
      expect((await sendRaw(own.port, getRequest('/status'))).statusCodes).toEqual([200]);
    } finally {
      await own.stop();
    }
  });

  it('is slowed down, and this machine is not', async () => {
    const own = await startFixtureServer({ address: '' });
    try {
      const burst = (at: string): Promise<readonly number[]> => {
        const requests = `GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(600);
        return sendRaw(own.port, `${requests}${getRequest('/livez')}`, 5000, at).then(({ statusCodes }) => statusCodes);
      };
      const elsewhere = await burst(host);
      const here = await burst('127.0.0.1');
      expect(elsewhere.filter((status) => status === 200).length).toBeGreaterThanOrEqual(400);
      expect(elsewhere.filter((status) => status === 429).length).toBeGreaterThan(0);
      expect(here).toEqual(Array.from({ length: 601 }, () => 200));
    } finally {
      await own.stop();
    }
  });

  it('holds so many connections and no more, and this machine gets through', async () => {
    const own = await startFixtureServer({ address: '' });
    const sockets: Socket[] = [];
    try {
      const outcomes = Array.from({ length: CONNECTION_LIMITS.perClient + 20 }, () => {
        const socket = connect({ port: own.port, host });
        sockets.push(socket);
        return new Promise<'answered' | 'closed'>((resolve) => {
          socket.on('data', () => resolve('answered'));
          socket.on('error', () => {});
          socket.on('close', () => resolve('closed'));
          socket.write('GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n');
        });
      });
      const counted = await Promise.all(outcomes);
      expect(counted.filter((outcome) => outcome === 'answered')).toHaveLength(CONNECTION_LIMITS.perClient);
      expect((await sendRaw(own.port, getRequest('/livez'))).statusCodes).toEqual([200]);
      for (const socket of sockets) socket.destroy();
      // Their places are free again as soon as the server has seen them go.
      let status: number | undefined;
      for (let tries = 0; tries < 50 && status !== 200; tries += 1) {
        status = (await sendRaw(own.port, getRequest('/livez'), 2000, host)).statusCodes[0];
      }
      expect(status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
      await own.stop();
    }
  });
});

it('does not wait for a request that never arrives', async () => {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  socket.write('GET /status HTTP/1.1\r\nhost: loc');
  const text = await new Promise<string>((resolve) => {
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('close', () => resolve(received));
  });

  expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
});

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;

describe.skipIf(!hasOpenssl)(`TLS${hasOpenssl ? '' : ' (skipped: openssl is missing)'}`, () => {
  const certificate = (name: string): { tlsCertFile: string; tlsKeyFile: string } => {
    const files = { tlsCertFile: join(directory, `${name}.crt`), tlsKeyFile: join(directory, `${name}.key`) };
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-nodes',
        '-days',
        '2',
        ...curve,
        ...subject,
        '-keyout',
        files.tlsKeyFile,
        '-out',
        files.tlsCertFile,
      ],
      { stdio: 'ignore' },
    );
    return files;
  };

  it('is served with the configured certificate', async () => {
    const files = certificate('server');
    const own = await startFixtureServer(files);
    try {
      const ca = readFileSync(files.tlsCertFile);
      const status = await new Promise<number | undefined>((resolve, reject) => {
        request({ host: 'localhost', port: own.port, path: '/readyz', ca, family: 4, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(own.url).toBe(`https://127.0.0.1:${own.port}`);
      expect(status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it('takes a renewed certificate into use, and keeps the old one while the new is half written', async () => {
    const [files, renewed] = [certificate('before'), certificate('after')];
    const everyMinute: (() => void)[] = [];
    const every = (periodMs: number, action: () => void) => {
      if (periodMs === 60_000) everyMinute.push(action);
      return () => {};
    };
    const own = await startFixtureServer(files, { clock: { ...systemClock, every } });
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ port: own.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const fingerprint = (path: string): string => new X509Certificate(readFileSync(path)).fingerprint256;
    const afterAMinute = async (): Promise<string> => {
      for (const action of everyMinute) action();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return served();
    };
    try {
      const [old, fresh] = [fingerprint(files.tlsCertFile), fingerprint(renewed.tlsCertFile)];
      expect(await served()).toBe(old);
      copyFileSync(renewed.tlsCertFile, files.tlsCertFile);
      expect(await afterAMinute()).toBe(old);
      copyFileSync(renewed.tlsKeyFile, files.tlsKeyFile);
      expect(await afterAMinute()).toBe(fresh);
    } finally {
      await own.stop();
    }
  });

  it('does not start with files that are missing or do not belong together', async () => {
    const [first, second] = [certificate('first'), certificate('second')];
    const start = (tls: typeof first): Promise<unknown> => createHttpServer(httpOptions(tls), httpDeps()).start();

    await expect(start({ ...first, tlsKeyFile: '/nonexistent' })).rejects.toMatchObject({ exit: 'config' });
    await expect(start({ ...first, tlsKeyFile: '/nonexistent' })).rejects.toThrow(
      /^http\.tlsKeyFile: \/nonexistent cannot/,
    );
    await expect(start({ ...first, tlsKeyFile: second.tlsKeyFile })).rejects.toThrow('no usable pair');
  });
});
