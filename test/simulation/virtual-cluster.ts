/** Virtual agents over a virtual network in virtual time, and the faults that can be done to them. */
import type { MembershipStep } from '../../agent/mesh/membership/step.ts';
import { type Random, createRandom } from '../lib/random.ts';
import { type EventQueue, createEventQueue } from './event-queue.ts';
import { type Network, createNetwork } from './network.ts';
import { type EdgeEvent, VirtualAgent } from './virtual-agent.ts';

/** Retransmission of a lost segment: Linux' least RTO, and the first of a SYN. */
const RTO_MS = 200;
const SYN_RETRY_MS = 1000;

export class VirtualCluster {
  readonly queue: EventQueue = createEventQueue();
  readonly random: Random;
  readonly network: Network;
  readonly names: readonly string[];
  readonly agents = new Map<string, VirtualAgent>();
  readonly #watch: (agent: VirtualAgent, step: MembershipStep) => void;
  readonly #boots = new Map<string, number>();

  /** @param watch sees every step of every agent */
  constructor(size: number, seed: number, watch: (agent: VirtualAgent, step: MembershipStep) => void) {
    this.random = createRandom(seed);
    this.names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    this.network = createNetwork(this.names, this.random);
    this.#watch = watch;
    for (const name of this.names) this.startAgent(name);
  }

  observe(agent: VirtualAgent, step: MembershipStep): void {
    this.#watch(agent, step);
  }

  startAgent(name: string): void {
    const boot = (this.#boots.get(name) ?? 0) + 1;
    this.#boots.set(name, boot);
    this.network.host(name).isAgentRunning = true;
    this.agents.set(name, new VirtualAgent(name, boot, this));
  }

  /** SIGKILL: the kernel closes its connections, whoever can hear that looks at once. */
  killAgent(name: string): void {
    const agent = this.agents.get(name);
    if (agent !== undefined) agent.isDead = true;
    const host = this.network.host(name);
    host.isAgentRunning = false;
    host.isFrozen = false;
    for (const other of agent?.last.neighbours ?? []) {
      this.#segment(name, other, (peer) => peer.step({ kind: 'disconnected', peer: name }));
    }
  }

  /** Power loss: nobody is told. */
  powerOff(name: string): void {
    const agent = this.agents.get(name);
    if (agent !== undefined) agent.isDead = true;
    Object.assign(this.network.host(name), { isOn: false, isAgentRunning: false, isFrozen: false });
  }

  powerOn(name: string): void {
    this.network.host(name).isOn = true;
    this.startAgent(name);
  }

  freeze(name: string): void {
    this.network.host(name).isFrozen = true;
  }

  thaw(name: string): void {
    this.network.host(name).isFrozen = false;
    this.agents.get(name)?.thaw();
  }

  /** The agent says that it goes, and ends a moment later. */
  restartCleanly(name: string, downForMs: number): void {
    const boot = this.#boots.get(name) ?? 1;
    this.#flood(name, (agent) => agent.step({ kind: 'leaving', member: name, boot, reason: 'restart' }));
    this.queue.after(50, () => this.killAgent(name));
    this.queue.after(50 + downForMs, () => this.startAgent(name));
  }

  sendProbe(
    from: VirtualAgent,
    to: string,
    { answered, refused }: { answered: (boot: number) => void; refused: () => void },
  ): void {
    this.#datagram(from.name, to, () => {
      const agent = this.agents.get(to);
      if (!this.network.host(to).isAgentRunning || agent === undefined) {
        return this.#datagram(to, from.name, refused);
      }
      agent.run(() => {
        agent.pinged(from);
        this.#datagram(to, from.name, () => answered(agent.boot));
      });
    });
  }

  /** How long a TCP handshake takes, undefined where it does not end within the limit. */
  handshakeMs(from: string, to: string, limitMs: number): number | undefined {
    for (let startMs = 0; startMs < limitMs; startMs += SYN_RETRY_MS) {
      const there = this.network.pass(from, to);
      const back = this.network.pass(to, from);
      if (there !== undefined && back !== undefined && this.network.host(to).isOn) return startMs + there + back;
    }
    return undefined;
  }

  /** The first line of the protocol and its answer. */
  greet(from: string, to: string, deadlineMs: number, done: (isAnswered: boolean) => void): void {
    let isDone = false;
    const finish = (isAnswered: boolean): void => {
      if (!isDone) done(isAnswered);
      isDone = true;
    };
    this.queue.at(deadlineMs, () => finish(false));
    this.#segment(from, to, () => this.#bytes(to, from, () => finish(true)));
  }

  /** Floods from neighbour to neighbour, as gossipsub does over held connections. */
  publish(author: VirtualAgent, events: readonly EdgeEvent[]): void {
    this.#flood(author.name, (agent) => agent.hear(events));
  }

  #flood(author: string, deliver: (agent: VirtualAgent) => void): void {
    const seen = new Set([author]);
    const spread = (name: string): void => {
      for (const next of this.names) {
        if (seen.has(next) || !this.#isHeld(name, next) || !this.network.isConnected(name, next)) continue;
        seen.add(next);
        this.#segment(name, next, (agent) => {
          deliver(agent);
          spread(next);
        });
      }
    };
    spread(author);
  }

  /** Both sides tell each other all that they know. */
  syncSoon(agent: VirtualAgent, peer: string): void {
    this.queue.after(20 + 40 * this.random.next(), () =>
      agent.run(() => {
        if (!this.network.isConnected(agent.name, peer)) return;
        const mine = agent.snapshot();
        this.#segment(agent.name, peer, (other) => {
          const theirs = other.snapshot();
          other.receive(mine);
          this.#segment(peer, agent.name, (back) => back.receive(theirs));
        });
      }),
    );
  }

  /** A connection is held when either end wants it. */
  #isHeld(one: string, other: string): boolean {
    const wants = (from: string, to: string): boolean => this.agents.get(from)?.last.neighbours.includes(to) === true;
    return wants(one, other) || wants(other, one);
  }

  #datagram(from: string, to: string, deliver: () => void): void {
    const delayMs = this.network.pass(from, to);
    if (delayMs === undefined) return;
    this.queue.after(delayMs, () => {
      if (this.network.host(to).isOn) deliver();
    });
  }

  /** Bytes on a held connection: what is lost is sent again. */
  #bytes(from: string, to: string, deliver: () => void, rtoMs = RTO_MS): void {
    if (rtoMs > 10_000 || !this.network.host(from).isOn) return;
    const delayMs = this.network.pass(from, to);
    if (delayMs === undefined) this.queue.after(rtoMs, () => this.#bytes(from, to, deliver, 2 * rtoMs));
    else this.queue.after(delayMs, () => this.network.host(to).isOn && deliver());
  }

  /** The same, handed to the agent that runs there when it arrives. */
  #segment(from: string, to: string, deliver: (agent: VirtualAgent) => void): void {
    const { agents } = this;
    this.#bytes(from, to, () => {
      const agent = agents.get(to);
      if (this.network.host(to).isAgentRunning) agent?.run(() => deliver(agent));
    });
  }
}
