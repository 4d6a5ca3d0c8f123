/**
 * Members that hold the cluster's key and claim the names of others: whole meshes over the transport in memory, in
 * virtual time.
 */
import { describe, expect, it } from 'vitest';
import { CLUSTER_ID, KEY, type MemoryNode, type MemoryWorld, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, isWell, startAll, stateOf } from '../../test/lib/mesh-views.ts';
import type { MemberState } from '../model/member.ts';
import { type BindingClaim, MAX_GENERATION, encodeBinding } from './codec/binding.ts';
import { MAX_BURIED, encodeTombstone } from './codec/tombstone.ts';
import { signEnvelope } from './envelope/envelope.ts';
import { testKeys } from './envelope/testing.ts';
import { parseClusterId } from './identity/cluster-id.ts';
import { type AuthorKey, authorOf } from './identity/peer-id.ts';
import { EVENTS_TOPIC } from './spread/topic.ts';
import { createMemoryTransport } from './transport/memory/transport.ts';

interface Thief {
  readonly peerId: string;
  claim(name: string, claim: BindingClaim): Promise<void>;
  /** As an agent that does not exist. */
  invent(name: string, claim: BindingClaim): Promise<void>;
  bury(name: string, author: AuthorKey): Promise<void>;
  leave(): Promise<void>;
}

let keys = 1000;

/** Connected to all of these, and it answers nothing. */
async function startThief({ network }: MemoryWorld, hosts: readonly number[]): Promise<Thief> {
  keys += 1;
  const pair = testKeys(keys);
  const clusterId = parseClusterId(CLUSTER_ID) ?? new Uint8Array(16);
  const transport = createMemoryTransport(
    { peerId: pair.peerId, listen: [`10.0.1.${keys % 250}:7576`], keys: [KEY.id], topics: [EVENTS_TOPIC] },
    network,
  );
  await transport.start();
  transport.subscribe(
    EVENTS_TOPIC,
    () => 'accept',
    () => {},
  );
  for (const host of hosts) {
    const connecting = transport.connect([`10.0.0.${host}:7576`], undefined, AbortSignal.timeout(5000));
    await (network.clock as MemoryWorld['clock']).advance(100);
    await connecting;
  }
  let sequence = 0;
  return {
    peerId: pair.peerId,
    async claim(node, claim) {
      sequence += 1;
      const payload = encodeBinding({ boot: 1, sequence, node }, claim);
      await transport.publish(EVENTS_TOPIC, signEnvelope('binding', payload, pair, clusterId));
    },
    async invent(node, claim) {
      keys += 1;
      const payload = encodeBinding({ boot: 1, sequence: 1, node }, claim);
      await transport.publish(EVENTS_TOPIC, signEnvelope('binding', payload, testKeys(keys), clusterId));
    },
    async bury(name, author) {
      const stone = { name, author, generation: MAX_BURIED, why: 'forget' } as const;
      const payload = encodeTombstone({ boot: 1, sequence: 1, node: 'thief' }, stone);
      await transport.publish(EVENTS_TOPIC, signEnvelope('tombstone', payload, pair, clusterId));
    },
    leave: () => transport.stop(),
  };
}

const keyOf = ({ peerId }: MemoryNode): Uint8Array => authorOf(peerId) ?? new Uint8Array(32);

/** Who has the name, for each of the viewers. */
const holders = (world: MemoryWorld, nodes: readonly MemoryNode[], name: string): ReadonlySet<string | undefined> =>
  new Set(
    nodes.map((node) => {
      node.save();
      const directory = [...world.saved.keys()].find((path) => path === `/${node.name}`) ?? '';
      return world.saved
        .get(directory)
        ?.memory()
        .members.find((member) => member.name === name)?.peerId;
    }),
  );

/** Every state in which any of them has the member from now on. */
function follow(nodes: readonly MemoryNode[], name: string): ReadonlySet<MemberState | undefined> {
  const seen = new Set(nodes.map((node) => stateOf(node, name)));
  for (const node of nodes) node.mesh.onChange(() => seen.add(stateOf(node, name)));
  return seen;
}

const tellOf = (nodes: readonly MemoryNode[], name: string): boolean =>
  nodes.every(({ mesh }) =>
    mesh.state().mesh.conflicts.some((conflict) => conflict.kind === 'name' && conflict.name === name),
  );

describe('whoever claims the name of an agent that lives', () => {
  it.each([
    ['the next generation', 2],
    ['a far one', 5000],
    ['the last there is', MAX_GENERATION],
  ])('as if it defended it, in %s, does not get it, and all tell of it', async (_, generation) => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const victim = at(nodes, 1);
    const seen = follow(nodes, 'node-2');
    const thief = await startThief(world, [1, 2, 3, 4, 5]);

    await thief.claim('node-2', { generation, refuted: keyOf(victim) });
    await world.until('all tell of it', 5000, () => tellOf(nodes, 'node-2'));
    await world.clock.advance(90_000);

    expect([...seen]).toEqual(['alive']);
    expect(holders(world, nodes, 'node-2')).toEqual(new Set([victim.peerId]));
    expect(isWell(nodes)).toBe(true);
  });

  it('as if it defended it against a third agent, or under many keys, does not get it', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const seen = follow(nodes, 'node-2');
    for (let count = 0; count < 12; count += 1) {
      const thief = await startThief(world, [1, 2, 3, 4, 5]);
      await thief.claim('node-2', { generation: MAX_GENERATION - count, refuted: testKeys(count).author });
    }
    await world.clock.advance(90_000);

    expect([...seen]).toEqual(['alive']);
    expect(holders(world, nodes, 'node-2')).toEqual(new Set([at(nodes, 1).peerId]));

    const newcomer = await world.start('node-6', 6);
    await world.until('all are well', 30_000, () => isWell([...nodes, newcomer]));
    expect(holders(world, [newcomer], 'node-2')).toEqual(new Set([at(nodes, 1).peerId]));
  });

  it('and buries that one does not get it', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const victim = at(nodes, 1);
    const seen = follow(nodes, 'node-2');
    const thief = await startThief(world, [1, 2, 3, 4, 5]);
    await thief.claim('node-2', { generation: MAX_GENERATION });
    await thief.bury('node-2', keyOf(victim));
    await world.clock.advance(60_000);

    expect([...seen]).toEqual(['alive']);
    expect(holders(world, nodes, 'node-2')).toEqual(new Set([victim.peerId]));
    expect(isWell(nodes)).toBe(true);
  });

  it('by an agent that has a name of its own does not get another one', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    await at(nodes, 4).kill();
    const left = nodes.slice(0, 4);
    const thief = await startThief(world, [1, 2, 3, 4]);
    await thief.claim('node-7', { generation: 1 });
    await world.clock.advance(2000);
    await thief.claim('node-5', { generation: 9 });
    await world.clock.advance(60_000);

    expect(holders(world, left, 'node-5')).toEqual(new Set([at(nodes, 4).peerId]));
  });

  it('does not get it while that one starts anew, nor from an agent that knows nothing yet', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const victim = at(nodes, 1);
    const thief = await startThief(world, [1, 2, 3, 4, 5]);
    await thief.claim('node-2', { generation: 9, refuted: keyOf(victim) });
    await world.clock.advance(5000);
    for (const node of nodes) node.save();
    await victim.kill();
    await world.until('it is down', 5000, () => stateOf(at(nodes, 0), 'node-2') === 'agent-down');
    await world.clock.advance(10_000);

    const again = await world.start('node-2', 2, { recall: true });
    const now = nodes.with(1, again);
    await world.until('all are well', 20_000, () => isWell(now));
    expect(holders(world, now, 'node-2')).toEqual(new Set([victim.peerId]));

    const newcomer = await world.start('node-6', 6);
    await world.until('all are well', 30_000, () => isWell([...now, newcomer]));
    expect(holders(world, [...now, newcomer], 'node-2')).toEqual(new Set([victim.peerId]));
  });
});

describe('two machines of one name, one on each side of a partition', () => {
  it.each([
    ['the first one’s', 3],
    ['the second one’s', 2],
  ])('are told of after it, and everybody calls the one by it that more have seen, on %s side', async (_, count) => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const one = await world.start('node-9', 9);
    await world.until('all are well', 20_000, () => isWell([...nodes, one]));
    const [left, right] = [nodes.slice(0, count), nodes.slice(count)];
    world.cut([...left, one], right);
    await world.clock.advance(20_000);
    const other = await world.start('node-9', 19, { seeds: ['10.0.0.4:7576', '10.0.0.5:7576'] });
    world.cut([...left, one], [other]);
    await world.until('each side has its own', 60_000, () => stateOf(at(right, 0), 'node-9') === 'alive');
    // Until their reports say so.
    await world.clock.advance(15_000);
    expect([left, right].map((side) => [...holders(world, side, 'node-9')])).toEqual([[one.peerId], [other.peerId]]);

    world.network.mendAll();

    const most = count > 2 ? one : other;
    const agree = (): boolean => {
      const held = holders(world, nodes, 'node-9');
      return held.size === 1 && held.has(most.peerId);
    };
    await world.until('all agree', 30_000, agree);
    await world.until('all tell of it', 70_000, () => tellOf(nodes, 'node-9'));
    expect(agree()).toBe(true);
    expect(nodes.map((node) => stateOf(node, 'node-9'))).toEqual(nodes.map(() => 'alive'));
  });
});

it('a machine with a new key has its name also in a cluster where many have sampled it before', async () => {
  const world = createMemoryWorld();
  const nodes = await startAll(world, 14);
  await world.clock.advance(40_000);
  await at(nodes, 3).kill();

  const renewed = await world.start('node-4', 4, { directory: '/renewed' });

  await world.until('all are well', 30_000, () => isWell(nodes.with(3, renewed)));
}, 60_000);

describe('a claim of the last generation there is', () => {
  it('does not keep a machine with a new key from its name', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const thief = await startThief(world, [1, 2, 3, 4, 5]);
    await thief.claim('node-2', { generation: MAX_GENERATION });
    await world.clock.advance(5000);
    await at(nodes, 1).kill();

    const renewed = await world.start('node-2', 2, { directory: '/renewed' });

    await world.until('all are well', 30_000, () => isWell(nodes.with(1, renewed)));
  });

  it('does not keep a newcomer from the name, whether its agent is there, was there or never was', async () => {
    const refuted = testKeys(1).author;
    for (const count of [0, 1, 12]) {
      const world = createMemoryWorld();
      const nodes = await startAll(world, 5);
      const thief = await startThief(world, [1, 2, 3, 4, 5]);
      if (count < 2) await thief.claim('node-6', { generation: MAX_GENERATION, refuted });
      // More than a name has claimants.
      else for (let of = count; of > 0; of -= 1) await thief.invent('node-6', { generation: MAX_GENERATION, refuted });
      await world.clock.advance(5000);
      if (count > 0) await thief.leave();
      await world.clock.advance(5000);

      const newcomer = await world.start('node-6', 6);

      // Its holder has to be away for 30 s.
      await world.until('all are well', 40_000, () => isWell([...nodes, newcomer]));
    }
  });

  it('is not accepted while the holder is down, because its agent says nothing of itself, and hinders nobody', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const victim = at(nodes, 1);
    victim.save();
    await victim.kill();
    const left = nodes.toSpliced(1, 1);
    const thief = await startThief(world, [1, 3, 4, 5]);
    await thief.claim('node-2', { generation: MAX_GENERATION, refuted: keyOf(victim) });
    await world.clock.advance(60_000);
    expect(holders(world, left, 'node-2')).toEqual(new Set([victim.peerId]));

    const again = await world.start('node-2', 2, { recall: true });

    await world.until('all are well', 90_000, () => isWell(nodes.with(1, again)));
  });
});
