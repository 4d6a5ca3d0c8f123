/**
 * A process that is no member and does not give up: sockets that say nothing, sockets that talk nonsense, agents with
 * another cluster key, and agents that forge the key's id, a quarter each.
 *
 * Arguments: the victim's port, connections a second, seconds, the key whose id is forged (a name, or 64 hexadecimal
 * digits), the victim's address, the own one. Prints one line of JSON.
 */
import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { yamux } from '@libp2p/yamux';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { admissionOf } from '../../../agent/mesh/transport/libp2p/admission.ts';
import { toMultiaddr } from '../../../agent/mesh/transport/libp2p/multiaddr.ts';
import { keyOf } from './libp2p-harness.ts';
import { note } from './note.ts';

const [port = '0', perSecond = '100', seconds = '10', forged = 'key', victim = '127.0.0.1', own = '127.0.0.66'] =
  process.argv.slice(2);
const forgedKey = /^[0-9a-f]{64}$/.test(forged) ? new Uint8Array(Buffer.from(forged, 'hex')) : keyOf(forged);
/** Another host than the members', as far as the victim can tell. */
const FROM = own;
/** libp2p hands it on to net.connect(), though its type does not have it. */
const FROM_HERE: object = { localAddress: FROM };
const target = { host: victim, family: 'ipv4', port: Number(port) } as const;

const agentWith = (forge: boolean) =>
  createLibp2p({
    transports: [tcp({ dialOpts: FROM_HERE })],
    connectionEncrypters: [
      (components) => {
        const encrypter = admissionOf(keyOf('stranger'))(components);
        return forge ? Object.assign(encrypter, { protocol: admissionOf(forgedKey)(components).protocol }) : encrypter;
      },
    ],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { maxParallelDials: 500 },
  });

const agents = { stranger: await agentWith(false), forger: await agentWith(true) };
const refusedMs: Record<string, number[]> = { stranger: [], forger: [] };
const sockets: Socket[] = [];
let admitted = 0;

function socket(): Socket {
  const opened = connect({ host: target.host, port: target.port, localAddress: FROM });
  opened.on('error', () => {});
  sockets.push(opened);
  return opened;
}

async function dial(kind: keyof typeof agents): Promise<void> {
  const from = performance.now();
  try {
    await agents[kind].dial(toMultiaddr(target), { signal: AbortSignal.timeout(5000), force: true });
    admitted += 1;
  } catch {
    refusedMs[kind]?.push(performance.now() - from);
  }
}

const total = Number(perSecond) * Number(seconds);
const start = performance.now();
for (let made = 0; made < total; made += 1) {
  const waitMs = start + (made * 1000) / Number(perSecond) - performance.now();
  if (waitMs > 1) await sleep(waitMs);
  if (made % 4 === 0) socket();
  else if (made % 4 === 1) socket().end('GET / HTTP/1.1\r\n\r\n');
  else void dial(made % 4 === 2 ? 'stranger' : 'forger');
}
const tookMs = performance.now() - start;
await sleep(1000);
const median = (values: number[] = []): number => values.sort((one, other) => one - other)[values.length >> 1] ?? -1;
note(
  JSON.stringify({
    made: total,
    tookMs: Math.round(tookMs),
    admitted,
    refused: { stranger: refusedMs['stranger']?.length, forger: refusedMs['forger']?.length },
    medianMs: { stranger: median(refusedMs['stranger']), forger: median(refusedMs['forger']) },
  }),
);
process.exit(0);
