import { isIPv6 } from 'node:net';

/** `10.0.0.7:53`, `[fd00::7]:53`, `localhost:53`. */
export const hostAndPort = (host: string, port: number | string): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
