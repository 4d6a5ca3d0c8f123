/** `meerkat bundle` of a real agent, unpacked as whoever gets it unpacks it. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiSeries } from '../../agent/http/contract/history.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';

const root = mkdtempSync(join(tmpdir(), 'meerkat-bundle-'));
const data = join(root, 'data');
const tokenFile = join(root, 'token');
const TOKEN = 'a-token-that-nobody-may-see';
/** An address of this file alone. */
const ADDRESS = `127.${80 + (process.pid % 10)}.${(process.pid >> 4) % 250}.1`;

let agent: AgentProcess;
beforeAll(async () => {
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  const args = [
    '--node.name',
    'm1',
    '--mesh.addresses',
    ADDRESS,
    '--http.token-file',
    tokenFile,
    '--http.access',
    'token',
  ];
  agent = await startAgentProcess({ args, dataDirectory: data, env: { MEERKAT_MESH_ENABLED: 'true' } });
  await eventually(
    async () => existsSync(join(data, 'status.txt')) && existsSync(join(data, 'cluster.key')),
    Boolean,
    30_000,
  );
}, 60_000);
afterAll(async () => {
  await agent.cleanUp();
  rmSync(root, { recursive: true });
});

interface Said {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
function meerkat(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Said> {
  const env = {
    ...process.env,
    MEERKAT_DATA_DIRECTORY: data,
    MEERKAT_HTTP_PORT: new URL(agent.url).port,
    ...more,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['agent/main.ts', 'bundle', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

function unpack(path: string): string {
  const to = `${path}.d`;
  mkdirSync(to);
  execFileSync('tar', ['-xzf', path, '-C', to]);
  return join(to, 'meerkat-bundle');
}
const filesIn = (directory: string): string[] => globSync('**/*.*', { cwd: directory }).sort();

it('has what the agent knows, what lies here, and no secret', async () => {
  const path = join(root, 'one.tar.gz');
  const { code, stdout, stderr } = await meerkat(['-o', path, '--token-file', tokenFile]);
  const directory = unpack(path);
  const files = filesIn(directory);
  const key =
    readFileSync(join(data, 'cluster.key'), 'utf8')
      .split(/\s+/)
      .find((word) => word.length > 20) ?? '';

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^Wrote .*one\.tar\.gz: [\d.]+ KiB, \d+ files; README\.txt in it says what they are\.\nLeft out:\n {2}log: /,
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(files).toEqual(
    expect.arrayContaining([
      'README.txt',
      '1-m1/status.json',
      '1-m1/status.txt',
      '1-m1/nodes/m1.json',
      '1-m1/members.json',
      '1-m1/matrix.txt',
      '1-m1/timeline.txt',
      '1-m1/metrics.txt',
      '1-m1/samples/disk-space.json',
      'local/config.json',
      'local/last-status.txt',
    ]),
  );
  const textOf = (name: string): string => readFileSync(join(directory, name), 'utf8');
  for (const name of files.filter((one) => one.endsWith('.json')))
    expect(() => JSON.parse(textOf(name)), name).not.toThrow();
  expect((JSON.parse(textOf('1-m1/status.json')) as ApiStatus).view.node).toBe('m1');
  expect((JSON.parse(textOf('1-m1/samples/disk-space.json')) as ApiSeries).series).toBeInstanceOf(Array);
  expect(key.length).toBeGreaterThan(20);
  for (const name of files) {
    expect(textOf(name), name).not.toContain(key);
    expect(textOf(name), name).not.toContain(TOKEN);
  }
  expect(textOf('README.txt')).toMatch(/^Collected \d{4}-[^\n]+ by meerkat bundle \d+\.\d+\.\d+/);
  for (const name of files.filter((one) => one !== 'README.txt')) expect(textOf('README.txt')).toContain(`  ${name} `);
  expect(await meerkat(['-o', path, '--token-file', tokenFile])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('there is such a file already'),
  });
});

it('replaces addresses where that is asked for, and is not stopped by who does not answer', async () => {
  const path = join(root, 'two.tar.gz');
  const from = `${new URL(agent.url).host},192.0.2.1:1,127.0.0.1:1`;
  const { code, stdout } = await meerkat(['-o', path, '--from', from, '--token-file', tokenFile, '--redact-addresses']);
  const directory = unpack(path);
  const files = filesIn(directory);

  expect(code).toBe(0);
  expect(stdout).toMatch(/Left out:\n {2}192\.0\.2\.1:1: /);
  expect(stdout).toContain('127.0.0.1:1: No agent listens at');
  expect(files.filter((name) => name.startsWith('local/'))).toEqual([]);
  for (const name of files) expect(readFileSync(join(directory, name), 'utf8'), name).not.toContain('192.0.2.1');
  expect(readFileSync(join(directory, 'README.txt'), 'utf8')).toMatch(/\n {2}address-\d+:1: /);
}, 60_000);

it('has what lies here when the agent does not answer', async () => {
  const path = join(root, 'three.tar.gz');
  const { code, stdout } = await meerkat(['-o', path], { MEERKAT_HTTP_PORT: '1' });

  expect(code).toBe(0);
  expect(stdout).toContain('127.0.0.1:1: No agent listens at');
  expect(filesIn(unpack(path))).toEqual([
    'README.txt',
    'local/config.json',
    'local/last-status.json',
    'local/last-status.txt',
  ]);
});

it('fails when there is nothing at all, and says what is wrong', async () => {
  const path = join(root, 'four.tar.gz');
  const results = [
    await meerkat(['-o', path, '--from', '127.0.0.1:1']),
    await meerkat(['-o', path, '--since', 'yesterday']),
    await meerkat(['-o', join(root, 'nowhere', 'x.tar.gz'), '--token-file', tokenFile]),
    await meerkat(['-o', path, '--token-file', '/nonexistent']),
  ];

  expect(results.map(({ code }) => code)).toEqual([69, 64, 64, 64]);
  expect(results.every(({ stdout }) => stdout === '')).toBe(true);
  expect(existsSync(path)).toBe(false);
});
