/** Several agents' notifications in virtual time: a board that takes its time, receivers that record, cuts and deaths. */
import { hash } from 'node:crypto';
import { type FakeClock, createFakeClock } from './fake-clock.ts';
import { createLog } from '../../agent/base/log.ts';
import type { Board, Note, Topic } from '../../agent/model/board.ts';
import type { Finding, FindingSeverity } from '../../agent/model/finding.ts';
import type { RuleAlert } from '../../agent/model/rule-alert.ts';
import type { Wishes } from '../../agent/alerts/alert.ts';
import type { Timing } from '../../agent/alerts/decide.ts';
import { type Desk, createDesk } from '../../agent/alerts/desk.ts';
import type { AlertMemory } from '../../agent/alerts/memory.ts';
import { createSilences } from '../../agent/alerts/silences.ts';
import type { Silences } from '../../agent/alerts/silences.ts';
import type { Notification, SendOutcome } from '../../agent/alerts/types.ts';

export const TIMING: Timing = {
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatMs: 4 * 3_600_000,
  rankDelayMs: 15_000,
  resolveDelayMs: 60_000,
};

export const WISHES: Wishes = { name: 'pager', minSeverity: 'warning', reasons: [], except: [], sendResolved: true };
const SENT: SendOutcome = { kind: 'sent' };
const DETECT_MS = 3000;
const QUIET_MS = 30_000;

export interface Message extends Notification {
  readonly receiver: string;
  /** Of which side of a cut it is. */
  readonly side?: number;
  /** Virtual ms at which it was there. */
  readonly atMs: number;
}

export interface WorldAgent {
  readonly name: string;
  readonly desk: Desk;
  readonly silences: Silences;
  readonly board: { tell: Board['tell']; readonly notes: Board['notes'] };
}

/** What a receiver answers to one message of one agent; it has the message unless it fails. */
export type Answering = (message: Message) => Promise<SendOutcome> | SendOutcome;

export interface WorldOptions {
  readonly names: readonly string[];
  readonly wishes?: Partial<Wishes>;
  readonly timing?: Partial<Timing>;
  readonly gossipMs?: number;
  /** All lead to the same place. */
  readonly receivers?: readonly { readonly name: string; readonly wishes?: Partial<Wishes> }[];
}

/** What was killed and still holds a promise changes nothing. */
interface Life {
  isOver: boolean;
}

interface Posted {
  readonly items: readonly unknown[];
  readonly madeMs: number;
  /** Of all notes. */
  readonly place: number;
}

export class AlertWorld {
  readonly clock: FakeClock = createFakeClock();
  readonly messages: Message[] = [];
  readonly notices: string[] = [];
  answer: Answering = () => SENT;
  gossipMs: number;
  readonly #options: WorldOptions;
  readonly #running = new Map<string, WorldAgent>();
  readonly #disks = new Map<string, unknown>();
  /** Reader → author and topic → what it has of it. */
  readonly #boards = new Map<string, Map<string, Posted>>();
  readonly #lostMs = new Map<string, number>();
  readonly #lives = new Map<string, Life>();
  readonly #findings = new Map<string, { readonly finding: Finding; readonly seenBy: readonly string[] | undefined }>();
  readonly #rules = new Map<string, RuleAlert>();
  /** Reader → what it has heard of rules. */
  readonly #heard = new Map<string, Map<string, RuleAlert>>();
  readonly #muzzled = new Set<string>();
  #posted = 0;
  #groups: readonly (readonly string[])[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.gossipMs = options.gossipMs ?? 300;
    for (const name of options.names) this.start(name);
    this.clock.every(1000, () => {
      for (const { name, desk } of this.#running.values()) if (!this.#muzzled.has(name)) desk.look();
    });
  }

  get timing(): Timing {
    return { ...TIMING, ...this.#options.timing };
  }

  agent(name: string): WorldAgent {
    const found = this.#running.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  }

  running(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** In the order in which they tell. */
  ranked(): readonly string[] {
    const order: string[] = [];
    for (const name of this.#running.keys()) {
      const { desk } = this.agent(name);
      const left = [...this.#running.keys()].filter((other) => !order.includes(other));
      const around = { ...this.#around(name, 0), present: () => left };
      order.push(...desk.lines.slice(0, 1).flatMap((line) => desk.senderOf(line, around) ?? []));
    }
    return order;
  }

  /** It is there, and has no such receiver. */
  muzzle(name: string): void {
    this.#muzzled.add(name);
  }

  /** It is removed from the cluster: nothing of what it said is left. */
  forget(name: string): void {
    for (const board of this.#boards.values())
      for (const key of board.keys()) if (key.split(' ')[1] === name) board.delete(key);
  }

  /** What the store of an agent has. */
  disk(name: string): AlertMemory | undefined {
    return this.#disks.get(name) as AlertMemory | undefined;
  }

  keep(name: string, memory: unknown): void {
    this.#disks.set(name, memory);
  }

  start(name: string, { isMemoryAwaited = false } = {}): WorldAgent {
    const startedMs = this.clock.monotonic();
    const life = { isOver: false };
    this.#lives.set(name, life);
    const board = this.#boardOf(name, life);
    const silences = createSilences({
      self: name,
      clock: this.clock,
      board,
      newId: () => String((this.#posted += 1)).padStart(8, '0'),
    });
    const agent: WorldAgent = {
      name,
      board,
      silences,
      desk: createDesk({
        clock: this.clock,
        log: createLog('silent', name),
        random: () => 0.5,
        self: name,
        resolveDelayMs: this.timing.resolveDelayMs,
        audiences: (this.#options.receivers ?? [{ name: 'pager' }]).map((one) => ({
          timing: this.timing,
          kind: 'test',
          wishes: { ...WISHES, name: one.name, ...this.#options.wishes, ...one.wishes },
          receiver: {
            name: one.name,
            destination: 'aaaabbbbccccdddd',
            send: (notification) => this.#receive(agent, notification, one.name),
          },
        })),
        board,
        silences,
        around: () => this.#around(name, startedMs),
        ruleAlerts: () => this.#ruleAlertsFor(name),
        notice: (message) => this.notices.push(`${name}: ${message}`),
        save: (memory) => {
          if (!life.isOver) this.#disks.set(name, JSON.parse(JSON.stringify(memory)));
        },
        localNotes: () => [],
      }),
    };
    if (!isMemoryAwaited) agent.desk.recall(this.#disks.get(name));
    this.#lostMs.delete(name);
    this.#running.set(name, agent);
    for (const other of this.#running.keys())
      if (this.#reaches(name, other)) this.#give(name, this.#boards.get(other) ?? new Map());
    return agent;
  }

  /** No last word. */
  kill(name: string): void {
    this.#running.delete(name);
    const life = this.#lives.get(name);
    if (life !== undefined) life.isOver = true;
    this.#lostMs.set(name, this.clock.monotonic());
  }

  partition(...groups: readonly (readonly string[])[]): void {
    this.#groups = groups;
    this.#lostMs.set('cut', this.clock.monotonic());
  }

  heal(): void {
    this.#groups = [];
    this.#lostMs.delete('cut');
    for (const one of this.#options.names)
      for (const other of this.#options.names) this.#give(other, this.#boards.get(one) ?? new Map());
  }

  raise(
    reason: string,
    nodes: readonly string[],
    more: { readonly severity?: FindingSeverity; readonly seenBy?: readonly string[]; readonly causedBy?: string } = {},
  ): void {
    const { severity = 'warning', seenBy, causedBy } = more;
    const [node = ''] = nodes;
    const finding: Finding = {
      id: `${reason} ${nodes.join()}`,
      reason,
      severity,
      nodeSeverity: severity,
      node,
      nodes,
      sentence: `${reason} on ${nodes.join(' and ')}`,
      since: this.clock.now(),
      observers: seenBy ?? [...this.#options.names],
      dissent: [],
      evidence: [],
      alternatives: [],
      next: ['look at it'],
      ...(causedBy !== undefined && { causedBy }),
    };
    this.#findings.set(`${finding.id} ${seenBy?.join() ?? ''}`, { finding, seenBy });
  }

  end(reason: string): void {
    for (const [key, { finding }] of this.#findings) if (finding.reason === reason) this.#findings.delete(key);
  }

  /**
   * A rule fires. Without `by` whoever is there judges it; with it, only those hear of it that hear of that agent. The round that it
   * had before was let through before, any other one is now.
   */
  fire(rule: string, more: Partial<RuleAlert> = {}): void {
    const { key = '', round = 1 } = more;
    const before = this.#rules.get(`${rule} ${key}`);
    const roundAt = before?.round === round ? before.roundAt : undefined;
    this.#rules.set(`${rule} ${key}`, {
      fingerprint: hash('sha256', `${rule} ${key}`).slice(0, 16),
      rule,
      key,
      severity: 'warning',
      sentence: `${rule} says so`,
      facts: {},
      nodes: [],
      since: this.clock.now(),
      lastAt: this.clock.now(),
      round,
      roundAt: roundAt ?? this.clock.now(),
      receivers: [],
      by: '',
      isCurrent: true,
      ...more,
    });
  }

  /** It wants to be told once more. */
  again(rule: string, key = ''): void {
    this.#changeRule(rule, key, ({ round }) => ({ round: round + 1, roundAt: this.clock.now() }));
  }

  over(rule: string, key = ''): void {
    this.#changeRule(rule, key, () => ({ endedAt: this.clock.now() }));
  }

  /** Nobody says anything of it any more. */
  withdraw(rule: string, key = ''): void {
    this.#rules.delete(`${rule} ${key}`);
    for (const heard of this.#heard.values()) heard.delete(`${rule} ${key}`);
  }

  /** Each message in short: `n1: +A +B -C`. */
  told(): readonly string[] {
    return this.messages.map(
      ({ sender, alerts, isLate }) =>
        `${sender}: ${alerts.map(({ reason, endedAt }) => (endedAt === undefined ? '+' : '-') + reason).join(' ')}${isLate ? ' late' : ''}`,
    );
  }

  #changeRule(rule: string, key: string, change: (alert: RuleAlert) => Partial<RuleAlert>): void {
    const alert = this.#rules.get(`${rule} ${key}`);
    if (alert === undefined) throw new Error(`${rule} does not fire`);
    this.#rules.set(`${rule} ${key}`, { ...alert, ...change(alert), lastAt: this.clock.now() });
  }

  #ruleAlertsFor(name: string): readonly RuleAlert[] {
    const heard = this.#heard.get(name) ?? new Map<string, RuleAlert>();
    this.#heard.set(name, heard);
    const isHeard = ({ by }: RuleAlert): boolean => by === '' || this.#isPresent(name, by);
    for (const [key, alert] of this.#rules) if (isHeard(alert)) heard.set(key, alert);
    return [...heard.values()].map((alert) => ({ ...alert, isCurrent: isHeard(alert) }));
  }

  async #receive(agent: WorldAgent, notification: Notification, receiver: string): Promise<SendOutcome> {
    const side = this.#groups.findIndex((group) => group.includes(agent.name));
    const message = {
      ...notification,
      receiver,
      atMs: this.clock.monotonic(),
      ...(side !== -1 && { side }),
    };
    const outcome = await this.answer(message);
    if (outcome.kind === 'sent') this.messages.push(message);
    // Who was killed hears nothing of it.
    return this.#running.get(agent.name) === agent ? outcome : new Promise<SendOutcome>(() => {});
  }

  #reaches(one: string, other: string): boolean {
    const [here, there] = [one, other].map((name) => this.#groups.findIndex((group) => group.includes(name)));
    return this.#running.has(one) && this.#running.has(other) && here === there;
  }

  #isPresent(self: string, name: string): boolean {
    if (this.#reaches(self, name)) return true;
    const lostMs = this.#lostMs.get(this.#running.has(name) ? 'cut' : name) ?? -Infinity;
    return this.clock.monotonic() - lostMs < DETECT_MS;
  }

  #around(name: string, startedMs: number) {
    const present = (): readonly string[] => this.#options.names.filter((other) => this.#isPresent(name, other));
    return {
      diagnosis: {
        findings: [...this.#findings.values()].flatMap(({ finding, seenBy }) =>
          seenBy === undefined || seenBy.includes(name) ? [finding] : [],
        ),
      },
      isBlind: this.clock.monotonic() - startedMs < 10_000,
      paused: () => (this.clock.monotonic() - startedMs < QUIET_MS ? 'just started' : undefined),
      present,
      isVisible: (node: string) => present().includes(node) || !this.#options.names.includes(node),
      view: () => ({ members: present().length, known: this.#options.names.length }),
    };
  }

  #boardOf(name: string, life: Life): WorldAgent['board'] {
    const own = this.#boards.get(name) ?? new Map<string, Posted>();
    this.#boards.set(name, own);
    return {
      tell: (topic, items) => {
        if (life.isOver) return 'not-yet';
        const posted: Posted = {
          items: JSON.parse(JSON.stringify(items)) as readonly unknown[],
          madeMs: this.clock.monotonic(),
          place: (this.#posted += 1),
        };
        const key = `${topic} ${name}`;
        own.set(key, posted);
        for (const other of this.#options.names)
          if (this.#reaches(name, other)) this.#give(other, new Map([[key, posted]]));
        return 'told';
      },
      notes: (topic: Topic) =>
        [...own].flatMap(([key, { items, madeMs }]): Note[] => {
          const [about, node = ''] = key.split(' ');
          if (about !== topic) return [];
          const isOwn = node === name;
          const isCurrent = isOwn || this.#isPresent(name, node);
          return [{ node, isOwn, isCurrent, ageMs: this.clock.monotonic() - madeMs, items }];
        }),
    };
  }

  #give(to: string, news: ReadonlyMap<string, Posted>): void {
    const copy = new Map(news);
    this.clock.after(this.gossipMs, () => {
      const board = this.#boards.get(to);
      for (const [key, posted] of copy)
        if (board !== undefined && (board.get(key)?.place ?? 0) < posted.place) board.set(key, posted);
    });
  }
}
