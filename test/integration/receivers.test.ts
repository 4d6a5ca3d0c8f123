/** What the agent sends, over real connections, to servers that believe nothing. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, createPost } from '../../agent/alerts/receivers/post.ts';
import { createReceivers } from '../../agent/alerts/receivers/receivers.ts';
import { SYSTEM_FILES } from '../../agent/alerts/receivers/system-files.ts';
import { aNotification, aRuleAlert, alerts, anAlert } from '../../agent/alerts/receivers/testing.ts';
import type { Receiver, SendOutcome } from '../../agent/alerts/types.ts';
import { systemClock } from '../../agent/base/clock.ts';
import { load } from '../../agent/base/config/testing.ts';
import { createLog } from '../../agent/base/log.ts';
import { type StrictOptions, type StrictReceiver, startStrictReceiver } from '../lib/strict-receiver.ts';

const SECRET = 'correct horse battery staple';
const TEMPLATES = { short: '{{severity}} *{{rule}}* {{kind}} {{namespace}}/{{name}}: {{message}}' };
const SIGNAL = new AbortController().signal;

let directory = '';
const running: { stop(): Promise<void> }[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-receivers-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const strict = async (options: StrictOptions): Promise<StrictReceiver> => {
  const receiver = await startStrictReceiver(options);
  running.push(receiver);
  return receiver;
};

/** A server that does what no receiver does. */
async function odd(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  running.push({
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As kubelet does: by renaming. */
function put(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
}

function receiverOf(settings: object): Receiver {
  const text = JSON.stringify([{ name: 'ops', ...settings }]);
  const env = { MEERKAT_NOTIFICATIONS_RECEIVERS: text, MEERKAT_NOTIFICATIONS_TEMPLATES: JSON.stringify(TEMPLATES) };
  const { receivers, templates } = load({ env }).notifications;
  const [receiver] = createReceivers(receivers, {
    clock: systemClock,
    log: createLog('silent', 'm1'),
    random: () => 0,
    files: SYSTEM_FILES,
    post: createPost({ clock: systemClock }),
    clusterName: 'prod',
    templates,
  });
  if (receiver === undefined) throw new Error('there is no receiver');
  return receiver;
}

const send = (receiver: Receiver, changes: Parameters<typeof aNotification>[0] = {}): Promise<SendOutcome> =>
  receiver.send(aNotification(changes), SIGNAL);

const MANY = aNotification({
  alerts: [
    ...alerts(60, { sentence: '容器 [没有](http://a) 回答 @all\n# x', remedy: '看一看。'.repeat(60) }),
    anAlert({ endedAt: Date.now() }),
  ],
});

describe('a strict receiver', () => {
  const raw = async (url: string, body: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return `${response.status} ${await response.text()}`;
  };

  it('finds what is wrong with a webhook', async () => {
    const server = await strict({ kind: 'webhook', secret: SECRET });
    const good = JSON.stringify({
      version: '4',
      groupKey: '{}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'ops',
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: '',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'A' },
          annotations: { summary: 's' },
          startsAt: '2026-01-01T00:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: '',
          fingerprint: '0123456789abcdef',
        },
      ],
    });
    const sign = (body: string): string => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    const faultsOf = async (
      body: string,
      signature = sign(body),
      type = 'application/json',
    ): Promise<readonly string[]> => {
      await raw(server.url, body, {
        'content-type': type,
        'x-signature-256': signature,
        'x-meerkat-notification': 'n1',
      });
      return server.records.at(-1)?.faults ?? [];
    };
    expect(await faultsOf(good)).toEqual([]);
    expect(server.records.at(-1)).toMatchObject({ isTaken: true, isDuplicate: false, id: 'n1', text: 's' });
    expect(await faultsOf(good)).toEqual([]);
    expect(server.records.at(-1)).toMatchObject({ isDuplicate: true });

    expect(await faultsOf(good, sign(`${good} `))).toEqual(['its signature is none of these bytes']);
    expect(await faultsOf(good, '')).toEqual(['its signature is none of these bytes']);
    expect(await faultsOf(good, undefined, 'text/plain')).toEqual(['its type is "text/plain", not JSON in UTF-8']);
    expect(await faultsOf('{')).toEqual(['its body is no JSON']);
    expect(await faultsOf(good.replace('"version":"4"', '"version":"3"'))).toEqual([
      expect.stringContaining('/version'),
    ]);
    expect(await faultsOf(good.replace('2026-01-01T00', '2026-01-01 00'))).toEqual([
      expect.stringContaining('/startsAt'),
    ]);
    expect(await faultsOf(good.replace('"status":"firing","receiver"', '"status":"resolved","receiver"'))).toEqual([
      'it is resolved, its alerts are not',
    ]);
    expect(await faultsOf(good.replace('0001-01-01', '2025-01-01'))).toEqual([
      'A is firing, and by its end resolved',
      'A ends before it begins',
    ]);
    expect(await faultsOf(good.replace('"summary":"s"', '"summary":""'))).toEqual(['A has no summary']);
    expect(await faultsOf(good.replace('"alertname":"A"', '"alert-name":"A"'))).not.toEqual([]);
    expect(server.records.filter(({ isTaken }) => isTaken)).toHaveLength(2);
    expect(server.faults()).toHaveLength(12);
  });

  it('finds what is wrong with a message for DingTalk, and takes none for ten minutes after too many', async () => {
    let now = Date.now();
    const server = await strict({ kind: 'dingtalk', token: 't', secret: 'SECtest', keyword: 'K', now: () => now });
    const sign = (at: number): string =>
      encodeURIComponent(createHmac('sha256', 'SECtest').update(`${at}\nSECtest`).digest('base64'));
    const path = (at: number, more = ''): string =>
      `${server.url}/robot/send?access_token=t&timestamp=${at}&sign=${sign(at)}${more}`;
    const message = (text: string): string =>
      JSON.stringify({ msgtype: 'text', text: { content: text }, at: { isAtAll: false } });

    expect(await raw(path(now), message('K'))).toBe('200 {"errcode":0,"errmsg":"ok"}');
    expect(await raw(path(now), message('x'))).toContain('{"errcode":310000,"errmsg":"keywords not in content"');
    expect(await raw(path(now).replace('sign=', 'sign=0'), message('K'))).toContain('sign not match');
    expect(await raw(path(now, `&sign=${sign(now)}`), message('K'))).toContain('sign is given more than once');
    expect(await raw(path(now - 3_600_001), message('K'))).toContain('invalid timestamp');
    expect(await raw(path(now).replace('=t&', '=u&'), message('K'))).toContain('token is not exist');
    expect(await raw(path(now), message('K [a](b)'))).toContain('there is a link in it');
    expect(await raw(path(now), message('K http://a'))).toContain('there is an address in it');
    expect(await raw(path(now), message('K @all'))).toContain('somebody is called in it');
    expect(await raw(path(now), message('K\n# H'))).toContain('there is another heading in it');
    expect(await raw(path(now), message(`K${'字'.repeat(6700)}`))).toContain('"errcode":460101');
    expect(await raw(path(now), '{"msgtype":"text"}')).toContain('310000');

    now += 60_000;
    for (let count = 0; count < 20; count += 1) {
      now += 10;
      expect(await raw(path(now), message('K'))).toContain('"errcode":0');
    }
    expect(await raw(path(now), message('K'))).toContain('130101');
    now += 599_000;
    expect(await raw(path(now), message('K'))).toContain('130101');
    now += 1001;
    expect(await raw(path(now), message('K'))).toContain('"errcode":0');
    expect(server.faults().slice(-2)).toEqual([
      'dingtalk: it is number 21 within a minute, allowed are 20',
      'dingtalk: it came while the robot was blocked',
    ]);
  });

  it('runs as a process of its own, which writes down what it gets and is told how to answer', async () => {
    const [record, mood] = [join(directory, 'record'), join(directory, 'mood')];
    const child = spawn(
      process.execPath,
      ['test/lib/strict-receiver-main.ts', '--record', record, '--mood', mood, '--secret', SECRET],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [line] = await new Promise<string[]>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().split('\n')));
      });
      const port = Number(/^listening (\d+)$/.exec(line ?? '')?.[1]);
      const receiver = receiverOf({
        webhook: { url: `http://127.0.0.1:${port}/hook`, secretFile: put('main-secret', SECRET) },
      });
      expect(await send(receiver)).toEqual({ kind: 'sent' });
      put('mood', JSON.stringify({ kind: 'status', status: 503 }));
      expect(await send(receiver)).toMatchObject({ kind: 'failed' });
      const records = readFileSync(record, 'utf8').trim().split('\n');
      expect(records.map((text) => JSON.parse(text) as object)).toEqual([
        expect.objectContaining({ faults: [], isTaken: true, path: '/hook' }),
        expect.objectContaining({ faults: [], isTaken: false, isDuplicate: true }),
      ]);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  });
});

describe('a webhook', () => {
  it('is signed over the bytes, in every form that a notification has', async () => {
    const server = await strict({ kind: 'webhook', secret: SECRET });
    const receiver = receiverOf({ webhook: { url: `${server.url}/a/b`, secretFile: put('secret', `${SECRET}\n`) } });
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    expect(await send(receiver, { id: 'n2', alerts: MANY.alerts, isLate: true })).toEqual({ kind: 'sent' });
    expect(await send(receiver, { id: 'n2', alerts: MANY.alerts })).toEqual({ kind: 'sent' });
    expect(server.faults()).toEqual([]);
    expect(server.records.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, true]);
    expect(server.records[1]?.alerts).toHaveLength(61);
  });

  it('may be at an address of IPv6', async () => {
    const server = await strict({ kind: 'webhook', address: '::1' });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await send(receiverOf({ webhook: { url: server.url } }))).toEqual({ kind: 'sent' });
    expect(server.faults()).toEqual([]);
  });

  it('with another secret is refused, until the file is right', async () => {
    const server = await strict({ kind: 'webhook', secret: SECRET });
    const secretFile = put('rotated', 'the old one');
    const receiver = receiverOf({ webhook: { url: server.url, secretFile } });
    const outcome = await send(receiver);
    expect(outcome).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('answers 400: {"faults":["its signature'),
    });
    put('rotated', SECRET);
    expect(await send(receiver)).toEqual({ kind: 'sent' });
  });

  it('goes where its file says, and gives the path away to nobody', async () => {
    const [one, other] = [await strict({ kind: 'webhook' }), await strict({ kind: 'webhook' })];
    const receiver = receiverOf({ webhook: { urlFile: put('url', `${one.url}/services/s3cret\n`) } });
    const before = receiver.destination;
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    put('url', `${other.url}/services/s3cret`);
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    expect([one.records.length, other.records.length]).toEqual([1, 1]);
    expect(receiver.destination).not.toBe(before);
    await other.stop();
    const outcome = await send(receiver);
    expect(outcome).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining(`${other.url}: connect ECONNREFUSED`),
    });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  it('gives none of the values of its address away that the server repeats', async () => {
    const server = await strict({ kind: 'webhook' });
    const receiver = receiverOf({
      webhook: { urlFile: put('query', `${server.url}/hook%2Fs3cr3t?key=t0p%20secret&chat=private-room`) },
    });
    server.setMood({
      kind: 'status',
      status: 500,
      body: 'no t0p secret for private-room at hook/s3cr3t or t0p%20secret',
    });
    const outcome = await send(receiver);
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(outcome)).not.toMatch(/t0p|s3cr3t|private-room/);
  });

  it.each([
    [
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'failed', retryAfterMs: 7000 },
    ],
    [
      { kind: 'status', status: 500, body: 'oh' },
      { kind: 'failed', why: expect.stringMatching(/answers 500: oh$/) },
    ],
    [
      { kind: 'status', status: 403, body: 'no' },
      { kind: 'refused', why: expect.stringMatching(/answers 403: no$/) },
    ],
    [{ kind: 'reset' }, { kind: 'failed', why: expect.stringMatching(/socket hang up$/) }],
  ] as const)('that answers %j', async (mood, outcome) => {
    const server = await strict({ kind: 'webhook' });
    server.setMood(mood);
    expect(await send(receiverOf({ webhook: { url: server.url } }))).toMatchObject(outcome);
    expect(server.records).toMatchObject([{ isTaken: false, faults: [] }]);
  });

  it('that does not answer is given up at the deadline, and one that answers late is not', async () => {
    const server = await strict({ kind: 'webhook' });
    const receiver = receiverOf({ webhook: { url: server.url }, timeoutSeconds: 1 });
    server.setMood({ kind: 'hang' });
    expect(await send(receiver)).toEqual({ kind: 'failed', why: `${server.url}: no full answer within 1 s` });
    server.setMood({ kind: 'late', afterMs: 100 });
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    const calledOff = new AbortController();
    server.setMood({ kind: 'hang' });
    const sending = receiver.send(aNotification(), calledOff.signal);
    calledOff.abort();
    expect(await sending).toMatchObject({ kind: 'failed', why: expect.stringContaining('called off') });
    expect(await receiver.send(aNotification(), AbortSignal.abort())).toMatchObject({ kind: 'failed' });
  });

  it('that sends its answer without end is cut off', async () => {
    let written = 0;
    let isClosed: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    const url = await odd((_, response) => {
      const chunk = Buffer.alloc(16_384, 120);
      const pour = (): void => {
        while (response.writable && written < 1e9) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.writeHead(400);
      response.on('drain', pour);
      response.on('close', isClosed);
      pour();
    });
    const outcome = await send(receiverOf({ webhook: { url } }));
    await closed;
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(outcome).length).toBeLessThan(300);
    // What the sockets of both sides hold beside it.
    expect(written).toBeLessThan(MAX_BODY_BYTES + 16 * 1024 * 1024);
  });

  it('that leads elsewhere is not followed', async () => {
    const elsewhere = await strict({ kind: 'webhook' });
    for (const status of [301, 302, 307, 308]) {
      const url = await odd((_, response) => response.writeHead(status, { location: elsewhere.url }).end());
      expect(await send(receiverOf({ webhook: { url } }))).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining(`answers ${status}, which leads elsewhere`),
      });
    }
    expect(elsewhere.records).toEqual([]);
  });

  it('is sent past proxies that variables name', async () => {
    const [proxy, server] = [await strict({ kind: 'webhook' }), await strict({ kind: 'webhook' })];
    // Node.js reads the variables when it starts. What asks as most programs do shows that they count.
    const script = `
      import http from 'node:http';
      import { createPost } from './agent/alerts/receivers/post.ts';
      import { systemClock } from './agent/base/clock.ts';
      const url = '${server.url}/hook';
      const request = { url, headers: {}, body: '{}', timeoutMs: 5000, signal: new AbortController().signal };
      await createPost({ clock: systemClock })(request);
      await new Promise((resolve) => http.get(url, (response) => response.resume().on('end', resolve)));
    `;
    const env = { PATH: process.env['PATH'], NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, http_proxy: proxy.url };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env, stdio: 'inherit' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(server.records.map(({ path }) => path)).toEqual(['/hook']);
    expect(proxy.records.map(({ path }) => path)).toEqual([`${server.url}/hook`]);
  });
});

describe('Slack', () => {
  const PATH = 'T00000000/B00000000/s3cr3ts3cr3t';
  const chat = (server: StrictReceiver, more: object = {}, path = PATH): Receiver =>
    receiverOf({ slack: { urlFile: put('slack', `${server.url}/services/${path}\n`) }, ...more });

  it('gets what is escaped, short and harmless, by the usual lines and by those of a template', async () => {
    const server = await strict({ kind: 'slack', token: PATH });
    const hostile = aNotification({
      alerts: [
        ...alerts(60, {
          sentence: 'a & b <!channel> <@U1> [x](http://a) @here\n'.repeat(40),
          remedy: '<&>'.repeat(900),
        }),
        aRuleAlert(),
      ],
    });
    for (const more of [{}, { template: 'short' }]) {
      const receiver = chat(server, more);
      expect(await send(receiver, hostile)).toEqual({ kind: 'sent' });
      await sleep(1100);
    }
    expect(await send(chat(server, { template: 'short' }), { alerts: [aRuleAlert()] })).toEqual({ kind: 'sent' });
    expect(server.faults()).toEqual([]);
    expect(server.records[0]?.text).toMatch(/… and 41 more: ask any node, `meerkat status` and `meerkat alerts`$/);
    expect(server.records[2]?.text).toContain(
      'warning *restart-storm* Pod prod/api-7d9f: Back-off restarting failed container',
    );
  });

  it('gets one message a second from an agent, and is left alone as long as it asks', async () => {
    const server = await strict({ kind: 'slack', token: PATH });
    const receiver = chat(server);
    const outcomes: SendOutcome[] = [];
    for (let count = 0; count < 4; count += 1) {
      outcomes.push(await send(receiver, { id: `n${count}` }));
      await sleep(count % 2 === 0 ? 0 : 1100);
    }
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'failed', 'sent', 'failed']);
    expect(outcomes[1]).toMatchObject({ holds: 'allowance' });
    expect(server.records).toHaveLength(2);
    expect(server.faults()).toEqual([]);
    // Another agent has sent a moment ago.
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    const other = chat(server);
    expect(await send(other)).toMatchObject({ kind: 'failed', retryAfterMs: 1000, holds: 'receiver' });
    expect(await send(other)).toMatchObject({ kind: 'failed', why: expect.stringContaining('left alone') });
    await sleep(1100);
    expect(await send(other)).toEqual({ kind: 'sent' });
    expect(server.faults()).toEqual([expect.stringMatching(/ms after the one before$/)]);
  });

  it('says what is to be set right, and its address to nobody', async () => {
    const server = await strict({ kind: 'slack', token: PATH });
    const gone = await send(chat(server, {}, 'T00000000/B00000000/an0th3r'));
    expect(gone).toEqual({
      kind: 'refused',
      why: `${server.url} answers 404: no_service: there is no such webhook, or it was removed; put the address of one that is there into slack.urlFile`,
    });
    server.setMood({ kind: 'body', body: `<html>please log in to ${server.url}/services/${PATH}` });
    const other = await send(chat(server));
    expect(other).toMatchObject({ kind: 'failed', why: expect.stringContaining('and not ok') });
    expect(JSON.stringify([gone, other])).not.toMatch(/an0th3r|s3cr3t|T0000/);
    expect(await send(receiverOf({ slack: { urlFile: put('no-url', 'xoxb-s3cr3t') } }))).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/no-url holds no URL that begins with https:\/\/ or http:\/\/$/),
    });
  });

  it('is strict', async () => {
    let now = 0;
    const server = await strict({ kind: 'slack', token: PATH, now: () => (now += 1000) });
    const answerTo = async (message: object): Promise<string> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(message);
      const response = await fetch(`${server.url}/services/${PATH}`, { method: 'POST', body, headers });
      return `${response.status} ${await response.text()}`;
    };
    const block = (text: string): object => ({ type: 'section', text: { type: 'mrkdwn', verbatim: true, text } });
    expect(await answerTo({ text: 'a', blocks: [block('a &amp; b')] })).toBe('200 ok');
    for (const [message, answer] of [
      [{ text: 'a', blocks: [block('a & b')] }, '400 invalid_payload'],
      [{ text: '<!here>', blocks: [block('a')] }, '400 invalid_payload'],
      [{ text: 'a', blocks: [block('a'.repeat(3001))] }, '400 invalid_blocks'],
      [{ text: 'a', blocks: Array.from({ length: 51 }, () => block('a')) }, '400 invalid_blocks'],
      [{ text: 'a', blocks: [block('a')], channel: '#ops' }, '400 invalid_blocks'],
      [{ text: 'a', blocks: [block('')] }, '400 invalid_blocks'],
    ] as const)
      expect(await answerTo(message)).toBe(answer);
  });
});

describe('DingTalk', () => {
  const robot = (server: StrictReceiver, more: object = {}): Receiver =>
    receiverOf({
      dingtalk: {
        url: `${server.url}/robot/send`,
        tokenFile: put('token', 't0ken\n'),
        secretFile: put('sec', 'SECtest\n'),
        keyword: '告警',
        ...more,
      },
    });
  const DEMANDS = { kind: 'dingtalk', token: 't0ken', secret: 'SECtest', keyword: '告警' } as const;

  it.each(['markdown', 'text'])('gets %s that is signed, short and harmless', async (format) => {
    const server = await strict(DEMANDS);
    const receiver = robot(server, { format });
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    expect(await send(receiver, MANY)).toEqual({ kind: 'sent' });
    expect(server.faults()).toEqual([]);
    const [one, many] = server.records;
    expect(one?.text).toContain('[FIRING 1] Meerkat · prod · view 8/8 · 告警\n');
    expect(many?.bytes).toBeGreaterThan(12_000);
    expect(many?.bytes).toBeLessThan(18_500);
    expect(many?.text).toMatch(/… and \d+ more: ask any node, `meerkat status`$/);
  });

  it('refuses by its body what is wrong, and takes it when the file is right', async () => {
    const server = await strict(DEMANDS);
    const receiver = robot(server, { secretFile: put('sec-rotated', 'SECold') });
    const outcome = await send(receiver);
    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining('310000 (sign not match)') });
    put('sec-rotated', 'SECtest');
    expect(await send(receiver)).toEqual({ kind: 'sent' });
    expect(await send(robot(server, { keyword: 'K' }))).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('keywords not in content'),
    });
  });

  it.each([
    ['{"errcode":130101,"errmsg":"send too fast"}', { kind: 'failed', retryAfterMs: 600_000 }],
    ['{"errcode":-1,"errmsg":"busy"}', { kind: 'failed', retryAfterMs: 5000 }],
    ['{"errcode":460101}', { kind: 'refused' }],
    ['<html>log in</html>', { kind: 'failed', why: expect.stringContaining('no JSON') }],
    ['{"errcode":0', { kind: 'failed' }],
  ])('that answers %s', async (body, outcome) => {
    const server = await strict(DEMANDS);
    server.setMood({ kind: 'body', body });
    expect(await send(robot(server))).toMatchObject(outcome);
  });
});

it('tells each Alertmanager of a cluster, of which one may be down', async () => {
  const [one, other] = [await strict({ kind: 'alertmanager' }), await strict({ kind: 'alertmanager' })];
  const receiver = receiverOf({ alertmanager: { urls: [one.url, `${other.url}/`] } });
  expect(await send(receiver, MANY)).toEqual({ kind: 'sent' });
  expect([one, other].flatMap((server) => server.faults())).toEqual([]);
  expect(one.records[0]?.alerts.filter(({ status }) => status === 'firing')).toHaveLength(60);
  expect(other.records[0]?.alerts).toEqual(one.records[0]?.alerts);
  await other.stop();
  expect(await send(receiver)).toEqual({ kind: 'sent' });
  await one.stop();
  expect(await send(receiver)).toMatchObject({ kind: 'failed' });
});

it('reads no pipe, no directory and nothing that is too large for a secret', async () => {
  const server = await strict({ kind: 'webhook' });
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [secretFile, why] of [
    [pipe, 'it is no file'],
    [directory, 'it is no file'],
    [put('large', 'x'.repeat(1_048_577)), 'it is larger'],
    [join(directory, 'none'), 'is not there'],
  ] as const) {
    const outcome = await send(receiverOf({ webhook: { url: server.url, secretFile } }));
    expect(outcome).toMatchObject({ kind: 'failed', why: expect.stringContaining(why) });
  }
  expect(server.records).toEqual([]);
});

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;

describe.skipIf(!hasOpenssl)(`HTTPS${hasOpenssl ? '' : ' (skipped: openssl is missing)'}`, () => {
  const certificate = (name: string, alternative: string) => {
    const [certFile, keyFile] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const subject = ['-subj', '/CN=hook', '-addext', `subjectAltName=${alternative}`];
    const files = ['-keyout', keyFile, '-out', certFile];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...curve, ...subject, ...files], {
      stdio: 'pipe',
    });
    return { certFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  };

  it('is taken from a server of the authority that is named, and from no other', async () => {
    const [right, wrong, misnamed] = [
      certificate('right', 'IP:127.0.0.1'),
      certificate('wrong', 'IP:127.0.0.1'),
      certificate('misnamed', 'IP:127.0.0.2'),
    ];
    const server = await strict({ kind: 'webhook', secret: SECRET, tls: right });
    const secretFile = put('tls-secret', SECRET);
    const to = (url: string, caFile?: string): Promise<SendOutcome> =>
      send(receiverOf({ webhook: { url, secretFile, ...(caFile !== undefined && { caFile }) } }));

    expect(await to(server.url, right.certFile)).toEqual({ kind: 'sent' });
    expect(await to(server.url, wrong.certFile)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('self-signed'),
    });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await to(server.url)).toEqual({
        kind: 'failed',
        why: `${server.url}: self-signed certificate; put the authority that has signed it into caFile`,
      });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    const other = await strict({ kind: 'webhook', tls: misnamed });
    expect(await to(other.url, misnamed.certFile)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('altnames'),
    });
    expect(await to(server.url, secretFile)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('holds no certificate in PEM'),
    });
    expect(server.faults()).toEqual([]);
    expect(server.records).toHaveLength(1);
    expect(other.records).toHaveLength(0);
  });

  it('reads a new authority while the agent runs', async () => {
    const [old, fresh] = [certificate('old', 'IP:127.0.0.1'), certificate('fresh', 'IP:127.0.0.1')];
    const server = await strict({ kind: 'webhook', tls: fresh });
    const caFile = put('ca.crt', old.cert);
    const receiver = receiverOf({ webhook: { url: server.url, caFile } });
    expect(await send(receiver)).toMatchObject({ kind: 'failed' });
    put('ca.crt', fresh.cert);
    expect(await send(receiver)).toEqual({ kind: 'sent' });
  });
});
