/** A real Prometheus on a host of a lab, with the configuration, the rules and the intervals of an operator. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LabHost, LabProcess } from '../../test/lab/lib/lab/types.ts';
import { CONFIG_FILE, RULES_FILE, readYaml } from '../../test/lib/prometheus-files.ts';

/** A sample of a range: Unix seconds and the value as text. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

export interface PrometheusServer {
  readonly process: LabProcess;
  /** Raw samples of a selector within the last `seconds`, one list for each series. */
  samples(selector: string, seconds: number): Promise<readonly Series[]>;
  rules(): Promise<readonly Rule[]>;
  /** Why scrapes fail now, in its own words, each once. */
  failures(): Promise<readonly string[]>;
  /** For how long its threads were ready and had no processor, together; seconds. */
  waitedSeconds(): number;
  /** What it counts itself, by the name with its labels. */
  ownFigures(): Promise<ReadonlyMap<string, number>>;
}

const PORT = 9090;
const ANSWER_WITHIN_MS = 10_000;

interface ScrapeConfig {
  readonly kubernetes_sd_configs: unknown;
}

/**
 * Needs the program `prometheus`, which yields to everything else on the machine.
 *
 * @param agents what it scrapes, told instead of found
 */
export async function startPrometheus(
  host: LabHost,
  agents: readonly LabHost[],
  intervalSeconds: number,
): Promise<PrometheusServer> {
  const directory = join(host.directory, 'prometheus');
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'prometheus.yaml');
  writeFileSync(config, configurationFor(agents, intervalSeconds));
  const flags = {
    'config.file': config,
    'storage.tsdb.path': join(directory, 'data'),
    'web.listen-address': `${host.address}:${PORT}`,
    'log.level': 'warn',
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const ask = (path: string) => host.fetch(path, { port: PORT, timeoutMs: ANSWER_WITHIN_MS });
  const data = async <T>(path: string): Promise<T> =>
    (JSON.parse((await ask(`/api/v1/${path}`)).body) as { readonly data: T }).data;
  const readyWhen = async (): Promise<boolean> => (await ask('/-/ready')).status === 200;
  const process = await host.start('nice', ['--adjustment=19', 'prometheus', ...args], { readyWhen });
  return {
    process,
    samples: async (selector, seconds) =>
      (await data<{ result: Series[] }>(`query?query=${encodeURIComponent(`${selector}[${seconds}s]`)}`)).result,
    rules: async () =>
      (await data<{ groups: readonly { rules: readonly Rule[] }[] }>('rules')).groups.flatMap(({ rules }) => rules),
    failures: async () => {
      const { activeTargets } = await data<{ activeTargets: readonly { lastError: string }[] }>('targets');
      return [...new Set(activeTargets.map(({ lastError }) => lastError.replace(/^Get "[^"]*": /, '')))].filter(
        Boolean,
      );
    },
    waitedSeconds: () => waitedSeconds(process.pid),
    ownFigures: async () => parseFigures((await ask('/metrics')).body),
  };
}

/** The shipped one, whose addresses would be found by the Kubernetes API. */
function configurationFor(agents: readonly LabHost[], intervalSeconds: number): string {
  const shipped = readYaml(CONFIG_FILE) as { readonly scrape_configs: readonly ScrapeConfig[] };
  const static_configs = agents.map(({ name, address }) => ({
    targets: ['unused'],
    labels: { __meta_kubernetes_node_address_InternalIP: address, __meta_kubernetes_node_name: name },
  }));
  return stringify({
    global: { evaluation_interval: `${intervalSeconds}s` },
    scrape_configs: shipped.scrape_configs.map(({ kubernetes_sd_configs: _found, ...config }) => ({
      ...config,
      scrape_interval: `${intervalSeconds}s`,
      static_configs,
    })),
    rule_files: [RULES_FILE],
  });
}

/** Second field of /proc/PID/task/TID/schedstat, nanoseconds: https://docs.kernel.org/scheduler/sched-stats.html */
const waitedSeconds = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[1]) / 1e9)
    .reduce((sum, one) => sum + one, 0);

const parseFigures = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
