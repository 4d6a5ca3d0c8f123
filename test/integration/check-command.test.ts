/** `meerkat check`: a process of its own on this machine, without an agent. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname, join, resolve } from 'node:path';
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

it('runs every check that is on once, and says what each found', () => {
  const { status, stdout } = meerkat('--json');
  const runs = JSON.parse(stdout) as { check: string; status: string; why?: string; durationSeconds: number }[];
  const enabled = CHECKS.filter(({ isOffByDefault }) => isOffByDefault !== true);
  expect(runs.map(({ check }) => check)).toEqual(enabled.map(({ id }) => id));
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

it('judges logs by one look, and says where that is not enough', async () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-check-'));
  const place = join(root, 'pods', 'prod_worker-0_uid-1', 'main');
  mkdirSync(place, { recursive: true });
  const log = join(place, '0.log');
  writeFileSync(log, `${new Date(Date.now() - 3_600_000).toISOString()} stdout F hello\n`);
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(log, hourAgo, hourAgo);
  const check = (...watch: readonly string[]): { status: number | null; stdout: string } => {
    const config = join(root, 'config.yaml');
    const common = '{ name: worker, namespace: prod, workload: worker, initialDelaySeconds: 0';
    const logs = `checks: { logs: { directory: ${join(root, 'pods')}, watches: [${[common, ...watch].join(', ')} }] } }`;
    writeFileSync(config, logs);
    return meerkat('logs', '--config', config);
  };
  try {
    // A run cannot be silent for longer than its log is there.
    await sleep(1200);
    const silent = check('maxSilenceSeconds: 1');
    expect(silent.stdout).toMatch(
      /LogWatchNoted worker: worker: container main of prod\/worker-0: it has written nothing for /,
    );
    expect(check('maxSilenceSeconds: 7200')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^ok +logs/) as string,
    });
    const pattern = check('pattern: hello');
    expect([pattern.status, pattern.stdout]).toEqual([
      2,
      expect.stringMatching(/^unknown +logs[^]*seen by an agent that runs/),
    ]);
    rmSync(join(root, 'pods'), { recursive: true });
    expect(check('maxSilenceSeconds: 60').stdout).toMatch(/^unknown +logs[^]*ENOENT/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('makes the probes of the configuration, and says at once what an agent waits for', () => {
  const config = join(mkdtempSync(join(tmpdir(), 'meerkat-check-')), 'config.yaml');
  const probes = `
checks:
  http: { probes: [{ name: nobody, url: 'http://127.0.0.1:1/' }] }
  tcp: { probes: [] }
  exec: { probes: [{ name: well, command: [/bin/true] }, { name: gone, command: [/no/such/program] }] }
`;
  writeFileSync(config, probes);
  const { status, stdout } = meerkat('http', 'tcp', 'exec', '--config', config);
  expect(stdout).toContain('HttpProbeFailed nobody: nobody: nobody listens on 127.0.0.1:1.');
  expect(stdout).toContain('no probe is configured in checks.tcp.probes');
  expect(stdout).toContain('gone: there is no /no/such/program');
  expect(status).toBe(1);

  writeFileSync(config, probes.replace('http://', 'ftp://'));
  const refused = meerkat('http', '--config', config);
  expect(refused.stderr).toContain('checks.http.probes[0].url');
  expect(refused.status).toBe(78);
  rmSync(dirname(config), { recursive: true });
});

it.each([[['no-such-check']], [['--no-such-flag']]])('refuses %j with 64 and what there is', (args) => {
  const { status, stderr } = meerkat(...args);
  expect(status).toBe(64);
  expect(stderr).toContain('Usage: meerkat check');
});
