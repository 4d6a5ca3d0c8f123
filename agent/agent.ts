/** The composition root: builds every part, wires them, starts and stops them in order. */
import { CHECKS } from '../checks/registry.ts';
import type { AnyCheck } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import { readCpuWaitMs } from './base/cpu-wait.ts';
import type { Config } from './base/config.ts';
import { messageOf } from './base/errors.ts';
import { systemRandom } from './base/random.ts';
import { createCatalogue } from './catalogue.ts';
import { type Lateness, createTimedClock } from './base/lateness.ts';
import type { Logger } from './base/log.ts';
import { type Pauses, createPauses } from './base/pauses.ts';
import { VERSION } from './base/version.ts';
import { type Diary, createDiary } from './diary.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer } from './http/server.ts';
import { snapshot } from './http/snapshot.ts';
import { type JoinedBesides, createJoinedBesides } from './joined-besides.ts';
import { createJoinedKube, nodeUidsOf } from './joined-kube.ts';
import { type JoinedMesh, createJoinedMesh } from './joined-mesh.ts';
import { type JoinedOverlay, createJoinedOverlay } from './joined-overlay.ts';
import type { Kube } from './kube/kube.ts';
import { type Knowledge, createKnowledge, gist } from './knowledge.ts';
import { figuresOf } from './mesh-figures.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { ForgetCheckOutcome } from './model/forget-outcome.ts';
import type { NodeReport } from './model/report.ts';
import type { TimelineEvent } from './model/timeline.ts';
import { statedEdges } from './model/stated-edges.ts';
import { createOrders } from './orders.ts';
import { type PortWatch, createPortWatch, watchedPorts } from './port-watch.ts';
import { eventsOf, samplesOf } from './runner/record.ts';
import { type CheckRun, type Runner, type RunnerMemory, createRunner } from './runner/runner.ts';
import { type StatusWriter, createStatusWriter } from './status-writer.ts';
import { type Store, type StoreMemory, createStore } from './store/store.ts';
import { NO_MESH, NO_OVERLAY, type World, configureChecks, createWorld, hasKubernetes } from './world.ts';

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
const MESH_CLOSE_MS = 1000;
const HTTP_CLOSE_MS = 500;

/** Throws AgentError `unavailable` when the address is taken. */
export async function startAgent(options: AgentOptions, deps: AgentDeps): Promise<Agent> {
  const { clock, lateness } = createTimedClock(deps.clock);
  const agent = new LocalAgent(options, { ...deps, clock }, lateness);
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
  readonly #diary: Diary;
  readonly #http: ReturnType<typeof createHttpServer>;
  readonly #mesh: JoinedMesh | undefined;
  readonly #kube: Kube | undefined;
  readonly #overlay: JoinedOverlay | undefined;
  readonly #besides: JoinedBesides;
  readonly #ports: PortWatch;
  #runner: Runner | undefined;
  /** Monotonic ms at which the first checks were started. */
  #lookingSince = Infinity;
  #leftOut: ClusterState['leftOut'] = [];
  #seen: Record<string, number> = {};
  readonly #status: StatusWriter;
  #told = '';
  readonly #stops: (() => void)[] = [];
  urls: readonly string[] = [];

  constructor(options: AgentOptions, deps: AgentDeps, lateness: Lateness) {
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
        scenes: { maxBytes: config.scenes.maxMebibytes * 1024 * 1024, days: config.scenes.days },
      },
      { clock, log: log.child({ area: 'store' }) },
    );
    this.#world = createWorld(config, {
      clock,
      log,
      program,
      disk: () => this.#store.disk(),
      kube: () => this.#kube,
      overlay: () => this.#overlay?.view() ?? NO_OVERLAY,
      knock: async (addresses, signal) => this.#overlay?.knock(addresses, signal),
      edges: () => this.#mesh?.edges() ?? NO_MESH,
      asked: () => this.#besides.workloads.forCheck(),
    });
    this.#kube = hasKubernetes(config) ? this.#createKube() : undefined;
    this.#overlay = createJoinedOverlay(config, {
      clock,
      log: log.child({ area: 'overlay' }),
      onMoved: () => this.#mesh?.publishReport(),
    });
    this.#mesh = config.mesh.enabled ? this.#createMesh() : undefined;
    this.#ports = createPortWatch(watchedPorts(config), {
      clock,
      log: log.child({ area: 'ports' }),
      random: systemRandom,
      connect: this.#world.connect,
      ways: () => this.#mesh?.ways() ?? [],
      onChange: () => this.#knowledge.touch(),
    });
    this.#knowledge = createKnowledge(() => this.#state(), createCatalogue(checks), clock);
    this.#besides = createJoinedBesides(config, {
      clock,
      log,
      world: this.#world,
      store: this.#store,
      knowledge: this.#knowledge,
      board: () => this.#mesh?.board,
      isCatchingUp: () => this.#pauses.catchingUp(),
      onNews: () => this.#mesh?.publishReport(),
      notice: (message) => this.#notice('agent-notice', message),
    });
    this.#diary = createDiary({ clock, knowledge: this.#knowledge, store: this.#store });
    this.#status = createStatusWriter(clock, () =>
      this.#store.publish(snapshot(this.#knowledge.state(), this.#knowledge.diagnosis(), checks)),
    );
    this.#metrics = createMetrics({ node: config.node.name, version: VERSION, checks }, lateness);
    this.#http = createHttpServer(
      {
        ...config.http,
        signalSecretFile: config.signals.secretFile,
        node: config.node.name,
        version: VERSION,
        webDirectory,
      },
      {
        clock,
        log: log.child({ area: 'http' }),
        checks,
        metrics: this.#metrics,
        meshCounts: () => this.#meshFigures(),
        workloads: this.#besides.workloads,
        notifications: this.#besides.notifications,
        scenes: this.#besides.scenes,
        history: this.#diary.history,
        state: () => this.#knowledge.state(),
        diagnosis: () => this.#knowledge.diagnosis(),
        onChange: (listener) => this.#knowledge.onChange(listener),
        onStored: (listener) => this.#store.onStored(listener),
        changes: {
          ...createOrders({
            self: config.node.name,
            mesh: () => this.#mesh,
            notice: (message) => this.#notice('agent-notice', message),
          }),
          forgetCheck: (check, by) => this.#forgetCheck(check, by),
        },
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
    this.#store.onLateLiveness((memory) => this.#besides.workloads.recall(memory));
    const memory = await this.#store.open();
    this.#besides.workloads.recall(memory?.liveness);
    this.#mesh?.start(this.#store.takeMesh());
    this.#kube?.start();
    this.#overlay?.start();
    this.#besides.start();
    this.#ports.start();
    this.#notice('agent-started', `agent ${VERSION} started`);
    this.#leaveOut(memory);
    this.#seen = { ...memory?.seen };
    this.#runner = this.#createRunner();
    this.#runner.start(toRunnerMemory(memory));
    this.#lookingSince = this.#deps.clock.monotonic();
    this.#stops.push(this.#deps.clock.every(SAVE_RESULTS_MS, () => this.#saveResults()));
    this.#diary.start();
    log.info({ version: VERSION, urls, dataDirectory: config.dataDirectory }, 'agent started');
  }

  async stop(): Promise<void> {
    this.#runner?.stop();
    this.#kube?.stop();
    this.#besides.stop();
    this.#ports.stop();
    for (const stop of this.#stops) stop();
    this.#status.stop();
    this.#diary.stop();
    this.#notice('agent-stopped', `agent ${VERSION} was told to stop`);
    this.#saveResults();
    const { clock, log } = this.#deps;
    const http = Promise.race([this.#http.stop(), clock.sleep(HTTP_CLOSE_MS)]);
    await Promise.race([Promise.all([this.#mesh?.stop(), this.#overlay?.stop()]), clock.sleep(MESH_CLOSE_MS)]);
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
        cpuWaitMs: readCpuWaitMs,
        members: () => this.#mesh?.members().length ?? 1,
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
      this.#write(eventsOf(node, run));
      for (const change of run.changes) this.#deps.log.info({ check: run.check, change }, 'a check changed');
      this.#saveResults();
    }
    if (!run.isNews) return this.#knowledge.touchFigures();
    this.#mesh?.publishReport();
    this.#knowledge.touch();
  }

  #onSeen(check: string, at: number): void {
    this.#seen = { ...this.#seen, [check]: at };
    this.#store.saveSeen(this.#seen);
  }

  async #forgetCheck(check: string, by: string): Promise<ForgetCheckOutcome> {
    const outcome = (await this.#runner?.forget(check)) ?? { kind: 'not-settled' };
    if (outcome.kind !== 'forgotten') return outcome;
    const { [check]: _forgotten, ...seen } = this.#seen;
    this.#seen = seen;
    this.#store.saveSeen(seen);
    this.#notice('agent-notice', `${check} is not expected here any more, said an operator, who asked from ${by}`);
    return outcome;
  }

  #leaveOut(memory: StoreMemory | undefined): void {
    if (memory?.blocked === undefined) return;
    const { check, at } = memory.blocked;
    const why = `it blocked the agent on ${new Date(at).toISOString().slice(0, 19)}Z`;
    this.#leftOut = [{ check, why, at }];
    this.#notice('agent-notice', `${check} is left out: ${why}`);
    this.#deps.log.error({ check, at }, 'a check is left out because it blocked the agent');
  }

  #createMesh(): JoinedMesh {
    const { config } = this.#options;
    const { clock, log } = this.#deps;
    const shared = new Map(this.#checks.map(({ id, readings }) => [id, readings]));
    return createJoinedMesh(config, {
      clock,
      log: log.child({ area: 'mesh' }),
      host: this.#world.host,
      store: this.#store,
      report: () => this.#report(),
      overlay: () => this.#overlay?.edges() ?? [],
      isShared: (check, reading) => shared.get(check)?.[reading]?.shared === true,
      onChange: () => this.#knowledge.touch(),
      onKeys: (keys) => this.#overlay?.admit(keys),
      sharedKey: this.#kube?.sharedKey,
      ...(this.#kube !== undefined && { nodes: nodeUidsOf(this.#kube) }),
    });
  }

  #createKube(): Kube {
    const { config } = this.#options;
    const { clock, log } = this.#deps;
    return createJoinedKube(config, {
      clock,
      log: log.child({ area: 'kube' }),
      host: this.#world.host,
      mesh: () => this.#mesh,
      notice: (message) => this.#notice('agent-notice', message),
      onChange: () => {
        this.#mesh?.publishReport();
        this.#knowledge.touch();
      },
    });
  }

  #meshFigures(): ReturnType<typeof figuresOf> | undefined {
    const counts = this.#mesh?.counts();
    return counts === undefined ? undefined : figuresOf(counts);
  }

  /** Undefined while the agent is made: it is asked for the first state by then. */
  #workloads(): JoinedBesides['workloads'] | undefined {
    return (this.#besides as JoinedBesides | undefined)?.workloads;
  }

  #report(): NodeReport {
    const { name: node } = this.#options.config.node;
    const [place, podAddresses = []] = [this.#kube?.place(), this.#overlay?.podAddresses()];
    const liveness = this.#workloads()?.words() ?? [];
    return {
      node,
      version: VERSION,
      startedAt: this.#startedAt,
      results: this.#runner?.results() ?? [],
      ...(this.#pauses.catchingUp() && { catchingUp: true }),
      ...(place !== undefined && { place }),
      ...(podAddresses.length > 0 && { podAddresses }),
      ...(liveness.length > 0 && { liveness }),
    };
  }

  #state(): ClusterState {
    const old = this.#deps.clock.monotonic() - this.#lookingSince > SETTLED_AFTER_MS;
    const [view, meshFault] = [this.#mesh?.view(), this.#mesh?.fault()];
    const edges = view && statedEdges(view.edges, this.#overlay?.edges());
    if (view !== undefined) this.#overlay?.see(view);
    const isJoining = this.#mesh !== undefined && view === undefined && meshFault === undefined;
    const resumedAtMs = this.#pauses.resumedAt();
    const kube = this.#kube?.state();
    const told = kube && { controlPlane: kube.controlPlane, removing: kube.removing };
    return {
      self: this.#options.config.node.name,
      nodes: [{ report: this.#report(), elapsedMs: 0, ...(edges !== undefined && { edges }) }, ...(view?.peers ?? [])],
      store: this.#store.health(),
      leftOut: this.#leftOut,
      settled: this.#runner !== undefined && !isJoining && (old || this.#runner.settled()),
      catchingUp: this.#pauses.catchingUp(),
      ...(resumedAtMs !== undefined && { resumedAtMs }),
      ...(view !== undefined && { mesh: { ...view.mesh, ...told } }),
      ...(kube !== undefined && { kube }),
      ...(meshFault !== undefined && { meshFault }),
      blockedPorts: this.#ports.blocked(),
      signals: this.#workloads()?.signals() ?? [],
    };
  }

  #afterChange(): void {
    const { status, sentence } = this.#knowledge.diagnosis();
    const said = gist(this.#knowledge.diagnosis());
    this.#status.said(said);
    if (said === this.#told) return;
    this.#told = said;
    this.#deps.log.info({ status, sentence }, 'the status changed');
  }

  /** Into the own log, and to the others. */
  #write(events: readonly TimelineEvent[]): void {
    this.#store.append(events);
    this.#mesh?.publishEvents(events);
  }

  #saveResults(): void {
    if (this.#runner !== undefined) this.#store.saveResults(this.#runner.results());
  }

  #notice(kind: 'agent-started' | 'agent-stopped' | 'agent-notice', message: string): void {
    this.#write([{ kind, at: this.#deps.clock.now(), node: this.#options.config.node.name, message }]);
  }
}

const toRunnerMemory = (memory: StoreMemory | undefined): RunnerMemory => ({
  results: memory?.results ?? [],
  seen: memory?.seen,
});
