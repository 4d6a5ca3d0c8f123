/**
 * Makes and measures traffic in a host of the lab. Echoes on 7577/tcp, counts datagrams on 7577/udp, and does over HTTP
 * on 7575 what `test/lab/lib/traffic.ts` asks for.
 */
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { type Socket, connect, createServer, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = 7577;
const SILENCE_MS = 1500;
const received = new Map<string, number>();
const opened = new Map<string, Socket>();

const udp = createSocket({ type: 'udp6' });
udp.on('message', (message) => {
  const from = message.toString();
  received.set(from, (received.get(from) ?? 0) + 1);
});
udp.bind(PORT, '::');
createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(PORT, '::');

/** Datagrams that say who sent them; resolves to the errors of sending. */
async function send(to: string, count: number, bytes: number, as: string): Promise<string[]> {
  const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4');
  const errors: string[] = [];
  socket.on('error', (error) => errors.push(error.message));
  for (let sent = 0; sent < count; sent += 1) {
    const text = bytes === 0 ? as : as.padEnd(bytes, ' ');
    socket.send(text, PORT, to, (error) => error !== null && errors.push(error.message));
    // In small bursts: a receiver's buffer must not be what loses them.
    if (sent % 20 === 19) await sleep(2);
  }
  await sleep(100);
  socket.close();
  return errors;
}

/** How connecting went: `ok`, `silent`, or the error's code. */
function open(to: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host: to, port: PORT });
    socket.once('connect', () => done('ok'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
    setTimeout(() => done('silent'), SILENCE_MS);
    opened.set(to, socket);
  });
}

/** How an echo over the open connection went: `ok`, `silent`, `closed`, or the error's code. */
function ask(to: string): Promise<string> {
  const socket = opened.get(to);
  if (socket === undefined || socket.destroyed) return Promise.resolve('closed');
  return new Promise((done) => {
    socket.once('data', () => done('ok'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
    socket.once('end', () => done('closed'));
    setTimeout(() => done('silent'), SILENCE_MS);
    socket.write('?');
  });
}

createHttpServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
  const [to, as] = [searchParams.get('to') ?? '', searchParams.get('as') ?? ''];
  const answers: Record<string, () => unknown> = {
    '/send': () => send(to, Number(searchParams.get('count')), Number(searchParams.get('bytes')), as),
    '/received': () => [...received].find(([from]) => from.trim() === as)?.[1] ?? 0,
    '/open': () => open(to),
    '/ask': () => ask(to),
  };
  void Promise.resolve(answers[pathname]?.()).then((answer) => response.end(JSON.stringify(answer)));
}).listen(7575, '::', () => process.stdout.write('listening\n'));
