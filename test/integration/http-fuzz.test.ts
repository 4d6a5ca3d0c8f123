/**
 * Ten thousand requests that nobody meant: odd methods, paths, queries, headers, and plain bytes. The server answers in
 * whole sentences with a code that fits, or closes; it never fails, and it keeps nothing. A failure prints its seed;
 * FUZZ_SEED repeats it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { createLog } from '../../agent/base/log.ts';
import { ErrorSchema } from '../../agent/http/contract.ts';
import { OPERATIONS } from '../../agent/http/openapi-operations.ts';
import { fakeEvents, fakeRules } from '../lib/events.ts';
import { startFixtureServer } from '../lib/http-server.ts';
import { type Random, createRandom } from '../lib/random.ts';
import { type RawExchange, getRequest, sendRaw } from '../lib/raw-http.ts';

const REQUESTS = 10_000;
const PARALLEL = 16;
const SANE = new Set([200, 400, 401, 404, 408, 413, 414, 415, 421, 431, 503, 504]);

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'X',
];
const HOSTS = [
  'localhost',
  '127.0.0.1:7575',
  '[::1]',
  'node-a',
  'evil.example.org',
  '',
  ' ',
  '[',
  'a'.repeat(300),
  '\u00ff',
];
const WORDS = [
  'node-a',
  'kubelet',
  'etcd',
  'nope',
  '',
  '..',
  '%2e%2e',
  '%00',
  '%',
  '%ff',
  '%zz',
  '//',
  '\\',
  '\u00e9',
  '*',
  ':x',
  '__proto__',
  'constructor',
  'n'.repeat(400),
];
const KEYS = [
  'format',
  'failOn',
  'check',
  'reading',
  'subject',
  'node',
  'from',
  'to',
  'points',
  'limit',
  'since',
  'until',
  'uid',
  'type',
  'firing',
  '__proto__',
  'toString',
  'x',
  '',
];
const VALUES = [
  'json',
  'text',
  'warning',
  'disk-space',
  'used_ratio',
  '-3h',
  'now',
  '0',
  '-1',
  '1e309',
  'NaN',
  '99999999999999999999',
  '2026-01-01T12:00:00Z',
  '%00',
  '%',
  '+',
  ' ',
  "';--",
  '<script>',
  '\u00ff',
  'v'.repeat(500),
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['accept', ['application/json', 'text/plain', '*/*', ',;q=,', 'text/plain;q=9e9', 'a'.repeat(2000)]],
  ['authorization', ['Bearer x', 'Bearer', 'Basic eDp5', '\u00ff']],
  ['connection', ['close', 'keep-alive', 'upgrade', 'x']],
  ['expect', ['100-continue', 'x']],
  ['content-type', ['application/json', 'text/plain', 'multipart/form-data', ';;']],
  ['range', ['bytes=0-1', 'bytes=9-1']],
  ['if-none-match', ['*', 'W/"x"']],
  ['accept-encoding', ['gzip', 'br;q=1', '*']],
  ['x-forwarded-for', ['127.0.0.1', '::1']],
  ['cookie', ['a=b', 'c'.repeat(3000)]],
  ['origin', ['https://evil.example.org']],
];
const BROKEN_HEADERS: typeof HEADERS = [
  ['bad name', ['x']],
  ['content-length', ['0', '3', '-1', '99999999999', 'x', '0, 5']],
  ['cookie', ['c'.repeat(9000)]],
  ['host', ['localhost', 'evil.example.org']],
  ['transfer-encoding', ['chunked', 'gzip, chunked', 'x']],
  ['upgrade', ['websocket', 'h2c']],
];

function randomPath(random: Random): string {
  const template = random.chance(0.85)
    ? random.pick(Object.keys(OPERATIONS))
    : `/${random.pick(WORDS)}/${random.pick(WORDS)}`;
  const path = template.replace(/\{\w+\}/g, () => random.pick(WORDS));
  const pairs = Array.from(
    { length: random.chance(0.5) ? 0 : random.integer(4) },
    () => `${random.pick(KEYS)}=${random.pick(VALUES)}`,
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join(random.chance(0.9) ? '&' : ';')}`;
}

function randomRequest(random: Random): string {
  const lines = [
    `${random.pick(METHODS)} ${randomPath(random)} HTTP/${random.chance(0.95) ? '1.1' : random.pick(['1.0', '2.0', '9'])}`,
  ];
  if (random.chance(0.95)) lines.push(`host: ${random.chance(0.9) ? 'localhost' : random.pick(HOSTS)}`);
  for (let count = random.integer(4); count > 0; count -= 1) {
    const [name, values] = random.pick(random.chance(0.9) ? HEADERS : BROKEN_HEADERS);
    lines.push(`${name}: ${random.pick(values)}`);
  }
  const body = random.chance(0.1) ? random.pick(['{}', '{', '3\r\nabc\r\n0\r\n\r\n', 'zz\r\n', 'x'.repeat(5000)]) : '';
  return `${lines.join(random.chance(0.97) ? '\r\n' : '\n')}\r\n\r\n${body}`;
}

/** A request, a request with some bytes changed, several at once, part of one, or no request at all. */
function randomBytes(random: Random): Buffer {
  const request = Buffer.from(randomRequest(random), 'latin1');
  const kind = random.next();
  if (kind < 0.8) return request;
  if (kind < 0.88) {
    for (let count = 1 + random.integer(4); count > 0; count -= 1)
      request[random.integer(request.length)] = random.integer(256);
    return request;
  }
  if (kind < 0.92) return Buffer.concat([request, Buffer.from(randomRequest(random), 'latin1'), request]);
  if (kind < 0.97) return request.subarray(0, random.integer(request.length));
  return Buffer.from(Array.from({ length: 1 + random.integer(300) }, () => random.integer(256)));
}

/** What is wrong with what came back, if anything. */
function faultOf({ text, answers }: RawExchange): string | undefined {
  if (text !== '' && !text.startsWith('HTTP/1.1 ')) return 'it is no HTTP answer';
  for (const { statusCode, headers, body } of answers) {
    if (statusCode === 100) continue;
    if (!SANE.has(statusCode)) return `it has the status ${statusCode}`;
    if (headers['x-content-type-options'] !== 'nosniff') return 'it lacks our headers';
    const isError = headers['content-type']?.startsWith('application/json') === true && statusCode !== 200;
    // An answer to HEAD has a length and no body.
    if (isError && body !== '' && !Value.Check(ErrorSchema, JSON.parse(body))) return 'its body is no error of ours';
  }
  return undefined;
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it('survives everything and keeps nothing', async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
  process.stdout.write(`FUZZ_SEED=${seed}\n`);
  const random = createRandom(seed);
  const failures: unknown[] = [];
  const log = createLog('silent', 'node-a');
  log.error = (fields: unknown) => failures.push(fields);
  const server = await startFixtureServer({}, { log, events: fakeEvents(), rules: fakeRules() });
  const counts = new Map<number, number>();
  let heap = 0;
  let sent = 0;
  const work = async (): Promise<void> => {
    while (sent < REQUESTS) {
      sent += 1;
      if (sent === REQUESTS / 5) heap = heapAfterCollection();
      const bytes = randomBytes(random);
      const answer = await sendRaw(server.port, bytes);
      for (const status of answer.statusCodes) counts.set(status, (counts.get(status) ?? 0) + 1);
      const fault = faultOf(answer);
      expect(fault, `${bytes.toString('latin1')}\n→ ${answer.text}`).toBeUndefined();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const growth = heapAfterCollection() - heap;
  const after = await sendRaw(server.port, getRequest('/status'));
  await server.stop();

  process.stdout.write(
    `answers ${JSON.stringify(Object.fromEntries(counts))}, heap ${(growth / 1_048_576).toFixed(1)} MiB\n`,
  );
  expect(failures).toEqual([]);
  expect(after.statusCodes).toEqual([200]);
  // Rarer ones come by chance only, and have tests of their own.
  expect([...counts.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 421]));
  expect(growth).toBeLessThan(8 * 1_048_576);
}, 300_000);
