/**
 * Takes the picture of README.md: the page of a real agent of `meerkat demo`, one of whose neighbours is frozen.
 *
 *     node tools/screenshot.ts [FILE]     # default: docs/page.png
 *
 * Needs Chromium and the page of `npm run build:web`; takes a minute.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiStatus } from '../agent/http/contract.ts';
import { hasChromium, launchChromium, openPage } from '../test/browser/lib/chromium.ts';

const ROOT = resolve(import.meta.dirname, '..');
const FROZEN = 'w1';
const ASKED = 'm1';
const UP_WITHIN_MS = 120_000;
const TOLD_WITHIN_MS = 60_000;
/** Charts have something to show by then. */
const WATCHED_MS = 20_000;
const MAX_KIB = 150;
/** How busy this machine is and what is on its disks belongs in no picture. */
const CALM = Object.fromEntries(
  ['CPU_PRESSURE', 'MEMORY_PRESSURE', 'DISK_SPACE', 'DISK_LATENCY', 'KERNEL'].map((check) => [
    `MEERKAT_CHECKS_${check}_ENABLED`,
    'false',
  ]),
);

if (!hasChromium()) throw new Error('There is no Chromium: set CHROMIUM to where it is.');
await takePicture(resolve(process.argv[2] ?? join(ROOT, 'docs/page.png')));

async function takePicture(file: string): Promise<void> {
  const demo = spawn(process.execPath, ['agent/main.ts', 'demo'], {
    cwd: ROOT,
    env: { ...process.env, ...CALM },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  demo.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const ended = new Promise((done) => demo.once('exit', done));
  try {
    /** As the demo prints it: `  m1  http://127.0.0.1:7575/   pid 4711`. */
    const placeOf = (name: string): RegExpExecArray | null =>
      new RegExp(`^ +${name} +(\\S+) +pid (\\d+)$`, 'm').exec(said);
    await until('the demo is up', UP_WITHIN_MS, () => placeOf(FROZEN) !== null && /Ctrl-C ends the demo/.test(said));
    await sleep(WATCHED_MS);
    const origin = new URL(placeOf(ASKED)?.[1] ?? '').origin;
    const pid = Number(placeOf(FROZEN)?.[2]);
    process.kill(pid, 'SIGSTOP');
    try {
      await until('the others say so', TOLD_WITHIN_MS, () => isTold(origin));
      await photograph(origin, file);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  } finally {
    demo.kill('SIGTERM');
    await ended;
  }
}

async function isTold(origin: string): Promise<boolean> {
  const { status, findings } = (await (await fetch(`${origin}/api/v1/status`)).json()) as ApiStatus;
  return status === 'degraded' && findings.some(({ node, severity }) => node === FROZEN && severity === 'warning');
}

async function photograph(origin: string, file: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const { page, faults } = await openPage(browser, origin, '', { viewport: { width: 1280, height: 860 } });
    await page.getByText(FROZEN).first().waitFor();
    await sleep(2000);
    await page.screenshot({ path: file });
    if (faults.length > 0) throw new Error(`The page is not well: ${faults.join('; ')}`);
  } finally {
    await browser.close();
  }
  const kib = statSync(file).size / 1024;
  console.log(`${file}: ${Math.round(kib)} KiB`);
  if (kib > MAX_KIB) throw new Error(`The picture is larger than ${MAX_KIB} KiB.`);
}

async function until(what: string, withinMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Not within ${withinMs / 1000} s: ${what}.`);
    await sleep(200);
  }
}
