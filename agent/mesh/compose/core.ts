/**
 * What goes from one part of the mesh to the other, once it is known who this agent is. Probes see, membership
 * concludes, voice and spread tell; what others tell comes back through hearing and names.
 */
import type { Board } from '../../model/board.ts';
import type { ForgetOutcome } from '../../model/forget-outcome.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from '../../model/maintenance.ts';
import type { Edge, FullSize, LeavingReason, Member } from '../../model/member.ts';
import type { MeshChanges, MeshMemory } from '../../model/mesh-memory.ts';
import type { Questions } from '../../model/questions.ts';
import type { HeardRoster, Roster } from '../../model/roster.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import type { EdgesEvent } from '../codec/event.ts';
import type { Tombstone } from '../codec/tombstone.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Culprit } from '../conduct/conduct.ts';
import type { Observation } from '../probes/observation.ts';
import { giveWay } from '../spread/pause.ts';
import type { Delivery } from '../spread/spread.ts';
import type { TransportEvent } from '../transport/types.ts';
import type { OwnAddresses } from './addresses.ts';
import type { ClusterKeys, MeshCounts } from './contract.ts';
import type { CoreDeps, CoreOptions, KnowledgeHooks, LookingHooks } from './core-options.ts';
import { type Divergence, createDivergence } from './divergence.ts';
import { readBootMs } from './host-uptime.ts';
import { KnowledgeParts } from './knowledge-parts.ts';
import { LookingParts } from './looking-parts.ts';
import { recall } from './memory.ts';
import { makeOwnReport } from './own-report.ts';
import type { MeshProbes } from './parts.ts';
import { type ReportSchedule, createReportSchedule } from './report-schedule.ts';
import { sightingOf } from './sightings.ts';
import { createStateStamp } from './state-stamp.ts';
import type { MeshView } from './view.ts';

/** A leaving has gone out to the neighbours by then. */
const FAREWELL_MS = 250;
/** Tombstones live for days. */
const EXPIRE_MS = 10 * 60_000;

export class MeshCore {
  readonly #options: CoreOptions;
  readonly #deps: CoreDeps;
  readonly #looking: LookingParts;
  readonly #known: KnowledgeParts;
  readonly #schedule: ReportSchedule;
  readonly #stamp: ReturnType<typeof createStateStamp>;
  readonly #divergence: Divergence;
  #probes: MeshProbes | undefined;
  /** When this host booted; monotonic, ms. */
  #bootMs: number | undefined;
  /** Monotonic, ms. */
  #isolatedSinceMs: number | undefined;
  #wasSettled = false;
  #component: ReadonlySet<string> = new Set();
  #isStopped = false;
  /** Until it is taken up. */
  #memory: MeshMemory | undefined;
  /** Nothing is left of it that is not taken up. */
  #hasRecalled = false;
  readonly #stops: (() => void)[] = [];

  /** @param memory of the run before */
  constructor(options: CoreOptions, deps: CoreDeps, memory: MeshMemory | undefined) {
    const { clock, random, transport, boot, conduct } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#memory = memory;
    this.#looking = new LookingParts(options, deps, this.#lookingHooks(), memory);
    this.#known = new KnowledgeParts(options, deps, this.#knowledgeHooks(), this.#looking, memory);
    this.#schedule = createReportSchedule({ clock, random, publish: (force) => this.#publishReport(force) });
    const { book, spread } = this.#known;
    this.#stamp = createStateStamp(book, () => this.#position(), clock);
    this.#divergence = createDivergence({
      clock,
      ownDigest: () => this.#stamp().digest,
      sync: (peerId) => spread.noticeGap(peerId),
    });
    conduct.onRefused((culprit) => this.#cutOff(culprit));
    this.#stops.push(
      () => boot.stop(),
      clock.every(EXPIRE_MS, () => book.expire(clock.monotonic())),
      spread.onRecord((delivery) => this.#onRecord(delivery)),
      spread.onHeldBoot((held) => this.#known.voice.isSpeaking() && void this.#speakAnew(boot.outdoUnproven(held))),
      transport.watch((event) => this.#onTransport(event)),
    );
  }

  /** @throws AgentError `unavailable` when probes cannot listen */
  async start(): Promise<void> {
    const { clock, random, identity, parts, host } = this.#deps;
    const { clusterKeys, addresses } = this.#options;
    this.#bootMs = await readBootMs(host, clock);
    await this.#recall();
    if (this.#isStopped) return;
    this.#known.spread.start();
    this.#looking.peers.start();
    this.#looking.seeds.start();
    const [first, ...others] = clusterKeys.map(({ secret }) => secret);
    if (first === undefined) throw new RangeError('There is no cluster key.');
    this.#probes = await parts.startProbes(
      {
        authorKey: identity.keys.author,
        clusterKeys: [first, ...others],
        listen: addresses.listen,
        local: addresses.local,
      },
      {
        clock,
        random,
        state: this.#stamp,
        onObservation: (seen) => this.#observe(seen),
        onAway: () => this.#looking.watch.take({ kind: 'away' }),
      },
    );
    this.#looking.plan.refresh();
    void this.#open();
  }

  /** @throws AgentError `unavailable` when one of the addresses cannot be listened on; may be tried again */
  async move(own: OwnAddresses): Promise<void> {
    if (this.#isStopped) return;
    await this.#deps.transport.relisten(own.listening);
    await this.#probes?.move(own.listen, own.local);
    this.#looking.moved(own);
    this.#schedule.request();
  }

  /** Says goodbye and closes everything. Never rejects for what peers do. */
  async stop(reason: LeavingReason): Promise<void> {
    if (this.#isStopped) return;
    const { transport, clock } = this.#deps;
    this.#isStopped = true;
    this.#schedule.stop();
    this.#known.names.stop();
    this.#looking.acquaintance.stop();
    this.#known.strays.stop();
    this.#known.roll.stop();
    this.#known.voice.leave(reason);
    if (transport.peers().length > 0) await clock.sleep(FAREWELL_MS);
    this.#looking.watch.stop();
    this.#known.news.stop();
    this.#looking.desk.stop();
    this.#looking.questions.stop();
    this.#known.spread.stop();
    this.#looking.seeds.stop();
    this.#looking.peers.stop();
    for (const stop of this.#stops) stop();
    await Promise.all([this.#probes?.stop(), transport.stop()]);
  }

  /** Undefined while what the run before has kept is taken up. */
  view(): MeshView | undefined {
    return this.#hasRecalled ? this.#known.view() : undefined;
  }

  /** As {@link view}: who is not known again yet is still to be kept. */
  changes(): MeshChanges | undefined {
    return this.#hasRecalled ? this.#known.keeping.take() : undefined;
  }

  forget(name: string, why: Tombstone['why']): ForgetOutcome {
    if (this.#isStopped) return { kind: 'no-mesh', why: 'the agent is stopping' };
    return this.#hasRecalled ? this.#known.forget(name, why) : { kind: 'not-settled' };
  }

  maintain(order: MaintenanceOrder): MaintenanceOutcome {
    if (this.#isStopped) return { kind: 'no-mesh', why: 'the agent is stopping' };
    return this.#hasRecalled ? this.#known.maintenances.order(order) : { kind: 'not-settled' };
  }

  /** Undefined while what the run before has kept is taken up. */
  board(): Board | undefined {
    return this.#hasRecalled && !this.#isStopped ? this.#known.board : undefined;
  }

  ask(...asked: Parameters<Questions['ask']>): ReturnType<Questions['ask']> {
    return this.#looking.questions.ask(...asked);
  }

  tellRoster(roster: Roster, isNews: boolean): void {
    if (!this.#isStopped) this.#known.voice.roster(roster, isNews);
  }

  contested(): readonly string[] {
    return this.#known.names.contested();
  }

  suggest(addresses: readonly string[]): void {
    this.#looking.seeds.suggest(addresses);
  }

  members(): readonly Member[] {
    return this.#hasRecalled ? this.#looking.watch.latest().members : [];
  }

  edges(): readonly Edge[] {
    const sizes = this.#probes?.fullSizes();
    const sizeOf = (peer: string): FullSize | undefined =>
      sizes?.get(this.#looking.directory.byName(peer)?.peerId ?? '');
    return this.#looking.watch
      .latest()
      .edges()
      .map((edge) => {
        const fullSize = sizeOf(edge.peer);
        return fullSize === undefined ? edge : { ...edge, fullSize };
      });
  }

  ways(): ReturnType<LookingParts['ways']> {
    return this.#looking.ways();
  }

  rosters(): readonly HeardRoster[] {
    return this.#known.rosters.list();
  }

  requestReport(): void {
    this.#schedule.request();
  }

  publishEvent(event: TimelineEvent | EdgesEvent): void {
    if (!this.#isStopped) this.#known.voice.event(event);
  }

  admit(clusterKeys: ClusterKeys): void {
    const [first, ...others] = clusterKeys;
    this.#known.keyIds = clusterKeys.map(({ id }) => id);
    this.#deps.transport.admit(clusterKeys);
    this.#probes?.admit([first.secret, ...others.map(({ secret }) => secret)]);
    this.#schedule.request();
    this.#deps.onChange();
  }

  counts(): MeshCounts {
    const { transport } = this.#deps;
    return {
      peers: transport.peers().length,
      position: this.#known.voice.position(),
      transport: transport.counts(),
      spread: this.#known.spread.counts(),
      records: this.#known.book.stats(),
      probes: { ...this.#probes?.counters() },
      conduct: this.#deps.conduct.counts(),
      questions: this.#looking.questions.counts(),
      hearsay: { claims: this.#known.names.count(), unresolved: this.#known.hearing.unresolved() },
    };
  }

  #lookingHooks(): LookingHooks {
    return {
      act: (step) => this.#act(step),
      probes: () => this.#probes,
      onMet: () => this.#known.met(),
    };
  }

  #knowledgeHooks(): KnowledgeHooks {
    return {
      onReturn: () => {
        this.#schedule.renew();
        this.#deps.onReturn();
      },
      bootMs: () => this.#bootMs,
      isolatedSinceMs: () => this.#isolatedSinceMs,
      isCalm: () => this.#divergence.isCalm(),
    };
  }

  async #recall(): Promise<void> {
    const memory = this.#memory;
    this.#memory = undefined;
    const { clock } = this.#deps;
    if (memory !== undefined) {
      const records = await recall(memory, {
        clock,
        book: this.#known.book,
        peers: this.#looking.peers,
        names: this.#known.names,
        isOver: () => this.#isStopped,
      });
      while (this.#known.roll.isHearing()) await giveWay(clock);
      if (this.#isStopped) return;
      const own = records.filter(({ author }) => prefixOf(author) === this.#known.prefix);
      if (own.length > 0) this.#known.outages.wasAway(Math.max(...own.map(({ madeAt }) => madeAt)));
    }
    this.#known.recalled();
    this.#hasRecalled = true;
    this.#looking.watch.take({ kind: 'recalled' });
  }

  /** Agrees on the boot with whoever answers in time, then speaks. */
  async #open(): Promise<void> {
    const held = await this.#known.spread.highestBoot();
    if (held !== undefined) await this.#deps.boot.outdo(held);
    if (!this.#isStopped) this.#speak();
  }

  #speak(): void {
    this.#known.voice.speak(this.#deps.boot.current());
    this.#schedule.start();
    this.#known.names.start();
  }

  #onRecord(delivery: Delivery): void {
    const { record, via, contentChanged } = delivery;
    this.#known.heard(record);
    const isOwn = prefixOf(record.author) === this.#known.prefix;
    if (!isOwn) this.#known.hearing.hear(delivery);
    else if (via !== 'own' && this.#known.voice.isSpeaking()) void this.#speakAnew(this.#deps.boot.outdo(record.boot));
    if (contentChanged) this.#deps.onChange();
  }

  /** This key spoke, and this process did not: a start that left no trace on the disk, or a clone. */
  async #speakAnew(isOutdone: Promise<boolean>): Promise<void> {
    if ((await isOutdone) && !this.#isStopped) this.#speak();
  }

  #act(step: MembershipStep): void {
    for (const { peer, to } of step.edgeChanges) {
      const node = this.#looking.directory.byName(peer);
      if (node === undefined) continue;
      this.#known.news.changed({ peer: node.prefix, ...(to !== undefined && { state: to }) });
      if (to === 'lost') void this.#looking.peers.lost(node.peerId);
    }
    if (step.edgeChanges.length > 0) this.#schedule.request();
    this.#looking.neighbours.follow(step.neighbours);
    this.#looking.plan.aim(step.probes);
    this.#looking.plan.sample(step.pings);
    for (const name of step.looks) {
      const peerId = this.#looking.directory.byName(name)?.peerId;
      if (peerId !== undefined) this.#probes?.look(peerId);
    }
    if (step.witnessesWanted) this.#looking.desk.ask();
    this.#known.outages.note(step);
    if (step.component !== this.#component) this.#looking.acquaintance.review();
    this.#component = step.component;
    this.#known.removals.review();
    const [wasIsolated, isIsolated] = [this.#isolatedSinceMs !== undefined, step.isolation === 'self'];
    if (wasIsolated !== isIsolated) this.#isolatedSinceMs = isIsolated ? this.#deps.clock.monotonic() : undefined;
    const isOther = wasIsolated !== isIsolated || step.settled !== this.#wasSettled;
    this.#wasSettled = step.settled;
    if (step.changes.length + step.edgeChanges.length > 0 || isOther) this.#deps.onChange();
  }

  #observe(seen: Observation): void {
    const node = this.#looking.directory.byPeerId(seen.peerId);
    if (node === undefined) return;
    // Whoever has the key can write a ping in another's name; an answer to one of mine shows who knew it.
    if (seen.kind === 'answered') this.#attest(node.prefix, seen.state);
    if (seen.kind === 'answered') this.#looking.acquaintance.met(node.name);
    if (seen.kind === 'answered' && this.#looking.neighbours.has(seen.peerId)) {
      this.#looking.peers.reachable(seen.peerId);
      this.#divergence.heard(seen.peerId, seen.state.digest);
    }
    this.#looking.elsewhere.note(seen);
    this.#looking.watch.take(sightingOf(node.name, seen, this.#looking.peers.refusesKey(seen.peerId)));
    if (seen.kind === 'answered' || seen.kind === 'missed') this.#looking.plan.observed(seen.peerId);
  }

  /**
   * What probes say of the own report: which is the latest that says anything new. Who holds it or a later one knows all.
   * A sequence counts within its boot only, and a boot is claimed before anything is said under it.
   */
  #position(): { readonly boot: number; readonly sequence: number } {
    const [said, boot] = [this.#known.voice.position(), this.#deps.boot.current()];
    return { boot, sequence: said.boot === boot ? said.contentSequence : 0 };
  }

  #attest(prefix: string, { boot, sequence }: { readonly boot: number; readonly sequence: number }): void {
    if (sequence > 0) this.#known.book.attest(prefix, { boot, sequence }, this.#deps.clock.monotonic());
  }

  #onTransport(event: TransportEvent): void {
    const connected = event.kind === 'connected' ? this.#looking.directory.byPeerId(event.peerId)?.name : undefined;
    if (connected !== undefined) this.#looking.acquaintance.met(connected);
    // Where only short datagrams pass, connections hang until somebody closes them.
    if (event.kind === 'disconnected') this.#probes?.testSize(event.peerId);
    // What this agent closed itself says nothing of the peer.
    if (event.kind !== 'disconnected' || event.why === 'local') return;
    const peer = this.#looking.directory.byPeerId(event.peerId)?.name;
    if (peer !== undefined) this.#looking.watch.take({ kind: 'disconnected', peer });
  }

  #cutOff({ peerId, misdeeds, refusedUntilMs }: Culprit): void {
    const { transport, clock, log, onChange } = this.#deps;
    const node = this.#looking.directory.byPeerId(peerId)?.name;
    const forMs = Math.round(refusedUntilMs - clock.monotonic());
    log.warn({ peer: peerId, node, misdeeds, forMs }, 'a peer does what no agent does: it is cut off');
    void transport.disconnect(peerId);
    this.#known.book.disown(peerId);
    onChange();
  }

  #publishReport(force: boolean): number | undefined {
    const { clock, report, store } = this.#deps;
    const sources = {
      node: this.#options.nodeName,
      clock,
      directory: this.#looking.directory,
      report,
      store,
      edges: () => this.#looking.watch.latest().edges(),
      overlay: this.#deps.overlay ?? (() => []),
      members: () => this.#looking.watch.latest().members.length,
      addresses: this.#looking.own().announced,
      keyIds: this.#known.keyIds,
      bootMs: this.#bootMs,
    };
    return this.#known.voice.report(() => makeOwnReport(sources), force)?.report.heartbeatMs;
  }
}
