import type { ServerResponse } from 'node:http';
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { EVENTS } from '../../test/lib/fixtures.ts';
import { MAX_STREAMS, createEventStream } from './stream.ts';

/** A response that keeps what is written; `stuck` clients take nothing. */
class Client extends EventEmitter {
  readonly written: string[] = [];
  readonly stuck: boolean;
  destroyed = false;
  ended = false;

  constructor(stuck = false) {
    super();
    this.stuck = stuck;
  }

  get writableLength(): number {
    return this.stuck ? this.written.join('').length : 0;
  }

  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  /** Names of the events since the last look. */
  take(): string[] {
    const text = this.written.splice(0).join('');
    return [...text.matchAll(/^(?:event: (.+)|: (.+))$/gm)].map((match) => match[1] ?? `: ${match[2]}`);
  }

  writeHead(): void {}
  write(text: string): boolean {
    this.written.push(text);
    return !this.stuck;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

const create = (
  clock: FakeClock,
  status = () => '{"status":"healthy"}',
  peers: ReadonlyMap<string, string> = new Map(),
) =>
  createEventStream(
    {
      status,
      node: () => '{"node":"node-a"}',
      peers: () => new Map([...peers].map(([node, gist]) => [node, { gist, json: () => JSON.stringify({ node }) }])),
      timeline: (events) => `[${events.length}]`,
    },
    clock,
  );

it('sends the present at once, as frames that a browser reads', () => {
  const client = new Client();
  create(createFakeClock()).open(client.response);

  expect(client.written.join('')).toBe(
    'retry: 3000\n\nevent: status\ndata: {"status":"healthy"}\n\nevent: node\ndata: {"node":"node-a"}\n\n',
  );
});

it('sends what changes at most once a second', async () => {
  const clock = createFakeClock();
  const stream = create(clock);
  const client = new Client();
  stream.open(client.response);
  client.take();

  stream.changed();
  expect(client.take()).toEqual(['status', 'node']);
  for (let count = 0; count < 9; count += 1) {
    stream.changed();
    await clock.advance(100);
  }
  expect(client.take()).toEqual([]);
  await clock.advance(100);
  expect(client.take()).toEqual(['status', 'node']);
  await clock.advance(5000);
  expect(client.take()).toEqual([]);
});

it('sends another node when it changed, and only then', async () => {
  const clock = createFakeClock();
  const peers = new Map([
    ['node-b', 'ok'],
    ['node-c', 'ok'],
  ]);
  const stream = create(clock, undefined, peers);
  const client = new Client();
  stream.open(client.response);
  const changes = async (change: () => void): Promise<string[]> => {
    client.written.splice(0);
    change();
    stream.changed();
    await clock.advance(1000);
    return [...client.written.join('').matchAll(/"node":"([^"]+)"/g)].map((match) => match[1] ?? '');
  };

  expect(await changes(() => {})).toEqual(['node-a']);
  expect(await changes(() => peers.set('node-c', 'problem'))).toEqual(['node-a', 'node-c']);
  expect(await changes(() => {})).toEqual(['node-a']);
  expect(await changes(() => peers.delete('node-c'))).toEqual(['node-a']);
  expect(await changes(() => peers.set('node-c', 'problem'))).toEqual(['node-a', 'node-c']);
});

it('spreads what changes in many nodes at once over some seconds', async () => {
  const clock = createFakeClock();
  const peers = new Map(Array.from({ length: 120 }, (_, index) => [`n${index}`, 'ok']));
  const stream = create(clock, undefined, peers);
  const client = new Client();
  stream.open(client.response);
  for (const name of peers.keys()) peers.set(name, 'gone');
  const counts: number[] = [];
  stream.changed();
  for (let second = 0; second < 4; second += 1) {
    counts.push(
      client.written
        .splice(0)
        .join('')
        .match(/"node":"n\d+"/g)?.length ?? 0,
    );
    await clock.advance(1000);
  }

  expect(counts).toEqual([50, 50, 20, 0]);
});

it('sends new entries of the timeline, newest first and bounded', async () => {
  const clock = createFakeClock();
  const stream = create(clock);
  const client = new Client();
  stream.open(client.response);
  stream.changed();
  client.take();

  for (let count = 0; count < 100; count += 1) stream.stored(EVENTS);
  await clock.advance(1000);

  expect(client.written.join('')).toBe('event: timeline\ndata: [200]\n\n');
});

it('keeps an idle stream alive', async () => {
  const clock = createFakeClock();
  const client = new Client();
  create(clock).open(client.response);
  client.take();
  await clock.advance(45_000);

  expect(client.take()).toEqual([': still here', ': still here', ': still here']);
});

it('closes a client that does not read, and goes on with the others', async () => {
  const clock = createFakeClock();
  const stream = create(clock, () => `"${'x'.repeat(100_000)}"`);
  const [stuck, reading] = [new Client(true), new Client()];
  for (const client of [stuck, reading]) stream.open(client.response);
  for (let count = 0; count < 8; count += 1) {
    stream.changed();
    await clock.advance(1000);
  }

  expect(stuck.destroyed).toBe(true);
  expect(stuck.written.join('').length).toBeLessThan(700_000);
  expect(reading.destroyed).toBe(false);
  expect(stream.size()).toBe(1);
});

it('refuses one stream too many and has room again when one leaves', () => {
  const stream = create(createFakeClock());
  const clients = Array.from({ length: MAX_STREAMS }, () => new Client());

  expect(clients.map((client) => stream.open(client.response))).not.toContain(false);
  expect(stream.open(new Client().response)).toBe(false);
  clients[0]?.emit('close');
  expect(stream.open(new Client().response)).toBe(true);
});

it('keeps no timer without clients, and ends them all when it stops', () => {
  const clock = createFakeClock();
  const stream = create(clock);
  const [first, second] = [new Client(), new Client()];
  stream.open(first.response);
  stream.changed();
  stream.changed();
  first.emit('close');
  expect(clock.pendingTimers()).toBe(0);
  stream.changed();
  stream.stored(EVENTS);
  expect(clock.pendingTimers()).toBe(0);

  stream.open(second.response);
  stream.stop();
  expect(second.ended).toBe(true);
  expect(clock.pendingTimers()).toBe(0);
});
