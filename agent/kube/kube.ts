/**
 * This agent's part in what is asked of the Kubernetes API: its own Node, and, where it is one of the readers, all Nodes.
 * Nothing waits for it: without an API, or without a right, everything else goes on.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ForgetOutcome } from '../model/forget-outcome.ts';
import type { KubeState } from '../model/kube-state.ts';
import type { Member } from '../model/member.ts';
import type { NodePlace } from '../model/report.ts';
import type { HeardRoster, Roster } from '../model/roster.ts';
import type { SharedKeyPlace } from '../model/shared-key.ts';
import type { NodeObjectView, PodsView } from '../../checks/types.ts';
import { createKubeClient } from './api/client.ts';
import { createCredentials } from './api/credentials.ts';
import { createEndpoints } from './api/endpoints.ts';
import { eventWatchMs, intervalMs } from './budget.ts';
import { createDepartures } from './departures.ts';
import { type EventHooks, type EventReader, startEventReader } from './events/event-reader.ts';
import { createKeySecret } from './key-secret.ts';
import { kubeView } from './kube-view.ts';
import { type NodeSeeds, createNodeSeeds } from './node-seeds.ts';
import { isToldOf, nodeObjectOf } from './node-object.ts';
import type { NodeFacts } from './objects/node.ts';
import { type OwnLease, createOwnLease, lookersOf } from './own-lease.ts';
import { type OwnNode, startOwnNode } from './own-node.ts';
import { type OwnPods, startOwnPods } from './own-pods.ts';
import { currentRosters, lastRoster, readDelayMs } from './readers.ts';
import { type ReadingTurn, createReadingTurn } from './reading-turn.ts';
import { createRights } from './rights.ts';
import { type RosterReader, startRosterReader } from './roster-reader.ts';

export interface KubeOptions {
  /** This node's name. */
  readonly node: string;
  /** URLs of the API; not empty. */
  readonly apiServers: readonly string[];
  /** Paths; empty: none. */
  readonly caFile: string;
  readonly tokenFile: string;
  /** `namespace/name`, or a name in the namespace that {@link namespaceFile} names; empty: the key is in no Secret. */
  readonly keySecret: string;
  readonly namespaceFile: string;
  /** Whose pods of this node are followed; `*`: everybody's, empty: nobody's. */
  readonly podNamespaces: readonly string[];
  /** Whether it matters what the own Node says of itself, and whether its kubelet's Lease is renewed. */
  readonly isNodeWatched: boolean;
}

/** What the mesh knows, and what it is told. */
export interface KubeMesh {
  /** Empty where this agent talks to no other. */
  readonly members: () => readonly Member[];
  readonly rosters: () => readonly HeardRoster[];
  /** Other members whose agents said which Node they live on. */
  readonly withNode: () => readonly string[];
  readonly tell: (roster: Roster, isNews: boolean) => void;
  readonly forget: (name: string, why: 'deleted' | 'absent') => ForgetOutcome;
  /** Names that two agents or more claim. */
  readonly contested: () => readonly string[];
  /** Where agents may be, for as long as none is known: IP addresses, each time in full. */
  readonly suggest: (hosts: readonly string[]) => void;
}

export interface KubeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly mesh: KubeMesh;
  /** Of this machine; undefined: it has none, or it cannot be read. */
  readonly machineId: () => Promise<string | undefined>;
  /** Into the timeline. */
  readonly notice: (message: string) => void;
  /** {@link Kube.place} is another one. */
  readonly onChange: () => void;
}

export interface Kube {
  start(): void;
  /** Where the agents find the cluster key; undefined: in no Secret. */
  readonly sharedKey: SharedKeyPlace | undefined;
  state(): KubeState;
  /**
   * What this node's Node says; undefined: it was not read yet, there is none, or the kubelet of another machine reports
   * under this name.
   */
  place(): NodePlace | undefined;
  /** UID of the Node, where its kubelet reports this very machine; undefined: that is not known, or it does not. */
  ownUid(): string | undefined;
  /** UID of the Node of that name; undefined: nobody reads it now, or nothing is to be said of it. */
  uidOf(name: string): string | undefined;
  pods(): PodsView;
  nodeObject(): NodeObjectView;
  /** Reads the Events of the whole cluster from now on, until it is stopped: for one agent of many. */
  readEvents(hooks: EventHooks): EventReader;
  /** Base URLs at which the API is asked: those that are configured, and the servers' own as last heard. */
  apiServers(): readonly string[];
  stop(): void;
}

const REVIEW_MS = 2000;

export const createKube = (options: KubeOptions, deps: KubeDeps): Kube => new KubePart(options, deps);

class KubePart implements Kube {
  readonly sharedKey: SharedKeyPlace | undefined;
  readonly #options: KubeOptions;
  readonly #deps: KubeDeps;
  readonly #controller = new AbortController();
  readonly #endpoints: ReturnType<typeof createEndpoints>;
  readonly #client: ReturnType<typeof createKubeClient>;
  readonly #rights: ReturnType<typeof createRights>;
  readonly #turn: ReadingTurn;
  #own: OwnNode | undefined;
  #pods: OwnPods | undefined;
  #lease: OwnLease | undefined;
  #machineId: string | undefined;
  #nodeSeeds: NodeSeeds | undefined;
  readonly #suggested = new Map<'alone' | 'reader', readonly string[]>();
  #knownSince: ReadonlyMap<string, number> = new Map();
  #reader: RosterReader | undefined;
  #stopReviewing = (): void => {};

  constructor(options: KubeOptions, deps: KubeDeps) {
    const { clock, log, random, notice } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#endpoints = createEndpoints(options.apiServers, clock);
    this.#rights = createRights({ log, notice });
    this.#turn = createReadingTurn(options.node, random);
    const credentials = createCredentials(options, { clock, readText: (path) => readFile(path, 'utf8') });
    const { signal } = this.#controller;
    this.#client = createKubeClient({ clock, random, endpoints: this.#endpoints, credentials, signal });
    this.sharedKey = options.keySecret === '' ? undefined : this.#keySecret();
  }

  start(): void {
    const { clock, random, onChange, machineId } = this.#deps;
    const { node, podNamespaces: namespaces, isNodeWatched } = this.#options;
    void machineId().then((id) => {
      this.#machineId = id;
      onChange();
    });
    this.#nodeSeeds = this.#createNodeSeeds();
    const deps = { client: this.#client, clock, random, rights: this.#rights, members: () => this.#size() };
    const { signal } = this.#controller;
    const isWanted = (): boolean => isNodeWatched && this.#isUntold();
    this.#own = startOwnNode(node, { ...deps, signal, isWanted, onChange });
    if (namespaces.length > 0) this.#pods = startOwnPods({ node, namespaces }, deps);
    if (isNodeWatched) this.#lease = createOwnLease(node, deps);
    this.#stopReviewing = clock.every(REVIEW_MS, () => this.#review());
  }

  #review(): void {
    this.#nodeSeeds?.review();
    const { mesh, clock } = this.#deps;
    const [members, rosters] = [mesh.members(), mesh.rosters()];
    const { node } = this.#options;
    const current = currentRosters(node, members, rosters);
    const servers = (current[0] ?? lastRoster(rosters))?.roster.apiServers ?? [];
    this.#lease?.review(lookersOf(node, members, current));
    if (servers.length > 0) this.#endpoints.learn(servers);
    const isOnly = this.#nodeSeeds?.nodes() === 1;
    const turn = this.#turn.review({ members, rosters, size: this.#size(), isOnly }, clock.monotonic());
    if (turn === 'read') this.#reader ??= this.#startReader(rosters);
    if (turn === 'stop') {
      this.#reader?.stop();
      this.#reader = undefined;
    }
    this.#reader?.review();
    const uid = this.uidOf(node);
    if (uid !== undefined) this.#own?.heard(uid);
  }

  state(): KubeState {
    const { mesh, clock } = this.#deps;
    const nowMs = clock.monotonic();
    const before = this.#knownSince;
    const known = new Map<string, number>();
    const state = kubeView({
      self: this.#options.node,
      members: mesh.members(),
      rosters: mesh.rosters(),
      missingRights: this.#rights.missing(),
      knownSince(what, node) {
        const key = `${what} ${node}`;
        const since = before.get(key) ?? nowMs;
        known.set(key, since);
        return since;
      },
      nowMs,
    });
    this.#knownSince = known;
    return state;
  }

  place(): NodePlace | undefined {
    const facts = this.#own?.facts();
    if (facts === undefined || this.#isOfAnother(facts)) return undefined;
    const { uid, isControlPlane, zone } = facts;
    return { uid, isControlPlane, ...(zone !== undefined && { zone }) };
  }

  ownUid(): string | undefined {
    const facts = this.#own?.facts();
    return facts?.machineId !== undefined && facts.machineId === this.#machineId ? facts.uid : undefined;
  }

  uidOf(name: string): string | undefined {
    const [best] = this.#current();
    return best?.roster.entries.find((entry) => entry.name === name)?.uid;
  }

  pods(): PodsView {
    if (this.#options.podNamespaces.length === 0) return { kind: 'none', why: 'kubernetes.podNamespaces is empty' };
    // Under a name that is not its own, an agent would tell another machine's pods, or find none and call that fine.
    if (this.place() === undefined)
      return { kind: 'unknown', why: 'the Node of this machine was not read in the Kubernetes API' };
    return this.#pods?.view() ?? { kind: 'unknown', why: 'the agent is starting' };
  }

  nodeObject(): NodeObjectView {
    if (!this.#options.isNodeWatched)
      return { kind: 'none', why: 'this agent has no mesh (mesh.enabled), and agents read the Nodes for each other' };
    const own = this.#own?.facts();
    const { node } = this.#options;
    if (own === undefined || this.place() === undefined)
      return { kind: 'unknown', why: 'the Node of this machine was not read in the Kubernetes API' };
    if (this.#own?.isMissing() === true)
      return { kind: 'unknown', why: `the Kubernetes API has no Node ${node} any more` };
    const isOwnCurrent = this.#own?.isCurrent() === true;
    return nodeObjectOf({ own, isOwnCurrent, rosters: this.#current(), lease: this.#lease?.state() });
  }

  readEvents(hooks: EventHooks): EventReader {
    const { clock, random, mesh } = this.#deps;
    const pieces = (): number => {
      const here = mesh.members().filter(({ inComponent }) => inComponent).length;
      return Math.ceil(this.#size() / Math.max(1, here));
    };
    return startEventReader(hooks, {
      client: this.#client,
      clock,
      random,
      rights: this.#rights,
      watchMs: () => eventWatchMs(pieces()),
      beginAfterMs: readDelayMs(mesh.members(), this.#size()) * random(),
    });
  }

  apiServers(): readonly string[] {
    return this.#endpoints.list().map(({ url }) => url);
  }

  stop(): void {
    this.#stopReviewing();
    this.#pods?.stop();
    this.#lease?.stop();
    this.#reader?.stop();
    this.#controller.abort(new Error('the agent stops'));
  }

  /** What the readers say now, the first one's word first. */
  #current(): readonly HeardRoster[] {
    const { mesh } = this.#deps;
    return currentRosters(this.#options.node, mesh.members(), mesh.rosters());
  }

  /** No reader tells of the own Node, and how many agents would have to ask themselves is known. */
  #isUntold(): boolean {
    const [best] = this.#current();
    if (best !== undefined) return !isToldOf(this.#options.node, best);
    const nodes = lastRoster(this.#deps.mesh.rosters())?.roster.nodes ?? 0;
    return nodes > 0 || (this.#nodeSeeds?.nodes() ?? 0) > 0;
  }

  /** How many agents share the API, as far as is known: those that were met, or as many as there are Nodes. */
  #size(): number {
    const { mesh } = this.#deps;
    const nodes = lastRoster(mesh.rosters())?.roster.nodes ?? 0;
    return Math.max(mesh.members().length, nodes, this.#nodeSeeds?.nodes() ?? 0);
  }

  #suggest(who: 'alone' | 'reader', hosts: readonly string[]): void {
    this.#suggested.set(who, hosts);
    this.#deps.mesh.suggest([...new Set([...this.#suggested.values()].flat())]);
  }

  /** Where either is not known nothing can be told. */
  #isOfAnother({ machineId }: NodeFacts): boolean {
    return machineId !== undefined && this.#machineId !== undefined && machineId !== this.#machineId;
  }

  #createNodeSeeds(): NodeSeeds {
    const { clock, random, mesh } = this.#deps;
    const { node } = this.#options;
    return createNodeSeeds({
      client: this.#client,
      clock,
      random,
      rights: this.#rights,
      node,
      // Without a mesh there are no members, not even this one, and nobody to look for.
      isAlone: () => {
        const members = mesh.members();
        return members.length > 0 && !members.some(({ name, inComponent }) => inComponent && name !== node);
      },
      suggest: (hosts) => this.#suggest('alone', hosts),
    });
  }

  /** The namespace is known once the file was read: a pod has it from the start. */
  #keySecret(): SharedKeyPlace {
    const { keySecret, namespaceFile } = this.#options;
    const [name = '', given] = keySecret.split('/').toReversed();
    const deps = { client: this.#client, rights: this.#rights };
    let secret: ReturnType<typeof createKeySecret> | undefined;
    return {
      name: `Secret ${keySecret}`,
      askAgainMs: () => intervalMs('clusterKey', this.#size()),
      async read() {
        try {
          secret ??= createKeySecret(given ?? (await readFile(namespaceFile, 'utf8')).trim(), name, deps);
        } catch (error) {
          return { kind: 'unreadable', why: `${namespaceFile} does not tell the namespace: ${messageOf(error)}` };
        }
        return secret.read();
      },
    };
  }

  #startReader(rosters: readonly HeardRoster[]): RosterReader {
    const cordoned = new Map<string, number>();
    for (const { elapsedMs, roster } of rosters)
      for (const { name, cordonedForMs } of roster.entries)
        if (cordonedForMs !== undefined)
          cordoned.set(name, Math.max(cordoned.get(name) ?? 0, cordonedForMs + elapsedMs));
    const { clock, random, mesh, notice, log } = this.#deps;
    const self = this.#options.node;
    log.info('this agent reads the cluster’s Nodes for all');
    return startRosterReader({
      client: this.#client,
      clock,
      random,
      rights: this.#rights,
      departures: createDepartures({
        clock,
        self,
        hadOwnNode: () => this.#own?.facts() !== undefined,
        withNode: mesh.withNode,
        forget: mesh.forget,
        notice,
      }),
      members: mesh.members,
      withNode: () => [...mesh.withNode(), ...(this.#own?.facts() === undefined ? [] : [self])],
      contested: mesh.contested,
      cordonedForMs: (name) => cordoned.get(name),
      isFirst: () => {
        const [best] = this.#current();
        return best === undefined || best.node === self;
      },
      tell: mesh.tell,
      onServers: (servers) => this.#endpoints.learn(servers),
      serversBefore: lastRoster(rosters)?.roster.apiServers ?? [],
      suggest: (hosts) => this.#suggest('reader', hosts),
    });
  }
}
