/**
 * A whole agent on this machine, from source and as the bundle that ships: start to first answer, idle CPU and memory,
 * and what one `meerkat health` costs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLE, BUNDLE_FLAGS } from '../tools/build/run.ts';
import { urlOf } from './lib/agent-url.ts';
import { sumUsage, treeOf, usageOf } from './lib/process.ts';
import { type Figure, median } from './lib/table.ts';

const FORMS = {
  source: ['agent/main.ts'],
  bundle: [...BUNDLE_FLAGS, BUNDLE],
} as const;

const STARTS = 7;
const HEALTHS = 11;
const MIB = 1024 * 1024;

export async function run(idleSeconds: number): Promise<readonly Figure[]> {
  if (!existsSync(BUNDLE)) throw new Error('There is no bundle: run `npm run build` first.');
  const starts = [];
  for (const form of ['source', 'bundle'] as const) starts.push(await startFigures(form));
  const idle = await Promise.all([idleFigures('source', idleSeconds), idleFigures('bundle', idleSeconds)]);
  return [...starts, ...idle].flat();
}

type Form = keyof typeof FORMS;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly firstAnswerMs: number;
  readonly stop: () => Promise<void>;
}

async function start(form: Form): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-bench-'));
  const began = performance.now();
  const flags = ['--http.port', '0', '--http.address', '127.0.0.1', '--data-directory', directory];
  const child = spawn(process.execPath, [...FORMS[form], 'agent', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = new Promise((done) => child.once('exit', done));
  const url = await urlOf(child);
  await fetch(new URL('/status', url));
  const firstAnswerMs = performance.now() - began;
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  return { child, url, firstAnswerMs, stop };
}

async function startFigures(form: Form): Promise<Figure[]> {
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const running = await start(form);
    times.push(running.firstAnswerMs);
    await running.stop();
  }
  return [{ what: `start to first answer, ${form}`, value: median(times), unit: 'ms', note: `median of ${STARTS}` }];
}

async function idleFigures(form: Form, seconds: number): Promise<Figure[]> {
  const { child, url, stop } = await start(form);
  const pid = child.pid ?? 0;
  // The start is not idle.
  await sleep(15_000);
  const before = sumUsage(treeOf(pid).map(usageOf));
  const began = performance.now();
  const rss: number[] = [];
  while (performance.now() - began < seconds * 1000) {
    await sleep(Math.min(5000, seconds * 1000));
    rss.push(sumUsage(treeOf(pid).map(usageOf)).rssBytes);
  }
  const elapsed = (performance.now() - began) / 1000;
  const pids = treeOf(pid);
  const after = sumUsage(pids.map(usageOf));
  const own = usageOf(pid);
  const note = `${Math.round(elapsed)} s, all checks on, ${pids.length} processes`;
  const figures: Figure[] = [
    {
      what: `idle CPU, ${form}`,
      value: ((after.cpuSeconds - before.cpuSeconds) / elapsed) * 100,
      unit: '% of a core',
      target: '<= 1.5',
      note,
    },
    { what: `idle RSS of the agent process, ${form}`, value: own.rssBytes / MIB, unit: 'MiB', note },
    {
      what: `idle RSS summed over its processes, ${form}`,
      value: after.rssBytes / MIB,
      unit: 'MiB',
      target: '<= 128',
      note: `${note}; max ${Math.round(Math.max(...rss) / MIB)}`,
    },
    {
      what: `idle PSS, ${form}`,
      value: after.pssBytes / MIB,
      unit: 'MiB',
      note: 'shared pages are divided among all that share them, other Node processes too',
    },
    ...healthFigures(form, url),
  ];
  await stop();
  return figures;
}

function healthFigures(form: Form, url: string): Figure[] {
  const wall: number[] = [];
  const cpu: number[] = [];
  const command = [process.execPath, ...FORMS[form], 'health', '--port', new URL(url).port].join(' ');
  for (let round = 0; round < HEALTHS; round += 1) {
    const timed = execFileSync('bash', ['-c', `TIMEFORMAT='%R %U %S'; { time ${command} >/dev/null; } 2>&1; true`]);
    const [real = 0, user = 0, system = 0] = timed.toString().trim().split(' ').map(Number);
    wall.push(real * 1000);
    cpu.push((user + system) * 1000);
  }
  const note = `median of ${HEALTHS}`;
  return [
    { what: `meerkat health, wall, ${form}`, value: median(wall), unit: 'ms', note },
    { what: `meerkat health, CPU, ${form}`, value: median(cpu), unit: 'ms', note },
  ];
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
