/** The composition root: builds every part, wires them, starts and stops them in order. */
import { CHECKS } from '../checks/registry.ts';
import type { AnyCheck } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { messageOf } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { type Pauses, createPauses } from './base/pauses.ts';
import { VERSION } from './base/version.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer } from './http/server.ts';
import { snapshot } from './http/snapshot.ts';
import { type Knowledge, createKnowledge, gist } from './knowledge.ts';
import type { ClusterState } from './model/cluster-state.ts';
import { eventsOf, samplesOf } from './runner/record.ts';
import { type CheckRun, type Runner, type RunnerMemory, createRunner } from './runner/runner.ts';
import { type Store, type StoreMemory, createStore } from './store/store.ts';
import { type World, configureChecks, createWorld } from './world.ts';

export interface AgentOptions {
  readonly config: Config;
  /** Where the built page is. */
  readonly webDirectory: string;
  /** How this program is started, without the command's name: for the processes that it starts beside itself. */
  readonly program: readonly string[];
  /** Instead of the registry's; for tests. */
  readonly checks?: readonly AnyCheck[];
}

export interface AgentDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Agent {
  /** Addresses of the page. */
  readonly urls: readonly string[];
  /** Ends everything in order within 4 s; what hangs by then is left behind. */
  stop(): Promise<void>;
}

/** A new agent has looked at everything by then, or says so. */
const SETTLED_AFTER_MS = 10_000;
/** Results are saved when one changes, and this often, so that an agent that was killed knows since when. */
const SAVE_RESULTS_MS = 60_000;
const STORE_CLOSE_MS = 3000;
const HTTP_CLOSE_MS = 500;

/** Throws AgentError `unavailable` when the address is taken. */
export async function startAgent(options: AgentOptions, deps: AgentDeps): Promise<Agent> {
  const agent = new LocalAgent(options, deps);
  await agent.start();
  return agent;
}

class LocalAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #deps: AgentDeps;
  readonly #startedAt: number;
  readonly #checks: readonly AnyCheck[];
  readonly #pauses: Pauses;
  readonly #store: Store;
  readonly #world: World;
  readonly #metrics: ReturnType<typeof createMetrics>;
  readonly #knowledge: Knowledge;
  readonly #http: ReturnType<typeof createHttpServer>;
  #runner: Runner | undefined;
  /** Monotonic ms at which the first checks were started. */
  #lookingSince = Infinity;
  #leftOut: ClusterState['leftOut'] = [];
  #seen: Record<string, number> = {};
  #published = '';
  #stopSaving = (): void => {};
  urls: readonly string[] = [];

  constructor(options: AgentOptions, deps: AgentDeps) {
    const { config, webDirectory, program, checks = CHECKS } = options;
    const { clock, log } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#checks = checks;
    this.#startedAt = clock.now();
    this.#pauses = createPauses(clock);
    this.#store = createStore(
      {
        directory: config.dataDirectory,
        maxBytes: config.store.maxMebibytes * 1024 * 1024,
        eventDays: config.store.eventDays,
      },
      { clock, log: log.child({ area: 'store' }) },
    );
    this.#world = createWorld(config, { clock, log, program, disk: () => this.#store.disk() });
    this.#knowledge = createKnowledge(() => this.#state(), createCatalogue(checks), clock);
    this.#metrics = createMetrics({ node: config.node.name, version: VERSION, checks });
    this.#http = createHttpServer(
      { ...config.http, node: config.node.name, version: VERSION, webDirectory },
      {
        clock,
        log: log.child({ area: 'http' }),
        checks,
        metrics: this.#metrics,
        history: this.#store,
        state: () => this.#knowledge.state(),
        diagnosis: () => this.#knowledge.diagnosis(),
        onChange: (listener) => this.#knowledge.onChange(listener),
        onStored: (listener) => this.#store.onStored(listener),
      },
    );
  }

  /** Answers first, with `unknown`; then reads what earlier runs left; then looks. */
  async start(): Promise<void> {
    const { config } = this.#options;
    const { log } = this.#deps;
    const { urls } = await this.#http.start();
    this.urls = urls;
    this.#store.onHealth(() => this.#knowledge.touch());
    this.#knowledge.onChange(() => this.#afterChange());
    this.#store.onLateSeen((seen) => {
      this.#seen = { ...seen, ...this.#seen };
      this.#runner?.recall(seen);
    });
    const memory = await this.#store.open();
    this.#notice('agent-started', `agent ${VERSION} started`);
    this.#leaveOut(memory);
    this.#seen = { ...memory?.seen };
    this.#runner = this.#createRunner();
    this.#runner.start(toRunnerMemory(memory));
    this.#lookingSince = this.#deps.clock.monotonic();
    this.#stopSaving = this.#deps.clock.every(SAVE_RESULTS_MS, () => this.#saveResults());
    log.info({ version: VERSION, urls, dataDirectory: config.dataDirectory }, 'agent started');
  }

  async stop(): Promise<void> {
    this.#runner?.stop();
    this.#stopSaving();
    this.#notice('agent-stopped', `agent ${VERSION} was told to stop`);
    this.#saveResults();
    const { clock, log } = this.#deps;
    const http = Promise.race([this.#http.stop(), clock.sleep(HTTP_CLOSE_MS)]);
    const [, store] = await Promise.allSettled([http, this.#store.close(STORE_CLOSE_MS)]);
    this.#knowledge.stop();
    this.#pauses.stop();
    this.#world.close();
    log.info({ store: store.status === 'fulfilled' ? store.value : messageOf(store.reason) }, 'agent stopped');
  }

  #createRunner(): Runner {
    const { config } = this.#options;
    const { clock, log } = this.#deps;
    const reasons = new Map(this.#leftOut.map(({ check, why }) => [check, why]));
    const checks = configureChecks(config, this.#checks).map((configured) => {
      const leftOut = reasons.get(configured.check.id);
      return leftOut === undefined ? configured : { ...configured, leftOut };
    });
    return createRunner(
      { checks, parallelism: config.runner.parallelism },
      {
        world: this.#world,
        clock,
        log: log.child({ area: 'runner' }),
        enter: (check) => this.#store.mark(check),
        onRun: (run) => this.#onRun(run),
        onSeen: (check, at) => this.#onSeen(check, at),
      },
    );
  }

  #onRun(run: CheckRun): void {
    const node = this.#options.config.node.name;
    this.#store.record(samplesOf(node, run));
    this.#metrics.onRun({
      check: run.check,
      outcome: run.outcome.status,
      durationMs: run.durationMs,
      timedOut: run.timedOut,
    });
    if (run.changes.length > 0) {
      this.#store.append(eventsOf(node, run));
      for (const change of run.changes) this.#deps.log.info({ check: run.check, change }, 'a check changed');
      this.#saveResults();
    }
    this.#knowledge.touch();
  }

  #onSeen(check: string, at: number): void {
    this.#seen = { ...this.#seen, [check]: at };
    this.#store.saveSeen(this.#seen);
  }

  #leaveOut(memory: StoreMemory | undefined): void {
    if (memory?.blocked === undefined) return;
    const { check, at } = memory.blocked;
    const why = `it blocked the agent on ${new Date(at).toISOString().slice(0, 19)}Z`;
    this.#leftOut = [{ check, why, at }];
    this.#notice('agent-notice', `${check} is left out: ${why}`);
    this.#deps.log.error({ check, at }, 'a check is left out because it blocked the agent');
  }

  #state(): ClusterState {
    const { clock } = this.#deps;
    const node = this.#options.config.node.name;
    const results = this.#runner?.results() ?? [];
    const old = clock.monotonic() - this.#lookingSince > SETTLED_AFTER_MS;
    return {
      self: node,
      nodes: [{ report: { node, version: VERSION, startedAt: this.#startedAt, results }, elapsedMs: 0 }],
      store: this.#store.health(),
      leftOut: this.#leftOut,
      settled: this.#runner !== undefined && (old || this.#runner.settled()),
      catchingUp: this.#pauses.catchingUp(),
    };
  }

  #afterChange(): void {
    const { status, sentence } = this.#knowledge.diagnosis();
    const said = gist(this.#knowledge.diagnosis());
    if (said === this.#published) return;
    this.#published = said;
    this.#store.publish(snapshot(this.#knowledge.state(), this.#knowledge.diagnosis(), this.#checks));
    this.#deps.log.info({ status, sentence }, 'the status changed');
  }

  #saveResults(): void {
    if (this.#runner !== undefined) this.#store.saveResults(this.#runner.results());
  }

  #notice(kind: 'agent-started' | 'agent-stopped' | 'agent-notice', message: string): void {
    this.#store.append([{ kind, at: this.#deps.clock.now(), node: this.#options.config.node.name, message }]);
  }
}

const toRunnerMemory = (memory: StoreMemory | undefined): RunnerMemory => ({
  results: memory?.results ?? [],
  seen: memory?.seen,
});

/** The diagnosis' view of the checks: what they are called and what to do about what they report. */
function createCatalogue(checks: readonly AnyCheck[]): Parameters<typeof createKnowledge>[1] {
  const byId = new Map(checks.map((check) => [check.id, check]));
  return {
    title: (check) => byId.get(check)?.title ?? check,
    reason: (check, reason) => byId.get(check)?.reasons[reason],
  };
}
