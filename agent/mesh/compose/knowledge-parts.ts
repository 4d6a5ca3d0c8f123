/**
 * What is known: what agents say of themselves and of each other, kept and told on, who bears which name, and what this
 * agent makes of it all. Some parts need each other: what a part asks for later is handed to it as a function.
 */
import type { MeshMemory } from '../../model/mesh-memory.ts';
import { makeEpoch } from '../codec/event.ts';
import { createVerifier } from '../envelope/verifier.ts';
import { authorOf, prefixOf } from '../identity/peer-id.ts';
import { type RecordBook, createRecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { type Spread, createSpread } from '../spread/spread.ts';
import type { CoreDeps, CoreOptions, KnowledgeHooks } from './core-options.ts';
import { type PinBoard, createPinBoard } from './board.ts';
import { createDigest } from './digest.ts';
import { type DoubledKeys, createDoubledKeys } from './doubled-keys.ts';
import { type EdgeNews, createEdgeNews } from './edge-news.ts';
import { type Forget, createForgetting } from './forgetting.ts';
import { type Hearing, createHearing } from './hearing.ts';
import { type Keeping, createKeeping } from './keeping.ts';
import { type Knowledge, createKnowledge } from './knowledge.ts';
import type { LookingParts } from './looking-parts.ts';
import { type Maintenances, createMaintenances } from './maintenances.ts';
import { createNameFacts } from './name-facts.ts';
import { type NameKeeper, createNameKeeper } from './name-keeper.ts';
import { type Outages, createOutages } from './outages.ts';
import { isNews } from './quiet.ts';
import { type Removals, createRemovals } from './removals.ts';
import { type ReadLatest, createReportReader } from './report-reader.ts';
import { type Roll, createRoll } from './roll.ts';
import { type Rosters, createRosters } from './rosters.ts';
import { STRANGERS, type Strays, createStrays } from './strays.ts';
import { type MeshView, createView } from './view.ts';
import { type Voice, createVoice } from './voice.ts';

export class KnowledgeParts {
  /** Of the own key. */
  readonly prefix: string;
  readonly book: RecordBook;
  readonly spread: Spread;
  readonly voice: Voice;
  readonly readLatest: ReadLatest;
  readonly doubles: DoubledKeys;
  readonly knowledge: Knowledge;
  readonly keeping: Keeping;
  readonly strays: Strays;
  readonly hearing: Hearing;
  readonly roll: Roll;
  readonly names: NameKeeper;
  readonly news: EdgeNews;
  readonly outages: Outages;
  readonly removals: Removals;
  readonly rosters: Rosters;
  readonly maintenances: Maintenances;
  readonly board: PinBoard;
  readonly forget: Forget;
  readonly view: () => MeshView;
  /** Of the cluster keys that are accepted now. */
  keyIds: readonly string[];
  readonly #options: CoreOptions;
  readonly #deps: CoreDeps;
  readonly #hooks: KnowledgeHooks;
  readonly #looking: LookingParts;

  /** @param memory of the run before; it is not held on to */
  constructor(options: CoreOptions, deps: CoreDeps, hooks: KnowledgeHooks, looking: LookingParts, memory?: MeshMemory) {
    const { clock, identity } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#hooks = hooks;
    this.#looking = looking;
    this.prefix = prefixOf(identity.keys.author);
    this.keyIds = options.clusterKeys.map(({ id }) => id);
    this.book = this.#makeBook(memory);
    this.spread = this.#makeSpread();
    this.voice = this.#makeVoice();
    this.readLatest = createReportReader(this.book);
    this.doubles = createDoubledKeys({ clock, readLatest: this.readLatest });
    this.knowledge = this.#makeKnowledge();
    this.keeping = this.#makeKeeping();
    this.strays = this.#makeStrays();
    this.hearing = this.#makeHearing();
    this.roll = this.#makeRoll();
    this.names = this.#makeNames();
    this.news = createEdgeNews({
      clock,
      node: options.nodeName,
      members: () => looking.watch.latest().members.length,
      tell: (event) => this.voice.event(event),
    });
    this.outages = this.#makeOutages();
    this.removals = this.#makeRemovals();
    this.rosters = this.#makeRosters();
    this.maintenances = this.#makeMaintenances();
    this.board = this.#makeBoard();
    this.forget = this.#makeForgetting();
    this.view = this.#makeView();
  }

  /** Somebody was met who was not met before. */
  met(): void {
    this.strays.review();
    this.roll.met();
  }

  /** A record that was taken into the book just now, whoever wrote it. */
  heard(record: BookRecord): void {
    this.names.hear(record);
    this.doubles.note(record);
    this.removals.hear(record);
    this.rosters.hear(record);
    this.maintenances.hear(record);
    this.board.hear(record);
  }

  /** What the run before has left is in the book. */
  recalled(): void {
    this.rosters.recalled();
    this.maintenances.recalled();
    this.board.recalled();
    this.keeping.begin();
  }

  #makeBook(memory: MeshMemory | undefined): RecordBook {
    const { clock, randomBytes, identity, clusterId, parts } = this.#deps;
    const book = createRecordBook({
      verifier: createVerifier({ clusterId, checkSignature: parts.checkSignature }),
      epoch: makeEpoch(randomBytes),
      limits: STRANGERS,
      onDropped: (author) => this.strays.dropped(author),
    });
    const recalled = memory?.members.flatMap(({ peerId }) => authorOf(peerId) ?? []) ?? [];
    book.meet([identity.keys.author, ...recalled].map(prefixOf), clock.monotonic());
    return book;
  }

  #makeSpread(): Spread {
    const { identity, conduct } = this.#deps;
    return createSpread(
      { author: identity.keys.author },
      {
        ...this.#deps,
        book: this.book,
        isNews: (envelope) => isNews(envelope, this.knowledge),
        isCalm: this.#hooks.isCalm,
        onMisdeed: (peerId, misdeed) => conduct.note(peerId, misdeed),
      },
    );
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

  #makeKnowledge(): Knowledge {
    const { clock, identity, transport } = this.#deps;
    return createKnowledge({
      self: { name: this.#options.nodeName, prefix: this.prefix, peerId: identity.keys.peerId },
      clock,
      directory: this.#looking.directory,
      book: this.book,
      readLatest: this.readLatest,
      step: () => this.#looking.watch.latest(),
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
      recalled: this.#looking.recalled,
      lostBy,
      bootOf: (node) => (node === self ? ownBoot() : bootOf(node)),
    });
  }

  #makeKeeping(): Keeping {
    const { peers, directory, watch } = this.#looking;
    return createKeeping({ clock: this.#deps.clock, book: this.book, peers, directory, watch });
  }

  #makeStrays(): Strays {
    const { clock, transport } = this.#deps;
    const { directory, acquaintance, peers, whereabouts } = this.#looking;
    const { book, spread, keeping } = this;
    const forgetAll = (peerIds: readonly string[]): void => this.names.forgetAll(peerIds);
    return createStrays({
      clock,
      parts: { book, spread, keeping, directory, acquaintance, peers, whereabouts, names: { forgetAll } },
      connected: () => transport.peers(),
    });
  }

  #makeHearing(): Hearing {
    return createHearing({
      self: { name: this.#options.nodeName, prefix: this.prefix },
      book: this.book,
      clock: this.#deps.clock,
      directory: this.#looking.directory,
      whereabouts: this.#looking.whereabouts,
      readLatest: this.readLatest,
      take: (input) => this.#looking.watch.take(input),
      onEvent: this.#deps.onEvent,
      onReport: this.#deps.onReport,
      onUnnamed: (prefix, by) => this.strays.stated(prefix, by),
      onStated: (by, name) => this.#looking.acquaintance.stated(by, name),
      onGap: (author, from) => this.spread.noticeGap(author, from),
      onAddresses: (peerIds) => {
        this.#looking.plan.refresh();
        this.#looking.apart.look(peerIds);
      },
    });
  }

  #makeRoll(): Roll {
    const { acquaintance, directory, watch, neighbours, plan, apart, recalled } = this.#looking;
    return createRoll({
      clock: this.#deps.clock,
      acquaintance,
      directory,
      watch,
      hearing: this.hearing,
      neighbours,
      plan,
      apart,
      onChange: this.#deps.onChange,
      recalled,
      peerId: this.#deps.identity.keys.peerId,
    });
  }

  #makeNames(): NameKeeper {
    const { clock, log, identity, nodes } = this.#deps;
    const heardAt = (peerId: string): number | undefined => {
      const author = authorOf(peerId);
      return author && this.readLatest(author)?.record.madeAt;
    };
    return createNameKeeper({
      self: { name: this.#options.nodeName, peerId: identity.keys.peerId },
      book: this.book,
      clock,
      log,
      factsOf: createNameFacts({
        clock,
        heardAt,
        memberOf: this.knowledge.memberOf,
        isReached: this.knowledge.isReached,
        sightingsOf: this.knowledge.sightingsOf,
        self: {
          name: this.#options.nodeName,
          peerId: identity.keys.peerId,
          addresses: () => this.#looking.own().announced,
        },
        elsewhere: this.#looking.elsewhere,
        announcedBy: (peerId) => this.#looking.whereabouts.announcedBy(peerId),
        reachableAt: (peerId) => this.#looking.whereabouts.of(peerId),
      }),
      nodes,
      isPresent: this.knowledge.isPresent,
      claim: (claim) => this.voice.claimName(claim),
      heardAt,
      onReturn: this.#hooks.onReturn,
      onHolders: (holders) => {
        this.roll.holders(holders);
        this.strays.review();
      },
    });
  }

  #makeRemovals(): Removals {
    const { log, identity } = this.#deps;
    const { book, names, roll, keeping } = this;
    const { directory, peers, whereabouts, watch } = this.#looking;
    const { peerId } = identity.keys;
    const component = (): ReadonlySet<string> => watch.latest().component;
    return createRemovals({ peerId, log, book, directory, names, component, roll, peers, whereabouts, keeping });
  }

  #makeRosters(): Rosters {
    const { knowledge, book } = this;
    const isInComponent = (name: string): boolean => this.#isInComponent(name);
    return createRosters({ clock: this.#deps.clock, book, nameOf: knowledge.nameOf, isInComponent });
  }

  #isInComponent(name: string): boolean {
    return name === this.#options.nodeName || this.#looking.watch.latest().component.has(name);
  }

  #makeMaintenances(): Maintenances {
    const { knowledge, book } = this;
    const { nodeName: name } = this.#options;
    return createMaintenances({
      self: { name, prefix: this.prefix },
      clock: this.#deps.clock,
      book,
      nameOf: knowledge.nameOf,
      isMet: (other) => this.#looking.acquaintance.isMet(other),
      members: () => {
        const { members } = this.#looking.watch.latest();
        return new Set([name, ...members.flatMap((one) => (one.state === 'left' ? [] : [one.name]))]);
      },
      tell: (words) => this.voice.maintenance(words),
    });
  }

  #makeBoard(): PinBoard {
    return createPinBoard({
      self: { name: this.#options.nodeName, prefix: this.prefix },
      clock: this.#deps.clock,
      book: this.book,
      nameOf: this.knowledge.nameOf,
      isMet: (name) => this.#looking.acquaintance.isMet(name),
      isInComponent: (name) => this.#isInComponent(name),
      tell: (topic, items) => this.voice.note(topic, items),
      onNews: () => this.#deps.onChange(),
    });
  }

  #makeForgetting(): Forget {
    const { book, names, knowledge, readLatest } = this;
    return createForgetting({
      self: this.#options.nodeName,
      now: () => this.#deps.clock.monotonic(),
      step: () => this.#looking.watch.latest(),
      book,
      directory: this.#looking.directory,
      names,
      knowledge,
      readLatest,
      bury: (stone) => this.voice.bury(stone),
    });
  }

  #makeView(): () => MeshView {
    return createView({
      self: this.#options.nodeName,
      isMet: (name) => this.#looking.acquaintance.isMet(name),
      clock: this.#deps.clock,
      directory: this.#looking.directory,
      book: this.book,
      readLatest: this.readLatest,
      names: this.knowledge,
      step: () => this.#looking.watch.latest(),
      nameConflicts: () => this.names.conflicts(this.knowledge.isPresent),
      doubledKeys: () => this.doubles.list(),
      // Somebody else at an address by which the peer is not looked for is no trouble.
      addressConflicts: () =>
        this.#looking.peers
          .conflicts()
          .filter(({ address, expectedPeerId }) => this.#looking.whereabouts.of(expectedPeerId).includes(address)),
      unmetSeeds: () => this.#looking.seeds.unmet(this.#looking.peers.unmetSeeds()),
      keyIds: () => this.keyIds,
      keyRefusals: () => this.#looking.peers.keyRefusals(),
      culprits: () => this.#deps.conduct.culprits(),
      addressesOf: (peerId) => this.#looking.whereabouts.of(peerId),
      ownAddresses: () => this.#looking.own().announced,
      isolatedSinceMs: this.#hooks.isolatedSinceMs,
      outages: (originMs) => this.outages.list(originMs),
      silentWitnesses: () => this.#looking.desk.silent(),
      maintenance: () => this.maintenances.list(),
      digest: createDigest(this.book),
    });
  }
}
