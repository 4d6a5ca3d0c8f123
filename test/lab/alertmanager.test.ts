/** A real Alertmanager that eight agents tell of one fault, while those that tell it are killed one after the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNotifications } from '../../agent/http/contract/notifications.ts';
import { eventually } from '../lib/agent-process.ts';
import { createRandom } from '../lib/random.ts';
import type { StrictRecord } from '../lib/strict-receiver.ts';
import { type AgentCluster, FEW_CHECKS, createAgentCluster } from './lib/agents.ts';
import { isProgram } from './lib/daemon.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Watch, createWatch, sleep } from './lib/watch.ts';

const ALERTMANAGER = 'prometheus-alertmanager';
const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes ten minutes; set MEERKAT_LONG=1 to run it') ??
  (isProgram(ALERTMANAGER) ? whyNoLab() : `${ALERTMANAGER} is not installed`);
if (missing !== undefined) process.stderr.write(`alertmanager: skipped, ${missing}\n`);

const STRICT_RECEIVER = resolve(import.meta.dirname, '../lib/strict-receiver-main.ts');
const ALL = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'];
const LOST = 'n8';
const STAYING = ALL.filter((name) => name !== LOST);
const [PORT, HOOK_PORT] = [9093, 9000];
const SEED = 20_261_123;
/** Longer than an alert lives that nobody tells again. */
const CHAOS_MS = 420_000;
/** Long enough for whoever would tell it again. */
const CALM_MS = 75_000;
const TIMING = { groupWaitSeconds: 5, rankDelaySeconds: 5, resolveDelaySeconds: 10 };
/** What is told of agents that are killed is no part of this. */
const OF_AGENTS = ['AgentDown', 'AgentRestarting', 'AgentImpaired', 'AgentUnresponsive'];

interface Shown {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly status: { readonly state: string };
}

/** What Alertmanager's API said while somebody listened, half a second apart. */
class Listening {
  readonly #host: LabHost;
  readonly #shown = new Map<string, Shown['labels']>();
  readonly #updates: number[] = [];
  #leastLeftMs = Infinity;
  #gaps = 0;
  #answers = 0;
  #isOver = false;
  #done: Promise<void> = Promise.resolve();

  constructor(host: LabHost) {
    this.#host = host;
  }

  now(): Promise<readonly Shown[]> {
    return this.#host.json('/api/v2/alerts', { port: PORT });
  }

  begin(): void {
    this.#done = this.#listen();
  }

  async end() {
    this.#isOver = true;
    await this.#done;
    const apart = this.#updates.slice(1).map((at, index) => at - (this.#updates[index] ?? at));
    return {
      alerts: [...this.#shown].map(([fingerprint, labels]) => ({ fingerprint, labels })),
      answers: this.#answers,
      /** It was not there, after it had been. */
      gaps: this.#gaps,
      posts: this.#updates.length,
      longestApartMs: Math.max(0, ...apart),
      leastLeftMs: this.#leastLeftMs,
    };
  }

  async #listen(): Promise<void> {
    for (; !this.#isOver; await sleep(500)) {
      const alerts = await this.now().catch(() => undefined);
      if (alerts === undefined) continue;
      this.#answers += 1;
      if (alerts.length === 0) this.#gaps += 1;
      for (const { fingerprint, labels, endsAt, updatedAt } of alerts) {
        this.#shown.set(fingerprint, labels);
        this.#leastLeftMs = Math.min(this.#leastLeftMs, Date.parse(endsAt) - Date.now());
        const at = Date.parse(updatedAt);
        if (at !== this.#updates.at(-1)) this.#updates.push(at);
      }
    }
  }
}

describe.skipIf(missing !== undefined)('Alertmanager', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;
  const running = new Map<string, LabProcess>();
  const hosts = (names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));
  const recordFile = (): string => join(lab.host('am').directory, 'records');
  /** `firing NodeUnreachable n8` of each alert that the webhook behind it was told of. */
  const hooked = (): readonly string[] => {
    try {
      const lines = readFileSync(recordFile(), 'utf8').trim().split('\n');
      return lines.flatMap((line) =>
        (JSON.parse(line) as StrictRecord).alerts.map(
          ({ status, labels }) => `${status} ${labels['alertname']} ${labels['node']}`,
        ),
      );
    } catch {
      return [];
    }
  };
  const start = async (name: string): Promise<void> => {
    const host = lab.host(name);
    const config = join(host.directory, 'config.yaml');
    const alertmanager = { url: `http://${lab.host('am').address}:${PORT}` };
    const receivers = [{ name: 'alertmanager', alertmanager, except: OF_AGENTS, perMinute: 60 }];
    writeFileSync(config, JSON.stringify({ notifications: { clusterName: 'lab', ...TIMING, receivers } }));
    running.set(name, await agents.start(host, ['--config', config, ...FEW_CHECKS]));
  };
  const kill = async (name: string): Promise<void> => {
    const agent = running.get(name);
    running.delete(name);
    agent?.kill('SIGKILL');
    await agent?.ended;
  };
  const shownBy = (name: string): Promise<ApiNotifications> => lab.host(name).json('/api/v1/notifications');

  beforeAll(async () => {
    lab = await createLab({ hosts: [...ALL, 'am'] });
    agents = createAgentCluster(hosts(ALL));
    const am = lab.host('am');
    const mood = join(am.directory, 'mood.json');
    // It is not one of ours that sends, so nothing is to be found fault with.
    writeFileSync(mood, JSON.stringify({ kind: 'status', status: 200 }));
    const place = ['--address', am.address, '--port', String(HOOK_PORT)];
    await am.start(process.execPath, [STRICT_RECEIVER, ...place, '--record', recordFile(), '--mood', mood], {
      readyWhen: /listening/,
    });
    const config = join(am.directory, 'alertmanager.yml');
    const hook = { url: `http://${am.address}:${HOOK_PORT}/hook`, send_resolved: true };
    writeFileSync(
      config,
      JSON.stringify({
        route: { receiver: 'hook', group_by: ['...'], group_wait: '1s', group_interval: '2s', repeat_interval: '4h' },
        receivers: [{ name: 'hook', webhook_configs: [hook] }],
      }),
    );
    await am.start(
      ALERTMANAGER,
      [
        `--config.file=${config}`,
        `--storage.path=${join(am.directory, 'alertmanager')}`,
        `--web.listen-address=${am.address}:${PORT}`,
        '--cluster.listen-address=',
      ],
      { readyWhen: async () => (await am.fetch('/-/ready', { port: PORT })).status === 200 },
    );
    await Promise.all(ALL.map(start));
    watch = createWatch(hosts(ALL), 1000);
    await watch.until(hosts(ALL), 'all are there', ({ status }) => status.view.component === ALL.length, 120_000);
    for (const name of ALL)
      await eventually(
        () => shownBy(name),
        ({ paused }) => paused === undefined,
        90_000,
      );
  }, 240_000);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it(
    'has one alert of one fault, which stays while its senders die, and is over after the repair',
    async () => {
      const random = createRandom(SEED);
      const listening = new Listening(lab.host('am'));
      expect(await listening.now()).toEqual([]);

      await lab.host(LOST).powerOff();
      const cutAt = performance.now();
      await eventually(
        () => listening.now(),
        ({ length }) => length > 0,
        60_000,
      );
      const toldMs = Math.round(performance.now() - cutAt);
      listening.begin();

      let [kills, ofSenders] = [0, 0];
      const chaosEnds = performance.now() + CHAOS_MS;
      while (performance.now() < chaosEnds) {
        await sleep(5000 + random.integer(10_000));
        const up = STAYING.filter((name) => running.has(name));
        const shown = await shownBy(random.pick(up)).catch(() => undefined);
        const sender = shown?.receivers[0]?.sender ?? '';
        const victim = random.chance(0.6) && up.includes(sender) ? sender : random.pick(up);
        await kill(victim);
        [kills, ofSenders] = [kills + 1, ofSenders + Number(victim === sender)];
        const gone = STAYING.filter((name) => !running.has(name));
        if (gone.length > 1 || random.chance(0.5)) await start(random.pick(gone));
      }
      for (const name of STAYING) if (!running.has(name)) await start(name);
      const figures = await listening.end();
      process.stdout.write(
        `chaos (seed ${SEED}): told after ${toldMs} ms; ${kills} kills in ${CHAOS_MS / 1000} s, ${ofSenders} of the first sender; ${JSON.stringify(figures)}\n`,
      );
      expect(figures.alerts.map(({ labels }) => labels)).toEqual([
        { alertname: 'NodeUnreachable', severity: expect.any(String), cluster: 'lab', node: LOST },
      ]);
      expect(await listening.now()).toMatchObject([{ status: { state: 'active' } }]);
      expect(figures.gaps).toBe(0);
      // Of the four minutes that an alert lives.
      expect(figures.leastLeftMs).toBeGreaterThan(90_000);
      expect(hooked()).toEqual([`firing NodeUnreachable ${LOST}`]);

      await lab.host(LOST).powerOn();
      const repairedAt = performance.now();
      await start(LOST);
      await eventually(
        async () => hooked(),
        ({ length }) => length > 1,
        120_000,
      );
      process.stdout.write(`over ${Math.round(performance.now() - repairedAt)} ms after the repair\n`);
      expect(await listening.now()).toEqual([]);
      await sleep(CALM_MS);
      expect(await listening.now()).toEqual([]);
      expect(hooked()).toEqual([`firing NodeUnreachable ${LOST}`, `resolved NodeUnreachable ${LOST}`]);
    },
    CHAOS_MS + 400_000,
  );
});
