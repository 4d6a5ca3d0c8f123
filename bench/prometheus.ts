/**
 * A real Prometheus with the shipped rules scrapes eight agents, as they ship, on hosts of a lab: whether it takes every
 * sample and says nothing of a healthy cluster, and what that costs an agent. Needs root, Prometheus and the bundle.
 */
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUNDLE } from '../tools/build/run.ts';
import { createAgentCluster, isWhole, statusOf } from '../test/lab/lib/agents.ts';
import { NO_DISK_SPACE } from '../test/lab/lib/cluster.ts';
import { isProgram } from '../test/lab/lib/daemon.ts';
import { createLab } from '../test/lab/lib/lab/lab.ts';
import type { LabHost, LabProcess } from '../test/lab/lib/lab/types.ts';
import { weigh } from '../test/lab/lib/lab/weight.ts';
import { whyNoLab } from '../test/lab/lib/lab/why-no-lab.ts';
import { eventually } from '../test/lib/agent-process.ts';
import { type Figure, median, quantile } from './lib/table.ts';
import { type PrometheusServer, type Series, startPrometheus } from './prometheus/server.ts';

const AGENTS = 8;
const INTERVAL_SECONDS = 15;
const WHOLE_WITHIN_MS = 120_000;
/** Until checks have found what they look at, and code is compiled. */
const WARM_UP_MS = 60_000;
/** For the CPU of agents that nobody asks. */
const UNASKED_MS = 120_000;
const KIB = 1024;
/** What the other tests of this machine do to its disks and its kernel is nothing to alert on here. */
const AGENT_FLAGS = [...NO_DISK_SPACE, '--checks.kernel.enabled', 'false', '--checks.disk-latency.enabled', 'false'];

/** @param seconds of scraping */
export async function run(seconds: number): Promise<readonly Figure[]> {
  const missing = whyMissing();
  if (missing !== undefined) throw new Error(`Prometheus cannot be measured here: ${missing}.`);
  const names = Array.from({ length: AGENTS }, (_, index) => `n${index + 1}`);
  const lab = await createLab({ hosts: [...names, 'watch'], ipv6: false });
  weigh(lab.name, names.length);
  try {
    const hosts = names.map((name) => lab.host(name));
    const cluster = createAgentCluster(hosts);
    const agents = await Promise.all(hosts.map((host) => cluster.start(host, AGENT_FLAGS, { bundled: true })));
    await eventually(
      () => Promise.all(hosts.map(statusOf)),
      (said) => said.every((one) => isWhole(one, AGENTS)),
      WHOLE_WITHIN_MS,
    );
    await sleep(WARM_UP_MS);
    const unasked = await cpuOf(agents, () => sleep(UNASKED_MS));
    const server = await startPrometheus(lab.host('watch'), hosts, INTERVAL_SECONDS);
    const failures = new Set<string>();
    const asked = await cpuOf(agents, () => watchFailures(server, seconds, failures));
    return [
      ...(await scrapeFigures(server, hosts, { seconds, failures })),
      ...(await ruleFigures(server, seconds)),
      ...cpuFigures(unasked, asked, server, seconds),
    ];
  } finally {
    await lab.remove();
  }
}

function whyMissing(): string | undefined {
  if (!existsSync(BUNDLE)) return 'there is no bundle, run `npm run build` first';
  return whyNoLab() ?? (isProgram('prometheus') ? undefined : 'not installed: prometheus');
}

/** Of each agent with its store, in percent of a core. */
async function cpuOf(agents: readonly LabProcess[], meanwhile: () => Promise<unknown>): Promise<readonly number[]> {
  const spent = (): number[] => agents.map((agent) => agent.usage().cpuSeconds);
  const [before, began] = [spent(), performance.now()];
  await meanwhile();
  const seconds = (performance.now() - began) / 1000;
  return spent().map((after, index) => (100 * (after - (before[index] ?? 0))) / seconds);
}

async function watchFailures(server: PrometheusServer, seconds: number, into: Set<string>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await sleep(Math.min(INTERVAL_SECONDS * 1000, Math.max(0, end - performance.now())));
    for (const failure of await server.failures()) into.add(failure);
  }
}

const numbersOf = (series: readonly Series[]): number[] =>
  series.flatMap(({ values }) => values.map(([, value]) => Number(value)));

async function scrapeFigures(
  server: PrometheusServer,
  hosts: readonly LabHost[],
  { seconds, failures }: { readonly seconds: number; readonly failures: ReadonlySet<string> },
): Promise<readonly Figure[]> {
  const window = seconds + INTERVAL_SECONDS;
  const of = async (name: string): Promise<number[]> =>
    numbersOf(await server.samples(`${name}{job="meerkat"}`, window));
  const up = await of('up');
  const [durations, scraped, kept] = [
    await of('scrape_duration_seconds'),
    await of('scrape_samples_scraped'),
    await of('scrape_samples_post_metric_relabeling'),
  ];
  const bodies = await Promise.all(hosts.map((host) => host.fetch('/metrics')));
  const bytes = bodies.map(({ body }) => Buffer.byteLength(body));
  const rejected = rejectedBy(await server.ownFigures());
  const perAgent = `of ${hosts.length} agents, every ${INTERVAL_SECONDS} s for ${seconds} s`;
  const due = hosts.length * Math.floor(seconds / INTERVAL_SECONDS);
  const whole = scraped.filter((_, index) => up[index] === 1);
  const spread = `${Math.min(...whole)} to ${Math.max(...whole)}`;
  const lost = scraped.reduce((sum, count, index) => sum + count - (kept[index] ?? 0), 0);
  return [
    { what: 'scrapes', value: up.length, unit: '', target: `>= ${due}`, note: perAgent },
    {
      what: 'scrapes that failed',
      value: up.filter((value) => value !== 1).length,
      unit: '',
      target: '0',
      note: `${[...failures].join('; ')}${failures.size > 0 ? '; ' : ''}Prometheus waited ${server.waitedSeconds().toFixed(1)} s for a processor`,
    },
    { what: 'samples rejected', value: rejected.count + lost, unit: '', target: '0', note: rejected.names },
    { what: 'series of an agent', value: median(whole), unit: '', note: spread },
    { what: 'bytes of a scrape', value: median(bytes) / KIB, unit: 'KiB', note: 'not compressed' },
    { what: 'duration of a scrape, p50', value: median(durations) * 1000, unit: 'ms', note: loadNote() },
    { what: 'duration of a scrape, p99', value: quantile(durations, 0.99) * 1000, unit: 'ms', note: loadNote() },
  ];
}

/** Prometheus counts each way to refuse a sample, or a whole scrape, by itself. */
const REFUSALS =
  /^prometheus_target_scrape\w*_(?:sample_(?:out_of_order|duplicate_timestamp|out_of_bounds)|exceeded_\w+)_total$/;

function rejectedBy(figures: ReadonlyMap<string, number>): { readonly count: number; readonly names: string } {
  const refusals = [...figures].filter(([name]) => REFUSALS.test(name));
  if (refusals.length === 0) throw new Error('This Prometheus does not count what it refuses.');
  return {
    count: refusals.reduce((sum, [, value]) => sum + value, 0),
    names: `${refusals.length} counters of Prometheus, and what is left of a scrape by itself`,
  };
}

async function ruleFigures(server: PrometheusServer, seconds: number): Promise<readonly Figure[]> {
  const rules = await server.rules();
  const failures = [...(await server.ownFigures())].filter(([name]) =>
    name.startsWith('prometheus_rule_evaluation_failures_total'),
  );
  const unwell = rules.filter(({ health }) => health !== 'ok');
  const alerts = async (state: string): Promise<Figure> => {
    const series = await server.samples(`ALERTS{alertstate="${state}"}`, seconds + INTERVAL_SECONDS);
    const names = [...new Set(series.map(({ metric }) => `${metric['alertname']} ${metric['reason'] ?? ''}`.trim()))];
    return { what: `alerts ${state} at any time`, value: names.length, unit: '', note: names.join(', ') };
  };
  return [
    { what: 'rules', value: rules.length, unit: '' },
    {
      what: 'rules that are not evaluated well',
      value: unwell.length,
      unit: '',
      target: '0',
      note: unwell.map(({ name, health, lastError = '' }) => `${name} ${health} ${lastError}`).join('; '),
    },
    {
      what: 'evaluations that failed',
      value: failures.reduce((sum, [, value]) => sum + value, 0),
      unit: '',
      target: '0',
    },
    { ...(await alerts('firing')), target: '0' },
    await alerts('pending'),
  ];
}

function cpuFigures(
  unasked: readonly number[],
  asked: readonly number[],
  { process }: PrometheusServer,
  seconds: number,
): readonly Figure[] {
  const unit = '% of a core';
  const spread = (values: readonly number[]): string =>
    `median agent, ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  return [
    { what: 'CPU of an agent, not scraped', value: median(unasked), unit, note: `${spread(unasked)}; ${loadNote()}` },
    { what: 'CPU of an agent, scraped', value: median(asked), unit, note: `${spread(asked)}; ${loadNote()}` },
    { what: 'CPU of Prometheus', value: (100 * process.usage().cpuSeconds) / seconds, unit },
  ];
}

const loadNote = (): string => `load ${loadavg()[0]?.toFixed(1)}`;
