/** Reads the cluster's Nodes for all agents, and tells them what there is to say. Runs on three agents of a cluster. */
import type { Clock } from '../base/clock.ts';
import type { Member } from '../model/member.ts';
import { CONTROLLERS, type ControllerLease, MAX_WITHOUT_NODE, type Roster } from '../model/roster.ts';
import type { KubeClient } from './api/client.ts';
import { type ListWatch, startListWatch } from './api/list-watch.ts';
import { readApiServers } from './api-servers.ts';
import { AGAIN_MS, type Departures } from './departures.ts';
import { CONTROLLER_LEASES, FEW, type LeaseWatch, NODE_LEASES, createLeaseWatch } from './leases.ts';
import { LINUX, type NodeFacts, readNode } from './objects/node.ts';
import { type KnownServers, createAbsences, knownServers } from './known-servers.ts';
import { HEARTBEAT_MS, READERS } from './readers.ts';
import { READ_ALL, type Rights } from './rights.ts';
import { someAddresses } from './node-seeds.ts';
import { countLinux, rosterEntries } from './roster-entries.ts';

export interface RosterReader {
  /** Members or their states changed. */
  review(): void;
  /** Says a last time that this agent does not read any more. */
  stop(): void;
}

export interface RosterReaderDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rights: Rights;
  readonly departures: Departures;
  readonly members: () => readonly Member[];
  /** Members whose agents said which Node they live on, this one among them. */
  readonly withNode: () => readonly string[];
  /** Names that two agents or more claim. */
  readonly contested: () => readonly string[];
  /** For how long others know a Node to be cordoned, ms; undefined: they do not. */
  readonly cordonedForMs: (name: string) => number | undefined;
  /** Whether it is this reader's word that counts: one of them is enough for many Leases. */
  readonly isFirst: () => boolean;
  readonly tell: (roster: Roster, isNews: boolean) => void;
  readonly onServers: (servers: readonly string[]) => void;
  /** API servers that were told of before this agent began to read. */
  readonly serversBefore: readonly string[];
  /** IP addresses of Nodes without a known agent: perhaps of agents that nobody has met. */
  readonly suggest: (hosts: readonly string[]) => void;
}

/** A storm of changes makes one roster. */
const GATHER_MS = 1000;
/** An API server that was started anew, or a watch that broke off, is there again by then. */
const FAULT_MS = 15_000;
const SERVERS_MS = 5 * 60_000;
/** A new API server is in the Service only after some seconds, and nobody knows it by its Node before. */
const NO_SERVERS_MS = 60_000;
const SUGGEST_MS = 2 * 60_000;
/** Of the Nodes without a known agent, so many are tried at a time. */
const MOST_SUGGESTED = 4;
const REVIEW_MS = 10_000;
/** The agent on a Node that was registered anew has read it by then. */
const ANEW_MS = 10 * 60_000;

/** Begins at once. */
export const startRosterReader = (deps: RosterReaderDeps): RosterReader => new Reader(deps);

class Reader implements RosterReader {
  readonly #deps: RosterReaderDeps;
  readonly #nodes: ListWatch<NodeFacts>;
  readonly #leases: LeaseWatch;
  readonly #controllers: LeaseWatch;
  readonly #cordonedSince = new Map<string, number>();
  readonly #uids = new Map<string, string>();
  /** Nodes that were registered anew under their name, and when; monotonic ms. */
  readonly #anew = new Map<string, number>();
  readonly #stops: (() => void)[];
  /** As the Service names them; what it named before is in the other. */
  #servers: readonly string[] = [];
  #serversBefore: readonly string[];
  readonly #absences = createAbsences();
  #told = '';
  #isStopped = false;
  #cancelTelling: (() => void) | undefined;
  #cancelAgain = (): void => {};
  #cancelFault: (() => void) | undefined;
  #cancelServers = (): void => {};

  constructor(deps: RosterReaderDeps) {
    const { clock, client, rights, random } = deps;
    this.#deps = deps;
    this.#serversBefore = deps.serversBefore;
    const leaseDeps = { client, clock, rights, onChange: () => this.#tellSoon() };
    this.#leases = createLeaseWatch(NODE_LEASES, leaseDeps);
    this.#controllers = createLeaseWatch(CONTROLLER_LEASES, leaseDeps);
    this.#nodes = startListWatch(
      { path: '/api/v1/nodes', read: readNode, nameOf: ({ name }) => name },
      {
        onListed: () => this.#onListed(),
        onItem: (node) => this.#onItem(node),
        onDeleted: ({ name }) => deps.departures.deleted(name),
        onChange: () => this.#onChange(),
      },
      { client, clock, random },
    );
    this.#stops = [
      () => this.#nodes.stop(),
      () => this.#leases.stop(),
      () => this.#controllers.stop(),
      clock.every(HEARTBEAT_MS, () => this.#tell()),
      clock.every(SERVERS_MS, () => void this.#readServers()),
      clock.every(SUGGEST_MS, () => this.#suggest()),
      clock.every(REVIEW_MS, () => deps.departures.review()),
    ];
    void this.#readServers();
  }

  review(): void {
    // Whoever cannot read the Nodes would be refused these, too, or wait for them in vain.
    const isReading = this.#nodes.heardAt() !== undefined && this.#fault() === undefined;
    // A renewal from before the loss proves nothing, so nobody is watched before somebody has doubted it.
    const members = this.#deps.members();
    const lost = members.filter(({ state }) => state === 'unreachable' || state === 'suspect');
    // Of a host that answers nobody but its agent could tell that its kubelet does not work. The lost ones come first.
    const silent = members
      .filter(({ state }) => state === 'agent-unresponsive')
      .slice(0, Math.max(0, FEW - lost.length));
    const doubted = [...lost, ...silent];
    // The next reader is to know as much when the first one goes, which may be on the other side of the same cut.
    // All of them together ask no more than the first alone may.
    const isMine = doubted.length <= FEW / READERS || this.#deps.isFirst();
    this.#leases.follow(isReading && isMine ? doubted.map(({ name }) => name) : []);
    this.#controllers.follow(isReading ? CONTROLLERS : []);
    this.#tellSoon();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTelling?.();
    this.#cancelAgain();
    this.#cancelServers();
    this.#cancelFault?.();
    for (const stop of this.#stops) stop();
    this.#deps.suggest([]);
    if (this.#told !== '') this.#deps.tell({ ...this.#roster(), fault: 'others read' }, true);
  }

  #onListed(): void {
    const { departures, clock } = this.#deps;
    for (const node of this.#nodes.items().values()) this.#onItem(node);
    for (const name of this.#uids.keys()) if (!this.#nodes.items().has(name)) this.#uids.delete(name);
    const isAgain = departures.listed(new Set(this.#nodes.items().keys()));
    this.#cancelAgain();
    if (isAgain) this.#cancelAgain = clock.after(AGAIN_MS, () => this.#nodes.relist());
  }

  #onItem({ name, uid, isCordoned }: NodeFacts): void {
    const { departures, clock } = this.#deps;
    departures.present(name);
    if ((this.#uids.get(name) ?? uid) !== uid) this.#anew.set(name, clock.monotonic());
    this.#uids.set(name, uid);
    if (!isCordoned) this.#cordonedSince.delete(name);
    else if (!this.#cordonedSince.has(name))
      this.#cordonedSince.set(name, clock.monotonic() - (this.#deps.cordonedForMs(name) ?? 0));
  }

  #onChange(): void {
    const { rights } = this.#deps;
    const state = this.#nodes.state();
    if (state.kind === 'failing') rights.note(READ_ALL, state.answer);
    if (state.kind === 'current') rights.note(READ_ALL, { kind: 'ok', value: undefined });
    this.#tellSoon();
    if (state.kind === 'failing') this.#cancelFault ??= this.#deps.clock.after(FAULT_MS, () => this.#faultIsDue());
  }

  #faultIsDue(): void {
    this.#cancelFault = undefined;
    this.#tellSoon();
  }

  async #readServers(): Promise<void> {
    const servers = await readApiServers(this.#deps.client, this.#deps.rights);
    if (this.#isStopped) return;
    this.#cancelServers();
    if (servers === undefined || servers.length === 0) {
      if (this.#servers.length > 0) return;
      this.#cancelServers = this.#deps.clock.after(NO_SERVERS_MS, () => void this.#readServers());
      return;
    }
    // One that is missing is kept by what follows from all Nodes, and forgotten when nobody misses it.
    this.#serversBefore = this.#knownServers().apiServers;
    this.#servers = servers;
    this.#absences.note(servers, this.#serversBefore);
    this.#deps.onServers(this.#knownServers().apiServers);
    this.#tellSoon();
  }

  /** Agents that have met only each other are a mesh of their own, and each mesh calls the other's nodes without agent. */
  #suggest(): void {
    const known = new Set(this.#deps.members().map(({ name }) => name));
    const strangers = [...this.#nodes.items().values()].filter(({ name, os }) => os === LINUX && !known.has(name));
    this.#deps.suggest(someAddresses(strangers, MOST_SUGGESTED, this.#deps.random));
  }

  /** What says the same but for its ages is told by the heartbeat only. */
  #tellSoon(): void {
    if (this.#isStopped) return;
    this.#cancelTelling ??= this.#deps.clock.after(GATHER_MS, () => {
      this.#cancelTelling = undefined;
      if (contentOf(this.#roster()) !== this.#told) this.#tell();
    });
  }

  #tell(): void {
    const roster = this.#roster();
    // Before it has read anything it has nothing to say, unless it cannot.
    if (this.#isStopped || (roster.confirmedMs === undefined && roster.fault === undefined)) return;
    const content = contentOf(roster);
    this.#deps.tell(roster, content !== this.#told);
    this.#told = content;
  }

  #knownServers(): KnownServers {
    const nodes = this.#nodes.heardAt() === undefined ? undefined : this.#nodes.items().values();
    // A list that has not come yet may come.
    const mayNotList = this.#deps.rights.lacks(READ_ALL);
    return knownServers(this.#servers, this.#serversBefore, nodes, (url) => mayNotList && this.#absences.isLong(url));
  }

  #controllerLease(name: ControllerLease['name']): ControllerLease | undefined {
    const [state, holder] = [this.#controllers.of(name), this.#controllers.holder(name)];
    return state && { name, ...state, ...(holder !== undefined && { holder }) };
  }

  /** Why the Nodes cannot be read, once that has lasted. */
  #fault(): string | undefined {
    const state = this.#nodes.state();
    if (state.kind !== 'failing' || this.#deps.clock.monotonic() - state.sinceMs < FAULT_MS) return undefined;
    return state.answer.message;
  }

  #roster(): Roster {
    const { clock, members, contested, withNode } = this.#deps;
    const nowMs = clock.monotonic();
    for (const [name, at] of this.#anew) if (nowMs - at >= ANEW_MS) this.#anew.delete(name);
    const [fault, heardAt, nodes] = [this.#fault(), this.#nodes.heardAt(), this.#nodes.items()];
    const without = withNode().filter((name) => !nodes.has(name));
    return {
      ...(fault !== undefined && { fault }),
      ...(heardAt !== undefined && { confirmedMs: nowMs - heardAt }),
      nodes: countLinux(nodes),
      ...this.#knownServers(),
      entries: rosterEntries({
        nodes,
        members: members(),
        contested: new Set(contested()),
        anew: this.#anew,
        cordonedSince: (name) => this.#cordonedSince.get(name),
        leaseOf: (name) => this.#leases.of(name),
        nowMs,
      }),
      controllers: CONTROLLERS.flatMap((name) => this.#controllerLease(name) ?? []),
      omitted: 0,
      ...(without.length <= MAX_WITHOUT_NODE && { withoutNode: without }),
    };
  }
}

const contentOf = ({ fault, nodes, apiServers, serverNodes, entries, controllers, withoutNode }: Roster): string =>
  JSON.stringify([
    fault !== undefined,
    nodes,
    apiServers,
    serverNodes,
    // Of a kubelet that is not ready the words change all the time: they count seconds.
    entries.map(({ cordonedForMs, lease, notReadyMessage: _words, ...rest }) => [
      rest,
      cordonedForMs !== undefined,
      lease?.kind ?? '',
    ]),
    controllers.map(({ name, kind, holder }) => [name, kind, holder]),
    withoutNode,
  ]);
