/** `meerkat demo` as a person runs it: agents that find each other, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PORT = 24_575;
/** How busy this machine is, is the subject of no test here. */
const CALM = { MEERKAT_CHECKS_CPU_PRESSURE_ENABLED: 'false', MEERKAT_CHECKS_MEMORY_PRESSURE_ENABLED: 'false' };

interface Demo {
  readonly child: ChildProcess;
  /** Its own `/tmp`: all that it makes is in here. */
  readonly directory: string;
  said(): string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

const started: Demo[] = [];

function startDemo(...args: readonly string[]): Demo {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-test-'));
  const child = spawn(process.execPath, ['agent/main.ts', 'demo', '--port-base', String(PORT), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...CALM, TMPDIR: directory },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((done) => {
    child.once('exit', (code, signal) => done(code ?? signal));
  });
  const demo = { child, directory, said: () => said, ended };
  started.push(demo);
  return demo;
}

afterEach(async () => {
  for (const { child, directory, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
    for (const pid of familyOf(directory)) process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});

const canBindLoopback = await new Promise<boolean>((done) => {
  const server = createServer();
  server.once('error', () => done(false));
  server.listen({ host: '127.0.0.11', port: 0 }, () => server.close(() => done(true)));
});
if (!canBindLoopback) process.stderr.write('skipped: this machine has no loopback address 127.0.0.11\n');

const WITHIN_MS = 45_000;
const address = (place: number): string => `http://127.0.0.${place + 10}:${PORT}`;

async function statusOf(place: number): Promise<ApiStatus> {
  const response = await fetch(`${address(place)}/api/v1/status`, { signal: AbortSignal.timeout(2000) });
  return (await response.json()) as ApiStatus;
}

/** Processes that were told the directory, as an argument or as their place for files, zombies left out. */
function familyOf(directory: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const told = ['cmdline', 'environ'].map((file) => readFileSync(join('/proc', name, file), 'utf8')).join('\0');
      return told.includes(directory) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function untilReady(demo: Demo): Promise<void> {
  await eventually(
    async () => demo.said(),
    (said) => said.includes('Ctrl-C ends the demo'),
    WITHIN_MS,
  );
}

const pidOf = (demo: Demo, name: string): number =>
  Number(new RegExp(`^  ${name} .* pid (\\d+)$`, 'm').exec(demo.said())?.[1]);

describe.runIf(canBindLoopback)('agents', () => {
  it('know each other, say who died, come back, and are gone with the demo', async () => {
    const demo = startDemo('--nodes', '3');
    await untilReady(demo);
    for (const place of [1, 2, 3]) {
      const { view } = await eventually(
        () => statusOf(place),
        ({ view: one }) => one.settled,
        WITHIN_MS,
      );
      expect(view).toMatchObject({ members: 3, component: 3 });
      expect((await fetch(address(place))).headers.get('content-type')).toMatch(/^text\/html/);
    }
    expect(familyOf(demo.directory).length).toBeGreaterThanOrEqual(5);

    const victim = pidOf(demo, 'm3');
    process.kill(victim, 'SIGKILL');
    const seesIt = ({ findings, view }: ApiStatus): boolean =>
      view.component === 2 && findings.some(({ reason, node }) => reason === 'AgentDown' && node === 'm3');
    for (const place of [1, 2]) await eventually(() => statusOf(place), seesIt, WITHIN_MS);
    await eventually(
      async () => demo.said(),
      (said) => said.includes('m1, m2: info: The agent on m3'),
      WITHIN_MS,
    );
    expect(demo.said()).toContain(`m3 (pid ${victim}) ended: killed by SIGKILL. Enter starts it again`);

    demo.child.stdin?.write('\n');
    await eventually(
      () => statusOf(3),
      ({ view }) => view.component === 3,
      WITHIN_MS,
    );

    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    await eventually(
      async () => familyOf(demo.directory),
      (pids) => pids.length === 0,
      5000,
    );
    expect(readdirSync(demo.directory)).toEqual([]);
  }, 240_000);

  it('are gone when the demo is killed, also one that is stopped', async () => {
    const demo = startDemo('--nodes', '3');
    await untilReady(demo);
    process.kill(pidOf(demo, 'm2'), 'SIGSTOP');

    demo.child.kill('SIGKILL');

    await demo.ended;
    await eventually(
      async () => familyOf(demo.directory),
      (pids) => pids.length === 0,
      5000,
    );
    expect(readdirSync(demo.directory)).toEqual([]);
  }, 120_000);

  it('do not start where a port is taken, and the message says by whom', async () => {
    const server = createServer();
    await new Promise<void>((done) => void server.listen({ host: '127.0.0.12', port: PORT }, done));
    try {
      const demo = startDemo('--nodes', '3');

      expect(await demo.ended).toBe(69);
      expect(demo.said()).toMatch(
        new RegExp(`^127\\.0\\.0\\.12:${PORT} is taken by .*\\(pid ${process.pid}\\)\\. Stop it, or name other ports`),
      );
      expect(readdirSync(demo.directory)).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe('a simulated cluster', () => {
  it('says that it is simulated, everywhere, and is small', async () => {
    const demo = startDemo('--simulate', '500');
    const ask = async (path: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${PORT}${path}`, { signal: AbortSignal.timeout(5000) });
    await eventually(
      async () => demo.said(),
      (said) => said.includes('Ctrl-C ends it'),
      WITHIN_MS,
    );

    expect(demo.said()).toMatch(/^A SIMULATED cluster of 500 nodes/);
    const status = (await (await ask('/api/v1/status')).json()) as ApiStatus;
    expect(status.sentence).toMatch(/^SIMULATED: /);
    expect(status.findings.map(({ reason }) => reason)).toContain('Simulated');
    expect(status.view).toMatchObject({ members: 500, settled: true });
    const { nodes } = (await (await ask('/api/v1/nodes')).json()) as ApiNodes;
    expect(nodes).toHaveLength(500);
    expect(nodes.every(({ node }) => node.startsWith('sim-'))).toBe(true);
    expect(await (await ask('/status')).text()).toContain('SIMULATED: ');
    for (const path of [
      '/',
      '/api/v1/timeline',
      '/api/v1/series?check=disk-space',
      '/metrics',
      '/api/v1/nodes/sim-w001',
    ]) {
      expect((await ask(path)).status, path).toBe(200);
    }
    const kibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${demo.child.pid}/status`, 'utf8'))?.[1]);
    expect(kibibytes).toBeLessThan(200 * 1024);

    demo.child.kill('SIGTERM');
    expect(await demo.ended).toBe(0);
  });

  it.each([
    [['--simulate', '0'], '--simulate is a number from 1 to 5000, not "0".'],
    [['--nodes', '17'], '--nodes is a number from 2 to 16, not "17".'],
    [['--nodes', '3', '--simulate', '3'], '--nodes and --simulate exclude each other.'],
    [['--sweep', '/tmp'], '/tmp is no directory of a demo.'],
  ])('refuses %j', async (args, message) => {
    const demo = startDemo(...args);

    expect(await demo.ended).toBe(64);
    expect(demo.said()).toContain(message);
    expect(existsSync('/tmp')).toBe(true);
  });
});
