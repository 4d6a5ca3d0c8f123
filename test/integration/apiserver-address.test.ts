/** The check `apiserver-address` against real servers of TLS, well and otherwise, over the fetch that agents use. */
import { mkdtempSync, rmSync } from 'node:fs';
import * as https from 'node:https';
import * as net from 'node:net';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { apiserverAddress } from '../../checks/apiserver-address.ts';
import { createFetch } from '../../checks/lib/fetch.ts';
import { testClock, testContext } from '../../checks/lib/testing.ts';
import type { Outcome } from '../../checks/types.ts';
import { type Credential, createAuthority } from '../lab/lib/certificates.ts';

/** An API server is never looked for on loopback, by no address of it. */
const HOST = 'm1.lab.invalid';
const lookup: LookupFunction = (_, { all }, done) =>
  all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
const directory = mkdtempSync(join(tmpdir(), 'meerkat-apiserver-address-'));
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
let identity: Credential;

beforeAll(async () => {
  identity = await (await createAuthority(directory, 'kubernetes')).issue('apiserver');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function listen(server: net.Server, port = 0): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

const answering = (status: number, body: string): https.Server =>
  https.createServer({ ...identity }, (_, response) => response.writeHead(status).end(body));

const close = (server: net.Server): Promise<unknown> => {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(resolve));
};

/** A look when an API server answers there, then two, a minute apart, when what is there is something else. */
async function whenReplaced(other: (() => net.Server) | undefined): Promise<Outcome> {
  const clock = testClock();
  const well = answering(401, '{"kind":"Status","code":401}');
  const port = await listen(well);
  const context = testContext(apiserverAddress, {
    clock,
    fetch: createFetch(new AbortController().signal, systemClock, lookup),
    apiServers: () => [`https://${HOST}:${port}`],
  });
  expect(await apiserverAddress.run(context)).toMatchObject({
    status: 'ok',
    readings: [{ name: 'latency_seconds', subject: `${HOST}:${port}` }],
  });
  servers.splice(servers.indexOf(well), 1);
  await close(well);
  if (other !== undefined) await listen(other(), port);
  await apiserverAddress.run(context);
  clock.advance(60_000);
  return apiserverAddress.run(context);
}

it.each<[string, (() => net.Server) | undefined, RegExp]>([
  ['nobody listens', undefined, /is not there: nobody listens\.$/],
  [
    'it is silent after the handshake',
    () => tls.createServer({ ...identity }),
    /accepts connections and does not answer: /,
  ],
  ['it is silent before', () => net.createServer(), /accepts connections and does not answer: /],
  ['it closes', () => net.createServer((socket) => void socket.destroy()), /ends connections without an answer: /],
  ['it speaks no TLS', () => net.createServer((socket) => void socket.end('SSH-2.0-x\r\n')), /does not speak TLS/],
  [
    'it speaks no HTTP',
    () => tls.createServer({ ...identity }, (socket) => void socket.end('\u0001\u0002garbage\r\n\r\n')),
    /answers nonsense: /,
  ],
  ['a gateway has lost it', () => answering(503, '<html>no server is available</html>'), /no API server behind it/],
])('is told when %s', async (_, other, message) => {
  const outcome = await whenReplaced(other);

  expect(outcome).toMatchObject({
    status: 'problem',
    problems: [{ reason: 'ApiserverUnreachable', message: expect.stringMatching(message) }],
  });
});

it.each([
  ['a page of somebody else’s', 200, '<html>welcome</html>'],
  ['an API server that is ending', 503, 'apiserver is shutting down'],
  ['a refusal', 403, '{"kind":"Status"}'],
])('says nothing of %s', async (_, status, body) => {
  expect(await whenReplaced(() => answering(status, body))).toMatchObject({ status: 'ok' });
});
