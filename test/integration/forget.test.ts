/** Orders to an agent over HTTP and by `meerkat forget`: who may give them, and what is answered. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ForgetCheckOutcome, ForgetOutcome } from '../../agent/model/forget-outcome.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

const MEMBER = '/api/v1/members/node-b/forget';
const CHECK = '/api/v1/nodes/node-a/checks/etcd/forget';

let server: FixtureServer;
let open: FixtureServer;
let directory = '';
let tokenFile = '';
let outcome: ForgetOutcome = { kind: 'forgotten', state: 'agent-down' };
let checkOutcome: ForgetCheckOutcome = { kind: 'forgotten' };
const asked: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-forget-'));
  tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, 'secret\n');
  const changes = {
    forget: (node: string, by: string) => {
      asked.push(`${node} by ${by}`);
      return outcome;
    },
    maintain: () => ({ kind: 'busy' }) as const,
    forgetCheck: (check: string, by: string) => {
      asked.push(`check ${check} by ${by}`);
      return Promise.resolve(checkOutcome);
    },
  };
  server = await startFixtureServer({ tokenFile }, { changes });
  open = await startFixtureServer({}, { changes });
});
afterAll(async () => {
  await server.stop();
  await open.stop();
  rmSync(directory, { recursive: true });
});

interface Sent {
  readonly token?: string;
  readonly type?: string;
  readonly body?: string;
  readonly at?: FixtureServer;
  readonly method?: string;
}

async function send(path: string, { token = 'secret', type, body = '{}', at = server, method = 'POST' }: Sent = {}) {
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      'content-type': type ?? 'application/json',
    },
    ...(method === 'POST' && { body }),
  });
  const text = await response.text();
  return { status: response.status, answer: JSON.parse(text) as { code?: string; message: string; outcome?: string } };
}

const meerkat = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const all = { ...process.env, MEERKAT_HTTP_PORT: String(server.port), ...env };
    execFile(process.execPath, ['agent/main.ts', 'forget', ...args], { env: all }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });

describe('an order', () => {
  it('needs the token, also from this machine and where everybody may read', async () => {
    asked.length = 0;
    for (const token of ['', 'wrong', 'secret2']) {
      const { status, answer } = await send(MEMBER, { token });
      expect([status, answer.code]).toEqual([401, 'Unauthorized']);
    }
    const { status, answer } = await send(MEMBER, { at: open });
    expect([status, answer.message]).toEqual([401, expect.stringContaining('http.tokenFile')]);
    expect(asked).toEqual([]);
    expect(await send(MEMBER)).toMatchObject({ status: 200, answer: { outcome: 'forgotten' } });
    expect(asked).toEqual(['node-b by 127.0.0.1']);
  });

  it.each([
    ['text', { type: 'text/plain' }],
    ['a form', { type: 'application/x-www-form-urlencoded', body: 'a=b' }],
    ['something in it', { body: '{"force":true}' }],
    ['a list', { body: '[]' }],
    ['nothing', { body: '' }],
    ['half of JSON', { body: '{' }],
    ['too much', { body: `{"a":"${'x'.repeat(2000)}"}` }],
  ])('is refused with %s', async (_, sent: Sent) => {
    asked.length = 0;
    const { status, answer } = await send(MEMBER, sent);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(answer.code).toBe('BadRequest');
    expect(asked).toEqual([]);
  });

  it('is no GET, and there is no other one', async () => {
    expect((await send(MEMBER, { method: 'GET' })).status).toBe(404);
    expect((await send('/api/v1/status')).status).toBe(404);
    expect((await send('/api/v1/nodes/node-b/checks/etcd/forget')).answer.message).toContain('ask there');
  });

  it.each([
    [{ kind: 'forgotten-before' }, 200, 'before'],
    [{ kind: 'unknown-name' }, 404, 'meerkat members'],
    [{ kind: 'self' }, 409, 'another node'],
    [{ kind: 'alive', reachedBy: ['m1', 'm2'] }, 409, 'm1, m2 reach it'],
    [{ kind: 'alive', reachedBy: [] }, 409, 'it is connected'],
    [{ kind: 'in-doubt' }, 503, 'few seconds'],
    [{ kind: 'not-settled' }, 503, '10 seconds'],
    [{ kind: 'isolated' }, 503, 'another node'],
    [{ kind: 'busy' }, 503, 'ask again'],
    [{ kind: 'no-mesh', why: 'no cluster key' }, 503, 'no cluster key'],
  ] as const)('to remove a member: %o is %i', async (one, status, words) => {
    outcome = one;
    const result = await send(MEMBER);
    outcome = { kind: 'forgotten', state: 'agent-down' };
    expect(result).toMatchObject({ status, answer: { message: expect.stringContaining(words) as string } });
  });

  it.each([
    [{ kind: 'forgotten' }, 200, 'until it is seen there again'],
    [{ kind: 'not-seen' }, 200, 'nothing was left'],
    [{ kind: 'unknown-check' }, 404, 'no check'],
    [{ kind: 'not-remembered' }, 409, 'nothing to forget'],
    [{ kind: 'expected', why: 'unit etcd.service is enabled' }, 409, 'unit etcd.service is enabled'],
    [{ kind: 'present' }, 409, 'Remove it first'],
    [{ kind: 'not-settled' }, 503, 'store'],
    [{ kind: 'cannot-tell', why: 'EACCES' }, 503, 'EACCES'],
  ] as const)('to forget what a check has seen: %o is %i', async (one, status, words) => {
    checkOutcome = one;
    const result = await send(CHECK);
    checkOutcome = { kind: 'forgotten' };
    expect(result).toMatchObject({ status, answer: { message: expect.stringContaining(words) as string } });
  });
});

describe('meerkat forget', () => {
  it('finds the token as the agent does, and prints one sentence', async () => {
    const [done, named, json, check] = await Promise.all([
      meerkat(['node-b'], { MEERKAT_HTTP_TOKEN_FILE: tokenFile }),
      meerkat(['node-b', '--token-file', tokenFile]),
      meerkat(['node-b', '--token-file', tokenFile, '--json']),
      meerkat(['--check', 'etcd', '--token-file', tokenFile]),
    ]);
    expect(done).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^node-b was removed from the cluster\. .+\n$/) as string,
      stderr: '',
    });
    expect(named).toEqual(done);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'forgotten' });
    expect(check).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('etcd is not expected on node-a') as string,
    });
  });

  it('ends with 1 when it is refused, with 2 when nobody can tell, and shows the usage after a mistake', async () => {
    outcome = { kind: 'alive', reachedBy: ['m1'] };
    const refused = await meerkat(['node-b', '--token-file', tokenFile]);
    outcome = { kind: 'not-settled' };
    const unsure = await meerkat(['node-b', '--token-file', tokenFile]);
    outcome = { kind: 'forgotten', state: 'unreachable' };
    const [tokenless, silent, mistaken] = await Promise.all([
      meerkat(['node-b']),
      meerkat(['node-b', '--port', '1', '--token-file', tokenFile]),
      meerkat([]),
    ]);

    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('m1 reaches it') as string });
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('ask again') as string });
    expect(tokenless).toMatchObject({ code: 1, stderr: expect.stringContaining('http.tokenFile') as string });
    expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining('No agent listens') as string });
    expect(mistaken).toMatchObject({ code: 64, stderr: expect.stringContaining('Usage: meerkat forget') as string });
  });
});
