/** What a real agent tells of earlier times: while it runs, from before a kill, and from when it did not run. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { startFixtureServer } from '../lib/http-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-status-at-'));
const agents: AgentProcess[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.cleanUp()));
});
afterAll(() => rmSync(directory, { recursive: true }));

const HOUR_MS = 3_600_000;
const REASON = 'CriticalTcpProbeFailed';

async function start(config: string, dataDirectory: string): Promise<AgentProcess> {
  const agent = await startAgentProcess({ args: ['--config', config, '--node.name', 'm1'], dataDirectory });
  agents.push(agent);
  return agent;
}
const has = ({ findings }: ApiStatus): boolean => findings.some(({ reason }) => reason === REASON);
const now = (agent: AgentProcess): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
const at = (agent: AgentProcess, time: number): Promise<ApiStatus> =>
  agent.json<ApiStatus>(`/api/v1/status?at=${new Date(time).toISOString()}`);
const until = (agent: AgentProcess, wanted: (status: ApiStatus) => boolean): Promise<ApiStatus> =>
  eventually(() => now(agent), wanted, 30_000);

interface Said {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
const meerkat = (args: readonly string[], port: string | number): Promise<Said> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['agent/main.ts', 'status', '--port', String(port), ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

/** All that the agent wrote is as old as if it had run then. */
function age(dataDirectory: string, byMs: number): void {
  const database = new Database(join(dataDirectory, 'history.db'));
  database.exec(`UPDATE statuses SET at = at - ${byMs}, until = until - ${byMs}`);
  database.exec(`UPDATE documents SET saved_at = saved_at - ${byMs}`);
  database.close();
}

it('answers as of then, also after it was killed, and says when it did not look', async () => {
  const server = createServer((socket) => socket.on('error', () => {}));
  const listen = (port = 0) =>
    new Promise<number>((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen();
  const timing = { periodSeconds: 1, timeoutSeconds: 0.3, failureThreshold: 1, initialDelaySeconds: 0 };
  const probe = { ...timing, name: 'database', port, severity: 'critical', description: 'Nobody can pay' };
  const config = join(directory, 'config.yaml');
  const data = join(directory, 'data');
  writeFileSync(
    config,
    JSON.stringify({ checks: { tcp: { intervalSeconds: 1, timeoutSeconds: 0.9, probes: [probe] } } }),
  );
  const before = Date.now();
  const agent = await start(config, data);
  await until(agent, (status) => status.view.settled && !has(status));
  const fine = Date.now();

  await new Promise((resolve) => server.close(resolve));
  await until(agent, has);
  const failing = Date.now();
  // A change waits for up to 5 s for the one before.
  await eventually(() => at(agent, failing), has, 20_000);
  await listen(port);
  await until(agent, (status) => !has(status));
  const over = Date.now();
  const past = await eventually(
    () => at(agent, failing),
    ({ findings }) => findings.some(({ reason, overBy }) => reason === REASON && overBy !== undefined),
    20_000,
  );
  server.close();

  expect(has(await at(agent, fine))).toBe(false);
  expect(past.sentence).toContain('Nobody can pay');
  expect(past.past).toMatchObject({ asked: new Date(failing).toISOString(), leftOut: 0, away: [] });
  expect(await at(agent, before)).toMatchObject({
    status: 'unknown',
    sentence: expect.stringMatching(/^Nothing is known of that time: the log of m1 begins at /),
  });
  expect((await agent.text(`/status?at=${Math.round(Date.now() / 1000) + 60}`)).status).toBe(400);

  agent.kill('SIGKILL');
  await agent.ended;
  age(data, HOUR_MS);
  const next = await start(config, data);
  await until(next, ({ view }) => view.settled);

  expect(has(await at(next, failing - HOUR_MS))).toBe(true);
  expect(has(await at(next, fine - HOUR_MS))).toBe(false);
  const gap = await at(next, over - HOUR_MS / 2);
  expect(gap).toMatchObject({
    status: 'unknown',
    findings: [],
    sentence: expect.stringMatching(
      /^Not observed from .* to .*: the agent on m1 did not run or was paused\. Before that it said \w+: /,
    ),
  });
  expect(Date.parse(gap.past?.gap?.to ?? '')).toBeGreaterThan(over);

  const { port: httpPort } = new URL(next.url);
  const text = await meerkat(['--at', new Date(failing - HOUR_MS).toISOString()], httpPort);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(/^[A-Z]+ {2}at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: .*Nobody can pay/);
  expect((await meerkat(['--at', '30m ago'], httpPort)).stdout).toMatch(/^UNKNOWN .*Not observed/);
}, 120_000);

it('says what is no time, and what the store cannot answer', async () => {
  const asked: number[] = [];
  const statusAt = (time: number) => {
    asked.push(time);
    return Promise.resolve({ kind: 'unavailable' as const, message: 'the disk is full' });
  };
  const none = { series: statusAt as never, timeline: statusAt as never, statusAt };
  const server = await startFixtureServer({}, { history: none });
  const results = [
    await meerkat(['--at', '2026-01-01T12:00:00Z'], server.port),
    await meerkat(['--at', 'yesterday'], server.port),
    await meerkat(['--at', '2h ago', '--watch'], server.port),
  ];
  await server.stop();

  expect(results.map(({ code }) => code)).toEqual([69, 64, 64]);
  expect(results[0]?.stderr).toContain('the disk is full');
  expect(results[1]?.stderr).toMatch(/^--at takes a time, not "yesterday": 14:02, 2h ago/);
  expect(results[2]?.stderr).toMatch(/^--watch and --at exclude each other\./);
  expect(asked).toEqual([Date.UTC(2026, 0, 1, 12)]);
});
