/** Whole meshes in memory, on a network and a clock that tests own. */
import type { NodeUids } from '../../agent/model/node-uids.ts';
import type { Clock } from '../../agent/base/clock.ts';
import { type FakeClock, createFakeClock } from './fake-clock.ts';
import { aReport, aResult } from './fixtures.ts';
import { createRandom } from './random.ts';
import { pino } from 'pino';
import type { NodeReport } from '../../agent/model/report.ts';
import { type MeshDisk, createMeshDisk } from './mesh-disk.ts';
import { type ClusterKey, clusterKeyFrom } from '../../agent/mesh/identity/cluster-key.ts';
import type { SecretFiles } from '../../agent/mesh/identity/durable-file.ts';
import { type Mesh, createMesh } from '../../agent/mesh/mesh.ts';
import type { Observation, ProbeTarget } from '../../agent/mesh/probes/observation.ts';
import { authorPrefix } from '../../agent/mesh/probes/datagram.ts';
import type { ProbesDeps, ProbesOptions } from '../../agent/mesh/probes/probes.ts';
import { MIN_PACE_MS } from '../../agent/mesh/probes/timing.ts';
import type { Witness } from '../../agent/mesh/probes/witnesses.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { type MemoryNetwork, createMemoryNetwork } from '../../agent/mesh/transport/memory/network.ts';
import { createMemoryTransport } from '../../agent/mesh/transport/memory/transport.ts';
import type { Transport } from '../../agent/mesh/transport/types.ts';
import type { MeshParts, MeshProbes } from '../../agent/mesh/compose/parts.ts';

export interface MemoryNode {
  readonly name: string;
  readonly mesh: Mesh;
  readonly peerId: string;
  /** What its next report says. */
  report: NodeReport;
  /** Writes to its disk what is new since the last time. */
  save(): void;
  /** Ends without a word. */
  kill(): Promise<void>;
}

export interface MemoryNodeOptions {
  /** Default: its own by host. Another one is another key. */
  readonly directory?: string;
  readonly key?: ClusterKey;
  /** Default: the hosts 1 to 3. */
  readonly seeds?: readonly string[];
  /** So far its wall clock is ahead of the others'. */
  readonly aheadMs?: number;
  /** When its host booted, monotonic ms; default: long ago. */
  readonly bootedMs?: number;
  /** Begins with what its run before has saved. */
  readonly recall?: boolean;
  /** Called before it starts. */
  readonly onMade?: (mesh: Mesh) => void;
  /** What comes of asking its gateway. */
  readonly witness?: 'reachable' | 'silent';
  /** What Kubernetes says of Nodes. */
  readonly nodes?: NodeUids;
}

export interface MemoryWorld {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  /** Disks, path → text. */
  readonly disk: Map<string, string>;
  /** What the agents have saved of the mesh, by directory. */
  readonly saved: ReadonlyMap<string, MeshDisk>;
  start(name: string, host: number, options?: MemoryNodeOptions): Promise<MemoryNode>;
  /** Cuts each of the ones from each of the others. */
  cut(ones: readonly MemoryNode[], others: readonly MemoryNode[]): void;
  /** Advances until it holds; the virtual ms that it took. */
  until(what: string, boundMs: number, holds: () => boolean): Promise<number>;
}

export const KEY = clusterKeyFrom(new Uint8Array(32).fill(7));
export const OTHER_KEY = clusterKeyFrom(new Uint8Array(32).fill(9));
export const CLUSTER_ID = '6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10';
const addressOf = (host: number): string => `10.0.0.${host}:7576`;
const STEP_MS = 50;
const GATEWAY: Witness = { kind: 'gateway', host: '10.0.0.250', port: 53 };

export function createMemoryWorld(seed = 1): MemoryWorld {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 1 });
  const random = createRandom(seed);
  const air: Air = { clock, network, byAddress: new Map() };
  const disk = new Map<string, string>();
  const saved = new Map<string, MeshDisk>();
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.integer(256));

  return {
    clock,
    network,
    disk,
    saved,
    async start(name, host, options = {}) {
      const directory = options.directory ?? `/node-${host}`;
      const ownClock: Clock = { ...clock, now: () => clock.now() + (options.aheadMs ?? 0) };
      const kept = saved.get(directory) ?? createMeshDisk(ownClock);
      saved.set(directory, kept);
      const uptime = (): string =>
        `${((clock.monotonic() - (options.bootedMs ?? -86_400_000)) / 1000).toFixed(2)} 9.99\n`;
      let transport: Transport | undefined;
      let probes: MeshProbes | undefined;
      const parts: MeshParts = {
        files: memoryFiles(disk),
        async openTransport({ keys, clusterKeys, listen }) {
          const { peerId } = keys;
          transport = patient(
            createMemoryTransport(
              { peerId, listen, keys: clusterKeys.map(({ id }) => id), topics: [EVENTS_TOPIC] },
              network,
            ),
          );
          return transport;
        },
        startProbes: async (...made) =>
          (probes = startMemoryProbes(air, addressOf(host), transport?.peerId ?? '', ...made)),
        askWitnesses: async () => ({ verdict: options.witness ?? 'unasked', asked: [GATEWAY], tookMs: 0 }),
      };
      const mesh = createMesh(
        {
          directory,
          nodeName: name,
          listen: [{ host: `10.0.0.${host}`, port: 7576 }],
          seeds: options.seeds ?? [1, 2, 3].map(addressOf),
          clusterKeys: [options.key ?? KEY],
          clusterId: CLUSTER_ID,
          ...(options.recall === true && { memory: kept.memory() }),
        },
        {
          clock: ownClock,
          log: pino({ level: 'silent' }),
          random: () => random.next(),
          randomBytes,
          host: { readText: async (path) => (path === '/proc/uptime' ? uptime() : `${host}`.padStart(32, '0')) },
          report: () => node.report,
          store: () => ({ state: 'ok', since: ownClock.now(), message: '' }),
          nodes: options.nodes,
        },
        parts,
      );
      const node: MemoryNode = {
        name,
        mesh,
        get peerId() {
          return transport?.peerId ?? '';
        },
        report: aReport([aResult()], { node: name }),
        save: () => kept.save(mesh.changes()),
        async kill() {
          await Promise.all([probes?.stop(), transport?.stop()]);
          await mesh.stop('shutdown');
        },
      };
      options.onMade?.(mesh);
      await mesh.start();
      return node;
    },
    cut(ones, others) {
      for (const one of ones) for (const other of others) network.cut(one.peerId, other.peerId);
    },
    async until(what, boundMs, holds) {
      const startedAt = clock.monotonic();
      while (!holds()) {
        if (clock.monotonic() - startedAt > boundMs) throw new Error(`not within ${boundMs} ms: ${what}`);
        await clock.advance(STEP_MS);
      }
      return clock.monotonic() - startedAt;
    },
  };
}

/** Who answers probes, by address. */
interface Air {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly byAddress: Map<string, Prober>;
}

interface Prober {
  readonly peerId: string;
  readonly author: string;
  readonly deps: ProbesDeps;
  /** What it accepts. */
  keys: readonly string[];
  /** Whether this peer is in its plan. */
  plans(peerId: string): boolean;
}

const LATENCY_MS = 1;
const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const NO_LOSS = { lost: 0, of: 0 };
const loss = { roundTrip: NO_LOSS, toPeer: NO_LOSS, fromPeer: NO_LOSS };

/** Probes without datagrams: an answer, a refusal, or nothing, as the network is. */
function startMemoryProbes(
  air: Air,
  own: string,
  peerId: string,
  options: ProbesOptions,
  deps: ProbesDeps,
): MeshProbes {
  const { clock, network, byAddress } = air;
  const timers = new Map<string, { readonly target: ProbeTarget; readonly cancel: () => void }>();
  const pingedAt = new Map<string, number>();
  let isStopped = false;
  const self: Prober = {
    peerId,
    author: authorPrefix(options.authorKey),
    deps,
    keys: options.clusterKeys.map(hex),
    plans: (other) => timers.has(other),
  };
  byAddress.set(own, self);
  const report = (seen: Observation): void => void (isStopped || deps.onObservation(seen));

  const probe = ({ peerId: wanted, addresses }: ProbeTarget): void => {
    const [address] = addresses;
    if (address === undefined) return;
    const sentAt = clock.monotonic();
    const seen = () => ({ peerId: wanted, at: clock.monotonic(), address, loss });
    const peer = byAddress.get(`${address.host}:${address.port}`);
    const isStranger = peer?.keys.some((key) => self.keys.includes(key)) === false;
    if (network.isCut(peerId, wanted) || isStranger) {
      clock.after(500, () => report({ kind: 'missed', cause: 'timeout', sentAt, ...seen() }));
      return;
    }
    if (peer?.peerId !== wanted) {
      const why =
        peer === undefined ? { cause: 'refused' as const } : { cause: 'other-agent' as const, detail: peer.author };
      clock.after(LATENCY_MS, () => report({ kind: 'missed', ...why, sentAt, ...seen() }));
      return;
    }
    if (peer.plans(peerId))
      peer.deps.onObservation({ kind: 'pinged', peerId, at: clock.monotonic(), state: deps.state(), loss });
    clock.after(LATENCY_MS, () =>
      report({ kind: 'answered', isLate: false, rttMs: LATENCY_MS, state: peer.deps.state(), ...seen() }),
    );
  };
  const look = (wanted: string): void => {
    const address = timers.get(wanted)?.target.addresses[0];
    const peer = address && byAddress.get(`${address.host}:${address.port}`);
    const isCut = network.isCut(peerId, wanted);
    const result = isCut ? 'timed-out' : peer === undefined ? 'refused' : 'answered';
    const tookMs = isCut ? 1200 : 200;
    clock.after(tookMs, () => report({ kind: 'tcp-look', peerId: wanted, at: clock.monotonic(), result, tookMs }));
  };
  return {
    setPlan(targets) {
      const wanted = new Map(targets.map((target) => [target.peerId, target]));
      for (const [id, { target, cancel }] of timers) {
        if (wanted.get(id)?.paceMs === target.paceMs) continue;
        cancel();
        timers.delete(id);
      }
      for (const target of targets)
        if (!timers.has(target.peerId))
          timers.set(target.peerId, { target, cancel: clock.every(target.paceMs, () => probe(target)) });
    },
    ping(wanted) {
      const planned = timers.get(wanted);
      const isTooSoon = clock.monotonic() - (pingedAt.get(wanted) ?? -Infinity) < MIN_PACE_MS;
      if (planned === undefined || isTooSoon) return;
      pingedAt.set(wanted, clock.monotonic());
      clock.after(0, () => probe(planned.target));
    },
    look,
    testSize: () => {},
    fullSizes: () => new Map(),
    admit(clusterKeys) {
      self.keys = clusterKeys.map(hex);
    },
    move: async () => {},
    counters: () => ({}) as ReturnType<MeshProbes['counters']>,
    async stop() {
      isStopped = true;
      for (const { cancel } of timers.values()) cancel();
      if (byAddress.get(own) === self) byAddress.delete(own);
    },
  };
}

function memoryFiles(disk: Map<string, string>): SecretFiles {
  const missing = (): Error => Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return {
    async readText(path) {
      const text = disk.get(path);
      if (text === undefined) throw missing();
      return text;
    },
    async writeDurably(path, text) {
      disk.set(path, text);
    },
    async rename(from, to) {
      const text = disk.get(from);
      if (text === undefined) throw missing();
      disk.delete(from);
      disk.set(to, text);
    },
  };
}

/** In memory the bound on streams is one for all peers together. */
function patient(transport: Transport): Transport {
  const handle = transport.handle.bind(transport);
  transport.handle = (name, limits, handler) => handle(name, { ...limits, maxStreamsPerPeer: 64 }, handler);
  return transport;
}
