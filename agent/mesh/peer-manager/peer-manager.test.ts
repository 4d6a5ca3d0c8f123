import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createLog } from '../../base/log.ts';
import { createMemoryNetwork } from '../transport/memory/network.ts';
import { createMemoryTransport } from '../transport/memory/transport.ts';
import type { Transport } from '../transport/types.ts';
import { createPeerManager } from './peer-manager.ts';

const SECOND_MS = 1000;

function setUp() {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 1 });
  const addressOf = (number: number): string => `10.0.${number >> 8}.${number & 255}:7576`;
  const idOf = (number: number): string => `peer-${String(number).padStart(4, '0')}`;
  const bare = async (number: number, listen = [addressOf(number)]) => {
    const transport = createMemoryTransport({ peerId: idOf(number), listen, topics: [] }, network);
    await transport.start();
    return transport;
  };
  const manage = (transport: Transport, allowLoopback = false) => {
    const dials: { readonly at: number; readonly addresses: readonly string[]; readonly peerId: string | undefined }[] =
      [];
    const connect = transport.connect.bind(transport);
    transport.connect = (addresses, peerId, signal) => {
      dials.push({ at: clock.monotonic(), addresses, peerId });
      return connect(addresses, peerId, signal);
    };
    const manager = createPeerManager(
      { allowLoopback, ownAddresses: [] },
      { transport, clock, random: () => 0.5, log: createLog('silent', 'n') },
    );
    manager.start();
    return { manager, transport, dials };
  };
  const node = async (number: number) => manage(await bare(number));
  return { clock, network, addressOf, idOf, bare, manage, node };
}

const peersOf = (transport: Transport): string[] =>
  transport
    .peers()
    .map(({ peerId }) => peerId)
    .sort();

describe('createPeerManager', () => {
  it('connects neighbours, the smaller PeerId first, and the greater only where it stays away', async () => {
    const { node, clock, idOf, addressOf } = setUp();
    const [one, two, three] = [await node(1), await node(2), await node(3)];
    for (const [index, { manager }] of [one, two].entries()) {
      manager.learn(idOf(2 - index), [addressOf(2 - index)]);
      manager.setNeighbours([idOf(2 - index)]);
    }
    await clock.advance(SECOND_MS);
    expect(peersOf(one.transport)).toEqual([idOf(2)]);
    expect([one.dials.length, two.dials.length]).toEqual([1, 0]);
    three.manager.learn(idOf(1), [addressOf(1)]);
    three.manager.setNeighbours([idOf(1)]);
    await clock.advance(SECOND_MS);
    expect(three.dials).toEqual([]);
    await clock.advance(2 * SECOND_MS);
    expect(peersOf(three.transport)).toEqual([idOf(1)]);
  });

  it('dials for ever, ever more seldom, and within a minute of the peer coming back', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, dials, transport } = await node(1);
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2)]);
    await clock.advance(3600 * SECOND_MS);
    const pauses = dials.slice(1).map(({ at }, index) => at - (dials[index]?.at ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(1500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61_000);
    expect(dials.length).toBeGreaterThan(60);
    expect(dials.length).toBeLessThan(130);
    await bare(2);
    await clock.advance(61 * SECOND_MS);
    expect(peersOf(transport)).toEqual([idOf(2)]);
  });

  it('dials at once when a probe is answered, also while an older dial hangs', async () => {
    const { node, bare, clock, network, idOf, addressOf } = setUp();
    const { manager, transport } = await node(1);
    await bare(2);
    network.cut(idOf(1), idOf(2));
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2)]);
    await clock.advance(120 * SECOND_MS);
    expect(peersOf(transport)).toEqual([]);
    network.mendAll();
    manager.reachable(idOf(2));
    await clock.advance(100);
    expect(peersOf(transport)).toEqual([idOf(2)]);
    network.cut(idOf(1), idOf(2));
    void manager.lost(idOf(2));
    await clock.advance(2 * SECOND_MS);
    network.mendAll();
    manager.reachable(idOf(2));
    await clock.advance(100);
    expect(peersOf(transport)).toEqual([idOf(2)]);
  });

  it('connects again after a loss, without a pause where the connection had lasted', async () => {
    const { node, bare, clock, network, idOf, addressOf } = setUp();
    const { manager, transport, dials } = await node(1);
    await bare(2);
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2)]);
    await clock.advance(20 * SECOND_MS);
    network.lose(idOf(1), idOf(2));
    await clock.advance(SECOND_MS);
    expect(peersOf(transport)).toEqual([idOf(2)]);
    for (let i = 0; i < 100; i += 1) {
      network.lose(idOf(1), idOf(2));
      await clock.advance(SECOND_MS);
    }
    expect(dials.length).toBeLessThan(20);
  });

  it('has at most eight dials under way', async () => {
    const { node, bare, clock, network, idOf, addressOf } = setUp();
    const { manager, dials } = await node(1);
    const others = Array.from({ length: 30 }, (_, index) => index + 2);
    for (const number of others) {
      await bare(number);
      network.cut(idOf(1), idOf(number));
      manager.learn(idOf(number), [addressOf(number)]);
    }
    manager.setNeighbours(others.map(idOf));
    await clock.advance(2900);
    expect(dials).toHaveLength(8);
    await clock.advance(60 * SECOND_MS);
    expect(new Set(dials.map(({ peerId }) => peerId)).size).toBe(30);
  });

  it('suspends an address at which another peer answers, says so once, and connects that peer there', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, transport, dials } = await node(1);
    await bare(3, ['10.1.1.1:7576']);
    manager.learn(idOf(2), ['10.1.1.1:7576']);
    manager.setNeighbours([idOf(2), idOf(3)]);
    await clock.advance(5 * SECOND_MS);
    expect(dials.filter(({ peerId }) => peerId === idOf(2))).toHaveLength(1);
    expect(manager.conflicts()).toMatchObject([
      { address: '10.1.1.1:7576', expectedPeerId: idOf(2), actualPeerId: idOf(3) },
    ]);
    expect(peersOf(transport)).toEqual([idOf(3)]);
    await bare(2);
    manager.learn(idOf(2), [addressOf(2)]);
    await clock.advance(2 * SECOND_MS);
    expect(peersOf(transport)).toEqual([idOf(2), idOf(3)]);
    await manager.forget(idOf(2));
    expect(manager.conflicts()).toEqual([]);
  });

  it('waits longer where connections end at once, although probes are answered', async () => {
    const { node, bare, network, clock, idOf, addressOf } = setUp();
    const { manager, transport, dials } = await node(1);
    await bare(2);
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2)]);
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(SECOND_MS);
      if (transport.peers().length > 0) network.lose(idOf(1), idOf(2));
      manager.reachable(idOf(2));
    }
    expect(dials.length).toBeGreaterThan(10);
    expect(dials.length).toBeLessThan(20);
  });

  it('gives handshakes time where probes are answered and no dial succeeds', async () => {
    const { node, bare, network, clock, idOf, addressOf } = setUp();
    const { manager, dials } = await node(1);
    await bare(2);
    network.cut(idOf(1), idOf(2));
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2)]);
    for (let quarter = 0; quarter < 240; quarter += 1) {
      await clock.advance(SECOND_MS / 4);
      manager.reachable(idOf(2));
    }
    expect(dials.length).toBeGreaterThan(8);
    expect(dials.length).toBeLessThan(30);
  });

  it('never dials itself', async () => {
    const { node, clock, idOf, addressOf } = setUp();
    const { manager, dials } = await node(1);
    manager.learn(idOf(2), [addressOf(1)]);
    manager.learn(idOf(1), [addressOf(2)]);
    manager.setNeighbours([idOf(1), idOf(2)]);
    manager.setSeeds([addressOf(1), '127.0.0.1:7576', 'nonsense']);
    await clock.advance(60 * SECOND_MS);
    expect(dials).toEqual([]);
  });

  it('asks a seed until somebody answers, then no more', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, transport, dials } = await node(1);
    manager.setSeeds([addressOf(2), addressOf(3)]);
    await clock.advance(10 * SECOND_MS);
    expect(dials.length).toBeGreaterThan(4);
    await bare(2);
    await bare(3);
    await clock.advance(20 * SECOND_MS);
    expect(peersOf(transport)).toEqual([idOf(2), idOf(3)]);
    const before = dials.length;
    await clock.advance(600 * SECOND_MS);
    expect(dials).toHaveLength(before);
    expect(manager.exportBook()).toEqual([
      { peerId: idOf(2), addresses: [addressOf(2)] },
      { peerId: idOf(3), addresses: [addressOf(3)] },
    ]);
  });

  it('starts from an imported book, without neighbours, seeds or anybody to ask', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, transport } = await node(1);
    for (const number of [2, 3, 4, 5, 6]) await bare(number);
    manager.importBook([2, 3, 4, 5, 6].map((number) => ({ peerId: idOf(number), addresses: [addressOf(number)] })));
    await clock.advance(2 * SECOND_MS);
    expect(transport.peers().length).toBeGreaterThanOrEqual(3);
  });

  it('closes connections of nobody wanted, one after the other, when there are too many', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, transport } = await node(1);
    manager.learn(idOf(2), [addressOf(2)]);
    await bare(2);
    manager.setNeighbours([idOf(2)]);
    for (let number = 3; number < 15; number += 1)
      void (await bare(number)).connect([addressOf(1)], idOf(1), new AbortController().signal);
    await clock.advance(SECOND_MS);
    expect(transport.peers()).toHaveLength(13);
    await clock.advance(29 * SECOND_MS);
    expect(transport.peers()).toHaveLength(13);
    await clock.advance(30 * SECOND_MS);
    expect(transport.peers()).toHaveLength(5);
    expect(peersOf(transport)).toContain(idOf(2));
  });

  it('a seed that is a virtual address and led to itself is tried again when it may have moved on', async () => {
    const { node, clock, idOf, addressOf, network } = setUp();
    const one = await node(1);
    const virtual = '10.9.9.9:7576';
    await one.transport.relisten([addressOf(1), virtual]);
    one.manager.setSeeds([virtual]);
    await clock.advance(SECOND_MS);
    expect([one.dials.length, one.manager.unmetSeeds()]).toEqual([1, []]);
    await one.transport.relisten([addressOf(1)]);
    const two = createMemoryTransport({ peerId: idOf(2), listen: [addressOf(2), virtual], topics: [] }, network);
    await two.start();
    await clock.advance(310 * SECOND_MS);
    expect(peersOf(one.transport)).toEqual([idOf(2)]);
  });

  it('dials from a new place at once, also at addresses that were its own', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, transport, dials } = await node(1);
    manager.learn(idOf(2), [addressOf(2)]);
    manager.setNeighbours([idOf(2), idOf(3)]);
    await clock.advance(300 * SECOND_MS);
    await transport.relisten([addressOf(9)]);
    manager.moved({ allowLoopback: false, ownAddresses: [addressOf(9)] });
    manager.learn(idOf(3), [addressOf(1)]);
    await bare(2);
    await bare(3, [addressOf(1)]);
    const before = dials.length;
    await clock.advance(5 * SECOND_MS);
    expect(peersOf(transport)).toEqual([idOf(2), idOf(3)]);
    expect(dials.length - before).toBeLessThanOrEqual(3);
  });

  it('forgets where a peer says it is no more, and that somebody else is there', async () => {
    const { node, bare, clock, idOf } = setUp();
    const { manager } = await node(1);
    await bare(3, ['10.1.1.1:7576']);
    manager.learn(idOf(2), ['10.1.1.1:7576']);
    manager.setNeighbours([idOf(2)]);
    await clock.advance(5 * SECOND_MS);
    expect(manager.conflicts()).toHaveLength(1);
    manager.retract(idOf(2), ['10.1.1.1:7576']);
    expect(manager.conflicts()).toEqual([]);
    expect(manager.exportBook().map(({ peerId }) => peerId)).toEqual([idOf(3)]);
  });

  it('does nothing after the stop', async () => {
    const { node, bare, clock, idOf, addressOf } = setUp();
    const { manager, dials } = await node(1);
    await bare(2);
    manager.learn(idOf(2), [addressOf(2)]);
    manager.stop();
    manager.setNeighbours([idOf(2)]);
    manager.reachable(idOf(2));
    await clock.advance(60 * SECOND_MS);
    expect(dials).toEqual([]);
  });

  it('tells which seeds were tried in vain, and which of them refuse the key', async () => {
    const { node, clock, addressOf, network } = setUp();
    const stranger = createMemoryTransport(
      { peerId: 'stranger', listen: [addressOf(8)], keys: ['another'], topics: [] },
      network,
    );
    await stranger.start();
    const [one] = [await node(1), await node(2)];
    one.manager.setSeeds([addressOf(1), addressOf(2), addressOf(8), addressOf(9)]);
    await clock.advance(30 * SECOND_MS);

    expect(one.manager.unmetSeeds().map(({ address, refusesKey }) => [address, refusesKey])).toEqual([
      [addressOf(8), true],
      [addressOf(9), false],
    ]);
  });
});
