/**
 * A DNS server of one zone, over UDP: `dns-responder.ts ADDRESS[:PORT] '{"seed.test": ["10.0.0.7", "fd00::7"]}' [DELAY_MS]`.
 * It answers questions for A and AAAA; any other name does not exist. It is for tests, and as short as one can be.
 */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode } from '@dnsquery/dns-packet';

const DNS_PORT = 53;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 5;

const [, , place = '127.0.0.1', zoneText = '{}', delayText = '0'] = process.argv;
const [address, port = DNS_PORT] = place.split(':');
const zone = new Map(Object.entries(JSON.parse(zoneText) as Record<string, readonly string[]>));
const socket = createSocket('udp4');
socket.on('message', (query, { address: to, port: toPort }) => {
  setTimeout(() => socket.send(answer(query), toPort, to), Number(delayText));
});
socket.bind(Number(port), address, () => process.stdout.write('answering\n'));

function answer(query: Buffer): Uint8Array {
  const { id, questions = [] } = decode(query);
  const [{ name, type } = { name: '', type: 'A' as const }] = questions;
  const addresses = zone.get(name.toLowerCase());
  const isAsked = (one: string): boolean => type === (isIPv4(one) ? 'A' : 'AAAA');
  return encode({
    type: 'response',
    id,
    flags: AUTHORITATIVE_ANSWER | (addresses === undefined ? NO_SUCH_NAME : 0),
    questions,
    answers: (addresses ?? [])
      .filter(isAsked)
      .map((data) => ({ type: isIPv4(data) ? 'A' : 'AAAA', name, ttl: TTL_SECONDS, data })),
  });
}
