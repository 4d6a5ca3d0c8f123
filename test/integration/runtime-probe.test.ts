/** The runtime probe's door and both of its clients over real sockets, with engines made of a few lines. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { createRuntimePort } from '../../agent/sidecars/runtime-probe/client.ts';
import { createCriRuntime } from '../../agent/sidecars/runtime-probe/cri.ts';
import type { AskPod } from '../../agent/sidecars/runtime-probe/pod-network.ts';
import { createRuntimeProbe, type RuntimeProbe } from '../../agent/sidecars/runtime-probe/server.ts';
import { systemProbeDeps } from '../../agent/sidecars/runtime-probe/system.ts';
import { type EngineRequest, exchange } from '../../checks/lib/docker-http.ts';
import { fakeHostFiles } from '../../checks/lib/testing.ts';
import type { RuntimeProbeVerb } from '../../checks/types.ts';
import { createFakeClock } from '../lib/fake-clock.ts';
import { createFakeCri } from '../lib/fake-cri.ts';

let directory = '';
const stops: (() => Promise<unknown>)[] = [];
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-test-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Listens at `name` and gives every connection to `serve`. */
async function listen(name: string, serve: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(at(name), resolve));
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

async function listenHttp(name: string, answer: (url: string) => string | undefined): Promise<void> {
  const server = createHttpServer((request, response) => {
    const body = answer(request.url ?? '');
    if (body !== undefined) response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(at(name), resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

describe('an exchange with an engine', () => {
  const ask = (more: Partial<EngineRequest> = {}) =>
    exchange({
      socketPath: at('engine.sock'),
      method: 'GET',
      path: '/_ping?x=1',
      signal: AbortSignal.timeout(10_000),
      ...more,
    });

  it('has the status, the body and the server’s name', async () => {
    await listenHttp('engine.sock', () => 'OK');
    expect(await ask()).toEqual({ status: 200, body: 'OK', server: '' });
  });

  it('is hung when the deadline comes first, and leaves no connection', async () => {
    const closed = Promise.withResolvers<void>();
    await listen('engine.sock', (socket) => socket.resume().on('close', () => closed.resolve()));
    await expect(ask({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      failure: 'hung',
      message: `GET /_ping on ${at('engine.sock')} was accepted and not answered`,
    });
    await closed.promise;
  });

  it('is hung when the answer stops half-way', async () => {
    await listen('engine.sock', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    await expect(ask({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ failure: 'hung' });
  });

  it('is aborted when the caller gives up', async () => {
    await listen('engine.sock', () => {});
    await expect(ask({ signal: AbortSignal.abort(new Error('stopping')) })).rejects.toMatchObject({
      failure: 'aborted',
      message: 'stopping',
    });
  });

  it('is refused where nobody listens', async () => {
    await expect(ask()).rejects.toMatchObject({
      failure: 'refused',
      message: `nobody listens on ${at('engine.sock')}`,
    });
    writeFileSync(at('engine.sock'), '');
    await expect(ask()).rejects.toMatchObject({ failure: 'refused' });
  });

  it('does not take another protocol for a broken engine', async () => {
    // The first frame of HTTP/2, which CRI runtimes send to everybody.
    await listen('engine.sock', (socket) => socket.write(Buffer.from('000006040000000000000500004000', 'hex')));
    await expect(ask()).rejects.toMatchObject({ failure: 'foreign' });
  });

  it('is an error when the connection breaks or the answer has no end', async () => {
    await listen('engine.sock', (socket) => socket.destroy());
    await expect(ask()).rejects.toMatchObject({ failure: 'error' });
    await listen('endless.sock', (socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5000)}`));
    await expect(ask({ socketPath: at('endless.sock'), maxBodyBytes: 1000 })).rejects.toMatchObject({
      failure: 'error',
      message: 'answered with more than 1000 bytes',
    });
  });
});

/** Sends text to the probe and gives back all that it says. */
const talk = (text: string): Promise<string> =>
  new Promise((resolve) => {
    let said = '';
    const socket = connect(at('probe.sock'));
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.on('error', () => {}).on('close', () => resolve(said));
    if (text !== '') socket.write(text);
  });

async function serveProbe(options: { runtimeSocket?: string } = {}): Promise<RuntimeProbe> {
  const probe = createRuntimeProbe(
    { socketPath: at('probe.sock'), instance: 'test', hostRoot: directory, ...options },
    systemProbeDeps(directory),
  );
  await probe.listen();
  stops.push(() => probe.stop());
  return probe;
}

describe('the runtime probe', () => {
  it('lets only its owner in', async () => {
    await serveProbe();
    expect(statSync(at('probe.sock')).mode & 0o777).toBe(0o600);
  });

  it('answers a ping with one line and ends', async () => {
    await serveProbe();
    expect(JSON.parse(await talk('{"probe":"ping"}\n'))).toMatchObject({ kind: 'none' });
  });

  it('refuses everything else', async () => {
    await serveProbe();
    expect(await talk('{"probe":"exec","command":"sh"}\n')).toContain('the only requests are');
    expect(await talk('x'.repeat(1025))).toContain('too long');
    expect(await talk(`${' '.repeat(1100)}{"probe":"ping"}\n`)).toContain('too long');
    expect(await talk('')).toContain('no request came in time');
  });

  it('takes four connections at a time', async () => {
    await serveProbe();
    const silent = Array.from({ length: 4 }, () => talk(''));
    expect(await talk('{"probe":"ping"}\n')).toBe('');
    await Promise.all(silent);
    expect(await talk('{"probe":"ping"}\n')).not.toBe('');
  });

  it('replaces the socket of a dead process, and never one in use or another file', async () => {
    const first = await serveProbe();
    const second = createRuntimeProbe({ socketPath: at('probe.sock'), instance: 'test' }, systemProbeDeps(directory));
    await expect(second.listen()).rejects.toThrow('another process listens');
    await first.stop();
    expect(existsSync(at('probe.sock'))).toBe(false);
    writeFileSync(at('probe.sock'), 'precious');
    await expect(second.listen()).rejects.toThrow('is no socket');
  });

  it('stops at once although an engine hangs and a client waits', async () => {
    await listen('engine.sock', () => {});
    const probe = await serveProbe({ runtimeSocket: at('engine.sock') });
    const answer = talk('{"probe":"ping"}\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedAt = performance.now();
    await probe.stop();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(await answer).toBe('');
  });
});

describe('the port of the checks', () => {
  const port = (
    options: { socketPath?: string; runtimeSocket?: string } = {},
    files: Record<string, string> = {},
    askPod?: AskPod,
  ) => {
    const created = createRuntimePort(
      {
        socketPath: '',
        runtimeSocket: '',
        command: ['/nowhere/node', '/nowhere/main.js'],
        instance: 'test',
        ...options,
      },
      {
        clock: systemClock,
        host: fakeHostFiles(files),
        log: createLog('silent', 'test'),
        ...(askPod !== undefined && { askPod }),
      },
    );
    stops.push(async () => created.close());
    return created;
  };
  const soon = (): AbortSignal => AbortSignal.timeout(5000);

  it('starts no process on a machine without a runtime', async () => {
    expect(await port().probe('ping', soon())).toMatchObject({ kind: 'none' });
  });

  it('says why the process cannot be started', async () => {
    const answer = await port({}, { '/run/docker.sock': '' }).probe('ping', soon());
    expect(answer).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ENOENT') });
  });

  it('does not look at a Docker that kubelet does not use', async () => {
    mkdirSync(at('run/containerd'), { recursive: true });
    await listenHttp('run/docker.sock', (url) => (url === '/_ping' ? 'OK' : '[]'));
    mkdirSync(at('var/lib/kubelet'), { recursive: true });
    const setting = 'containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n';
    writeFileSync(at('var/lib/kubelet/config.yaml'), setting);
    await serveProbe();
    expect(await port({ socketPath: at('probe.sock') }).probe('ping', soon())).toMatchObject({
      kind: 'failed',
      failure: 'refused',
      configured: true,
      message: `nobody listens on ${at('run/containerd/containerd.sock')}`,
    });
  });

  it('asks a probe that runs elsewhere, whose empty container proves nothing', async () => {
    await serveProbe();
    expect(await port({ socketPath: at('probe.sock') }).probe('ping', soon())).toMatchObject({ kind: 'unavailable' });
  });

  it.each(['answered', 'silent', undefined] as const)(
    'is asked in the middle how a pod sees the new one: %s',
    async (seen) => {
      const cri = createFakeCri(createFakeClock());
      cri.addresses = ['10.244.1.9'];
      const probe = createRuntimeProbe(
        { instance: 'test', socketPath: at('probe.sock'), runtimeSocket: '/run/containerd/containerd.sock' },
        {
          ...systemProbeDeps(),
          knockAt: async () => undefined,
          createRuntime: async () => createCriRuntime({ clock: systemClock, open: cri.open }),
        },
      );
      await probe.listen();
      stops.push(() => probe.stop());
      const asked: unknown[] = [];
      const askPod = async (addresses: readonly string[]) => {
        asked.push([addresses, cri.sandboxes.size]);
        return seen;
      };
      const answer = await port({ socketPath: at('probe.sock') }, {}, askPod).probe('network', soon());
      expect(answer).toMatchObject({ kind: 'ok', phases: { answer: expect.any(Number) } });
      expect(answer.kind === 'ok' && answer.fromPod).toBe(seen);
      expect(asked).toEqual([[['10.244.1.9'], 1]]);
      // Who asks no pod says so at once; who is older than the question says nothing.
      expect(await port({ socketPath: at('probe.sock') }).probe('network', soon())).toMatchObject({ kind: 'ok' });
      const [question = '', last = ''] = (await talk('{"probe":"network"}\n')).split('\n');
      expect([question, JSON.parse(last)]).toEqual([
        '{"attached":["10.244.1.9"]}',
        expect.objectContaining({ kind: 'ok' }),
      ]);
    },
  );

  it('understands a probe that is newer, and answers what it knows of its questions', async () => {
    const heard: string[] = [];
    await listen('probe.sock', (socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk.toString());
        if (heard.length === 1) socket.write('{"progress":0.5}\n{"attached":["10.244.1.9"],"added":1}\n{"added":[]}\n');
        else socket.end('{"kind":"ok","runtime":"D","phases":{"answer":1,"added":2},"fromPod":"answered","added":1}\n');
      });
    });
    const askPod: AskPod = async () => 'answered';
    expect(await port({ socketPath: at('probe.sock') }, {}, askPod).probe('network', soon())).toEqual({
      kind: 'ok',
      runtime: 'D',
      phases: { answer: 1, added: 2 },
      fromPod: 'answered',
    });
    expect(heard).toEqual(['{"probe":"network"}\n', '{"pod":"answered"}\n']);
  });

  it('cannot look through a probe that is older and does not know the request', async () => {
    await serveProbe();
    expect(await port({ socketPath: at('probe.sock') }).probe('later' as RuntimeProbeVerb, soon())).toEqual({
      kind: 'unavailable',
      message: expect.stringMatching(/^the runtime probe refuses, it may be of another version: the only requests are/),
    });
  });

  it('passes the answer of a probe that runs elsewhere', async () => {
    await listenHttp('engine.sock', (url) => (url === '/_ping' ? 'OK' : '[]'));
    await serveProbe({ runtimeSocket: at('engine.sock') });
    const answer = await port({ socketPath: at('probe.sock') }).probe('ping', soon());
    expect(answer).toMatchObject({ kind: 'ok', phases: { ping: expect.any(Number), list: expect.any(Number) } });
  });

  it('cannot look where nobody answers, answers in time or makes sense', async () => {
    const elsewhere = port({ socketPath: at('probe.sock') });
    expect(await elsewhere.probe('ping', soon())).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('nobody listens'),
    });
    await listen('probe.sock', () => {});
    expect(await elsewhere.probe('ping', AbortSignal.timeout(50))).toEqual({
      kind: 'unavailable',
      message: 'the runtime probe did not answer in time',
    });
    await listen('odd.sock', (socket) => socket.end('{"kind":"ok"}\n'));
    expect(await port({ socketPath: at('odd.sock') }).probe('ping', soon())).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('cannot be understood'),
    });
  });
});
