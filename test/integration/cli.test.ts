/** The commands as a person runs them, against a real server over fixtures. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDiagnosis, aResult, aState } from '../lib/fixtures.ts';
import { type FixtureServer, aWorkloads, startFixtureServer } from '../lib/http-server.ts';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let server: FixtureServer;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-cli-'));
  server = await startFixtureServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const meerkat = (args: readonly string[], port = server.port): Promise<Result> =>
  new Promise((resolve) => {
    const env = { ...process.env, MEERKAT_HTTP_PORT: String(port) };
    execFile(process.execPath, ['agent/main.ts', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });

describe('liveness', () => {
  let own: FixtureServer;
  beforeAll(async () => {
    const one = { namespace: 'prod', container: 'main', watch: 'worker', since: 0 } as const;
    own = await startFixtureServer(
      {},
      {
        workloads: aWorkloads([
          { ...one, pod: 'worker-0', state: 'dead', why: 'it has written nothing for 31 min' },
          { ...one, pod: 'api-0', state: 'alive', why: '' },
          { ...one, pod: 'lost-0', state: 'alive', why: '', unaskedMs: 660_000 },
        ]),
      },
    );
  });
  afterAll(() => own.stop());

  it.each([
    ['prod/api', 0, /^prod\/api on node-a is alive\.\n {2}api-0\/main alive since /],
    ['prod/pod/worker-0', 1, /^prod\/pod\/worker-0 on node-a is dead\.\n.*it has written nothing for 31 min\n/],
    [
      'prod/lost',
      0,
      /^prod\/lost on node-a is alive\.\n.*\n {4}no probe has asked after it: is its livenessProbe wired, /,
    ],
    ['prod/nobody', 2, /^prod\/nobody is unknown: no watch with liveness follows it on node-a\.\n/],
  ])('of %s ends with %i', async (place, code, text) => {
    expect(await meerkat(['liveness', place], own.port)).toEqual({
      code,
      stdout: expect.stringMatching(text),
      stderr: '',
    });
    expect(JSON.parse((await meerkat(['liveness', place, '--json'], own.port)).stdout)).toHaveProperty('state');
  });

  it('says what it wants, and that nobody answers', async () => {
    expect((await meerkat(['liveness'])).stderr).toContain('NAMESPACE/WORKLOAD');
    expect((await meerkat(['liveness', 'prod/api'], 1)).code).toBe(69);
  });
});

describe.each([
  ['status', ['status'], /^DEGRADED {2}The kubelet on node-a refuses connections/],
  ['nodes', ['nodes'], /^NODE +STATUS +AGE +VERSION +WHAT\nnode-a +PROBLEM/],
  ['nodes NODE', ['nodes', 'node-a'], /^PROBLEM {2}node-a: KubeletDown/],
  ['members', ['members'], /^1 of 1 members connected to node-a\n\nNODE +STATE +FOR +REPORT +WHAT\nnode-a +alive/],
  ['matrix', ['matrix'], /^node-a knows of no other node\.\n/],
  ['history', ['history', 'disk-space', 'used_ratio'], /^disk-space used_ratio \(\/\) on node-a\n.*\n {2}▁▁▂··▆█▂\n/],
  ['timeline', ['timeline', '--limit', '1'], /^2026-01-01 11:48:00Z {2}node-a {2}raised {2}kubelet/],
])('%s', (_, args, text) => {
  it('prints text, or JSON when asked', async () => {
    const [plain, json] = [await meerkat(args), await meerkat([...args, '--json'])];

    expect(plain).toEqual({ code: 0, stdout: expect.stringMatching(text), stderr: '' });
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toBeTypeOf('object');
  });

  it('says what to do when no agent answers, and shows the usage after a mistake', async () => {
    const [silent, wrong, help] = [
      await meerkat(args, 1),
      await meerkat([...args, '--bad']),
      await meerkat([...args, '-h']),
    ];

    expect(silent).toEqual({
      code: 69,
      stdout: '',
      stderr: expect.stringMatching(/^No agent listens at 127\.0\.0\.1:1\./),
    });
    expect(wrong).toEqual({
      code: 64,
      stdout: '',
      stderr: expect.stringMatching(/Unknown option '--bad'[^]*Usage: meerkat/),
    });
    expect(help).toEqual({ code: 0, stdout: expect.stringMatching(/^Usage: meerkat/), stderr: '' });
  });
});

it('passes on what the agent says about a wrong question', async () => {
  expect(await meerkat(['nodes', 'node-z'])).toEqual({
    code: 64,
    stdout: '',
    stderr: `127.0.0.1:${server.port}: No node "node-z" is known here; there are node-a.\n`,
  });
});

it('prints its version', async () => {
  expect(await meerkat(['version'])).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^meerkat \d+\.\d+\.\d+ /),
    stderr: '',
  });
});

describe('health', () => {
  it('is 0, 1 or 2 with a line that says why', async () => {
    const fine = await startFixtureServer({}, { diagnosis: () => aDiagnosis(), state: () => aState([aResult()]) });
    const results = [
      await meerkat(['health'], fine.port),
      await meerkat(['health']),
      await meerkat(['health', '--scope', 'check:etcd']),
      await meerkat(['health', '--scope', 'cluster']),
      await meerkat(['health', '--scope=cluster', '--fail-on=warning']),
      await meerkat(['health', '--scope', 'check:nope']),
      await meerkat(['health'], 1),
      await meerkat(['health', '--json']),
    ];
    await fine.stop();

    expect(results.map(({ code }) => code)).toEqual([0, 1, 2, 0, 1, 2, 2, 1]);
    expect(results.map(({ stdout }) => stdout.split('\n', 1)[0])).toEqual([
      'OK 1 check looked',
      expect.stringMatching(/^PROBLEM KubeletDown since /),
      'UNKNOWN etcd is absent here: no manifest, no unit and no data directory',
      expect.stringMatching(/^OK degraded: /),
      expect.stringMatching(/^PROBLEM degraded: /),
      expect.stringMatching(/^UNKNOWN the agent answered 404: There is no check "nope"/),
      expect.stringMatching(/^UNKNOWN No agent listens at 127\.0\.0\.1:1\. Start it/),
      expect.stringMatching(/^\{"verdict":"problem","line":"PROBLEM KubeletDown/),
    ]);
    for (const { stdout, stderr } of results.slice(0, 7)) {
      expect(stdout.split('\n', 1)[0]).toMatch(/^[\u0020-\u007e]{1,80}$/);
      expect(stderr).toBe('');
    }
  });

  it('is unknown when the agent accepts and says nothing, or is no agent', async () => {
    const silent = createServer(() => {});
    const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    const ports = await Promise.all(
      [silent, other].map(
        (one) =>
          new Promise<number>((resolve) => {
            one.listen(0, '127.0.0.1', () => resolve((one.address() as { port: number }).port));
          }),
      ),
    );
    const [hung, foreign] = [
      await meerkat(['health', '--timeout', '0.3'], ports[0]),
      await meerkat(['health'], ports[1]),
    ];
    silent.close();
    other.close();

    expect(hung).toEqual({
      code: 2,
      stdout: expect.stringMatching(/^UNKNOWN .* did not answer within 0\.3 s/),
      stderr: '',
    });
    expect(foreign).toMatchObject({ code: 2, stdout: 'UNKNOWN the agent answered 200: is this a Meerkat agent?\n' });
  });

  it.each([
    ['--scope', 'everything'],
    ['--fail-on', 'info'],
    ['--timeout', '0'],
    ['--port', 'x'],
  ])('%s %s is a mistake', async (option, value) => {
    const { code, stdout, stderr } = await meerkat(['health', option, value]);

    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(option.slice(2));
    expect(stderr).toContain('Usage: meerkat health');
  });
});

it('sends the token', async () => {
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, 's3cret\n');
  const own = await startFixtureServer({ access: 'token', tokenFile });
  const [without, withToken, missing] = [
    await meerkat(['status'], own.port),
    await meerkat(['status', '--token-file', tokenFile], own.port),
    await meerkat(['status', '--token-file', '/nonexistent'], own.port),
  ];
  await own.stop();

  expect(without).toMatchObject({ code: 69, stderr: expect.stringContaining('http.tokenFile') });
  expect(withToken.code).toBe(0);
  expect(missing).toMatchObject({ code: 64, stderr: expect.stringMatching(/^--token-file: ENOENT/) });
});

it('ends quietly when its reader has enough', async () => {
  const code = await new Promise<number | null>((resolve) => {
    const command = `"${process.execPath}" agent/main.ts status --port ${server.port} | head -1; exit "\${PIPESTATUS[0]}"`;
    execFile('bash', ['-c', command], (error, stdout, stderr) => {
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^DEGRADED/);
      resolve(error === null ? 0 : Number(error.code));
    });
  });

  expect(code).toBe(0);
});
