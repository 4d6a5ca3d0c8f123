/**
 * Stands on a node between what runs there and the API servers, as kubespray and RKE2 do it: passes each connection on to
 * the first server that accepts it.
 *
 *     node api-proxy.ts PORT SERVER:PORT…
 */
import { type Socket, connect, createServer } from 'node:net';

const [port = '', ...servers] = process.argv.slice(2);
const CONNECT_MS = 1000;

/** Undefined: it does not accept in time. */
const open = (server: string): Promise<Socket | undefined> =>
  new Promise((done) => {
    const [host = '', at = ''] = server.split(':');
    const socket = connect({ host, port: Number(at), timeout: CONNECT_MS });
    const fail = (): void => {
      socket.destroy();
      done(undefined);
    };
    socket.once('error', fail).once('timeout', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', fail).off('timeout', fail);
      done(socket);
    });
  });

let next = 0;
async function pass(client: Socket): Promise<void> {
  client.on('error', () => client.destroy());
  next += 1;
  for (let tried = 0; tried < servers.length && !client.destroyed; tried += 1) {
    const server = await open(servers[(next + tried) % servers.length] ?? '');
    if (server === undefined) continue;
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    server.on('error', end).on('close', end);
    client.on('close', end);
    client.pipe(server).pipe(client);
    return;
  }
  client.destroy();
}

createServer((client) => void pass(client)).listen(Number(port), '127.0.0.1', () =>
  process.stdout.write('listening\n'),
);
