/** Where an agent is to be found, as people write it: an IP address or a name, with or without a port. */
import { isIP, isIPv4, isIPv6 } from 'node:net';

export interface Endpoint {
  /** An IP literal without brackets, or a DNS name in lower case without its last dot. */
  readonly host: string;
  readonly kind: 'ip' | 'name';
  /** Undefined where the text leaves it to the setting. */
  readonly port?: number;
}

const MAX_PORT = 65_535;
const MAX_NAME = 253;
/** RFC 1123, section 2.1; underscores are in use, too. The last label is no number, or it would be a bad address. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * `10.0.0.7`, `10.0.0.7:7576`, `fd00::7`, `[fd00::7]`, `[fd00::7]:7576`, `seed-1`, `meerkat.example.org:7576`. An IPv6
 * address with a port needs the brackets. Zones (`fe80::1%eth0`) mean something on one node only and are refused.
 */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (isIP(text) !== 0) return text.includes('%') ? undefined : { host: text, kind: 'ip' };
  const match = /^(?:\[(?<six>[^\]%]+)\]|(?<rest>[^:[\]]+))(?::(?<port>[0-9]{1,5}))?$/.exec(text)?.groups;
  if (match === undefined) return undefined;
  const port = match['port'] === undefined ? undefined : Number(match['port']);
  if (port !== undefined && (port < 1 || port > MAX_PORT)) return undefined;
  const withPort = port === undefined ? {} : { port };
  const [six, rest = ''] = [match['six'], match['rest']];
  if (six !== undefined) return isIPv6(six) ? { host: six, kind: 'ip', ...withPort } : undefined;
  if (isIPv4(rest)) return { host: rest, kind: 'ip', ...withPort };
  const name = nameOf(rest);
  return name === undefined ? undefined : { host: name, kind: 'name', ...withPort };
}

/** `10.0.0.7:7576`, `[fd00::7]:7576`, `seed-1:7576`. */
export const formatEndpoint = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

function nameOf(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const isName = name.length <= MAX_NAME && labels.every((label) => LABEL.test(label));
  return isName && !/^[0-9]+$/.test(labels.at(-1) ?? '') ? name : undefined;
}
