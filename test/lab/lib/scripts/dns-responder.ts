/**
 * A DNS server (RFC 1035) of one zone, over UDP: `dns-responder.ts ADDRESS '{"seed.test": ["10.0.0.7", "fd00::7"]}'`. It
 * answers questions for A and AAAA; any other name does not exist. It is for tests, and as short as one can be.
 */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

const TYPES = { 1: 'A', 28: 'AAAA' } as const;
const RESPONSE = 0x8580;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 5;
/** The name of the answer is that of the question, which begins behind the header. */
const SAME_NAME = 0xc00c;

const [, , address = '127.0.0.1', zoneText = '{}'] = process.argv;
const zone = new Map(Object.entries(JSON.parse(zoneText) as Record<string, readonly string[]>));
const socket = createSocket('udp4');
socket.on('message', (query, { address: to, port }) => socket.send(answer(query), port, to));
socket.bind(53, address, () => process.stdout.write('answering\n'));

function answer(query: Buffer): Buffer {
  const { name, end } = nameAt(query, 12);
  const type = TYPES[query.readUInt16BE(end) as keyof typeof TYPES];
  const addresses = zone.get(name)?.filter((one) => (isIPv4(one) ? 'A' : 'AAAA') === type);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(RESPONSE | (zone.has(name) ? 0 : NO_SUCH_NAME), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses?.length ?? 0, 6);
  return Buffer.concat([header, query.subarray(12, end + 4), ...(addresses ?? []).map(record)]);
}

function record(host: string): Buffer {
  const data = isIPv4(host) ? Buffer.from(host.split('.').map(Number)) : bytesOf(host);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(SAME_NAME, 0);
  head.writeUInt16BE(data.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOf(host: string): Buffer {
  const [left = '', right = ''] = host.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const missing = 8 - words(left).length - words(right).length;
  const all = [...words(left), ...Array.from({ length: missing }, () => '0'), ...words(right)];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
