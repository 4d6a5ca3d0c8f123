/** `meerkat check`: a process of its own on this machine, without an agent. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';

const MAIN = resolve(import.meta.dirname, '../../agent/main.ts');

let dataDirectory = '';
beforeAll(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'meerkat-check-'));
});
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

const meerkat = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, 'check', ...args], {
    encoding: 'utf8',
    env: { ...process.env, MEERKAT_DATA_DIRECTORY: dataDirectory },
    timeout: 50_000,
  });

it('runs every check once and says what each found', () => {
  const { status, stdout } = meerkat('--json');
  const runs = JSON.parse(stdout) as { check: string; status: string; why?: string; durationSeconds: number }[];
  expect(runs.map(({ check }) => check)).toEqual(CHECKS.map(({ id }) => id));
  for (const run of runs) {
    expect(['ok', 'problem', 'unknown', 'absent']).toContain(run.status);
    if (run.status === 'unknown' || run.status === 'absent') expect(run.why, run.check).toBeTruthy();
  }
  const statuses = runs.map((run) => run.status);
  expect(status).toBe(statuses.includes('problem') ? 1 : statuses.includes('unknown') ? 2 : 0);
});

it('measures the disk of the data directory and leaves nothing there', () => {
  const { status, stdout } = meerkat('disk-latency');
  expect(stdout).toMatch(/fdatasync_median_seconds/);
  expect(status).toBe(0);
  expect(readdirSync(dataDirectory)).toEqual([]);
});

it('says that nothing is measured where no agent ever ran', () => {
  const gone = join(dataDirectory, 'gone');
  const { status, stdout } = spawnSync(process.execPath, [MAIN, 'check', 'disk-latency'], {
    encoding: 'utf8',
    env: { ...process.env, MEERKAT_DATA_DIRECTORY: gone },
  });
  expect(stdout).toContain(`${gone} does not exist`);
  expect(status).toBe(2);
});

it.each([[['no-such-check']], [['--no-such-flag']]])('refuses %j with 64 and what there is', (args) => {
  const { status, stderr } = meerkat(...args);
  expect(status).toBe(64);
  expect(stderr).toContain('Usage: meerkat check');
});
