/** A cluster of virtual hosts, and what can be done to it. The time moves only in `runUntil`. */
import { type Random, createRandom } from '../../lib/random.ts';
import { createMeshDisk } from '../../lib/mesh-disk.ts';
import { type EventQueue, createEventQueue } from '../event-queue.ts';
import { type Network, createNetwork } from '../network.ts';
import { type AgentWatch, type VirtualAgent, type VirtualHost, IDENTITY_PATH, newHost, startAgent } from './agent.ts';
import { type Air, createAir } from './air.ts';

export type DiskLoss = 'none' | 'store' | 'key' | 'all';

export class World {
  readonly queue: EventQueue = createEventQueue();
  readonly random: Random;
  readonly network: Network;
  readonly hosts: ReadonlyMap<string, VirtualHost>;
  readonly air: Air;
  /** The nodes that the cluster begins with. */
  readonly names: readonly string[];
  /** Hosts without an agent, for those who come later. */
  readonly spares: string[];
  /** Node → the host on which it is at home. */
  readonly homes = new Map<string, string>();
  /** Names that were taken from the cluster for good. */
  readonly removed = new Set<string>();
  /** Nodes whose agents have said that they restart, while nothing else was wrong. */
  readonly goodbyes = new Set<string>();
  /** Records of a later version that were broadcast while nothing was wrong. */
  readonly told = new Set<string>();
  /** What members have said in the name of others. */
  forgeries = 0;
  /** Nodes whose agents get hardly any CPU. */
  readonly starved = new Set<string>();
  /** Hosts of each side of a cut, from its begin until all is well again, while nothing else is wrong. */
  sides: readonly (readonly string[])[] | undefined;
  readonly #watch: AgentWatch;
  #versions = 0;

  constructor(size: number, spares: number, seed: number, watch: AgentWatch) {
    this.random = createRandom(seed);
    this.#watch = watch;
    this.names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    this.spares = Array.from({ length: spares }, (_, index) => `x${index + 1}`);
    const all = [...this.names, ...this.spares];
    this.network = createNetwork(all, this.random);
    this.hosts = new Map(all.map((name, index) => [name, newHost(name, `10.0.0.${index + 1}:7576`, index + 1)]));
    const addresses = new Map([...this.hosts.values()].map(({ name, address }) => [address, name]));
    this.air = createAir(this.queue, this.network, addresses);
  }

  host(name: string): VirtualHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  /** Agents whose process lives, also frozen ones. */
  agents(): VirtualAgent[] {
    return [...this.hosts.values()].flatMap(({ agent }) => (agent?.process.isAlive() === true ? [agent] : []));
  }

  /** The agent that runs where the node is at home. */
  agent(node: string): VirtualAgent | undefined {
    const { agent } = this.host(this.homes.get(node) ?? node);
    return agent?.process.isAlive() === true && agent.node === node ? agent : undefined;
  }

  /** The newest version of any report. */
  version(): number {
    return this.#versions;
  }

  /** The node that is at home on the host. */
  nodeAt(hostName: string): string {
    for (const [node, home] of this.homes) if (home === hostName) return node;
    return hostName;
  }

  start(hostName: string, node = this.nodeAt(hostName)): VirtualAgent {
    const host = this.host(hostName);
    if (!this.homes.has(node)) this.homes.set(node, hostName);
    this.#versions += 1;
    const seeds = this.names.slice(0, 3).map((name) => this.host(name).address);
    return startAgent(this.air, this.random, host, { node, seeds, version: this.#versions }, this.#watch);
  }

  /** Its node's report says something new. */
  update(agent: VirtualAgent): void {
    this.#versions += 1;
    agent.version = this.#versions;
    agent.process.run(() => agent.mesh.publishReport());
  }

  /** An event of its node. */
  say(agent: VirtualAgent, message: string): void {
    agent.process.run(() => {
      // A mesh takes events from its start on; what an agent has to say before it waits elsewhere (agent/joined-mesh.ts).
      if (agent.hasLeft || agent.mesh.counts() === undefined) return;
      agent.said.push(message);
      const at = agent.process.clock.now();
      agent.mesh.publishEvents([{ kind: 'agent-notice', at, node: agent.node, message }]);
    });
  }

  /** SIGKILL. */
  crash(name: string): void {
    const { agent } = this.host(name);
    if (agent === undefined || !agent.process.isAlive()) return;
    agent.transport()?.kernelCloses();
    agent.process.end();
  }

  /** Without a word, not even from the kernel. */
  powerOff(name: string): void {
    const host = this.host(name);
    const transport = host.agent?.transport();
    host.wasDown = this.network.host(name).isOn && host.agent?.process.isAlive() !== true;
    this.network.host(name).isOn = false;
    if (transport !== undefined) this.air.unlisten(host.address, transport);
    host.agent?.process.end();
  }

  powerOn(name: string): void {
    this.network.host(name).isOn = true;
    this.host(name).bootedMs = this.queue.now();
  }

  loseDisk(name: string, loss: DiskLoss): void {
    const host = this.host(name);
    if (loss === 'key' || loss === 'all') host.files.delete(IDENTITY_PATH);
    if (loss === 'store' || loss === 'all') host.kept = createMeshDisk({ now: () => 0 });
  }

  /** Moves the time, and lets promises settle after each action. */
  runUntil(timeMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          const action = this.queue.take(timeMs);
          if (action === undefined) return resolve();
          action();
        } catch (error) {
          return reject(error);
        }
        // A tick from a microtask comes after every promise that can settle has done so.
        turns += 1;
        if (turns % 1000 === 0) setImmediate(turn);
        else queueMicrotask(() => process.nextTick(turn));
      };
      let turns = 0;
      turn();
    });
  }

  runFor(durationMs: number): Promise<void> {
    return this.runUntil(this.queue.now() + durationMs);
  }
}
