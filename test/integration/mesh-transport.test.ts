import { afterEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './mesh-transport-support/libp2p-harness.ts';
import { type MeshNode, introduce, isFullMesh, startMesh, startNode } from './mesh-transport-support/node.ts';
import { note } from './mesh-transport-support/note.ts';

let nodes: MeshNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
});

describe.each([2, 5, 13])('%i agents', (count) => {
  it('find each other, and what one says reaches everybody', async () => {
    const from = performance.now();
    nodes = await startMesh(count);
    await until(() => isFullMesh(nodes), 'a full mesh');
    note(`${count} agents: full mesh after ${Math.round(performance.now() - from)} ms`);
    await sleep(2000);
    const latencies: number[] = [];
    for (const [round, node] of nodes.entries()) {
      const message = `round ${round}`;
      const at = performance.now();
      await node.say(message);
      const others = nodes.filter((other) => other !== node);
      await until(() => others.every(({ heard }) => heard.has(message)), `everybody hears round ${round}`);
      latencies.push(Math.max(...others.map(({ heard }) => (heard.get(message) ?? 0) - at)));
    }
    note(`${count} agents: said to heard by the slowest ${latencies.map((ms) => ms.toFixed(1)).join(' ')} ms`);
    expect(Math.max(...latencies)).toBeLessThan(400);
    for (const { transport } of nodes) expect(transport.counts()).toMatchObject({ deaf: 0, handlersFailed: 0 });
  });
});

it('an agent that is stopped and started again with its key is connected again by itself', async () => {
  const seed = new Uint8Array(32).fill(200);
  const others = [await startNode(), await startNode()];
  const first = await startNode({ seed });
  const address = first.transport.listening()[0] ?? '';
  introduce([...others, first]);
  await until(() => isFullMesh([...others, first]), 'a full mesh');
  await first.stop();
  await until(() => others.every(({ transport }) => transport.peers().length === 1), 'the others know it is gone');
  const again = await startNode({ seed, listen: [address] });
  nodes = [...others, again];
  const from = performance.now();
  await until(() => isFullMesh(nodes), 'a full mesh again');
  note(`restarted agent is connected after ${Math.round(performance.now() - from)} ms, by the others' dials`);
  await sleep(500);
  await again.say('back');
  await until(() => others.every(({ heard }) => heard.has('back')), 'the others hear it');
});

it('agents change their cluster key one after the other without losing each other', async () => {
  const seeds = [210, 211].map((value) => new Uint8Array(32).fill(value));
  let pair = await Promise.all(seeds.map((seed) => startNode({ seed, keys: ['old'] })));
  const addresses = pair.map(({ transport }) => transport.listening());
  nodes = pair;
  for (const [index, keys] of [
    [0, ['new', 'old']],
    [1, ['new', 'old']],
    [0, ['new']],
    [1, ['new']],
  ] as const) {
    await pair[index]?.stop();
    const node = await startNode({ seed: seeds[index] ?? new Uint8Array(32), keys, listen: addresses[index] ?? [] });
    pair = pair.map((other, place) => (place === index ? node : other));
    nodes = pair;
    introduce(pair);
    await until(() => isFullMesh(pair), `connected while ${index} has ${keys.join(' and ')}`);
  }
});
