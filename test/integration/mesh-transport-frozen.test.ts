/** A peer that is frozen or killed costs little, and is back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type Member, startMember } from './mesh-transport-support/child.ts';
import { until } from './mesh-transport-support/libp2p-harness.ts';
import { type MeshNode, introduce, startNode } from './mesh-transport-support/node.ts';
import { note } from './mesh-transport-support/note.ts';

const MIB = 1024 * 1024;
const KIB = 1024;

let members: Member[] = [];
let nodes: MeshNode[] = [];
afterEach(async () => {
  for (const member of members) {
    member.kill('SIGKILL');
    await member.ended();
  }
  await Promise.all(nodes.map((node) => node.stop()));
  [members, nodes] = [[], []];
});

const isConnected = (node: MeshNode, { peerId }: Member): boolean =>
  node.transport.peers().some((peer) => peer.peerId === peerId);
const adopt = (node: MeshNode, { peerId, address }: Member): void => {
  node.manager.learn(peerId, [address]);
  node.manager.setNeighbours([...node.transport.peers().map((peer) => peer.peerId), peerId]);
};

/** What waits to be sent on all streams, above the kernel's own buffers. */
const bufferedFor = ({ libp2p }: MeshNode): number =>
  libp2p
    .getConnections()
    .flatMap(({ streams }) => streams)
    .reduce((sum, { writeBufferLength }) => sum + writeBufferLength, 0);

it('the buffers for a frozen peer are bounded, others go on, and it hears again when it wakes up', async () => {
  nodes = [await startNode(), await startNode()];
  introduce(nodes);
  const [node, other] = nodes as [MeshNode, MeshNode];
  const member = await startMember(300);
  members = [member];
  adopt(node, member);
  await until(() => isConnected(node, member), 'connected');
  await sleep(2000);
  member.kill('SIGSTOP');
  const from = performance.now();
  const limits = { maxFrameBytes: 64 * KIB, maxBufferedBytes: 256 * KIB };
  const opened = await node.transport.open(member.peerId, '/echo/1', limits, AbortSignal.timeout(1000));
  expect(opened).toEqual({ kind: 'failed', why: 'aborted' });
  const before = process.memoryUsage().rss;
  const most = { buffered: 0, rss: 0 };
  let lostAfterMs = 0;
  // 16 MiB, were all of it kept for the frozen one.
  for (let message = 0; message < 1024; message += 1) {
    await node.say(`${message} `.padEnd(16 * KIB - 1) + '.');
    await sleep(5);
    most.buffered = Math.max(most.buffered, bufferedFor(node));
    most.rss = Math.max(most.rss, process.memoryUsage().rss);
    if (lostAfterMs === 0 && !isConnected(node, member)) lostAfterMs = performance.now() - from;
  }
  await node.say('go on');
  await until(() => other.heard.has('go on'), 'the other hears');
  note(
    `frozen peer: ${(most.buffered / MIB).toFixed(1)} MiB buffered and RSS +${((most.rss - before) / MIB).toFixed(1)} MiB at most,`,
    `given up after ${Math.round(lostAfterMs)} ms`,
  );
  expect(most.buffered).toBeGreaterThan(MIB);
  expect(most.buffered).toBeLessThan(4 * MIB);
  expect(lostAfterMs).toBeGreaterThan(0);
  member.kill('SIGCONT');
  const woke = performance.now();
  node.manager.reachable(member.peerId);
  await until(() => isConnected(node, member), 'connected again');
  let said = 0;
  await until(() => {
    if ((said += 1) % 20 === 0) void node.say(`awake ${said}`);
    return [...member.heard].some((message) => message.startsWith('awake'));
  }, 'it hears again');
  note(`woken peer hears after ${Math.round(performance.now() - woke)} ms`);
});

it('a peer that is killed and started again is connected again by itself', async () => {
  const node = await startNode();
  nodes = [node];
  const first = await startMember(301);
  members = [first];
  adopt(node, first);
  await until(() => isConnected(node, first), 'connected');
  await sleep(500);
  const killed = performance.now();
  first.kill('SIGKILL');
  await until(() => !isConnected(node, first), 'it is gone');
  note(`a killed peer is gone after ${Math.round(performance.now() - killed)} ms`);
  const again = await startMember(301, node.transport.listening());
  members = [first, again];
  expect(again.peerId).toBe(first.peerId);
  await until(() => isConnected(node, again), 'connected again');
  await sleep(1000);
  await node.say('hello again');
  await until(() => again.heard.has('hello again'), 'it hears');
});

it('a process whose transport is stopped ends by itself, whatever its peers do', async () => {
  const frozen = await startMember(302);
  const member = await startMember(303, [frozen.address]);
  const other = await startMember(304, [frozen.address, member.address, '127.0.0.1:1']);
  members = [frozen, member, other];
  await sleep(3000);
  frozen.kill('SIGSTOP');
  for (const one of [member, other]) {
    const from = performance.now();
    one.kill('SIGTERM');
    expect(await one.ended()).toBe(0);
    const tookMs = performance.now() - from;
    note(`ended ${Math.round(tookMs)} ms after SIGTERM`);
    expect(tookMs).toBeLessThan(8000);
  }
});

it('a process that stops right after it started ends by itself', async () => {
  const member = await startMember(305, ['127.0.0.1:1']);
  members = [member];
  member.kill('SIGTERM');
  expect(await member.ended()).toBe(0);
});
