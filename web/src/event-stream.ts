/**
 * Server-sent events over `fetch`: EventSource cannot send a token. Neither does it say since when it fails, so whoever opens
 * a stream here reconnects itself. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

export interface EventStreamHandlers {
  /** The agent answered. */
  readonly opened: () => void;
  readonly event: (name: string, data: string) => void;
  /** It ended, however; called once, and never after it was closed. */
  readonly failed: () => void;
}

export interface EventStreamDeps {
  readonly fetch: typeof fetch;
  /** What is sent as `Authorization`; undefined: nothing. */
  readonly authorization: () => string | undefined;
}

/** Returns how to close it. */
export function openEventStream(address: string, deps: EventStreamDeps, handlers: EventStreamHandlers): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  void read(address, deps, handlers, signal)
    .catch(() => {})
    .then(() => {
      if (!signal.aborted) handlers.failed();
    });
  return () => controller.abort();
}

/** Resolves at the end of the stream. */
async function read(
  address: string,
  deps: EventStreamDeps,
  { opened, event }: EventStreamHandlers,
  signal: AbortSignal,
): Promise<void> {
  const authorization = deps.authorization();
  const { ok, body } = await deps.fetch(address, {
    signal,
    cache: 'no-store',
    headers: { accept: 'text/event-stream', ...(authorization !== undefined && { authorization }) },
  });
  if (!ok || body === null) return;
  opened();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = createEventParser((name, data) => {
    if (!signal.aborted) event(name, data);
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parse(value);
  }
}

/** Takes the text of a stream in whatever pieces it comes. Comments, ids and `retry` are passed over. */
export function createEventParser(event: (name: string, data: string) => void): (piece: string) => void {
  let rest = '';
  let name = '';
  let data: string[] = [];
  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0) event(name === '' ? 'message' : name, data.join('\n'));
      [name, data] = ['', []];
      return;
    }
    const colon = text.indexOf(':');
    const field = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  };
}
