/**
 * This agent's part in the mesh: finds the key and the own addresses, joins, and carries what is learned to the store.
 * Where it cannot join it says why and tries again: an agent that is alone still answers for its own node.
 */
import { randomBytes } from 'node:crypto';
import type { EdgesView, HostFiles } from '../checks/types.ts';
import { backOffMs } from './base/back-off.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { formatEndpoint, parseEndpoint } from './base/endpoint.ts';
import { messageOf } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { systemRandom } from './base/random.ts';
import { type ClusterKeys, createClusterKeys } from './cluster-keys.ts';
import type { Place } from './mesh/compose/addresses.ts';
import { readHostAddresses } from './mesh/discovery/host-addresses.ts';
import { type PlaceFinder, createPlaceFinder } from './mesh/discovery/place.ts';
import type { ClusterKey } from './mesh/identity/cluster-key.ts';
import { type Mesh, type MeshCounts, type MeshView, createMesh } from './mesh/mesh.ts';
import type { Board } from './model/board.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { ForgetOutcome } from './model/forget-outcome.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from './model/maintenance.ts';
import type { Member, OverlayEdge } from './model/member.ts';
import type { MeshMemory } from './model/mesh-memory.ts';
import type { NodeUids } from './model/node-uids.ts';
import { peerEdges, whyNobody } from './model/peer-edges.ts';
import type { PeerWay } from './model/ports.ts';
import type { AskResult, QuestionHandler, Questions } from './model/questions.ts';
import type { NodeReport } from './model/report.ts';
import type { SharedKeyPlace } from './model/shared-key.ts';
import type { HeardRoster, Roster } from './model/roster.ts';
import { type IsShared, sharedOf, sharedSamples } from './model/shared.ts';
import type { PeerStore } from './model/store-health.ts';
import type { TimelineEvent } from './model/timeline.ts';
import type { Store } from './store/store.ts';

export interface JoinedMeshDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: Pick<HostFiles, 'readText'>;
  readonly store: Store;
  /** What this node says of itself; the readings that are not shared stay here. */
  readonly report: () => NodeReport;
  /** Whether a reading of a check travels to peers. */
  readonly isShared: IsShared;
  /** What the pods of this node see of those of others. */
  readonly overlay: () => readonly OverlayEdge[];
  readonly onChange: () => void;
  /** The cluster keys that are accepted from now on. */
  readonly onKeys: (keys: readonly ClusterKey[]) => void;
  /** Where all agents of the cluster find its key. */
  readonly sharedKey?: SharedKeyPlace | undefined;
  /** Undefined outside of Kubernetes. */
  readonly nodes?: NodeUids | undefined;
}

export interface JoinedMesh extends Questions {
  /** Joins in the background, again and again until it works, once `memory`, what the run before left, is known. */
  start(memory: Promise<MeshMemory | undefined>): void;
  /** The own report may have changed. */
  publishReport(): void;
  publishEvents(events: readonly TimelineEvent[]): void;
  /** Nobody is known before it has joined; undefined: it cannot join, see {@link JoinedMesh.fault}. */
  view(): MeshView | undefined;
  fault(): ClusterState['meshFault'];
  /** What this node sees of the others. */
  edges(): EdgesView;
  /** How those are reached whom it probes; of nobody where it has not joined. */
  ways(): readonly PeerWay[];
  counts(): MeshCounts | undefined;
  /** A member does not come back, says a person, or the Kubernetes API. */
  forget(node: string, why?: 'forget' | 'deleted' | 'absent'): ForgetOutcome;
  /** Somebody works on a node, or does not any more. */
  maintain(order: MaintenanceOrder): MaintenanceOutcome;
  /** What agents tell each other on subjects of which the mesh knows nothing; empty where it has not joined. */
  readonly board: Board;
  /** What this agent reads of the cluster's Nodes. */
  tellRoster(roster: Roster, isNews: boolean): void;
  members(): readonly Member[];
  contested(): readonly string[];
  /** Where agents may be, beside the seeds, each time in full: IP addresses. */
  suggest(hosts: readonly string[]): void;
  /** What all roster readers have said. */
  rosters(): readonly HeardRoster[];
  stop(): Promise<void>;
}

/** What a person puts right, or a network that comes up late, is noticed this soon. */
const RETRY_MS = 5000;
/** Where all agents of a cluster wait for the same API, and nobody knows yet how many they are. */
const LONGEST_RETRY_MS = 5 * 60_000;
const SAVE_MS = 1000;
const RECORDED_MS = 60_000;
/** A start has a handful of events. */
const MAX_WAITING = 64;

export const createJoinedMesh = (config: Config, deps: JoinedMeshDeps): JoinedMesh => new MeshJoiner(config, deps);

class MeshJoiner implements JoinedMesh {
  readonly board: Board;
  readonly #config: Config;
  readonly #deps: JoinedMeshDeps;
  readonly #places: PlaceFinder;
  readonly #keys: ClusterKeys;
  #mesh: Mesh | undefined;
  #fault: ClusterState['meshFault'];
  #joining: Promise<void> = Promise.resolve();
  #cancelRetry = (): void => {};
  #stopSaving = (): void => {};
  #stopWatchingKeys = (): void => {};
  #stopFollowing = (): void => {};
  #isStopped = false;
  #hasJoined = false;
  #failures = 0;
  /** Who answers the questions of others, by subject. */
  readonly #handlers = new Map<string, QuestionHandler>();
  /** What happened before there was anybody to tell. */
  #waiting: readonly TimelineEvent[] = [];
  /** What the store had kept, until the mesh has taken it up: megabytes in a large cluster. */
  #memory: MeshMemory | undefined;

  constructor(config: Config, deps: JoinedMeshDeps) {
    this.#config = config;
    this.#deps = deps;
    this.board = {
      tell: (topic, items) => (this.#hasJoined ? this.#mesh?.board.tell(topic, items) : undefined) ?? 'not-yet',
      notes: (topic) => this.#mesh?.board.notes(topic) ?? [],
    };
    this.#keys = createClusterKeys(config, {
      ...deps,
      shared: deps.sharedKey,
      notice: (message) => this.#notice(message),
    });
    const { addresses, announce, port } = config.mesh;
    this.#places = createPlaceFinder(
      { configured: addresses, port, announce: announce.map((text) => withPort(text, port)) },
      { ...deps, read: readHostAddresses },
    );
  }

  start(memory: Promise<MeshMemory | undefined>): void {
    this.#joining = this.#start(memory);
    this.#stopSaving = this.#deps.clock.every(SAVE_MS, () => this.#save());
  }

  publishReport(): void {
    this.#mesh?.publishReport();
  }

  publishEvents(events: readonly TimelineEvent[]): void {
    if (this.#hasJoined) this.#mesh?.publishEvents(events);
    else this.#waiting = [...this.#waiting, ...events].slice(-MAX_WAITING);
  }

  view(): MeshView | undefined {
    return this.#fault === undefined ? this.#mesh?.state() : undefined;
  }

  fault(): ClusterState['meshFault'] {
    return this.#fault;
  }

  edges(): EdgesView {
    if (this.#fault !== undefined) return { kind: 'unknown', why: this.#fault.why };
    if (this.#mesh === undefined || !this.#hasJoined) return { kind: 'unknown', why: 'this agent has not joined yet' };
    const { clock } = this.#deps;
    const { name } = this.#config.node;
    const view = peerEdges(name, this.#mesh.edges(), this.#mesh.members(), clock.monotonic());
    return view ?? whyNobody(this.#mesh.state().mesh);
  }

  ways(): readonly PeerWay[] {
    return this.#fault === undefined ? (this.#mesh?.ways() ?? []) : [];
  }

  counts(): MeshCounts | undefined {
    return this.#mesh?.counts();
  }

  forget(node: string, why: 'forget' | 'deleted' | 'absent' = 'forget'): ForgetOutcome {
    if (this.#fault !== undefined) return { kind: 'no-mesh', why: this.#fault.why };
    return this.#mesh?.forget(node, why) ?? { kind: 'not-settled' };
  }

  maintain(order: MaintenanceOrder): MaintenanceOutcome {
    const { maintenanceMaxHours } = this.#config.mesh;
    const maxMs = maintenanceMaxHours * 3_600_000;
    if (order.forMs > maxMs) return { kind: 'too-long', maxMs };
    if (this.#fault !== undefined) return { kind: 'no-mesh', why: this.#fault.why };
    return this.#mesh?.maintain(order) ?? { kind: 'not-settled' };
  }

  async ask(node: string, ...asked: [string, unknown, AbortSignal?]): Promise<AskResult> {
    const failed = { kind: 'failed', node, why: 'no-mesh' } as const;
    if (this.#fault !== undefined) return { ...failed, message: this.#fault.why };
    return this.#mesh?.ask(node, ...asked) ?? { ...failed, message: 'this agent has not joined the others yet' };
  }

  answer(subject: string, handler: QuestionHandler): void {
    this.#handlers.set(subject, handler);
    this.#mesh?.answer(subject, handler);
  }

  tellRoster(roster: Roster, isNews: boolean): void {
    this.#mesh?.tellRoster(roster, isNews);
  }

  members(): readonly Member[] {
    return this.#fault === undefined ? (this.#mesh?.members() ?? []) : [];
  }

  contested(): readonly string[] {
    return this.#mesh?.contested() ?? [];
  }

  suggest(hosts: readonly string[]): void {
    const { port } = this.#config.mesh;
    this.#mesh?.suggest(hosts.map((host) => formatEndpoint({ host, port })));
  }

  rosters(): readonly HeardRoster[] {
    return this.#mesh?.rosters() ?? [];
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#stopSaving();
    this.#stopWatchingKeys();
    this.#stopFollowing();
    this.#save();
    await this.#mesh?.stop('restart');
    await this.#joining;
  }

  async #start(memory: Promise<MeshMemory | undefined>): Promise<void> {
    this.#memory = await memory;
    if (!this.#isStopped) await this.#join();
  }

  async #join(): Promise<void> {
    const { clock, log, onChange } = this.#deps;
    try {
      const place = await this.#places.find();
      const options = await this.#options(place);
      const mesh = createMesh(options, {
        ...this.#deps,
        random: systemRandom,
        randomBytes: freshBytes,
        report: () => sharedOf(this.#deps.report(), this.#deps.isShared),
        store: () => storeOf(this.#deps.store),
      });
      this.#follow(mesh);
      for (const [subject, handler] of this.#handlers) mesh.answer(subject, handler);
      this.#mesh = mesh;
      await mesh.start();
      this.#memory = undefined;
      if (this.#isStopped) await mesh.stop('restart');
      this.#fault = undefined;
      this.#failures = 0;
      this.#hasJoined = true;
      if (!this.#isStopped) {
        this.#stopWatchingKeys = this.#keys.watch(options.clusterKeys, {
          onKeys: (accepted, clusterId) => {
            this.#deps.onKeys(accepted);
            const isOther = clusterId !== undefined && clusterId !== mesh.identity()?.clusterId;
            if (isOther) this.#joining = this.#rejoin(mesh);
            else mesh.admit(accepted);
          },
          clusterId: () => mesh.identity()?.clusterId,
        });
        this.#stopFollowing = this.#places.follow(place, (next) => mesh.move(next));
      }
      mesh.publishEvents(this.#waiting);
      this.#waiting = [];
    } catch (error) {
      this.#mesh = undefined;
      if (this.#isStopped) return;
      const why = messageOf(error).replace(/\.$/, '');
      if (this.#fault?.why !== why) {
        log.error({ err: why }, 'this agent cannot talk to others; it tries again');
        this.#fault = { why, since: this.#fault?.since ?? clock.now() };
      }
      this.#failures += 1;
      this.#cancelRetry = clock.after(this.#retryMs(), () => {
        this.#joining = this.#join();
      });
    }
    onChange();
  }

  /** The keys are those of another cluster than that of the start, which did not wait for the place where they are. */
  async #rejoin(mesh: Mesh): Promise<void> {
    this.#stopWatchingKeys();
    this.#stopFollowing();
    this.#mesh = undefined;
    this.#hasJoined = false;
    this.#deps.onChange();
    await mesh.stop('restart').catch((error: unknown) => {
      this.#deps.log.error({ err: messageOf(error) }, 'the mesh of before did not end well');
    });
    if (!this.#isStopped) await this.#join();
  }

  #retryMs(): number {
    if (!this.#keys.isShared) return RETRY_MS;
    return backOffMs(this.#failures, systemRandom(), { firstMs: RETRY_MS, longestMs: LONGEST_RETRY_MS });
  }

  async #options(place: Place): Promise<Parameters<typeof createMesh>[0]> {
    const { mesh, dataDirectory, node } = this.#config;
    const { keys, clusterId } = await this.#keys.open(!this.#hasJoined);
    this.#deps.onKeys(keys);
    return {
      directory: dataDirectory,
      nodeName: node.name,
      ...place,
      seeds: mesh.seeds.map((text) => withPort(text, mesh.port)),
      clusterKeys: keys,
      ...(clusterId !== undefined && { clusterId }),
      ...(this.#memory !== undefined && { memory: this.#memory }),
    };
  }

  #follow(mesh: Mesh): void {
    const { clock, store, isShared, onChange } = this.#deps;
    mesh.onChange(onChange);
    mesh.onEvents(({ peerId, epoch, sequence, event }) => {
      if (event.kind === 'edges') return;
      store.appendOfPeers([{ ...event, origin: `${peerId}/${epoch}/${sequence}` }]);
    });
    mesh.onReturn(() => this.#notice(`${this.#config.node.name} was removed from the cluster and is a member again`));
    mesh.onReport((report, ageMs) => {
      // Kept by the minute: in a large cluster only nodes with a control plane say it so often.
      if ((report.heartbeatMs ?? 0) > RECORDED_MS) return;
      store.recordOfPeers(sharedSamples(report, clock.now() - ageMs, isShared));
    });
  }

  #notice(message: string): void {
    const event = { kind: 'agent-notice', at: this.#deps.clock.now(), node: this.#config.node.name, message } as const;
    this.#deps.store.append([event]);
    this.publishEvents([event]);
  }

  #save(): void {
    const changes = this.#mesh?.changes();
    if (changes !== undefined) this.#deps.store.saveMesh(changes);
  }
}

const freshBytes = (count: number): Uint8Array => new Uint8Array(randomBytes(count));

const storeOf = (store: Store): PeerStore => {
  const { state, since, message } = store.health();
  return { state, since, message };
};

/** The port may be left to the setting. What is no endpoint was refused with the configuration. */
function withPort(text: string, port: number): string {
  const endpoint = parseEndpoint(text);
  return endpoint === undefined ? text : formatEndpoint({ port, ...endpoint });
}
