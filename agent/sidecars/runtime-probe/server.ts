/** The runtime probe's door: a unix socket for its owner only. It never listens on the network. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { type Server, type Socket, connect, createServer } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { AgentError, codeOf } from '../../base/errors.ts';
import type { AskPod } from './pod-network.ts';
import { type Probe, type ProbeDeps, type ProbeOptions, createProbe } from './probe.ts';
import { MAX_REQUEST_BYTES, decodeRequest, decodeSeen, encodeAnswer, encodeAttached } from './protocol.ts';

export interface RuntimeProbeOptions extends ProbeOptions {
  /** Where to listen; a socket that a dead process left there is replaced. */
  readonly socketPath: string;
}

export interface RuntimeProbe {
  /** Resolves once connections are taken. Rejects with an {@link AgentError} when the path cannot be used. */
  listen(): Promise<void>;
  /** Ends connections and probes, and removes what they made. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 4;
const REQUEST_LIMIT_MS = 1000;
/** More than the longest probe takes. */
const CONNECTION_LIMIT_MS = 10_000;

export function createRuntimeProbe(options: RuntimeProbeOptions, deps: ProbeDeps): RuntimeProbe {
  const probe = createProbe(options, deps);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, probe, deps.clock);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return {
    async listen() {
      await freePath(options.socketPath);
      await listenOn(server, options.socketPath);
      await chmod(options.socketPath, 0o600);
      void probe.sweep();
    },
    async stop() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, probe.stop()]);
    },
  };
}

/** Reads one request, answers it, after a question in the middle, and ends the connection; every step of it is bounded. */
function serve(socket: Socket, probe: Probe, clock: Clock): void {
  const cancels = [
    clock.after(CONNECTION_LIMIT_MS, () => socket.destroy()),
    clock.after(REQUEST_LIMIT_MS, () => {
      if (!asked) refuse('no request came in time');
    }),
  ];
  const refuse = (message: string): void => {
    asked = true;
    socket.end(`${JSON.stringify({ error: message })}\n`);
  };
  let asked = false;
  let received = '';
  /** Of the question in the middle. */
  let onLine: ((line: string) => void) | undefined;
  const askPod: AskPod = (addresses, signal) =>
    new Promise((resolve) => {
      const finish = (line: string): void => {
        onLine = undefined;
        socket.off('close', giveUp);
        signal.removeEventListener('abort', giveUp);
        resolve(decodeSeen(line));
      };
      const giveUp = (): void => finish('');
      if (signal.aborted || socket.destroyed) return giveUp();
      onLine = finish;
      socket.once('close', giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      socket.write(encodeAttached(addresses));
    });
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const cancel of cancels) cancel();
  });
  socket.on('data', (chunk: string) => {
    if (asked && onLine === undefined) return;
    received += chunk;
    const end = received.indexOf('\n');
    const isTooLong = end > MAX_REQUEST_BYTES || (end < 0 && received.length > MAX_REQUEST_BYTES);
    if (isTooLong) return asked ? socket.destroy() : refuse('the request is too long');
    if (end < 0) return;
    const line = received.slice(0, end);
    received = '';
    if (onLine !== undefined) return onLine(line);
    const verb = decodeRequest(line);
    if (verb === undefined)
      return refuse('the only requests are {"probe":"ping"}, {"probe":"start"} and {"probe":"network"}');
    asked = true;
    void probe.run(verb, askPod).then((answer) => {
      if (!socket.destroyed) socket.end(encodeAnswer(answer));
    });
  });
}

async function listenOn(server: Server, socketPath: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new AgentError('unavailable', `cannot listen on ${socketPath}: ${error.message}`, { cause: error }));
    });
    server.listen(socketPath, resolve);
  });
}

/** Removes a socket that nobody listens on any more; anything else at the path is not ours to remove. */
async function freePath(path: string): Promise<void> {
  try {
    const entry = await lstat(path);
    if (!entry.isSocket()) throw new AgentError('unavailable', `${path} exists and is no socket: choose another path`);
    if (await isAnswered(path)) throw new AgentError('unavailable', `another process listens on ${path} already`);
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
