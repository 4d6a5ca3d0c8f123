import { expect, it } from 'vitest';
import { createEventParser, openEventStream } from './event-stream.ts';

function parsed(...pieces: readonly string[]): string[][] {
  const events: string[][] = [];
  const parse = createEventParser((name, data) => events.push([name, data]));
  for (const piece of pieces) parse(piece);
  return events;
}

it('reads events, whatever the pieces are', () => {
  const text = 'retry: 3000\n\nevent: status\ndata: {"a":1}\n\n: still here\n\nevent:node\ndata:{}\n\n';
  const events = [
    ['status', '{"a":1}'],
    ['node', '{}'],
  ];
  expect(parsed(text)).toEqual(events);
  expect(parsed(...text.split(''))).toEqual(events);
  expect(parsed(...text.replaceAll('\n', '\r\n').split(''))).toEqual(events);
});

it('gives what is not ended yet to nobody, and joins lines of data', () => {
  expect(parsed('event: status\ndata: 1\n')).toEqual([]);
  expect(parsed('data: a\ndata: b\n\n')).toEqual([['message', 'a\nb']]);
  expect(parsed('event: status\n\ndata: b\n\n')).toEqual([['message', 'b']]);
});

/** A stream that says what it is told to. */
function world(status = 200) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let headers: Headers | undefined;
  const heard: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (own) => {
      controller = own;
    },
  });
  const close = openEventStream(
    'http://agent/api/v1/stream',
    {
      authorization: () => 'Bearer secret',
      fetch: async (_input, init) => {
        headers = new Headers(init?.headers);
        return new Response(body, { status });
      },
    },
    {
      opened: () => heard.push('opened'),
      event: (name, data) => heard.push(`${name} ${data}`),
      failed: () => heard.push('failed'),
    },
  );
  return {
    heard,
    close,
    headers: () => headers,
    say: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
  };
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

it('sends the token, tells what it hears, and that it ended', async () => {
  const { heard, headers, say, end } = world();
  say('event: status\ndata: {}\n\n');
  await expect.poll(() => heard).toEqual(['opened', 'status {}']);
  expect(headers()?.get('authorization')).toBe('Bearer secret');
  end();
  await expect.poll(() => heard).toEqual(['opened', 'status {}', 'failed']);
});

it('fails where the agent refuses, and says nothing once it is closed', async () => {
  const refused = world(503);
  await expect.poll(() => refused.heard).toEqual(['failed']);
  const closed = world();
  await expect.poll(() => closed.heard).toEqual(['opened']);
  closed.close();
  closed.end();
  await settled();
  expect(closed.heard).toEqual(['opened']);
});
