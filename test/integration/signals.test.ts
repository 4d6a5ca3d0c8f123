/** Alert managers and scripts say something of workloads: over HTTP, and as `meerkat signals` tells it. */
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Signal, SignalAnswer, SignalRequest } from '../../agent/model/signal.ts';
import { type FixtureServer, aWorkloads, startFixtureServer } from '../lib/http-server.ts';

const KEY = 'shared key';
const PATHS = ['/api/v1/signals/prod/worker', '/api/v1/hooks/grafana', '/api/v1/hooks/alertmanager'];
const SIGNAL: Signal = {
  namespace: 'prod',
  workload: 'worker',
  container: 'main',
  name: 'QueueStalled',
  message: 'no line in 10 min',
  source: 'grafana',
  state: 'unknown',
  since: 0,
  saidAt: 60_000,
  until: 120_000,
  firstBy: 'node-a',
  by: 'node-b',
  isCurrent: true,
};

let directory = '';
let server: FixtureServer;
let unconfigured: FixtureServer;
let answer: SignalAnswer;
const heard: SignalRequest[] = [];
let signals: readonly Signal[] = [SIGNAL];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-signals-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const hear = (request: SignalRequest): SignalAnswer => {
    heard.push(request);
    return answer;
  };
  const workloads = aWorkloads([], { hear, signals: () => signals });
  server = await startFixtureServer(
    { tokenFile: file('token', 'secret\n'), signalSecretFile: file('key', `${KEY}\n`) },
    { workloads },
  );
  unconfigured = await startFixtureServer({}, { workloads });
});
afterAll(async () => {
  await Promise.all([server.stop(), unconfigured.stop()]);
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  heard.length = 0;
  answer = { kind: 'taken', taken: 1, ignored: [], refused: [] };
});

const sign = (body: string, key = KEY): string => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;

async function send(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = { authorization: 'Bearer secret' },
  to = server,
) {
  // One sender may not say too much: each of these waits until it may again.
  for (let tries = 0; tries < 50; tries += 1) {
    const response = await fetch(`${to.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    if (response.status !== 429) return { status: response.status, text };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('refused for too long');
}

describe('who may say something', () => {
  const body = '{"state": "firing",  "message": "as it came"}';

  it.each(PATHS.slice(1))('to %s has the token, or signs the body as it came', async (path) => {
    expect((await send(path, body)).status).toBe(200);
    expect((await send(path, body, { 'x-signature-256': sign(body) })).status).toBe(200);
    expect(
      (await send(path, body, { 'x-hub-signature-256': sign(body).toUpperCase().replace('SHA', 'sha') })).status,
    ).toBe(200);
    expect(heard.map((request) => request.body)).toEqual(
      Array.from({ length: 3 }, () => ({ state: 'firing', message: 'as it came' })),
    );
  });

  it('to a path that names the workload signs that and the time, too', async () => {
    const [path = ''] = PATHS;
    const seconds = Math.floor(Date.now() / 1000);
    const signed = (of: string, at = seconds): Readonly<Record<string, string>> => ({
      'x-signature-256': sign(`POST\n${of}\n${at}\n${body}`),
      'x-meerkat-timestamp': `${at}`,
    });
    expect((await send(path, body)).status).toBe(200);
    expect((await send(path, body, signed(path))).status).toBe(200);
    heard.length = 0;
    for (const headers of [signed('/api/v1/signals/dev/toy'), signed(path, seconds - 600), signed(path, seconds + 600)])
      expect(await send(path, body, headers)).toMatchObject({
        status: 401,
        text: expect.stringContaining('X-Meerkat-Timestamp'),
      });
    expect((await send(path, body, { 'x-signature-256': sign(body) })).status).toBe(401);
    expect(heard).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['nothing', {}],
    ['another token', { authorization: 'Bearer guess' }],
    ['another key', { 'x-signature-256': sign(body, 'guess') }],
    ['a signature of another body', { 'x-signature-256': sign(`${body} `) }],
    ['no signature at all', { 'x-signature-256': '' }],
    ['half a signature', { 'x-signature-256': sign(body).slice(0, 40) }],
    ['a signature that is none', { 'x-signature-256': `sha256=${'g'.repeat(64)}` }],
    ['the signature of an empty body', { 'x-signature-256': sign('') }],
    // Whoever signs is asked for the signature, so that it is never an ornament.
    ['the token and a wrong signature', { authorization: 'Bearer secret', 'x-signature-256': sign(body, 'guess') }],
  ])('is not who shows %s', async (_, headers) => {
    expect((await send(PATHS[1] ?? '', body, headers)).status).toBe(401);
    expect(heard).toEqual([]);
  });

  it('is nobody where neither is configured, and the answer says what to do', async () => {
    const sent = await send(PATHS[1] ?? '', body, { 'x-signature-256': sign(body) }, unconfigured);
    expect([sent.status, sent.text]).toEqual([401, expect.stringContaining('signals.secretFile')]);
    expect(heard).toEqual([]);
  });

  it('may change nothing else by a signature', async () => {
    const sent = await send('/api/v1/members/node-b/forget', '{}', { 'x-signature-256': sign('{}') });
    expect(sent.status).toBe(401);
  });
});

describe('what is said', () => {
  it.each([
    ['{', 400, /no JSON/],
    ['', 400, /no JSON|body/i],
    ['x'.repeat(256 * 1024 + 1), 413, /./],
  ])('is refused where it cannot be read: %.10s', async (body, status, text) => {
    const sent = await send(PATHS[1] ?? '', body);
    expect([sent.status, sent.text]).toEqual([status, expect.stringMatching(text)]);
    expect(heard).toEqual([]);
  });

  it('may be as long as 256 KiB, unlike any other body', async () => {
    const body = JSON.stringify({ alerts: [], note: 'x'.repeat(255 * 1024) });
    expect((await send(PATHS[2] ?? '', body)).status).toBe(200);
    const other = await send('/api/v1/members/node-b/forget', JSON.stringify({ note: 'x'.repeat(2000) }));
    expect(other.status).toBe(413);
  });

  it('is JSON by its type', async () => {
    expect(
      (await send(PATHS[0] ?? '', '{}', { authorization: 'Bearer secret', 'content-type': 'text/plain' })).status,
    ).toBe(415);
  });

  it('is answered with what came of it, so that nobody sends it again in vain', async () => {
    const ignored = Array.from({ length: 30 }, (_, index) => ({ what: `alert-${index}`, why: 'it has no name' }));
    answer = { kind: 'taken', taken: 2, ignored, refused: [] };
    const sent = await send(PATHS[2] ?? '', '{"alerts":[]}');
    expect(sent.status).toBe(200);
    expect(JSON.parse(sent.text)).toEqual({ taken: 2, ignoredCount: 30, ignored: ignored.slice(0, 20) });
    answer = { kind: 'taken', taken: 1, ignored, refused: [{ what: 'Slow', why: 'there is no room' }] };
    const refused = await send(PATHS[2] ?? '', '{"alerts":[]}');
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      503,
      { code: 'Unavailable', message: '1 of 2 were not taken: Slow: there is no room.' },
    ]);
    answer = { kind: 'mistake', mistake: 'This is no notification.' };
    expect((await send(PATHS[2] ?? '', '{}')).status).toBe(400);
  });

  it('names the workload in the path', async () => {
    await send('/api/v1/signals/prod/worker', '{"state":"ok"}');
    expect(heard).toEqual([{ source: 'api', namespace: 'prod', workload: 'worker', body: { state: 'ok' } }]);
  });

  it('is at most sixty at once of one sender, and ten a second', async () => {
    // Whoever guesses signatures is slowed down, too.
    const one = (): Promise<Response> =>
      fetch(`${server.url}/api/v1/hooks/grafana`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-signature-256': sign('{}', 'guess') },
        body: '{}',
      });
    const signed: Response[] = [];
    // An agent takes only so many connections of one sender at a time.
    for (let round = 0; round < 15; round += 1) signed.push(...(await Promise.all(Array.from({ length: 10 }, one))));
    const refused = signed.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(40);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });
});

describe('what holds', () => {
  const meerkat = (args: readonly string[]) =>
    new Promise<{ code: number; stdout: string }>((resolve) => {
      const env = { ...process.env, MEERKAT_HTTP_PORT: String(server.port) };
      execFile(process.execPath, ['agent/main.ts', 'signals', ...args], { env }, (error, stdout) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout });
      });
    });

  it('is read as JSON and as text, also by the command', async () => {
    const json = (await (await fetch(`${server.url}/api/v1/signals`)).json()) as object;
    expect(json).toEqual({
      signals: [
        {
          namespace: 'prod',
          workload: 'worker',
          container: 'main',
          name: 'QueueStalled',
          message: 'no line in 10 min',
          source: 'grafana',
          state: 'unknown',
          since: '1970-01-01T00:00:00.000Z',
          said: '1970-01-01T00:01:00.000Z',
          until: '1970-01-01T00:02:00.000Z',
          by: 'node-b',
        },
      ],
    });
    const text = await (await fetch(`${server.url}/api/v1/signals?format=text`)).text();
    expect(text).toMatch(/^WORKLOAD +SIGNAL +STATE .*\nprod\/worker\/main +QueueStalled +unknown /);
    expect(await meerkat([])).toEqual({ code: 0, stdout: text });
    expect(JSON.parse((await meerkat(['--json'])).stdout)).toEqual(json);
    signals = [];
    expect(await meerkat([])).toEqual({ code: 0, stdout: 'Nobody says anything of a workload.\n' });
    signals = [SIGNAL];
  });
});
