/**
 * A cluster in virtual time that has run for an hour: a few full agents, thin ones that spread, and members for whom thin
 * agents speak.
 */
import { startVirtualProbes } from '../../test/simulation/mesh/probes.ts';
import { connectEnds } from '../../test/simulation/mesh/connection.ts';
import { createAir } from '../../test/simulation/mesh/air.ts';
import { type VirtualTransport, createVirtualTransport } from '../../test/simulation/mesh/transport.ts';
import { type VirtualProcess, createVirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';
import { type EventQueue, createEventQueue } from '../../test/simulation/event-queue.ts';
import { type Random, createRandom } from '../../test/lib/random.ts';
import type { ProbesDeps } from '../../agent/mesh/probes/probes.ts';
import { createRings } from '../../agent/mesh/membership/rings.ts';
import type { NodeReport } from '../../agent/model/report.ts';
import type { TimelineEvent } from '../../agent/model/timeline.ts';
import type { OfferResult } from '../../agent/mesh/records/offer.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { type Carrier, createCarrier } from './carrier.ts';
import { createContents } from './contents.ts';
import { type FullAgent, createFullAgent, warmMemory } from './full-agent.ts';
import { type Gossip, createGossip } from './gossip.ts';
import { type GroupedNetwork, createGroupedNetwork } from './network.ts';
import {
  CLUSTER_KEY,
  type Citizen,
  NOON,
  type Population,
  createPopulation,
  halfOf,
  quietReport,
} from './population.ts';
import { createBeginning, createThinBook } from './thin-book.ts';
import { type ThinMember, createThinMember } from './thin-member.ts';
import { type Turns, createTurns } from './turns.ts';

export interface TownOptions {
  readonly members: number;
  /** Full agents among them. */
  readonly full: number;
  /** Thin agents that spread; the others are spoken for. */
  readonly carriers: number;
  readonly seed: number;
  /** Real time after which nothing moves any more, of {@link performance}, ms. */
  readonly endsAtMs?: number;
}

/** The real time for a town is up. */
export class OverdueError extends Error {}

/** A full agent with what it says and hears. */
export interface Resident extends FullAgent {
  readonly gossip: Gossip;
}

export interface Town {
  readonly options: TownOptions;
  readonly population: Population;
  readonly queue: EventQueue;
  readonly random: Random;
  readonly network: GroupedNetwork;
  readonly residents: readonly Resident[];
  readonly carriers: readonly Carrier[];
  readonly thin: ReadonlyMap<string, ThinMember>;
  readonly turns: Turns;
  /** @throws {OverdueError} */
  run(durationMs: number): Promise<void>;
  /** The paths from this member to these begin to be probed. */
  watch(member: ThinMember, peers: readonly Citizen[]): void;
  /** Names of those to which a member has a path that counts: its neighbours, and those its agent is connected with. */
  neighboursOf(name: string): ReadonlySet<string>;
  /** Who was killed or silenced. */
  readonly lost: ReadonlySet<string>;
  /** The checks of a node find something. */
  raise(one: Citizen, report: NodeReport, event: TimelineEvent): void;
  /** SIGKILL of a member, full or thin. */
  kill(name: string): void;
  /** The host loses its power. */
  silence(name: string): void;
}

export async function createTown(options: TownOptions): Promise<Town> {
  const founding = new Founding(options);
  await founding.settle();
  return founding;
}

class Founding implements Town {
  readonly options: TownOptions;
  readonly population: Population;
  readonly queue = createEventQueue();
  readonly random: Random;
  readonly network: GroupedNetwork;
  readonly turns = createTurns();
  readonly residents: Resident[] = [];
  readonly carriers: Carrier[] = [];
  readonly thin = new Map<string, ThinMember>();
  readonly #air;
  readonly #processes = new Map<string, VirtualProcess>();
  readonly #gossips = new Map<string, Gossip>();
  readonly #carrierOf = new Map<string, Carrier>();
  readonly #byPeerId = new Map<string, Citizen>();
  /** Prefix of a member → the thin members that watch it. */
  readonly #watchers = new Map<string, Set<ThinMember>>();
  readonly #contents = createContents();
  readonly #reports = new Map<string, NodeReport>();
  readonly lost = new Set<string>();

  constructor(options: TownOptions) {
    this.options = options;
    this.random = createRandom(options.seed);
    this.population = createPopulation(options.members);
    const { citizens } = this.population;
    this.network = createGroupedNetwork(
      citizens.map(({ name }) => name),
      this.random,
    );
    this.#air = createAir(this.queue, this.network, new Map(citizens.map(({ name, address }) => [address, name])));
    for (const one of citizens) {
      this.#byPeerId.set(one.keys.peerId, one);
      this.#processes.set(
        one.name,
        createVirtualProcess(this.queue, () => 0),
      );
    }
  }

  /** Everybody knows everybody, and is connected. */
  async settle(): Promise<void> {
    const { citizens } = this.population;
    const full = new Set(citizens.filter((_, index) => this.#isFull(index)));
    const thin = citizens.filter((one) => !full.has(one));
    const words: Uint8Array[] = [];
    const publish = {
      say: (_: Citizen, envelope: Uint8Array): OfferResult => (words.push(envelope), { kind: 'known' }),
    };
    for (const one of citizens) {
      const member = this.#member(one, (envelope) => publish.say(one, envelope));
      member.introduce();
      if (!full.has(one)) this.thin.set(one.name, member);
    }
    const beginning = createBeginning(this.#contents, words);
    this.#openCarriers(this.#chooseCarriers(thin, full), beginning);
    publish.say = (one, envelope) => this.#carrierOf.get(one.name)?.say(one, envelope) ?? { kind: 'known' };
    const memory = warmMemory(this.population, words);
    const started = [...full].map((one) => this.#openResident(one, memory));
    for (const carrier of this.carriers) carrier.start();
    for (const member of this.thin.values()) member.start();
    for (const member of this.thin.values())
      this.watch(
        member,
        [...full].filter((one) => this.#meet(member.citizen, one)),
      );
    await this.run(4000);
    await Promise.all(started);
  }

  async run(durationMs: number): Promise<void> {
    const until = this.queue.now() + durationMs;
    const { endsAtMs = Infinity } = this.options;
    for (let action = this.queue.take(until); action !== undefined; action = this.queue.take(until)) {
      action();
      await new Promise((resolve) => setImmediate(resolve));
      this.turns.end();
      if (performance.now() > endsAtMs) throw new OverdueError('The time for this cluster is up.');
    }
  }

  neighboursOf(name: string): ReadonlySet<string> {
    const carrier = this.#carrierOf.get(name);
    const connected = carrier?.citizen.name === name ? [...carrier.transport.ends.keys()] : [];
    const names = connected.flatMap((peerId) => this.#byPeerId.get(peerId)?.name ?? []);
    return new Set([...this.population.rings.neighbours(name), ...names]);
  }

  raise(one: Citizen, report: NodeReport, event: TimelineEvent): void {
    const member = this.thin.get(one.name);
    if (member !== undefined) return member.raise(report, event);
    this.#reports.set(one.name, report);
    const resident = this.residents.find(({ citizen }) => citizen === one);
    resident?.process.run(() => {
      resident.mesh.publishEvents([event]);
      resident.mesh.publishReport();
    });
  }

  watch(member: ThinMember, peers: readonly Citizen[]): void {
    const fresh = peers.filter(({ name }) => !member.edges.isWatched(name));
    if (fresh.length === 0) return;
    for (const { prefix } of fresh) {
      const watchers = this.#watchers.get(prefix) ?? new Set();
      this.#watchers.set(prefix, watchers.add(member));
    }
    // Not all in the same instant.
    this.queue.after(1000 * this.random.next(), () => member.edges.watch(fresh));
  }

  kill(name: string): void {
    this.lost.add(name);
    const { address } = this.population.byName(name);
    this.#air.transportAt(address)?.kernelCloses();
    this.#processes.get(name)?.end();
  }

  silence(name: string): void {
    this.lost.add(name);
    const { address } = this.population.byName(name);
    this.network.host(name).isOn = false;
    const transport = this.#air.transportAt(address);
    if (transport !== undefined) this.#air.unlisten(address, transport);
    this.#processes.get(name)?.end();
  }

  #isFull(index: number): boolean {
    const { members, full } = this.options;
    return full >= members || (full > 0 && index % Math.ceil(members / full) === 0);
  }

  #meet(one: Citizen, other: Citizen): boolean {
    return this.population.rings.neighbours(one.name).includes(other.name);
  }

  /** The neighbours of full agents, because these dial them, and others up to the number. */
  #chooseCarriers(thin: readonly Citizen[], full: ReadonlySet<Citizen>): readonly Citizen[] {
    const { rings } = this.population;
    const wanted = new Set([...full].flatMap(({ name }) => rings.neighbours(name)));
    const first = thin.filter(({ name }) => wanted.has(name));
    const rest = thin.filter(({ name }) => !wanted.has(name));
    const step = Math.max(1, rest.length / Math.max(1, this.options.carriers - first.length));
    const others =
      this.options.carriers > first.length
        ? rest.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
        : [];
    return [...first, ...others];
  }

  #openCarriers(chosen: readonly Citizen[], beginning: ReturnType<typeof createBeginning>): void {
    if (chosen.length === 0) return;
    const rings = createRings(chosen.map(({ name }) => name));
    for (const [index, one] of chosen.entries()) {
      const process = this.#process(one);
      const transport = this.#transport(one, process);
      void transport.start();
      const carrier = createCarrier(one, {
        process,
        transport,
        gossip: this.#gossip(transport),
        book: createThinBook(`thin-${index}`.padEnd(11, '-'), this.#contents, beginning),
        random: () => this.random.next(),
        observersOf: (prefix) => this.#observersOf(prefix),
        digestOf: (peerId) => this.#digestSeen(one, peerId),
        onEdges: ({ edges }) => {
          for (const { peer, state } of edges) if (state !== undefined && state !== 'good') this.#doubt(peer, carrier);
        },
      });
      this.carriers.push(carrier);
    }
    const halves = [0, 1].map((half) => this.carriers.filter(({ citizen }) => halfOf(citizen) === half));
    for (const [index, name] of [...this.thin.keys()].entries()) {
      const half = halves[halfOf(this.population.byName(name))] ?? [];
      const carrier = this.carriers.find(({ citizen }) => citizen.name === name) ?? half[index % half.length];
      if (carrier !== undefined) this.#carrierOf.set(name, carrier);
    }
    for (const carrier of this.carriers) {
      for (const name of rings.successors(carrier.citizen.name)) this.#connect(carrier, name);
    }
  }

  #observersOf(prefix: string): ReadonlySet<string> {
    const { citizens, rings } = this.population;
    const name = citizens[this.#contents.authorOf(prefix) ?? -1]?.name;
    return new Set(name === undefined ? [] : rings.observers(name, rings.neighbours(name)));
  }

  #connect({ transport }: Carrier, name: string): void {
    const other = this.#air.transportAt(this.population.byName(name).address);
    if (other === undefined || other === transport || transport.ends.has(other.peerId)) return;
    connectEnds(transport, other, this.#air);
  }

  /** A probe a second brings the digest of a neighbour, while there is a path. */
  #digestSeen(self: Citizen, peerId: string): Uint8Array | undefined {
    const peer = this.#byPeerId.get(peerId);
    const carrier = peer && this.#carrierOf.get(peer.name);
    if (peer === undefined || carrier?.citizen !== peer || !carrier.process.isAlive()) return undefined;
    return this.network.isConnected(self.name, peer.name) ? carrier.digest() : undefined;
  }

  #doubt(prefix: string, carrier: Carrier): void {
    for (const member of this.#watchers.get(prefix) ?? []) {
      if (this.#carrierOf.get(member.citizen.name) !== carrier) continue;
      const peer = this.population.citizens[this.#contents.authorOf(prefix) ?? -1];
      if (peer?.prefix === prefix) member.edges.doubted(peer);
    }
  }

  #member(one: Citizen, publish: (envelope: Uint8Array) => OfferResult): ThinMember {
    const process = this.#process(one);
    return createThinMember(one, {
      clock: process.clock,
      random: () => this.random.next(),
      population: this.population,
      epoch: Buffer.from(one.keys.author.subarray(8, 16)).toString('base64url'),
      publish,
      byPeerId: (peerId) => this.#byPeerId.get(peerId),
      startProbes: (deps) => this.#probes(one, deps),
      onEdge: (peer, state) => this.#onEdge(one, peer, state),
    });
  }

  /** As the peer manager: closes what is lost, dials what answers again. */
  #onEdge(one: Citizen, peer: Citizen, state: string | undefined): void {
    const carrier = this.#carrierOf.get(one.name);
    if (carrier?.citizen !== one) return;
    if (state === 'lost') carrier.transport.ends.get(peer.keys.peerId)?.close('local');
    if (state === 'good') this.queue.after(5, () => carrier.process.isAlive() && this.#connect(carrier, peer.name));
  }

  #probes(one: Citizen, deps: Pick<ProbesDeps, 'onObservation' | 'onAway'>, rest?: ProbesDeps) {
    const process = this.#process(one);
    const digest = (): Uint8Array => this.#carrierOf.get(one.name)?.digest() ?? new Uint8Array(8);
    return startVirtualProbes(
      this.#air,
      { host: one.name, address: one.address, process },
      { authorKey: one.keys.author, clusterKeys: [CLUSTER_KEY.secret], listen: [], local: [] } as never,
      rest ?? {
        clock: process.clock,
        random: () => this.random.next(),
        state: () => ({ boot: 1, sequence: 1, digest: digest() }),
        ...deps,
      },
    );
  }

  #openResident(one: Citizen, memory: ReturnType<typeof warmMemory>): Promise<void> {
    const process = this.turns.observed(this.#process(one));
    let gossip: Gossip | undefined;
    const agent = createFullAgent(
      {
        citizen: one,
        memory,
        process,
        random: () => this.random.next(),
        report: () => this.#reports.get(one.name) ?? quietReport(one, NOON),
      },
      {
        openTransport: async () => {
          const transport = this.#transport(one, process);
          gossip = this.#gossip(transport);
          return { ...transport, publish: gossip.publish, subscribe: gossip.subscribe };
        },
        startProbes: async (options, deps) =>
          startVirtualProbes(this.#air, { host: one.name, address: one.address, process }, options, deps),
        askWitnesses: async () => ({ verdict: 'reachable', asked: [], tookMs: 0 }),
      },
    );
    this.residents.push({
      ...agent,
      get gossip() {
        if (gossip === undefined) throw new Error(`${one.name} has not started`);
        return gossip;
      },
    });
    return agent.mesh.start();
  }

  #process(one: Citizen): VirtualProcess {
    const process = this.#processes.get(one.name);
    if (process === undefined) throw new Error(`no process for ${one.name}`);
    return process;
  }

  #transport({ keys, name, address }: Citizen, process: VirtualProcess): VirtualTransport {
    return createVirtualTransport(
      { peerId: keys.peerId, host: name, address, keys: [CLUSTER_KEY.id], topics: [EVENTS_TOPIC] },
      process,
      this.#air,
    );
  }

  #gossip(transport: VirtualTransport): Gossip {
    const gossip = createGossip(transport, (peerId) => this.#gossips.get(peerId));
    this.#gossips.set(transport.peerId, gossip);
    return gossip;
  }
}
