/**
 * The parts of the mesh and what goes from one to the other, once it is known who this agent is. Probes see, membership
 * concludes, voice and spread tell; what others tell comes back through hearing and names.
 */
import type { LeavingReason } from '../../model/member.ts';
import type { MeshChanges } from '../../model/mesh-memory.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import { type EdgesEvent, makeEpoch } from '../codec/event.ts';
import { TOMBSTONE } from '../codec/tombstone.ts';
import { createVerifier } from '../envelope/verifier.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { MembershipStep } from '../membership/step.ts';
import { type PeerManager, createPeerManager } from '../peer-manager/peer-manager.ts';
import type { Observation } from '../probes/observation.ts';
import { type RecordBook, createRecordBook } from '../records/record-book.ts';
import { type Delivery, type Spread, createSpread } from '../spread/spread.ts';
import { parseAddress } from '../transport/address.ts';
import type { TransportEvent } from '../transport/types.ts';
import type { MeshCounts } from './contract.ts';
import type { CoreDeps, CoreOptions } from './core-options.ts';
import { createDigest } from './digest.ts';
import { createDirectory } from './directory.ts';
import { type EdgeNews, createEdgeNews } from './edge-news.ts';
import { createElsewhere } from './elsewhere.ts';
import { type Hearing, createHearing } from './hearing.ts';
import { type Knowledge, createKnowledge } from './knowledge.ts';
import { readBootMs } from './host-uptime.ts';
import { type Keeping, createKeeping } from './keeping.ts';
import { recall, recalledMembers } from './memory.ts';
import { createNameFacts } from './name-facts.ts';
import { type NameKeeper, createNameKeeper } from './name-keeper.ts';
import { type Neighbours, createNeighbours } from './neighbours.ts';
import { type Outages, createOutages } from './outages.ts';
import { makeOwnReport } from './own-report.ts';
import type { MeshProbes } from './parts.ts';
import { type ProbePlan, createProbePlan } from './probe-plan.ts';
import { isNews } from './quiet.ts';
import { type ReadLatest, createReportReader } from './report-reader.ts';
import { type ReportSchedule, createReportSchedule } from './report-schedule.ts';
import { type Roll, createRoll } from './roll.ts';
import { sightingOf } from './sightings.ts';
import { createStateStamp } from './state-stamp.ts';
import { type MeshView, createView } from './view.ts';
import { type Voice, createVoice } from './voice.ts';
import { type Watch, createWatch } from './watch.ts';
import { type Whereabouts, createWhereabouts } from './whereabouts.ts';
import { type WitnessDesk, createWitnessDesk } from './witness-desk.ts';

/** A leaving has gone out to the neighbours by then. */
const FAREWELL_MS = 250;
/** Tombstones live for days. */
const EXPIRE_MS = 10 * 60_000;

const isAlone = ({ nodeName, seeds, memory }: CoreOptions): boolean =>
  seeds.length === 0 &&
  (memory?.addresses ?? []).length === 0 &&
  (memory?.members ?? []).every(({ name }) => name === nodeName);

export class MeshCore {
  readonly #options: CoreOptions;
  readonly #deps: CoreDeps;
  readonly #prefix: string;
  readonly #directory = createDirectory();
  readonly #elsewhere = createElsewhere();
  readonly #book: RecordBook;
  readonly #spread: Spread;
  readonly #voice: Voice;
  readonly #peers: PeerManager;
  readonly #whereabouts: Whereabouts;
  readonly #watch: Watch;
  readonly #hearing: Hearing;
  readonly #names: NameKeeper;
  readonly #plan: ProbePlan;
  readonly #neighbours: Neighbours;
  readonly #roll: Roll;
  readonly #desk: WitnessDesk;
  readonly #news: EdgeNews;
  readonly #schedule: ReportSchedule;
  readonly #outages: Outages;
  readonly #readLatest: ReadLatest;
  readonly #knowledge: Knowledge;
  readonly #keeping: Keeping;
  readonly #recalled: ReturnType<typeof recalledMembers>;
  readonly #view: () => MeshView;
  #probes: MeshProbes | undefined;
  /** When this host booted; monotonic, ms. */
  #bootMs: number | undefined;
  /** Monotonic, ms. */
  #isolatedSinceMs: number | undefined;
  #isStopped = false;
  readonly #stops: (() => void)[] = [];

  constructor(options: CoreOptions, deps: CoreDeps) {
    const { clock, random, randomBytes, transport, identity, clusterId, boot } = deps;
    const self = options.nodeName;
    this.#options = options;
    this.#deps = deps;
    this.#prefix = prefixOf(identity.keys.author);
    this.#book = createRecordBook({ verifier: createVerifier({ clusterId }), epoch: makeEpoch(randomBytes) });
    this.#spread = createSpread(
      { author: identity.keys.author },
      { ...deps, book: this.#book, isNews: (envelope) => isNews(envelope, this.#knowledge) },
    );
    this.#voice = this.#makeVoice();
    const { onLoopback: allowLoopback } = options.addresses;
    this.#peers = createPeerManager({ allowLoopback, ownAddresses: options.announced }, deps);
    this.#whereabouts = createWhereabouts(this.#peers);
    this.#readLatest = createReportReader(this.#book);
    this.#recalled = recalledMembers(options.memory?.members ?? [], clock);
    this.#watch = createWatch({ self, clock, random, isAlone: isAlone(options), act: (step) => this.#act(step) });
    this.#knowledge = this.#makeKnowledge();
    this.#plan = this.#makePlan();
    this.#hearing = this.#makeHearing();
    this.#neighbours = createNeighbours(this.#directory, this.#peers);
    this.#roll = this.#makeRoll();
    this.#names = this.#makeNames();
    this.#desk = this.#makeDesk();
    this.#news = createEdgeNews({ clock, node: self, tell: (event) => this.#voice.event(event) });
    this.#schedule = createReportSchedule({ clock, random, publish: (force) => this.#publishReport(force) });
    this.#outages = this.#makeOutages();
    this.#keeping = createKeeping({
      clock,
      book: this.#book,
      peers: this.#peers,
      directory: this.#directory,
      watch: this.#watch,
    });
    this.#view = this.#makeView();
    this.#stops.push(
      () => boot.stop(),
      clock.every(EXPIRE_MS, () => this.#book.expire(clock.monotonic())),
      this.#spread.onRecord((delivery) => this.#onRecord(delivery)),
      transport.watch((event) => this.#onTransport(event)),
    );
  }

  /** @throws AgentError `unavailable` when probes cannot listen */
  async start(): Promise<void> {
    const { clock, random, identity, parts, host } = this.#deps;
    const { clusterKeys, listen, seeds, addresses } = this.#options;
    this.#bootMs = await readBootMs(host, clock);
    this.#recall();
    this.#spread.start();
    this.#peers.start();
    this.#peers.setSeeds(seeds);
    const [first, ...others] = clusterKeys.map(({ secret }) => secret);
    if (first === undefined) throw new RangeError('There is no cluster key.');
    this.#probes = await parts.startProbes(
      { authorKey: identity.keys.author, clusterKeys: [first, ...others], listen, local: addresses.local },
      {
        clock,
        random,
        state: createStateStamp(this.#book, () => this.#position(), clock),
        onObservation: (seen) => this.#observe(seen),
        onAway: () => this.#watch.take({ kind: 'away' }),
        onStatement: (author, state) => this.#attest(Buffer.from(author, 'hex').toString('base64url'), state),
      },
    );
    this.#plan.refresh();
    void this.#open();
  }

  /** Says goodbye and closes everything. Never rejects for what peers do. */
  async stop(reason: LeavingReason): Promise<void> {
    if (this.#isStopped) return;
    const { transport, clock } = this.#deps;
    this.#isStopped = true;
    this.#schedule.stop();
    this.#names.stop();
    this.#voice.leave(reason);
    if (transport.peers().length > 0) await clock.sleep(FAREWELL_MS);
    this.#watch.stop();
    this.#news.stop();
    this.#desk.stop();
    this.#spread.stop();
    this.#peers.stop();
    for (const stop of this.#stops) stop();
    await Promise.all([this.#probes?.stop(), transport.stop()]);
  }

  view(): MeshView {
    return this.#view();
  }

  changes(): MeshChanges {
    return this.#keeping.take();
  }

  requestReport(): void {
    this.#schedule.request();
  }

  publishEvent(event: TimelineEvent | EdgesEvent): void {
    if (!this.#isStopped) this.#voice.event(event);
  }

  counts(): MeshCounts {
    const { transport } = this.#deps;
    return {
      peers: transport.peers().length,
      position: this.#voice.position(),
      transport: transport.counts(),
      spread: this.#spread.counts(),
      records: this.#book.stats(),
      probes: { ...this.#probes?.counters() },
    };
  }

  #recall(): void {
    const { memory } = this.#options;
    const { clock } = this.#deps;
    if (memory !== undefined) {
      const records = recall(memory, { clock, book: this.#book, peers: this.#peers, names: this.#names });
      const own = records.filter(({ author }) => prefixOf(author) === this.#prefix);
      if (own.length > 0) this.#outages.wasAway(Math.max(...own.map(({ madeAt }) => madeAt)));
    }
    this.#keeping.begin();
  }

  /** Agrees on the boot with whoever answers in time, then speaks. */
  async #open(): Promise<void> {
    const held = await this.#spread.highestBoot();
    if (held !== undefined) await this.#deps.boot.outdo(held);
    if (!this.#isStopped) this.#speak();
  }

  #speak(): void {
    this.#voice.speak(this.#deps.boot.current());
    this.#schedule.start();
    this.#names.start();
  }

  #onRecord(delivery: Delivery): void {
    const { record, via, contentChanged } = delivery;
    this.#names.hear(record);
    if (record.type === TOMBSTONE) this.#roll.removals();
    const isOwn = prefixOf(record.author) === this.#prefix;
    if (!isOwn) this.#hearing.hear(delivery);
    else if (via !== 'own' && this.#voice.isSpeaking()) void this.#outdo(record.boot);
    if (contentChanged) this.#deps.onChange();
  }

  /** An own record came back that this process did not write: a start that left no trace on the disk, or a clone. */
  async #outdo(boot: number): Promise<void> {
    if ((await this.#deps.boot.outdo(boot)) && !this.#isStopped) this.#speak();
  }

  #act(step: MembershipStep): void {
    for (const { peer, to } of step.edgeChanges) {
      const node = this.#directory.byName(peer);
      if (node === undefined) continue;
      this.#news.changed({ peer: node.prefix, ...(to !== undefined && { state: to }) });
      if (to === 'lost') void this.#peers.lost(node.peerId);
    }
    if (step.edgeChanges.length > 0) this.#schedule.request();
    this.#neighbours.follow(step.neighbours);
    this.#plan.aim(step.probes);
    this.#plan.sample(step.pings);
    for (const name of step.looks) {
      const peerId = this.#directory.byName(name)?.peerId;
      if (peerId !== undefined) this.#probes?.look(peerId);
    }
    if (step.witnessesWanted) this.#desk.ask();
    this.#outages.note(step);
    const [wasIsolated, isIsolated] = [this.#isolatedSinceMs !== undefined, step.isolation === 'self'];
    if (wasIsolated !== isIsolated) this.#isolatedSinceMs = isIsolated ? this.#deps.clock.monotonic() : undefined;
    if (step.changes.length + step.edgeChanges.length > 0 || wasIsolated !== isIsolated) this.#deps.onChange();
  }

  #observe(seen: Observation): void {
    const node = this.#directory.byPeerId(seen.peerId);
    if (node === undefined) return;
    if (seen.kind === 'answered' || seen.kind === 'pinged') this.#attest(node.prefix, seen.state);
    if (seen.kind === 'answered' && this.#neighbours.has(seen.peerId)) this.#peers.reachable(seen.peerId);
    this.#elsewhere.note(seen);
    this.#watch.take(sightingOf(node.name, seen));
    if (seen.kind === 'answered' || seen.kind === 'missed') this.#plan.observed(seen.peerId);
  }

  /** A sequence counts within its boot only, and a boot is claimed before anything is said under it. */
  #position(): { readonly boot: number; readonly sequence: number } {
    const [said, boot] = [this.#voice.position(), this.#deps.boot.current()];
    return said.boot === boot ? said : { boot, sequence: 0 };
  }

  #attest(prefix: string, { boot, sequence }: { readonly boot: number; readonly sequence: number }): void {
    if (sequence > 0) this.#book.attest(prefix, { boot, sequence }, this.#deps.clock.monotonic());
  }

  #onTransport(event: TransportEvent): void {
    // What this agent closed itself says nothing of the peer.
    if (event.kind !== 'disconnected' || event.why === 'local') return;
    const peer = this.#directory.byPeerId(event.peerId)?.name;
    if (peer !== undefined) this.#watch.take({ kind: 'disconnected', peer });
  }

  #publishReport(force: boolean): boolean {
    const { clock, report, store } = this.#deps;
    const sources = {
      node: this.#options.nodeName,
      clock,
      directory: this.#directory,
      report,
      store,
      edges: () => this.#watch.latest().edges(),
      addresses: this.#options.announced,
      bootMs: this.#bootMs,
    };
    return this.#voice.report(() => makeOwnReport(sources), force);
  }

  #makeVoice(): Voice {
    const { identity, clusterId, randomBytes } = this.#deps;
    return createVoice({
      keys: identity.keys,
      clusterId,
      node: this.#options.nodeName,
      epoch: makeEpoch(randomBytes),
      publish: (envelope) => this.#spread.publishOwn(envelope),
    });
  }

  #makeKnowledge(): Knowledge {
    const { clock, identity, transport } = this.#deps;
    return createKnowledge({
      self: { name: this.#options.nodeName, prefix: this.#prefix, peerId: identity.keys.peerId },
      clock,
      directory: this.#directory,
      book: this.#book,
      readLatest: this.#readLatest,
      step: () => this.#watch.latest(),
      connected: () => transport.peers(),
    });
  }

  #makeOutages(): Outages {
    const { clock } = this.#deps;
    const { lostBy, bootOf } = this.#knowledge;
    const self = this.#options.nodeName;
    const ownBoot = (): ReturnType<typeof bootOf> =>
      this.#bootMs === undefined ? undefined : { bootedMs: this.#bootMs, saidMs: clock.monotonic() };
    return createOutages({
      self,
      clock,
      recalled: this.#recalled,
      lostBy,
      bootOf: (node) => (node === self ? ownBoot() : bootOf(node)),
    });
  }

  #makePlan(): ProbePlan {
    return createProbePlan({
      directory: this.#directory,
      addressesOf: (peerId) => this.#whereabouts.of(peerId),
      setPlan: (targets) => this.#probes?.setPlan(targets),
      ping: (peerId) => this.#probes?.ping(peerId),
    });
  }

  #makeHearing(): Hearing {
    return createHearing({
      self: { name: this.#options.nodeName, prefix: this.#prefix },
      book: this.#book,
      clock: this.#deps.clock,
      directory: this.#directory,
      whereabouts: this.#whereabouts,
      readLatest: this.#readLatest,
      take: (input) => this.#watch.take(input),
      onEvent: this.#deps.onEvent,
      onReport: this.#deps.onReport,
      onGap: (author, from) => this.#spread.noticeGap(author, from),
      onAddresses: () => this.#plan.refresh(),
    });
  }

  #makeRoll(): Roll {
    return createRoll({
      directory: this.#directory,
      book: this.#book,
      watch: this.#watch,
      hearing: this.#hearing,
      neighbours: this.#neighbours,
      plan: this.#plan,
      peers: this.#peers,
      onChange: this.#deps.onChange,
      recalled: this.#recalled,
      peerId: this.#deps.identity.keys.peerId,
    });
  }

  #makeNames(): NameKeeper {
    const { clock, log, identity } = this.#deps;
    return createNameKeeper({
      self: { name: this.#options.nodeName, peerId: identity.keys.peerId },
      book: this.#book,
      clock,
      log,
      factsOf: createNameFacts({
        clock,
        memberOf: this.#knowledge.memberOf,
        isReached: this.#knowledge.isReached,
        self: { peerId: identity.keys.peerId, addresses: this.#options.announced },
        elsewhere: this.#elsewhere,
        announcedBy: (peerId) => this.#whereabouts.announcedBy(peerId),
      }),
      claim: (claim) => this.#voice.claimName(claim),
      onHolders: this.#roll.holders,
    });
  }

  #makeDesk(): WitnessDesk {
    const { clock, parts } = this.#deps;
    const hosts = [...this.#options.announced, ...this.#options.addresses.listening].flatMap(
      (text) => parseAddress(text)?.host ?? [],
    );
    return createWitnessDesk({
      clock,
      ownAddresses: new Set(hosts),
      ask: parts.askWitnesses,
      answered: (answer) => this.#watch.take({ kind: 'witnessed', answer }),
    });
  }

  #makeView(): () => MeshView {
    return createView({
      self: this.#options.nodeName,
      clock: this.#deps.clock,
      directory: this.#directory,
      book: this.#book,
      readLatest: this.#readLatest,
      nameOf: this.#knowledge.nameOf,
      step: () => this.#watch.latest(),
      nameConflicts: () => this.#names.conflicts(this.#knowledge.isPresent),
      addressConflicts: () => this.#peers.conflicts(),
      addressesOf: (peerId) => this.#whereabouts.of(peerId),
      isolatedSinceMs: () => this.#isolatedSinceMs,
      outages: (originMs) => this.#outages.list(originMs),
      silentWitnesses: () => this.#desk.silent(),
      digest: createDigest(this.#book),
    });
  }
}
