/**
 * Who may be looked at, where, and what comes of it: addresses, connections, probes, and membership that concludes from
 * them. What agents say of themselves is known elsewhere; here only who bears which name counts.
 */
import type { MeshMemory } from '../../model/mesh-memory.ts';
import type { PeerWay } from '../../model/ports.ts';
import { type PeerManager, createPeerManager } from '../peer-manager/peer-manager.ts';
import { type AskingPart, createQuestions } from '../questions/questions.ts';
import { parseAddress } from '../transport/address.ts';
import { type Seeds, createSeeds } from '../discovery/seeds.ts';
import { type Acquaintance, createAcquaintance } from './acquaintance.ts';
import { type OwnAddresses, placeOf } from './addresses.ts';
import { type Apart, createApart } from './apart.ts';
import { type CoreDeps, type CoreOptions, type LookingHooks, isAlone } from './core-options.ts';
import { type KnownNode, createDirectory } from './directory.ts';
import { createElsewhere } from './elsewhere.ts';
import { recalledMembers } from './memory.ts';
import { type Neighbours, createNeighbours } from './neighbours.ts';
import { type PeerPlace, peerWitnesses } from './peer-witnesses.ts';
import { type ProbePlan, createProbePlan } from './probe-plan.ts';
import { type Watch, createWatch } from './watch.ts';
import { type Whereabouts, createWhereabouts } from './whereabouts.ts';
import { type WitnessDesk, createWitnessDesk } from './witness-desk.ts';

export class LookingParts {
  readonly directory = createDirectory();
  readonly elsewhere = createElsewhere();
  readonly peers: PeerManager;
  readonly seeds: Seeds;
  readonly whereabouts: Whereabouts;
  readonly recalled: ReturnType<typeof recalledMembers>;
  readonly watch: Watch;
  readonly apart: Apart;
  readonly plan: ProbePlan;
  readonly acquaintance: Acquaintance;
  readonly neighbours: Neighbours;
  readonly desk: WitnessDesk;
  readonly questions: AskingPart;
  readonly #options: CoreOptions;
  readonly #deps: CoreDeps;
  readonly #hooks: LookingHooks;
  #own: OwnAddresses;

  /** @param memory of the run before; it is not held on to */
  constructor(options: CoreOptions, deps: CoreDeps, hooks: LookingHooks, memory?: MeshMemory) {
    const { clock, identity } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#hooks = hooks;
    this.#own = options.addresses;
    this.peers = createPeerManager(placeOf(this.#own), deps);
    this.seeds = this.#makeSeeds();
    this.whereabouts = createWhereabouts({
      peers: this.peers,
      own: () => this.#own,
      isKnown: (peerId) => this.directory.byPeerId(peerId) !== undefined,
    });
    this.recalled = recalledMembers(memory?.members ?? [], clock);
    this.watch = createWatch({
      ...deps,
      self: options.nodeName,
      isAlone: isAlone(options, memory),
      isRecalling: memory !== undefined,
      act: hooks.act,
    });
    this.apart = createApart({
      directory: this.directory,
      isApart: (peerId) => peerId !== identity.keys.peerId && this.whereabouts.isApart(peerId),
      tell: (members) => this.watch.take({ kind: 'apart', members }),
    });
    this.plan = this.#makePlan();
    this.acquaintance = this.#makeAcquaintance();
    this.neighbours = createNeighbours(this.directory, this.peers);
    this.desk = this.#makeDesk();
    this.questions = this.#makeQuestions();
  }

  own(): OwnAddresses {
    return this.#own;
  }

  /** This agent listens there now. */
  moved(own: OwnAddresses): void {
    this.#own = own;
    this.peers.moved(placeOf(own));
    this.whereabouts.moved();
    this.plan.refresh();
    this.apart.look();
  }

  /** To those that this agent probes all the time. */
  ways(): readonly PeerWay[] {
    const { transport, clock } = this.#deps;
    const connected = new Set(transport.peers().map(({ peerId }) => peerId));
    const nowMs = clock.monotonic();
    return this.watch
      .latest()
      .edges()
      .flatMap(({ peer, state, sinceMs, sampled }) => {
        const peerId = this.directory.byName(peer)?.peerId;
        if (peerId === undefined || sampled === true) return [];
        const way = { node: peer, addresses: this.whereabouts.of(peerId), forMs: nowMs - sinceMs };
        return { ...way, ...(state !== undefined && { state }), isConnected: connected.has(peerId) };
      });
  }

  #makeSeeds(): Seeds {
    const { clock, random, log, parts, transport } = this.#deps;
    return createSeeds(this.#options.seeds, {
      clock,
      random,
      log,
      lookup: parts.openLookup?.(clock) ?? (async () => ({ ipv4: 'no-such-name', ipv6: 'no-such-name' })),
      use: (addresses) => this.peers.setSeeds(addresses),
      isMet: () => transport.peers().length > 0,
      members: () => this.watch.latest().members.length,
    });
  }

  #makePlan(): ProbePlan {
    return createProbePlan({
      directory: this.directory,
      addressesOf: (peerId) => this.whereabouts.of(peerId),
      setPlan: (targets) => this.#hooks.probes()?.setPlan(targets),
      ping: (peerId) => this.#hooks.probes()?.ping(peerId),
    });
  }

  #makeAcquaintance(): Acquaintance {
    const { clock, transport } = this.#deps;
    return createAcquaintance({
      self: this.#options.nodeName,
      clock,
      recalled: this.recalled.keys(),
      component: () => this.watch.latest().component,
      probe: (names) => {
        const connected = new Set(transport.peers().map(({ peerId }) => peerId));
        const peerIdOf = (name: string): string => this.directory.byName(name)?.peerId ?? '';
        // Whoever holds several names is met under one.
        const isIt = (name: string): boolean => this.directory.byPeerId(peerIdOf(name))?.name === name;
        for (const name of names) if (connected.has(peerIdOf(name)) && isIt(name)) this.acquaintance.met(name);
        this.plan.sample(names.filter((name) => isIt(name) && this.whereabouts.of(peerIdOf(name)).length > 0));
      },
      onMet: this.#hooks.onMet,
    });
  }

  #makeQuestions(): AskingPart {
    const { identity, conduct } = this.#deps;
    return createQuestions({
      ...this.#deps,
      self: { name: this.#options.nodeName, peerId: identity.keys.peerId },
      peerIdOf: (node) => this.directory.byName(node)?.peerId,
      nameOf: (peerId) => this.directory.byPeerId(peerId)?.name,
      addressesOf: (peerId) => this.whereabouts.of(peerId),
      isNeighbour: (peerId) => this.neighbours.has(peerId),
      onMisdeed: (peerId, misdeed) => conduct.note(peerId, misdeed),
    });
  }

  #makeDesk(): WitnessDesk {
    const { clock, parts, random } = this.#deps;
    const hosts = (): string[] =>
      [...this.#own.announced, ...this.#own.listening].flatMap((text) => parseAddress(text)?.host ?? []);
    return createWitnessDesk({
      clock,
      ownAddresses: () => new Set(hosts()),
      peers: () => {
        const edges = this.watch.latest().edges();
        const lost = new Set(edges.flatMap(({ peer, state }) => (state === 'lost' ? peer : [])));
        const others = [...this.directory.all()].filter(({ name }) => name !== this.#options.nodeName);
        const placeOfPeer = ({ name, peerId }: KnownNode): PeerPlace => ({
          addresses: this.whereabouts.of(peerId),
          isLost: lost.has(name),
        });
        return peerWitnesses(others.map(placeOfPeer), random);
      },
      ask: parts.askWitnesses,
      answered: (answer) => this.watch.take({ kind: 'witnessed', answer }),
    });
  }
}
