/**
 * One agent in virtual time: the product's membership, driven by a prober, a second look and a spread of statements that
 * behave as the real ones do. What is said to a frozen agent waits for it.
 */
import { createMembership } from '../../agent/mesh/membership/membership.ts';
import type { Membership, MembershipInput, MembershipStep } from '../../agent/mesh/membership/step.ts';
import type { StatementOrder } from '../../agent/mesh/membership/testimony.ts';
import type { EdgeState } from '../../agent/model/member.ts';
import type { VirtualCluster } from './virtual-cluster.ts';

export interface Report {
  readonly by: string;
  readonly order: StatementOrder;
  readonly edges: ReadonlyMap<string, EdgeState>;
}

export interface EdgeEvent {
  readonly by: string;
  readonly order: StatementOrder;
  readonly peer: string;
  readonly state: EdgeState | undefined;
}

const MISS_AFTER_MS = 500;
const CONNECT_TIMEOUT_MS = 1200;
const SILENCE_MS = 1000;
const SECOND_TRY_MS = 200;
/** An agent publishes at most once in this time. */
const PUBLISH_EVERY_MS = 200;
const SYNC_EVERY_MS = 5000;

export class VirtualAgent {
  readonly name: string;
  readonly boot: number;
  isDead = false;
  last: MembershipStep;
  readonly reports = new Map<string, Report>();
  readonly #cluster: VirtualCluster;
  readonly #membership: Membership;
  /** Each boot has its own monotonic clock. */
  readonly #clockStart: number;
  readonly #waiting: (() => void)[] = [];
  readonly #probing = new Map<string, { nextAtMs: number; sentAtMs: number; turn: number; intervalMs: number }>();
  #wakeTurn = 0;
  #sequence = 1;
  #events = 0;
  #outbox: EdgeEvent[] = [];
  #publishedAtMs = -Infinity;

  constructor(name: string, boot: number, cluster: VirtualCluster) {
    const { queue, random } = cluster;
    this.name = name;
    this.boot = boot;
    this.#cluster = cluster;
    this.#clockStart = queue.now() - 1000 * random.next();
    this.#membership = createMembership({ self: name, nowMs: this.#now(), random: () => random.next() });
    this.last = this.#membership.step({ kind: 'tick' }, this.#now());
    this.step({
      kind: 'expected',
      members: cluster.names.map((one) => ({ name: one, last: { state: 'alive' as const, sinceMs: 0 } })),
    });
    this.#syncLater();
  }

  /** Runs now, or when the agent is thawed; never after its death. */
  run(action: () => void): void {
    if (this.isDead) return;
    if (this.#cluster.network.host(this.name).isFrozen) this.#waiting.push(action);
    else action();
  }

  /** After SIGCONT everything that waited is served in its order. */
  thaw(): void {
    for (const action of this.#waiting.splice(0)) action();
  }

  step(input: MembershipInput): void {
    const step = this.#membership.step(input, this.#now());
    this.last = step;
    this.#cluster.observe(this, step);
    this.#plan(step);
    for (const peer of step.pings) this.#ping(peer);
    for (const peer of step.looks) this.#look(peer);
    if (step.witnessesWanted) this.#askWitnesses();
    for (const { peer, from, to } of step.edgeChanges) {
      this.#events += 1;
      const order = { boot: this.boot, sequence: this.#sequence, event: this.#events };
      this.#outbox.push({ by: this.name, order, peer, state: to });
      if (to === 'good' && from !== 'good') this.#cluster.syncSoon(this, peer);
    }
    if (step.edgeChanges.length > 0) this.#publishLater();
    this.#wakeTurn += 1;
    const turn = this.#wakeTurn;
    // Timers have a grain: sums of fractions may fall short of the time by less than any clock can tell.
    this.#cluster.queue.after(Math.max(0.1, step.wakeAtMs - this.#now()), () =>
      this.run(() => {
        if (turn === this.#wakeTurn) this.step({ kind: 'tick' });
      }),
    );
  }

  /** My own report as it would be stored now, and all that I hold of others. */
  snapshot(): readonly Report[] {
    this.#sequence += 1;
    const edges = new Map<string, EdgeState>();
    for (const { peer, state, sampled } of this.last.edges()) {
      if (state !== undefined && sampled !== true) edges.set(peer, state);
    }
    const order = { boot: this.boot, sequence: this.#sequence, event: 0 };
    return [{ by: this.name, order, edges }, ...this.reports.values()];
  }

  receive(reports: readonly Report[]): void {
    for (const report of reports) {
      if (report.by === this.name) continue;
      const known = this.reports.get(report.by)?.order;
      const isNew =
        known === undefined ||
        report.order.boot > known.boot ||
        (report.order.boot === known.boot && report.order.sequence > known.sequence);
      if (!isNew) continue;
      this.reports.set(report.by, report);
      this.step({ kind: 'reported', ...report });
    }
  }

  hear(events: readonly EdgeEvent[]): void {
    for (const { by, order, peer, state } of events) {
      this.step({ kind: 'edge', by, order, peer, saidAtMs: this.#now(), ...(state !== undefined && { state }) });
    }
  }

  pinged(by: VirtualAgent): void {
    this.step({ kind: 'pinged', peer: by.name, boot: by.boot });
  }

  #now(): number {
    return this.#cluster.queue.now() - this.#clockStart;
  }

  #plan({ probes }: MembershipStep): void {
    const now = this.#cluster.queue.now();
    for (const peer of this.#probing.keys()) if (!probes.has(peer)) this.#probing.delete(peer);
    for (const [peer, intervalMs] of probes) {
      const known = this.#probing.get(peer);
      if (known?.intervalMs === intervalMs) continue;
      const first = now + intervalMs * this.#cluster.random.next();
      const nextAtMs = known === undefined ? first : Math.max(now, known.sentAtMs + intervalMs);
      const turn = (known?.turn ?? 0) + 1;
      this.#probing.set(peer, { nextAtMs, sentAtMs: known?.sentAtMs ?? now, turn, intervalMs });
      this.#pingAt(peer, nextAtMs, turn);
    }
  }

  #pingAt(peer: string, timeMs: number, turn: number): void {
    this.#cluster.queue.at(timeMs, () =>
      this.run(() => {
        const plan = this.#probing.get(peer);
        if (plan === undefined || plan.turn !== turn) return;
        plan.sentAtMs = this.#cluster.queue.now();
        this.#ping(peer);
        this.#pingAt(peer, plan.sentAtMs + plan.intervalMs * (0.95 + 0.1 * this.#cluster.random.next()), turn);
      }),
    );
  }

  #ping(peer: string): void {
    const { queue } = this.#cluster;
    const sentAtMs = this.#now();
    let isOpen = true;
    const miss = (cause: 'timeout' | 'refused'): void =>
      this.run(() => {
        if (!isOpen) return;
        isOpen = false;
        this.step({ kind: 'missed', peer, miss: { cause, sentAtMs } });
      });
    this.#cluster.sendProbe(this, peer, {
      answered: (boot) =>
        this.run(() => {
          isOpen = false;
          this.step({ kind: 'answered', peer, boot, answer: { rttMs: this.#now() - sentAtMs } });
        }),
      refused: () => miss('refused'),
    });
    this.#deadline(queue.now() + MISS_AFTER_MS, MISS_AFTER_MS, () => miss('timeout'));
  }

  /** As the prober's: late by more than 200 ms, it starts anew. */
  #deadline(dueAtMs: number, delayMs: number, expire: () => void): void {
    const { queue } = this.#cluster;
    queue.at(dueAtMs, () =>
      this.run(() => {
        const now = queue.now();
        if (now - dueAtMs > 200) this.#deadline(now + delayMs, delayMs, expire);
        else expire();
      }),
    );
  }

  #look(peer: string): void {
    const finish = (result: 'answered' | 'refused' | 'unresponsive' | 'timed-out'): void =>
      this.run(() => this.step({ kind: 'looked', peer, result }));
    const attempt = (isSecond: boolean): void => {
      const { queue } = this.#cluster;
      const startedAtMs = queue.now();
      const connectedAfterMs = this.#cluster.handshakeMs(this.name, peer, CONNECT_TIMEOUT_MS);
      queue.after(connectedAfterMs ?? CONNECT_TIMEOUT_MS, () => {
        const host = this.#cluster.network.host(peer);
        if (connectedAfterMs === undefined || !host.isOn) return finish('timed-out');
        if (!host.isAgentRunning) {
          if (isSecond) return finish('refused');
          return queue.after(SECOND_TRY_MS, () => this.run(() => attempt(true)));
        }
        this.#cluster.greet(this.name, peer, startedAtMs + connectedAfterMs + SILENCE_MS, (isAnswered) =>
          finish(isAnswered ? 'answered' : 'unresponsive'),
        );
      });
    };
    attempt(false);
  }

  #askWitnesses(): void {
    const { hasGateway } = this.#cluster.network.host(this.name);
    const asked = [{ kind: 'gateway' as const }];
    this.#cluster.queue.after(hasGateway ? 3 : 1000, () =>
      this.run(() => this.step({ kind: 'witnessed', answer: { verdict: hasGateway ? 'reachable' : 'silent', asked } })),
    );
  }

  #publishLater(): void {
    const { queue } = this.#cluster;
    queue.at(Math.max(queue.now(), this.#publishedAtMs + PUBLISH_EVERY_MS), () =>
      this.run(() => {
        if (this.#outbox.length === 0) return;
        this.#publishedAtMs = queue.now();
        this.#cluster.publish(this, this.#outbox.splice(0));
      }),
    );
  }

  #syncLater(): void {
    this.#cluster.queue.after(SYNC_EVERY_MS * (0.9 + 0.2 * this.#cluster.random.next()), () =>
      this.run(() => {
        const good = this.last.edges().filter(({ state }) => state === 'good');
        for (let count = 0; count < 2 && good.length > 0; count += 1) {
          this.#cluster.syncSoon(this, this.#cluster.random.pick(good).peer);
        }
        this.#syncLater();
      }),
    );
  }
}
