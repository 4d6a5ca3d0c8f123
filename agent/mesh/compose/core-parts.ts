/**
 * The parts of the mesh, each made with what it needs of the others. Some need each other: what a part asks for later is
 * handed to it as a function.
 */
import type { ForgetOutcome } from '../../model/forget-outcome.ts';
import type { MeshMemory } from '../../model/mesh-memory.ts';
import { makeEpoch } from '../codec/event.ts';
import { type Seeds, createSeeds } from '../discovery/seeds.ts';
import { createVerifier } from '../envelope/verifier.ts';
import { authorOf, prefixOf } from '../identity/peer-id.ts';
import { type PeerManager, createPeerManager } from '../peer-manager/peer-manager.ts';
import { type RecordBook, createRecordBook } from '../records/record-book.ts';
import { type Spread, createSpread } from '../spread/spread.ts';
import { parseAddress } from '../transport/address.ts';
import { type CoreDeps, type CoreHooks, type CoreOptions, isAlone } from './core-options.ts';
import { createDigest } from './digest.ts';
import { type KnownNode, createDirectory } from './directory.ts';
import { type OwnAddresses, placeOf } from './addresses.ts';
import { type Acquaintance, createAcquaintance } from './acquaintance.ts';
import { type Apart, createApart } from './apart.ts';
import { type EdgeNews, createEdgeNews } from './edge-news.ts';
import { type DoubledKeys, createDoubledKeys } from './doubled-keys.ts';
import { createElsewhere } from './elsewhere.ts';
import { createForgetting } from './forgetting.ts';
import { type Hearing, createHearing } from './hearing.ts';
import { type Keeping, createKeeping } from './keeping.ts';
import { type Knowledge, createKnowledge } from './knowledge.ts';
import { recalledMembers } from './memory.ts';
import { createNameFacts } from './name-facts.ts';
import { type NameKeeper, createNameKeeper } from './name-keeper.ts';
import { type Neighbours, createNeighbours } from './neighbours.ts';
import { type Outages, createOutages } from './outages.ts';
import { type PeerPlace, peerWitnesses } from './peer-witnesses.ts';
import { type ProbePlan, createProbePlan } from './probe-plan.ts';
import { isNews } from './quiet.ts';
import { type ReadLatest, createReportReader } from './report-reader.ts';
import { type Removals, createRemovals } from './removals.ts';
import { type Roll, createRoll } from './roll.ts';
import { type MeshView, createView } from './view.ts';
import { STRANGERS, type Strays, createStrays } from './strays.ts';
import { type Voice, createVoice } from './voice.ts';
import { type Watch, createWatch } from './watch.ts';
import { type Whereabouts, createWhereabouts } from './whereabouts.ts';
import { type WitnessDesk, createWitnessDesk } from './witness-desk.ts';

export class CoreParts {
  /** Of the own key. */
  readonly prefix: string;
  readonly directory = createDirectory();
  readonly elsewhere = createElsewhere();
  readonly book: RecordBook;
  readonly spread: Spread;
  readonly voice: Voice;
  readonly peers: PeerManager;
  readonly seeds: Seeds;
  readonly whereabouts: Whereabouts;
  readonly watch: Watch;
  readonly apart: Apart;
  readonly hearing: Hearing;
  readonly names: NameKeeper;
  readonly plan: ProbePlan;
  readonly neighbours: Neighbours;
  readonly acquaintance: Acquaintance;
  readonly strays: Strays;
  readonly roll: Roll;
  readonly desk: WitnessDesk;
  readonly news: EdgeNews;
  readonly outages: Outages;
  readonly knowledge: Knowledge;
  readonly keeping: Keeping;
  readonly removals: Removals;
  readonly forget: (name: string) => ForgetOutcome;
  readonly doubles: DoubledKeys;
  readonly view: () => MeshView;
  readonly readLatest: ReadLatest;
  readonly recalled: ReturnType<typeof recalledMembers>;
  /** Of the cluster keys that are accepted now. */
  keyIds: readonly string[];
  readonly #options: CoreOptions;
  #own: OwnAddresses;
  readonly #deps: CoreDeps;
  readonly #hooks: CoreHooks;

  /** @param memory of the run before; it is not held on to */
  constructor(options: CoreOptions, deps: CoreDeps, hooks: CoreHooks, memory?: MeshMemory) {
    const { clock, randomBytes, identity, clusterId } = deps;
    const self = options.nodeName;
    this.#options = options;
    this.#deps = deps;
    this.#hooks = hooks;
    this.prefix = prefixOf(identity.keys.author);
    this.keyIds = options.clusterKeys.map(({ id }) => id);
    this.book = createRecordBook({
      verifier: createVerifier({ clusterId }),
      epoch: makeEpoch(randomBytes),
      limits: STRANGERS,
      onDropped: (author) => this.strays.dropped(author),
    });
    const isRecalled = memory?.members.flatMap(({ peerId }) => authorOf(peerId) ?? []) ?? [];
    this.book.meet([identity.keys.author, ...isRecalled].map(prefixOf), clock.monotonic());
    this.spread = createSpread(
      { author: identity.keys.author },
      {
        ...deps,
        book: this.book,
        isNews: (envelope) => isNews(envelope, this.knowledge),
        isCalm: hooks.isCalm,
        onMisdeed: (peerId, misdeed) => deps.conduct.note(peerId, misdeed),
      },
    );
    this.voice = this.#makeVoice();
    this.#own = options.addresses;
    this.peers = createPeerManager(placeOf(this.#own), deps);
    this.seeds = this.#makeSeeds();
    this.whereabouts = createWhereabouts({
      peers: this.peers,
      own: () => this.#own,
      isKnown: (peerId) => this.directory.byPeerId(peerId) !== undefined,
    });
    this.readLatest = createReportReader(this.book);
    this.doubles = createDoubledKeys({ clock, readLatest: this.readLatest });
    this.recalled = recalledMembers(memory?.members ?? [], clock);
    this.watch = createWatch({
      ...deps,
      self,
      isAlone: isAlone(options, memory),
      isRecalling: memory !== undefined,
      act: hooks.act,
    });
    this.apart = createApart({
      directory: this.directory,
      isApart: (peerId) => peerId !== identity.keys.peerId && this.whereabouts.isApart(peerId),
      tell: (members) => this.watch.take({ kind: 'apart', members }),
    });
    this.knowledge = this.#makeKnowledge();
    this.plan = this.#makePlan();
    this.acquaintance = this.#makeAcquaintance();
    this.strays = createStrays({ clock, parts: this, connected: () => deps.transport.peers() });
    this.hearing = this.#makeHearing();
    this.neighbours = createNeighbours(this.directory, this.peers);
    this.roll = this.#makeRoll();
    this.names = this.#makeNames();
    this.desk = this.#makeDesk();
    this.news = createEdgeNews({
      clock,
      node: self,
      members: () => this.watch.latest().members.length,
      tell: (event) => this.voice.event(event),
    });
    this.outages = this.#makeOutages();
    this.keeping = createKeeping({
      clock,
      book: this.book,
      peers: this.peers,
      directory: this.directory,
      watch: this.watch,
    });
    this.removals = this.#makeRemovals();
    this.forget = this.#makeForgetting();
    this.view = this.#makeView();
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

  #makeVoice(): Voice {
    const { identity, clusterId, randomBytes } = this.#deps;
    return createVoice({
      keys: identity.keys,
      clusterId,
      node: this.#options.nodeName,
      epoch: makeEpoch(randomBytes),
      publish: (envelope) => this.spread.publishOwn(envelope),
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

  #makeKnowledge(): Knowledge {
    const { clock, identity, transport } = this.#deps;
    return createKnowledge({
      self: { name: this.#options.nodeName, prefix: this.prefix, peerId: identity.keys.peerId },
      clock,
      directory: this.directory,
      book: this.book,
      readLatest: this.readLatest,
      step: () => this.watch.latest(),
      connected: () => transport.peers(),
    });
  }

  #makeOutages(): Outages {
    const { clock } = this.#deps;
    const { lostBy, bootOf } = this.knowledge;
    const self = this.#options.nodeName;
    const ownBoot = (): ReturnType<typeof bootOf> => {
      const bootedMs = this.#hooks.bootMs();
      return bootedMs === undefined ? undefined : { bootedMs, saidMs: clock.monotonic() };
    };
    return createOutages({
      self,
      clock,
      recalled: this.recalled,
      lostBy,
      bootOf: (node) => (node === self ? ownBoot() : bootOf(node)),
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

  #makeHearing(): Hearing {
    return createHearing({
      self: { name: this.#options.nodeName, prefix: this.prefix },
      book: this.book,
      clock: this.#deps.clock,
      directory: this.directory,
      whereabouts: this.whereabouts,
      readLatest: this.readLatest,
      take: (input) => this.watch.take(input),
      onEvent: this.#deps.onEvent,
      onReport: this.#deps.onReport,
      onUnnamed: (prefix, by) => this.strays.stated(prefix, by),
      onStated: (by, name) => this.acquaintance.stated(by, name),
      onGap: (author, from) => this.spread.noticeGap(author, from),
      onAddresses: (peerIds) => {
        this.plan.refresh();
        this.apart.look(peerIds);
      },
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
      onMet: () => {
        this.strays.review();
        this.roll.met();
      },
    });
  }

  #makeRoll(): Roll {
    return createRoll({
      clock: this.#deps.clock,
      acquaintance: this.acquaintance,
      directory: this.directory,
      watch: this.watch,
      hearing: this.hearing,
      neighbours: this.neighbours,
      plan: this.plan,
      apart: this.apart,
      onChange: this.#deps.onChange,
      recalled: this.recalled,
      peerId: this.#deps.identity.keys.peerId,
    });
  }

  #makeNames(): NameKeeper {
    const { clock, log, identity } = this.#deps;
    return createNameKeeper({
      self: { name: this.#options.nodeName, peerId: identity.keys.peerId },
      book: this.book,
      clock,
      log,
      factsOf: createNameFacts({
        clock,
        memberOf: this.knowledge.memberOf,
        isReached: this.knowledge.isReached,
        self: { name: this.#options.nodeName, peerId: identity.keys.peerId, addresses: () => this.#own.announced },
        elsewhere: this.elsewhere,
        announcedBy: (peerId) => this.whereabouts.announcedBy(peerId),
        reachableAt: (peerId) => this.whereabouts.of(peerId),
      }),
      claim: (claim) => this.voice.claimName(claim),
      heardAt: (peerId) => {
        const author = authorOf(peerId);
        return author && this.readLatest(author)?.record.madeAt;
      },
      onReturn: this.#hooks.onReturn,
      onHolders: (holders) => {
        this.roll.holders(holders);
        this.strays.review();
      },
    });
  }

  #makeRemovals(): Removals {
    const { log, identity } = this.#deps;
    const { book, directory, names, roll, peers, whereabouts, keeping } = this;
    const { peerId } = identity.keys;
    const component = (): ReadonlySet<string> => this.watch.latest().component;
    return createRemovals({ peerId, log, book, directory, names, component, roll, peers, whereabouts, keeping });
  }

  #makeForgetting(): (name: string) => ForgetOutcome {
    const { book, directory, names, knowledge, readLatest } = this;
    return createForgetting({
      self: this.#options.nodeName,
      now: () => this.#deps.clock.monotonic(),
      step: () => this.watch.latest(),
      book,
      directory,
      names,
      knowledge,
      readLatest,
      bury: (stone) => this.voice.bury(stone),
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

  #makeView(): () => MeshView {
    return createView({
      self: this.#options.nodeName,
      isMet: (name) => this.acquaintance.isMet(name),
      clock: this.#deps.clock,
      directory: this.directory,
      book: this.book,
      readLatest: this.readLatest,
      names: this.knowledge,
      step: () => this.watch.latest(),
      nameConflicts: () => this.names.conflicts(this.knowledge.isPresent),
      doubledKeys: () => this.doubles.list(),
      // Somebody else at an address by which the peer is not looked for is no trouble.
      addressConflicts: () =>
        this.peers
          .conflicts()
          .filter(({ address, expectedPeerId }) => this.whereabouts.of(expectedPeerId).includes(address)),
      unmetSeeds: () => this.seeds.unmet(this.peers.unmetSeeds()),
      keyIds: () => this.keyIds,
      keyRefusals: () => this.peers.keyRefusals(),
      culprits: () => this.#deps.conduct.culprits(),
      addressesOf: (peerId) => this.whereabouts.of(peerId),
      isolatedSinceMs: this.#hooks.isolatedSinceMs,
      outages: (originMs) => this.outages.list(originMs),
      silentWitnesses: () => this.desk.silent(),
      digest: createDigest(this.book),
    });
  }
}
