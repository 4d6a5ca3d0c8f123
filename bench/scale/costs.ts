/** What the shipped code takes of this machine's CPU, over real sockets on loopback where there are any. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { pino } from 'pino';
import { systemClock } from '../../agent/base/clock.ts';
import { signEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { createVerifier } from '../../agent/mesh/envelope/verifier.ts';
import { keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { authorOf } from '../../agent/mesh/identity/peer-id.ts';
import { decodeDatagram, encodeDatagram } from '../../agent/mesh/probes/datagram.ts';
import { createKeyring } from '../../agent/mesh/probes/keys.ts';
import { type RecordBook, createRecordBook } from '../../agent/mesh/records/record-book.ts';
import { createContentHashes } from '../../agent/mesh/spread/content-hashes.ts';
import { createCursors } from '../../agent/mesh/spread/cursors.ts';
import { type ExchangeDeps, initiate, respond } from '../../agent/mesh/spread/exchange.ts';
import { createLink } from '../../agent/mesh/spread/link.ts';
import { EXCHANGE_MS, FRAME_LIMITS, STREAM_LIMITS, SYNC_PROTOCOL } from '../../agent/mesh/spread/protocol.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { createLibp2pTransport } from '../../agent/mesh/transport/libp2p/transport.ts';
import type { Transport } from '../../agent/mesh/transport/types.ts';
import { CLUSTER, CLUSTER_KEY, type Population, createPopulation, firstWords } from './population.ts';
import type { Traffic } from './traffic.ts';

/** Microseconds of one agent. */
export interface Costs {
  /** One that is sent, with what it takes to read one that arrives. */
  readonly datagramUs: number;
  /** One end of an exchange that brings nothing. */
  readonly exchangeUs: number;
  /** A record more in an exchange, sent at one end and taken in at the other, without its signature. */
  readonly recordUs: number;
  readonly signatureUs: number;
  /** A broadcast: a copy sent at one end and received at the other. */
  readonly copyUs: number;
  readonly ownReportUs: number;
  /** View and diagnosis, as often as the agent asks, for a cluster of the size in question. */
  readonly diagnosisUs: number;
}

const PROBES = 2000;
const EXCHANGES = 50;
const RECORDS = 40;
const MESSAGES = 200;
/** An agent looks once a second. */
const DIAGNOSES_PER_SECOND = 1;

/** Without the last, which depends on the size. */
export async function measureCosts(): Promise<Costs> {
  const population = createPopulation(RECORDS * EXCHANGES);
  const words = population.citizens.map((one) => firstWords(population, one).report);
  const signatureUs = await usOf(500, async () => {
    const verifier = createVerifier({ clusterId: CLUSTER });
    for (const bytes of words.slice(0, 500)) verifier.verify(bytes);
  });
  const ownReportUs = await usOf(500, async () => {
    for (const one of population.citizens.slice(0, 500)) firstWords(population, one);
  });
  return { datagramUs: await datagramUs(), ...(await overLibp2p(words)), signatureUs, ownReportUs, diagnosisUs: 0 };
}

/** Percent of a core that this traffic takes. */
export function cpuShare(traffic: Traffic, costs: Costs): number {
  const us =
    traffic.datagrams * costs.datagramUs +
    traffic.exchanges * costs.exchangeUs +
    traffic.recordsReceived * (costs.recordUs + costs.signatureUs) +
    traffic.copiesReceived * costs.copyUs +
    DIAGNOSES_PER_SECOND * costs.diagnosisUs;
  return us / 10_000;
}

/** CPU of the process for each of so many, µs. */
async function usOf(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function datagramUs(): Promise<number> {
  const keys = createKeyring([CLUSTER_KEY.secret]);
  const [key] = keys.keys;
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  let nonce = 0;
  const send = (): void =>
    socket.send(
      encodeDatagram(
        {
          kind: 'ping',
          sender: '00'.repeat(8),
          target: '11'.repeat(8),
          nonce: (nonce += 1),
          pingSequence: nonce,
          heard: { highest: 0, bits: 0 },
          state: { boot: 1, sequence: 1, digest: new Uint8Array(8) },
          stampMs: 1,
          holdMicros: 0,
        },
        key,
      ),
      port,
      '127.0.0.1',
    );
  try {
    return await usOf(PROBES, async () => {
      for (let count = 0; count < PROBES; count += 1) {
        send();
        const [message] = (await once(socket, 'message')) as [Uint8Array];
        if (!decodeDatagram(message, keys).ok) throw new Error('a datagram was not read');
      }
    });
  } finally {
    socket.close();
  }
}

async function overLibp2p(words: readonly Uint8Array[]): Promise<Pick<Costs, 'exchangeUs' | 'recordUs' | 'copyUs'>> {
  const [near, far] = [await openTransport(1), await openTransport(2)];
  try {
    await near.connect(far.listening(), far.peerId, AbortSignal.timeout(5000));
    const verifier = createVerifier({ clusterId: CLUSTER, maxEnvelopes: words.length });
    for (const bytes of words) verifier.verify(bytes);
    const ends = [near, far].map((transport) =>
      exchangeDeps(transport, createRecordBook({ verifier, epoch: transport.peerId.slice(-11) })),
    );
    const [own, other] = ends;
    if (own === undefined || other === undefined) throw new Error('there are two ends');
    far.handle(SYNC_PROTOCOL, STREAM_LIMITS, async (stream, signal) => {
      await respond(createLink(stream, signal, { bytesSent: 0, bytesReceived: 0 }), other);
    });
    await exchange(near, far.peerId, own);
    const empty = await usOf(EXCHANGES, async () => {
      for (let count = 0; count < EXCHANGES; count += 1) await exchange(near, far.peerId, own);
    });
    const laden = await usOf(EXCHANGES, async () => {
      for (let count = 0; count < EXCHANGES; count += 1) {
        for (const bytes of words.slice(count * RECORDS, (count + 1) * RECORDS)) {
          other.book.offer(bytes, 'disk', systemClock.monotonic());
        }
        await exchange(near, far.peerId, own);
      }
    });
    return { exchangeUs: empty / 2, recordUs: Math.max(0, laden - empty) / RECORDS, copyUs: await copyUs(near, far) };
  } finally {
    await Promise.all([near.stop(), far.stop()]);
  }
}

async function openTransport(number: number): Promise<Transport> {
  const { seed } = keyPairFromSeed(new Uint8Array(32).fill(number));
  const transport = await createLibp2pTransport(
    { seed, clusterKeys: [CLUSTER_KEY.secret], listen: ['127.0.0.1:0'], announce: [], topics: [EVENTS_TOPIC] },
    { clock: systemClock, log: pino({ level: 'silent' }) },
  );
  await transport.start();
  return transport;
}

const exchangeDeps = ({ peerId }: Transport, book: RecordBook): ExchangeDeps => ({
  book,
  cursors: createCursors(),
  hashes: createContentHashes(systemClock),
  clock: systemClock,
  random: () => 0.5,
  author: authorOf(peerId) ?? new Uint8Array(32),
  underWay: new Set(),
  onOffered: () => {},
  onHeldBoot: () => {},
});

async function exchange(transport: Transport, peerId: string, deps: ExchangeDeps): Promise<void> {
  const signal = AbortSignal.timeout(EXCHANGE_MS);
  const opened = await transport.open(peerId, SYNC_PROTOCOL, FRAME_LIMITS, signal);
  if (opened.kind === 'failed') throw new Error(`no stream: ${opened.why}`);
  await initiate(createLink(opened.stream, signal, { bytesSent: 0, bytesReceived: 0 }), false, deps);
  await opened.stream.close();
}

async function copyUs(near: Transport, far: Transport): Promise<number> {
  let arrived = (): void => {};
  near.subscribe(
    EVENTS_TOPIC,
    () => 'accept',
    () => {},
  );
  far.subscribe(
    EVENTS_TOPIC,
    () => 'accept',
    () => arrived(),
  );
  const keys = keyPairFromSeed(new Uint8Array(32).fill(9));
  const tell = async (count: number): Promise<void> => {
    const bytes = signEnvelope('event', Buffer.from(`[1,1,1,"a",${count},"${'x'.repeat(200)}"]`), keys, CLUSTER);
    const there = new Promise<void>((resolve) => (arrived = resolve));
    await near.publish(EVENTS_TOPIC, bytes);
    await Promise.race([there, systemClock.sleep(2000)]);
  };
  // The mesh is made at a heartbeat, once a second.
  await systemClock.sleep(3000);
  return usOf(MESSAGES, async () => {
    for (let count = 0; count < MESSAGES; count += 1) await tell(count);
  });
}

/** CPU of view and diagnosis of one agent that knows so many, µs. */
export async function diagnosisUs(population: Population): Promise<number> {
  const { startLone } = await import('./lone.ts');
  const { agent } = await startLone(population);
  for (let count = 0; count < 5; count += 1) agent.diagnose();
  return usOf(10, async () => {
    for (let count = 0; count < 10; count += 1) agent.diagnose();
  });
}
