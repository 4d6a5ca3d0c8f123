/** A member that keeps no rules, over sockets: what it forges is rejected and counted everywhere, and changes nothing. */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDatagram } from '../../agent/mesh/probes/datagram.ts';
import { deriveProbeKey } from '../../agent/mesh/probes/keys.ts';
import { type Insider, createInsider, flipped, forgeriesOf, naturalId } from '../lib/insider.ts';
import {
  CLUSTER_ID,
  type TestCluster,
  type TestNode,
  createTestCluster,
  makeKey,
} from './mesh-compose-support/cluster.ts';

const HOSTS = [1, 2, 3, 4];
const UNTIL_MS = 40_000;
const MAX_BROADCAST_BYTES = 512;

let cluster: TestCluster;
let nodes: TestNode[];
let insider: Insider;

const until = async (what: string, isTrue: () => boolean): Promise<void> => {
  const end = performance.now() + UNTIL_MS;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await sleep(20);
  }
};
const isWhole = ({ mesh }: TestNode): boolean => {
  const { mesh: state, peers } = mesh.state();
  const current = peers.filter(({ freshness }) => freshness === 'current');
  return state.settled && state.members.every((one) => one.state === 'alive') && current.length === HOSTS.length - 1;
};
const countsOf = ({ mesh }: TestNode) => {
  const counts = mesh.counts();
  if (counts === undefined) throw new Error('it does not run');
  return counts;
};
const addresses = (): string[] => HOSTS.map((host) => cluster.addressOf(host));

/** Each under a key of its own: who brings more than a few forgeries is cut off. */
const makeInsider = (): Promise<Insider> =>
  createInsider({ key: cluster.key, clusterId: CLUSTER_ID, listen: '127.0.0.29:0' });

beforeAll(async () => {
  cluster = await createTestCluster();
  nodes = await Promise.all(HOSTS.map((host) => cluster.start(host)));
  insider = await makeInsider();
  await until('all know all', () => nodes.every(isWhole));
});
afterAll(async () => {
  await insider.stop();
  await cluster.stop();
});

describe('a member that keeps no rules', () => {
  it('brings reports with one bit changed: each is rejected and counted, by name, and the real one stays', async () => {
    for (const [index, node] of nodes.entries()) {
      const address = addresses()[index] ?? '';
      const book = await insider.learn(address);
      await until('it knows all', () => book.allLatest('report').length === HOSTS.length);
      const before = countsOf(node);
      let asked = 0;
      const forgers: string[] = [];
      for (const { bytes } of book.allLatest('report')) {
        const forger = await makeInsider();
        forgers.push(forger.peerId);
        asked += await forger.bring(
          address,
          forgeriesOf(bytes).map(({ record }) => record),
        );
        await forger.stop();
      }
      const { spread, records } = countsOf(node);
      const received = spread.sync.recordsReceived - before.spread.sync.recordsReceived;
      process.stdout.write(`${node.name}: asked for ${asked} forgeries, ${JSON.stringify(records.rejected)}\n`);

      expect(asked).toBeGreaterThan(HOSTS.length * 4);
      expect(received).toBeGreaterThanOrEqual(asked);
      // Where a newer report came meanwhile, a forgery is old before it is looked at.
      expect(spread.sync.rejected).toBeGreaterThan(asked / 2);
      expect(spread.sync.rejectedFrom.map(({ peerId }) => peerId)).toEqual(forgers);
      expect(node.mesh.state().mesh.misbehaving).toEqual([]);
      expect(records.rejected).toEqual({ 'bad-signature': spread.sync.rejected });
      expect(records.authors).toBe(before.records.authors);
    }
    expect(nodes.map((node) => countsOf(node).conduct.refused)).toEqual(nodes.map(() => 0));
    // What a forgery says of a counter does not make the real report lag.
    await sleep(12_000);
    expect(nodes.map(isWhole)).toEqual(nodes.map(() => true));
    expect(new Set(nodes.map(({ mesh }) => mesh.state().mesh.digest)).size).toBe(1);
  }, 60_000);

  it('brings what is old, under new names, and the same again: nothing is taken', async () => {
    const book = await insider.learn(cluster.addressOf(HOSTS[0] ?? 0));
    const old = book.since(0, 1000).flatMap(({ bytes }) => {
      const id = naturalId(bytes);
      return id === undefined || typeof id.run !== 'number'
        ? []
        : [{ id: { ...id, sequence: id.sequence + 50 }, bytes }];
    });
    await sleep(1000);
    for (const [index, node] of nodes.entries()) {
      const before = countsOf(node).records;
      const asked = await insider.bring(addresses()[index] ?? '', old);
      await until('all are judged', () => {
        const { old: less, known, accepted } = countsOf(node).records;
        // What reached it first this way was news.
        return less + known + accepted >= before.old + before.known + before.accepted + asked;
      });
      expect(asked).toBeGreaterThan(0);
      expect(countsOf(node).records).toMatchObject({
        authors: before.authors,
        reports: before.reports,
        rejected: before.rejected,
      });
    }
  });

  it('broadcasts events with one bit changed: rejected by whom it reaches, and relayed by nobody', async () => {
    for (const { mesh, name } of nodes)
      mesh.publishEvents([{ kind: 'agent-notice', at: Date.now(), node: name, message: 'hello' }]);
    const book = await insider.learn(cluster.addressOf(HOSTS[0] ?? 0));
    const events = (): Uint8Array[] =>
      book
        .since(0, 1000)
        .flatMap(({ type, bytes }) => (type === 'event' && bytes.length <= MAX_BROADCAST_BYTES ? [bytes] : []));
    await until('it heard events', () => events().length >= HOSTS.length);
    const before = nodes.map((node) => countsOf(node));
    for (const bytes of events()) {
      await insider.broadcast(flipped(bytes, bytes.length - 3, 0));
      await insider.broadcast(bytes);
    }
    await until('somebody rejected them', () =>
      nodes.some((node, index) => countsOf(node).spread.events.rejected > (before[index]?.spread.events.rejected ?? 0)),
    );
    await sleep(500);
    expect(nodes.map((node) => countsOf(node).records.events)).toEqual(before.map(({ records }) => records.events));
    expect(nodes.map(isWhole)).toEqual(nodes.map(() => true));
  });
});

describe('a stranger', () => {
  it('gets no answer to probes of another key, nor to noise', async () => {
    const socket = createSocket('udp4');
    const answers: Buffer[] = [];
    socket.on('message', (bytes) => answers.push(bytes));
    const key = deriveProbeKey(makeKey().secret);
    const ping = encodeDatagram(
      {
        kind: 'ping',
        sender: '00'.repeat(8),
        target: '00'.repeat(8),
        nonce: 1,
        pingSequence: 1,
        heard: { highest: 0, bits: 0 },
        state: { boot: 9, sequence: 999, digest: new Uint8Array(8) },
        stampMs: 0,
        holdMicros: 0,
      },
      key,
    );
    const forged = Buffer.from(ping);
    forged.set(deriveProbeKey(cluster.key.secret).id, 4);
    const noise = Buffer.alloc(80, 0x4d);
    for (const [index] of nodes.entries()) {
      const [host, port] = (addresses()[index] ?? '').split(':');
      for (const bytes of [ping, forged, noise, noise.subarray(0, 1)]) socket.send(bytes, Number(port), host);
    }
    await until('they are counted', () =>
      nodes.every((node) => {
        const { forged: bad = 0, unknownKey = 0 } = countsOf(node).probes;
        return bad > 0 && unknownKey > 0;
      }),
    );
    await sleep(300);
    socket.close();
    expect(answers).toEqual([]);
  });
});
