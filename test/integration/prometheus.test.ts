/** A real Prometheus with the shipped configuration, rules and panels, beside a real agent. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import {
  CONFIG_FILE,
  RULES_FILE,
  RULES_TEST_FILE,
  asSent,
  readAlerts,
  readDashboard,
  readYaml,
} from '../lib/prometheus-files.ts';

const isMissing = (program: string): boolean => spawnSync(program, ['--version']).error !== undefined;
const missing = ['promtool', 'prometheus'].filter(isMissing);
const skipped = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} is missing)`;

function promtool(args: readonly string[], input = ''): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

describe.skipIf(missing.includes('promtool'))(`the alert rules${skipped}`, () => {
  it('are right', () => {
    expect(promtool(['check', 'rules', RULES_FILE])).toMatchObject({
      status: 0,
      said: expect.stringContaining(`SUCCESS: ${readAlerts().length} rules found`),
    });
  });

  it('fire when they should, and only then', () => {
    expect(promtool(['test', 'rules', RULES_TEST_FILE])).toMatchObject({
      status: 0,
      said: expect.stringContaining('SUCCESS'),
    });
  });
});

/** The agent's usual port is part of what is tested, so that the address is this file's alone. */
const ADDRESS = `127.${60 + (process.pid % 40)}.${(process.pid >> 6) % 250}.7`;

interface ScrapeConfig {
  readonly kubernetes_sd_configs: unknown;
}

/** The shipped configuration, in which the only Node is told instead of found: not every Prometheus knows Kubernetes. */
function configuration(): string {
  const shipped = readYaml(CONFIG_FILE) as { readonly scrape_configs: readonly ScrapeConfig[] };
  const node = { __meta_kubernetes_node_address_InternalIP: ADDRESS, __meta_kubernetes_node_name: 'node-a' };
  return stringify({
    global: { evaluation_interval: '1s' },
    scrape_configs: shipped.scrape_configs.map(({ kubernetes_sd_configs: _found, ...config }) => ({
      ...config,
      scrape_interval: '1s',
      scrape_timeout: '1s',
      static_configs: [{ targets: ['unused'], labels: node }],
    })),
    rule_files: [RULES_FILE],
  });
}

describe.skipIf(missing.length > 0)(`a Prometheus that scrapes an agent${skipped}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-prometheus-'));
  let agent: AgentProcess;
  let server: ChildProcess;
  let said = '';

  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(`http://${ADDRESS}:9090/api/v1/${path}`, { signal: AbortSignal.timeout(5000) });
    return ((await response.json()) as { readonly data: T }).data;
  }
  const query = async (expr: string): Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]> =>
    (await ask<{ readonly result: [] }>(`query?query=${encodeURIComponent(expr)}`)).result;

  beforeAll(async () => {
    const probe = { name: 'raid', command: ['/bin/false'], periodSeconds: 1, timeoutSeconds: 0.4, failureThreshold: 1 };
    const exec = { intervalSeconds: 1, timeoutSeconds: 0.9, probes: [probe] };
    const agentConfig = join(directory, 'agent.yaml');
    writeFileSync(agentConfig, JSON.stringify({ checks: { exec } }));
    const args = ['--config', agentConfig, '--mesh.addresses', ADDRESS];
    agent = await startAgentProcess({ args, address: ADDRESS, port: 7575, env: { MEERKAT_MESH_ENABLED: 'true' } });

    const config = join(directory, 'prometheus.yaml');
    writeFileSync(config, configuration());
    server = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${ADDRESS}:9090`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    server.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    await eventually(
      () => query('meerkat_causes'),
      (result) => result.length > 0,
      40_000,
    );
  });
  afterAll(async () => {
    if (server.exitCode === null) {
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGKILL');
      await ended;
    }
    await agent.cleanUp();
    rmSync(directory, { recursive: true, force: true });
  });

  it('gets what its own linter has nothing against', async () => {
    const { body } = await agent.text('/metrics');
    expect(promtool(['check', 'metrics'], body)).toEqual({ status: 0, said: '' });
  });

  it('takes every sample, and calls the instance like the node', async () => {
    const [up] = await query('up');
    const [scraped] = await query('scrape_samples_scraped');
    const { body } = await agent.text('/metrics');
    const series = body.split('\n').filter((line) => line.startsWith('meerkat_')).length;

    expect(up).toMatchObject({ metric: { job: 'meerkat', instance: 'node-a' }, value: [expect.anything(), '1'] });
    expect(scraped).toMatchObject({ value: [expect.anything(), String(series)] });
    expect(said).toBe('');
  });

  it.each(readDashboard().panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)))(
    'has something to show for “%s”: %s',
    async (_, expr) => {
      // Nothing to show is right where only trouble is shown.
      const asked = asSent(expr).replace(/ > 0$/, ' >= 0');
      const shown = await eventually(
        () => query(asked),
        (result) => result.length > 0,
        20_000,
      );
      expect(shown.length).toBeGreaterThan(0);
    },
  );

  it('evaluates every alert, and waits with the one that there is', async () => {
    interface Rule {
      readonly name: string;
      readonly health: string;
      readonly state: string;
      readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
    }
    const rules = await eventually(
      async () =>
        (await ask<{ groups: readonly { rules: readonly Rule[] }[] }>('rules')).groups.flatMap((one) => one.rules),
      (all) => all.some(({ state }) => state === 'pending'),
      20_000,
    );

    expect(rules.map(({ name, health }) => `${name} ${health}`)).toEqual(
      readAlerts().map(({ alert }) => `${alert} ok`),
    );
    expect(rules.filter(({ state }) => state !== 'inactive')).toMatchObject([
      {
        name: 'MeerkatCause',
        state: 'pending',
        alerts: [{ labels: { reason: 'ExecProbeFailed', severity: 'warning' } }],
      },
    ]);
  });
});
