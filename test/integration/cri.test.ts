/** Calls of CRI over a real unix socket: to a server of gRPC, and to what is none. */
import { rmSync, mkdtempSync } from 'node:fs';
import { type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type UntypedServiceImplementation, status } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CRI_API } from '../../checks/lib/cri/api.ts';
import { openCri } from '../../checks/lib/cri/call.ts';
import { createCriEngine } from '../../checks/lib/cri/engine.ts';

const RUNTIME = fromJSON(CRI_API, { longs: Number, enums: String, defaults: true })[
  'runtime.v1.RuntimeService'
] as never;
const HTML = '<html><body>It works!</body></html>';

let directory: string;
let ends: (() => unknown)[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-cri-'));
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  rmSync(directory, { recursive: true });
});

const socketPath = (): string => join(directory, 'cri.sock');

/** A server of these methods. */
async function serve(methods: UntypedServiceImplementation, service: object = RUNTIME): Promise<void> {
  const server = new Server();
  server.addService(service as never, methods);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${socketPath()}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  ends.push(() => server.forceShutdown());
}

async function listen(onConnection: (socket: Socket) => void): Promise<Set<Socket>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    // Who does not read does not hear of the end.
    socket.resume();
    onConnection(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(socketPath(), resolve);
  });
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return sockets;
}

async function call(method: string, { request = {}, timeoutMs = 5000 } = {}): Promise<unknown> {
  const cri = openCri(socketPath());
  try {
    return await cri(method, request, AbortSignal.timeout(timeoutMs));
  } finally {
    cri.close();
  }
}

describe('a call of CRI', () => {
  it('carries what is asked and what is answered, by the numbers of the interface', async () => {
    const asked: unknown[] = [];
    await serve({
      RunPodSandbox: ({ request }: { readonly request: object }, answer: (error: null, value: object) => void) => {
        asked.push(request);
        answer(null, { podSandboxId: 'abc' });
      },
    });
    const engine = createCriEngine(openCri(socketPath()));
    const order = {
      name: 'p1',
      namespace: 'n',
      uid: 'u',
      labels: { 'io.meerkat.probe': '1' },
      cgroupParent: 'system.slice',
      network: 'NODE' as const,
    };
    expect(await engine.runSandbox(order, AbortSignal.timeout(5000))).toBe('abc');
    engine.close();
    expect(asked).toMatchObject([
      {
        config: {
          metadata: { name: 'p1', namespace: 'n', uid: 'u', attempt: 0 },
          labels: { 'io.meerkat.probe': '1', 'io.kubernetes.pod.uid': 'u' },
          logDirectory: '/var/log/pods/n_p1_u',
          linux: {
            cgroupParent: 'system.slice',
            securityContext: { namespaceOptions: { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' } },
          },
        },
        runtimeHandler: '',
      },
    ]);
  });

  it('says that nobody listens', async () => {
    await expect(call('Version')).rejects.toMatchObject({ failure: 'refused' });
    await listen(() => {});
    for (const end of ends.splice(0)) end();
    await expect(call('Version')).rejects.toMatchObject({
      failure: 'refused',
      message: `nobody listens on ${socketPath()}`,
    });
  });

  it('tells what is not there', async () => {
    await serve({
      Version: (_: unknown, answer: (error: object) => void) => answer({ code: status.NOT_FOUND, details: 'gone' }),
    });
    await expect(call('Version')).rejects.toMatchObject({ failure: 'error', message: 'gone', isNotFound: true });
  });

  it('has the runtime’s own words', async () => {
    await serve({
      Version: (_: unknown, answer: (error: object) => void) =>
        answer({ code: status.UNKNOWN, details: 'failed to create containerd task: no space left on device' }),
    });
    await expect(call('Version')).rejects.toMatchObject({
      failure: 'error',
      message: 'failed to create containerd task: no space left on device',
    });
  });

  it.each([
    ['a handler that never answers', () => serve({ Version: () => {} })],
    ['a connection that is taken and left alone', () => listen(() => {})],
    ['a slow drip', () => listen((socket) => void dripInto(socket))],
  ])('ends at its deadline with %s, and leaves no connection', async (_, begin) => {
    const sockets = await begin();
    await expect(call('Version', { timeoutMs: 400 })).rejects.toMatchObject({ failure: 'hung' });
    if (sockets instanceof Set) await expect.poll(() => sockets.size, { timeout: 5000 }).toBe(0);
  });

  it('does not take another protocol for a broken runtime', async () => {
    await listen((socket) => socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n${HTML}`));
    await expect(call('Version')).rejects.toMatchObject({ failure: 'foreign' });
  });

  it('does not take another version of CRI for a broken runtime', async () => {
    await serve({});
    await expect(call('Version')).rejects.toMatchObject({ failure: 'foreign' });
  });

  it('is an error where the connection breaks', async () => {
    await listen((socket) => socket.destroy());
    await expect(call('Version')).rejects.toMatchObject({ failure: 'error' });
  });

  it.each([
    ['is cut off', Buffer.from([0x0a, 0x80])],
    ['is of another type', Buffer.from([0x09, 1, 2, 3])],
    ['is HTML', Buffer.from(HTML)],
    ['is too long', Buffer.concat([Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x0a]), Buffer.alloc(20 * 1024 * 1024, 0x31)])],
  ])('does not blame the runtime for an answer that %s', async (_, bytes) => {
    const { Version } = RUNTIME as { readonly Version: object };
    const garbage = { Version: { ...Version, responseSerialize: () => bytes } };
    await serve({ Version: (__: unknown, answer: (error: null, value: object) => void) => answer(null, {}) }, garbage);
    await expect(call('Version')).rejects.toThrow(/cannot be understood|more than/);
    await expect(call('Version')).rejects.not.toHaveProperty('failure');
  });
});

/** The first frame of HTTP/2, a byte every 50 ms. */
async function dripInto(socket: Socket): Promise<void> {
  for (const byte of Buffer.from('000006040000000000000500004000', 'hex')) {
    if (socket.destroyed) return;
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
