/** The client of the Kubernetes API over real sockets and TLS, against servers that do all that a server can do wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { type KubeClient, type WatchEvent, createKubeClient } from '../../agent/kube/api/client.ts';
import { createCredentials } from '../../agent/kube/api/credentials.ts';
import { createEndpoints } from '../../agent/kube/api/endpoints.ts';
import { type Authority, createAuthority } from '../lab/lib/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-kube-'));
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
const controller = new AbortController();
let authority: Authority;
let tls: { readonly cert: string; readonly key: string };

beforeAll(async () => {
  authority = await createAuthority(directory, 'cluster');
  tls = await authority.issue('apiserver');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => {
  controller.abort();
  rmSync(directory, { recursive: true });
});

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const serve = async (handler: http.RequestListener): Promise<string> =>
  `https://127.0.0.1:${await listen(https.createServer(tls, handler))}`;

function clientOf(
  urls: readonly string[],
  files: { readonly caFile?: string; readonly tokenFile?: string } = {},
): KubeClient {
  const clock = systemClock;
  return createKubeClient({
    clock,
    random: Math.random,
    endpoints: createEndpoints(urls, clock),
    credentials: createCredentials(
      { caFile: authority.caFile, tokenFile: '', ...files },
      { clock, readText: (path) => readFile(path, 'utf8') },
    ),
    signal: controller.signal,
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NODE = { kind: 'Node', metadata: { name: 'w1', resourceVersion: '7' } };

describe('a question', () => {
  it('is asked with the token, and answered', async () => {
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, 'secret-token\n');
    let seen: http.IncomingHttpHeaders = {};
    const url = await serve((request, response) => {
      seen = request.headers;
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(NODE));
    });

    expect(await clientOf([url], { tokenFile }).get('/api/v1/nodes/w1')).toEqual({ kind: 'ok', value: NODE });
    expect(seen).toMatchObject({ authorization: 'Bearer secret-token', accept: 'application/json' });
  });

  it('carries what is to be replaced', async () => {
    const url = await serve((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => response.writeHead(409).end(JSON.stringify({ message: `${request.method} ${body}` })));
    });

    expect(await clientOf([url]).put('/x', { a: 'ü' })).toEqual({ kind: 'conflict', message: '409 PUT {"a":"ü"}' });
  });

  it('is never sent to a server that the authority does not know, nor in the clear with the token', async () => {
    let requests = 0;
    const other = await createAuthority(directory, 'other');
    const stranger = await other.issue('apiserver');
    const handler: http.RequestListener = (request, response) => {
      requests += request.headers.authorization === undefined ? 0 : 1;
      response.writeHead(200).end('{}');
    };
    const port = await listen(https.createServer(stranger, handler));
    const plain = await listen(http.createServer(handler));
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, 'secret-token\n');
    const client = clientOf([`https://127.0.0.1:${port}`, `http://127.0.0.1:${plain}`], { tokenFile });

    expect(await client.get('/x')).toEqual({ kind: 'ok', value: {} });
    expect(requests).toBe(0);
    expect(await clientOf([`https://127.0.0.1:${port}`]).get('/x')).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+: .*certificate/),
    });
  });

  it('goes to the next server when one refuses, breaks off, or cannot answer, and to the one that answered from then on', async () => {
    const counts = [0, 0];
    const sick = await serve((_, response) => {
      counts[0] = (counts[0] ?? 0) + 1;
      response.writeHead(503).end('no leader');
    });
    const well = await serve((_, response) => {
      counts[1] = (counts[1] ?? 0) + 1;
      response.writeHead(200).end('{}');
    });
    const rude = `https://127.0.0.1:${await listen(net.createServer((socket) => socket.destroy()))}`;
    const client = clientOf(['https://127.0.0.1:1', rude, sick, well]);
    for (let round = 0; round < 3; round += 1) expect((await client.get('/x')).kind).toBe('ok');

    expect(counts).toEqual([1, 3]);
  });

  it.each([
    ['is HTML', 200, '<html>'],
    ['is cut off', 200, '{"kind":'],
  ])('whose answer %s has failed', async (_, code, body) => {
    const url = await serve((__, response) => response.writeHead(code).end(body));

    expect(await clientOf([url]).get('/x')).toMatchObject({ kind: 'failed' });
  });

  it('whose answer never ends has failed, and is not kept', async () => {
    const url = await serve((_, response) => {
      response.on('error', () => {});
      const chunk = Buffer.alloc(1 << 20, 32);
      const send = (): void => {
        if (!response.destroyed) response.write(chunk, () => setImmediate(send));
      };
      send();
    });

    expect(await clientOf([url]).get('/x')).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('an answer of more than 33554432 bytes'),
    });
  });

  it('to nobody has failed', async () => {
    expect(await clientOf([]).get('/x')).toEqual({ kind: 'failed', message: 'no address of the API server is known' });
  });
});

describe('a watch', () => {
  let events: WatchEvent[];
  const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
  const watch = async (write: (response: http.ServerResponse) => void) => {
    const url = await serve((request, response) => {
      expect(request.url).toMatch(
        /^\/api\/v1\/nodes\?resourceVersion=5&watch=1&allowWatchBookmarks=true&timeoutSeconds=\d+$/,
      );
      response.writeHead(200, JSON_TYPE);
      write(response);
    });
    return clientOf([url]).watch('/api/v1/nodes?resourceVersion=5', {
      signal: AbortSignal.timeout(5000),
      onOpen: () => {},
      onEvent: (event) => events.push(event),
    });
  };
  beforeEach(() => {
    events = [];
  });

  it('tells events, however they are cut up', async () => {
    const text = line('ADDED', { name: 'ü' }) + line('MODIFIED', NODE) + line('BOOKMARK', NODE);
    const answer = await watch((response) => {
      const bytes = Buffer.from(text);
      let sent = 0;
      const send = (): void => {
        if (sent >= bytes.length) return void response.end();
        response.write(bytes.subarray(sent, sent + 7), () => setImmediate(send));
        sent += 7;
      };
      send();
    });

    expect(answer.kind).toBe('ok');
    expect(events).toEqual([
      { type: 'ADDED', object: { name: 'ü' } },
      { type: 'MODIFIED', object: NODE },
      { type: 'BOOKMARK', object: NODE },
    ]);
  });

  it('says that its version is too old', async () => {
    expect(await watch((response) => response.end(line('ERROR', { code: 410, message: 'too old' })))).toMatchObject({
      kind: 'gone',
    });
  });

  it.each([
    ['something else', 'hello\n'],
    ['an unknown event', line('SPLIT', {})],
    ['a line without end', 'x'.repeat(5 * 1024 * 1024)],
  ])('that tells %s has failed', async (_, text) => {
    expect(await watch((response) => response.end(text))).toMatchObject({ kind: 'failed' });
  });

  it('that breaks off in the middle of an event has told what was whole', async () => {
    const answer = await watch((response) => {
      response.write(`${line('ADDED', NODE)}{"type":"ADD`, () => setTimeout(() => response.destroy(), 50));
    });

    expect(answer).toMatchObject({ kind: 'failed' });
    expect(events).toHaveLength(1);
  });

  it('ends when nobody needs it any more', async () => {
    const stopping = new AbortController();
    const url = await serve((_, response) => void response.writeHead(200).write(line('ADDED', NODE)));
    const answer = clientOf([url]).watch('/x', {
      signal: stopping.signal,
      onOpen: () => {},
      onEvent: () => stopping.abort(new Error('enough')),
    });

    expect(await answer).toMatchObject({ kind: 'failed' });
    await expect.poll(() => sockets.size, { timeout: 5000 }).toBe(0);
  });
});
