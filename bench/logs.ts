/**
 * What it costs the shipped agent to follow the logs of fifty pods that write 1 MiB a second together, in the kubelet's
 * files, with rotations: a pattern is looked for in every line. Measured beside the same agent that follows none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUNDLE, BUNDLE_FLAGS } from '../tools/build/run.ts';
import { urlOf } from './lib/agent-url.ts';
import { type Usage, usageOf } from './lib/process.ts';
import { type Figure, median } from './lib/table.ts';

const PODS = 50;
const BYTES_PER_SECOND = 1024 * 1024;
const WRITES_PER_SECOND = 4;
/** Of each file; a kubelet's default is ten times as much. */
const ROTATED_AT_BYTES = 1024 * 1024;
const KEPT_FILES = 5;
const SETTLE_MS = 30_000;
const MIB = 1024 * 1024;
const TEXT =
  'GET /orders/4711 HTTP/1.1 200 upstream 10.0.3.17:8080 took 0.012 s, request 5f1c2b9e0d5c4b3e9f512a7d3c8e4b10';
const WATCH = {
  name: 'all',
  namespace: 'prod',
  workload: 'worker',
  maxSilenceSeconds: 60,
  pattern: '(?i)upstream (timeout|refused)|panic: .*goroutine [0-9]+',
  patternCount: 100,
};

interface Measured {
  readonly cpuPercent: number;
  readonly usage: Usage;
  readonly droppedBytes: number;
}

export async function run(seconds: number): Promise<readonly Figure[]> {
  if (!existsSync(BUNDLE)) throw new Error('There is no bundle: run `npm run build` first.');
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-bench-logs-'));
  const writer = startWriter(join(directory, 'pods'));
  try {
    const without = await measure(directory, [], seconds);
    const during = await measure(directory, [WATCH], seconds);
    const growth = during.usage.rssBytes - without.usage.rssBytes;
    const note = `${PODS} pods, ${writer.mebibytesPerSecond().toFixed(2)} MiB/s in all, ${seconds} s`;
    return [
      {
        what: 'CPU for following logs',
        value: during.cpuPercent - without.cpuPercent,
        unit: '% of a core',
        target: '<= 10',
        note: `${note}; ${during.cpuPercent.toFixed(2)} with, ${without.cpuPercent.toFixed(2)} without`,
      },
      { what: 'RSS for following logs', value: growth / MIB, unit: 'MiB', target: '<= 32', note },
      {
        what: 'anonymous memory for following logs',
        value: (during.usage.anonymousBytes - without.usage.anonymousBytes) / MIB,
        unit: 'MiB',
      },
      { what: 'left unread', value: during.droppedBytes, unit: 'B', target: '0' },
    ];
  } finally {
    writer.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Lines as containerd writes them. */
function startWriter(directory: string): { readonly stop: () => void; readonly mebibytesPerSecond: () => number } {
  const paths = Array.from({ length: PODS }, (_, index) => {
    const path = join(directory, `prod_worker-${index}_uid-${index}`, 'main');
    mkdirSync(path, { recursive: true });
    return path;
  });
  const lineBytes = TEXT.length + '2026-01-01T12:00:00.000Z stdout F \n'.length;
  const lines = Math.round(BYTES_PER_SECOND / PODS / WRITES_PER_SECOND / lineBytes);
  const began = performance.now();
  let written = 0;
  const write = (): void => {
    const text = `${new Date().toISOString()} stdout F ${TEXT}\n`.repeat(lines);
    for (const path of paths) {
      const file = join(path, '0.log');
      appendFileSync(file, text);
      written += text.length;
      if (statSync(file).size > ROTATED_AT_BYTES) rotate(path);
    }
  };
  const timer = setInterval(write, 1000 / WRITES_PER_SECOND);
  return {
    stop: () => clearInterval(timer),
    mebibytesPerSecond: () => written / MIB / ((performance.now() - began) / 1000),
  };
}

function rotate(path: string): void {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  renameSync(join(path, '0.log'), join(path, `0.log.${stamp}`));
  writeFileSync(join(path, '0.log'), '');
  const old = readdirSync(path).filter((name) => name !== '0.log');
  for (const name of old.toSorted().slice(0, -KEPT_FILES + 1)) rmSync(join(path, name));
}

async function measure(directory: string, watches: readonly object[], seconds: number): Promise<Measured> {
  const { child, url, stop } = await startAgent(directory, watches);
  try {
    await sleep(SETTLE_MS);
    const pid = child.pid ?? 0;
    const before = usageOf(pid);
    const began = performance.now();
    const usages: Usage[] = [];
    while (performance.now() - began < seconds * 1000) {
      await sleep(5000);
      usages.push(usageOf(pid));
    }
    const elapsed = (performance.now() - began) / 1000;
    const after = usageOf(pid);
    const of = (key: keyof Usage): number => median(usages.map((usage) => usage[key]));
    return {
      cpuPercent: (100 * (after.cpuSeconds - before.cpuSeconds)) / elapsed,
      usage: { ...after, rssBytes: of('rssBytes'), anonymousBytes: of('anonymousBytes') },
      droppedBytes: watches.length === 0 ? 0 : await droppedIn(url),
    };
  } finally {
    await stop();
  }
}

async function droppedIn(url: string): Promise<number> {
  const answer = await fetch(new URL('/api/v1/nodes/bench/checks/logs', url));
  const { readings } = (await answer.json()) as { readings: readonly { name: string; value: number }[] };
  return readings.find(({ name }) => name === 'dropped_bytes')?.value ?? Number.NaN;
}

async function startAgent(
  directory: string,
  watches: readonly object[],
): Promise<{ readonly child: ChildProcess; readonly url: string; readonly stop: () => Promise<void> }> {
  const data = mkdtempSync(join(directory, 'data-'));
  const settings = {
    'node.name': 'bench',
    'data-directory': data,
    'http.port': '0',
    'http.address': '127.0.0.1',
    'mesh.enabled': 'false',
    'checks.logs.directory': join(directory, 'pods'),
    ...(watches.length > 0 && { 'checks.logs.watches': JSON.stringify(watches) }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [...BUNDLE_FLAGS, BUNDLE, 'agent', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise((done) => child.once('exit', done));
  const url = await urlOf(child);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  return { child, url, stop };
}
