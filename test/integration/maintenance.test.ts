/** Somebody works on a node: orders over HTTP and by `meerkat maintenance`. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaintenanceOrder, MaintenanceOutcome } from '../../agent/model/maintenance.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

const PATH = '/api/v1/members/node-b/maintenance';
const HOUR = 3_600_000;

let server: FixtureServer;
let directory = '';
let tokenFile = '';
let outcome: MaintenanceOutcome;
const asked: (MaintenanceOrder & { readonly by: string })[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-maintenance-'));
  tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, 'secret\n');
  const begun = (node: string): MaintenanceOutcome => ({
    kind: 'begun',
    maintenance: { node, by: 'node-a', sinceMs: 0, untilMs: HOUR },
  });
  outcome = begun('node-b');
  const changes = {
    forget: () => ({ kind: 'self' }) as const,
    forgetCheck: () => Promise.resolve({ kind: 'not-seen' } as const),
    maintain: (order: MaintenanceOrder, by: string) => {
      asked.push({ ...order, by });
      return outcome;
    },
  };
  server = await startFixtureServer({ tokenFile }, { changes });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

async function send(path: string, { token = 'secret', type = 'application/json', body = '{}' } = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), 'content-type': type },
    body,
  });
  const text = await response.text();
  return { status: response.status, answer: JSON.parse(text) as { code?: string; message: string; outcome?: string } };
}

const meerkat = (args: readonly string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, MEERKAT_HTTP_PORT: String(server.port), MEERKAT_HTTP_TOKEN_FILE: tokenFile };
    execFile(process.execPath, ['agent/main.ts', 'maintenance', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });

describe('an order', () => {
  it('needs the token and is JSON, however it is sent', async () => {
    asked.length = 0;
    for (const sent of [{ token: '' }, { token: 'wrong' }])
      expect((await send(`${PATH}?for=60`, sent)).status).toBe(401);
    for (const sent of [{ type: 'text/plain' }, { body: '{"for":60}' }, { body: '[]' }])
      expect((await send(`${PATH}?for=60`, sent)).answer.code).toBe('BadRequest');
    expect(asked).toEqual([]);
    expect((await fetch(`${server.url}${PATH}?for=60`, { headers: { authorization: 'Bearer secret' } })).status).toBe(
      404,
    );
  });

  it('says for how long, and why in one harmless line', async () => {
    asked.length = 0;
    const { status, answer } = await send(`${PATH}?for=3600&reason=${encodeURIComponent('new\n\u001b[31mdisk')}`);
    expect([status, answer.outcome]).toEqual([200, 'begun']);
    await send(`${PATH}/end`);
    expect(asked).toEqual([
      { node: 'node-b', forMs: HOUR, reason: 'new [31mdisk', by: '127.0.0.1' },
      { node: 'node-b', forMs: 0, by: '127.0.0.1' },
    ]);
  });

  it.each([
    '',
    '?for=0',
    '?for=-1',
    '?for=1h',
    '?for=2592001',
    '?for=60&reason=',
    `?for=60&reason=${'x'.repeat(81)}`,
    '?for=60&force=1',
  ])('is refused with %j', async (query) => {
    asked.length = 0;
    expect((await send(`${PATH}${query}`)).answer.code).toBe('BadRequest');
    expect(asked).toEqual([]);
  });
});

describe('meerkat maintenance', () => {
  it('orders, ends and lists', async () => {
    asked.length = 0;
    const [begun, ended, listed, json] = await Promise.all([
      meerkat(['node-b', '--for', '2h', '--reason', 'new disk']),
      meerkat(['node-b', '--end']),
      meerkat([]),
      meerkat(['--json']),
    ]);
    expect(begun).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^node-b is in maintenance until /) as string,
    });
    expect(ended.code).toBe(0);
    expect(asked.map(({ forMs, reason }) => `${forMs} ${reason ?? ''}`).sort()).toEqual(['0 ', `${2 * HOUR} new disk`]);
    expect(listed).toEqual({ code: 0, stdout: 'No node is in maintenance.\n', stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({ maintenance: [] });
  });

  it('ends with 1 when it is refused, with 2 when nobody can tell, and shows the usage after a mistake', async () => {
    const before = outcome;
    outcome = { kind: 'unknown-name' };
    const refused = await meerkat(['node-b', '--end']);
    outcome = { kind: 'not-settled' };
    const unsure = await meerkat(['node-b', '--for', '90s']);
    outcome = before;
    const mistakes = await Promise.all([
      meerkat(['node-b']),
      meerkat(['node-b', '--for', 'long']),
      meerkat(['node-b', '--for', '0m']),
      meerkat(['node-b', '--for', '1h', '--end']),
      meerkat(['--end']),
    ]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no member') as string });
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('ask again') as string });
    for (const one of mistakes)
      expect(one).toMatchObject({ code: 64, stderr: expect.stringContaining('Usage: meerkat maintenance') as string });
  });
});
