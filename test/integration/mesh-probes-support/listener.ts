/** A TCP listener with a backlog of 1, to be stopped by its parent. Says which port it got. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const [host] = JSON.parse(process.argv[2] ?? '[]') as [string];
const server = createServer((socket) => socket.on('data', (chunk) => socket.write(chunk)));
server.listen({ host, port: 0, backlog: 1 }, () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
