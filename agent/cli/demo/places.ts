/** Whether the loopback addresses and ports of a demo can be had. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import { findPortHolder } from '../../http/port-holder.ts';

const DEFAULT_PORT_BASE = 7575;
/** Tried in turn when nobody says which; an agent of this machine listens on 7575 of every address. */
const OTHER_PORT_BASES = [17_575, 27_575, 37_575];

export interface Ports {
  readonly base: number;
  /** Why it is another one than usual. */
  readonly note?: string;
}

interface Obstacle {
  readonly place: string;
  readonly port: number;
  readonly code: string;
  readonly message: string;
}

/**
 * The first of two ports that are free on every address, the second is for the mesh.
 *
 * @param wanted no other one will do
 * @throws {AgentError} `unavailable` with what is in the way
 */
export async function findPorts(addresses: readonly string[], wanted?: number): Promise<Ports> {
  let first: Obstacle | undefined;
  for (const base of wanted === undefined ? [DEFAULT_PORT_BASE, ...OTHER_PORT_BASES] : [wanted]) {
    const obstacle = await firstObstacle(addresses, base);
    if (obstacle === undefined) {
      return first === undefined
        ? { base }
        : { base, note: `${await describe(first)}; the demo takes the ports ${base} and ${base + 1}.` };
    }
    if (obstacle.code !== 'EADDRINUSE') throw new AgentError('unavailable', await describe(obstacle));
    first ??= obstacle;
  }
  if (first === undefined) throw new AgentError('internal', 'No port was tried.');
  throw new AgentError('unavailable', `${await describe(first)}. Stop it, or name other ports with --port-base PORT.`);
}

async function firstObstacle(addresses: readonly string[], base: number): Promise<Obstacle | undefined> {
  for (const address of addresses) {
    const obstacle =
      (await tryTcp(address, base)) ?? (await tryTcp(address, base + 1)) ?? (await tryUdp(address, base + 1));
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

async function describe({ place, port, code, message }: Obstacle): Promise<string> {
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is taken by ${(await findPortHolder(port)) ?? 'another process'}`;
    case 'EADDRNOTAVAIL':
      return (
        `${place}: this machine does not have that loopback address. Linux has all of 127.0.0.0/8; elsewhere give it to ` +
        'the loopback interface first (macOS: sudo ifconfig lo0 alias 127.0.0.11 up, and so on for every agent).'
      );
    default:
      return `${place} cannot be listened on: ${message}`;
  }
}

const tryTcp = (host: string, port: number): Promise<Obstacle | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(obstacleOf(`${host}:${port}`, port, error)));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });

const tryUdp = (address: string, port: number): Promise<Obstacle | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(obstacleOf(`${address}:${port}/udp`, port, error));
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });

const obstacleOf = (place: string, port: number, error: Error): Obstacle => ({
  place,
  port,
  code: codeOf(error) ?? '',
  message: messageOf(error),
});
