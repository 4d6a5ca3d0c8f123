/** The event stream on a real socket. */
import { type Socket, connect } from 'node:net';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { NodeSchema, StatusSchema } from '../../agent/http/contract.ts';
import { TimelineSchema } from '../../agent/http/contract/history.ts';
import { MAX_STREAMS } from '../../agent/http/stream.ts';
import { EVENTS, KUBELET_DOWN } from '../lib/fixtures.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

const SCHEMAS = { status: StatusSchema, node: NodeSchema, timeline: TimelineSchema } as const;

/** Reads events as a browser does. */
async function* readEvents(response: Response): AsyncGenerator<{ name: string; data: unknown }> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (match !== null) yield { name: match[1] ?? '', data: JSON.parse(match[2] ?? '') };
    }
  }
}

const open = (server: FixtureServer): Promise<Response> => fetch(`${server.url}/api/v1/stream`);

it('sends the present, then what changes, each by its schema', async () => {
  const server = await startFixtureServer();
  const response = await open(server);
  const events = readEvents(response);
  const next = async (): Promise<string> => {
    const { value } = await events.next();
    const { name, data } = value as { name: keyof typeof SCHEMAS; data: unknown };
    expect([...Value.Errors(SCHEMAS[name], data)]).toEqual([]);
    return name;
  };

  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect([await next(), await next()]).toEqual(['status', 'node']);
  server.change();
  server.store(EVENTS);
  expect([await next(), await next(), await next()]).toEqual(['status', 'node', 'timeline']);

  await server.stop();
  expect((await events.next()).done).toBe(true);
});

it('refuses one stream too many with a reason', async () => {
  const server = await startFixtureServer();
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => open(server)));
  const refused = await open(server);

  expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: MAX_STREAMS }, () => 200));
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ code: 'Unavailable', message: 'There are 32 streams already.' });
  await server.stop();
});

it('closes a client that does not read', async () => {
  const status = { ...KUBELET_DOWN, sentence: 'x'.repeat(8_000_000) };
  const server = await startFixtureServer({}, { diagnosis: () => status });
  const socket: Socket = connect({ port: server.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const closed = new Promise<boolean>((resolve) => socket.on('close', () => resolve(true)));
  socket.pause();
  socket.write('GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
  // The kernel takes some megabytes; what is left over tells the server that nobody reads.
  for (let count = 0; count < 3; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    server.change();
  }
  socket.resume();

  expect(await closed).toBe(true);
  // The place is free: all 32 can be had.
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => open(server)));
  expect(streams.every((stream) => stream.status === 200)).toBe(true);
  await server.stop();
});
