/** Sends junk to one address: half of it random bytes, half with the right header, key id and length. */
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { createKeyring } from '../../../agent/mesh/probes/keys.ts';
import { CLUSTER_KEY, type Place } from './agents.ts';

const [to, perSecond, forMs] = JSON.parse(process.argv[2] ?? '[]') as [Place, number, number];
const socket = createSocket({ type: 'udp4', lookup: (host, _options, callback) => callback(null, host, 4) });
const header = Buffer.concat([Buffer.from([0x4d, 1, 1, 0]), createKeyring([CLUSTER_KEY]).keys[0].id]);
const startedAt = performance.now();
let sent = 0;

process.send?.('ready');
const timer = setInterval(() => {
  const elapsed = performance.now() - startedAt;
  const due = Math.min(forMs, elapsed) * (perSecond / 1000);
  for (; sent < due; sent += 1) {
    const bytes = randomBytes(80);
    if (sent % 2 === 0) bytes.set(header);
    socket.send(bytes, to.port, to.host);
  }
  if (elapsed < forMs) return;
  clearInterval(timer);
  socket.close();
  process.disconnect();
}, 5);
