/** One run of an agent's mesh on a virtual host: the product's own, on parts that are virtual. */
import { pino } from 'pino';
import type { MeshParts, MeshProbes } from '../../../agent/mesh/compose/parts.ts';
import { clusterKeyFrom } from '../../../agent/mesh/identity/cluster-key.ts';
import type { SecretFiles } from '../../../agent/mesh/identity/durable-file.ts';
import { type Mesh, type PeerEvent, createMesh } from '../../../agent/mesh/mesh.ts';
import { EVENTS_TOPIC } from '../../../agent/mesh/spread/topic.ts';
import type { MeshChanges } from '../../../agent/model/mesh-memory.ts';
import type { NodeReport } from '../../../agent/model/report.ts';
import { aReport, aResult } from '../../lib/fixtures.ts';
import { type MeshDisk, createMeshDisk } from '../../lib/mesh-disk.ts';
import type { Random } from '../../lib/random.ts';
import type { Air } from './air.ts';
import { checkOnce } from './crypto.ts';
import { startVirtualProbes } from './probes.ts';
import { type VirtualTransport, createVirtualTransport } from './transport.ts';
import { type VirtualProcess, createVirtualProcess } from './virtual-process.ts';

/** A machine: what outlives its agents. */
export interface VirtualHost {
  readonly name: string;
  readonly address: string;
  machineId: string;
  /** So far its wall clock is ahead. */
  aheadMs: number;
  /** In virtual time. */
  bootedMs: number;
  /** Of the identity file, by path. */
  files: Map<string, string>;
  /** What the store has kept of the mesh. */
  kept: MeshDisk;
  agent: VirtualAgent | undefined;
  /** Its agent was down before its power was. */
  wasDown: boolean;
}

export interface VirtualAgent {
  readonly node: string;
  readonly host: VirtualHost;
  readonly startedMs: number;
  readonly process: VirtualProcess;
  readonly mesh: Mesh;
  /** Undefined until it listens. */
  transport(): VirtualTransport | undefined;
  /** What it has published of its own, in order. */
  readonly said: string[];
  /** It has said goodbye. */
  hasLeft: boolean;
  /** What its report says. */
  version: number;
  save(): void;
}

/** What agents tell the one who watches. */
export interface AgentWatch {
  changed(agent: VirtualAgent): void;
  heard(agent: VirtualAgent, event: PeerEvent): void;
  /** Something is written to its disk. */
  saved(agent: VirtualAgent, changes: MeshChanges): void;
  failed(agent: VirtualAgent, error: unknown): void;
}

export interface AgentOptions {
  readonly node: string;
  readonly seeds: readonly string[];
  readonly version: number;
}

export const CLUSTER_ID = '6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10';
const KEY = clusterKeyFrom(new Uint8Array(32).fill(7));
const log = pino({ level: 'silent' });
/** As often as the store is written. */
const SAVE_MS = 2000;
const DIRECTORY = '/data';
export const IDENTITY_PATH = `${DIRECTORY}/identity.json`;

export function newHost(name: string, address: string, machine: number): VirtualHost {
  const host: VirtualHost = {
    name,
    address,
    machineId: `${machine}`.padStart(32, '0'),
    aheadMs: 0,
    bootedMs: -86_400_000,
    files: new Map(),
    kept: createMeshDisk({ now: () => 0 }),
    agent: undefined,
    wasDown: false,
  };
  return host;
}

export function startAgent(
  air: Air,
  random: Random,
  host: VirtualHost,
  { node, seeds, version }: AgentOptions,
  watch: AgentWatch,
): VirtualAgent {
  const process = createVirtualProcess(air.queue, () => host.aheadMs);
  const { clock } = process;
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.integer(256));
  const [address = '', port = ''] = host.address.split(':');
  let transport: VirtualTransport | undefined;
  const parts: MeshParts = {
    files: filesOf(host),
    async openTransport({ keys, clusterKeys }) {
      transport = createVirtualTransport(
        {
          peerId: keys.peerId,
          host: host.name,
          address: host.address,
          keys: clusterKeys.map(({ id }) => id),
          topics: [EVENTS_TOPIC],
        },
        process,
        air,
      );
      return transport;
    },
    checkSignature: checkOnce,
    startProbes: async (options, deps): Promise<MeshProbes> =>
      startVirtualProbes(air, { host: host.name, address: host.address, process }, options, deps),
    askWitnesses: async ({ peers }) => {
      const others = peers.filter(({ host: at }) => {
        const name = air.hostAt(`${at}:${port}`);
        return name !== undefined && air.network.isConnected(host.name, name);
      });
      const isAnswered = air.network.host(host.name).hasGateway || others.length > 0;
      await clock.sleep(isAnswered ? 5 : 1000);
      const asked = [{ kind: 'gateway' as const, host: '10.0.0.250', port: 53 }, ...peers];
      return { verdict: isAnswered ? 'reachable' : 'silent', asked, tookMs: 0 };
    },
  };
  const memory = host.kept.memory();
  const uptime = (): string => `${((air.queue.now() - host.bootedMs) / 1000).toFixed(2)} 9.99\n`;
  const startedAt = clock.now();
  const mesh = createMesh(
    {
      directory: DIRECTORY,
      nodeName: node,
      listen: [{ host: address, port: Number(port) }],
      seeds,
      clusterKeys: [KEY],
      clusterId: CLUSTER_ID,
      memory: { ...memory, envelopes: agedEnvelopes(host, clock.now()) },
    },
    {
      clock,
      log,
      random: () => random.next(),
      randomBytes,
      host: { readText: async (path) => (path === '/proc/uptime' ? uptime() : host.machineId) },
      report: () => reportOf(agent, startedAt),
      store: () => ({ state: 'ok', since: startedAt, message: '' }),
    },
    parts,
  );
  const agent: VirtualAgent = {
    node,
    host,
    startedMs: air.queue.now(),
    process,
    mesh,
    transport: () => transport,
    said: [],
    hasLeft: false,
    version,
    save() {
      const changes = process.isAlive() && host.agent === agent ? mesh.changes() : undefined;
      if (changes === undefined) return;
      watch.saved(agent, changes);
      host.kept.save(changes);
    },
  };
  host.agent = agent;
  mesh.onChange(() => watch.changed(agent));
  mesh.onEvents((event) => watch.heard(agent, event));
  mesh.start().then(
    () => process.isAlive() && clock.every(SAVE_MS, () => agent.save()),
    (error: unknown) => watch.failed(agent, error),
  );
  return agent;
}

const agedEnvelopes = ({ kept }: VirtualHost, now: number): { bytes: Uint8Array; ageMs: number }[] =>
  // The helper counts ages from 0 on a clock that stands still.
  kept.memory().envelopes.map(({ bytes, ageMs }) => ({ bytes, ageMs: Math.max(0, now + ageMs) }));

const VERSION = 'version ';
export const versionText = (version: number): string => `${VERSION}${version}`;

const reportOf = ({ node, version }: VirtualAgent, startedAt: number): NodeReport =>
  aReport([aResult({ status: 'unknown', why: versionText(version), since: startedAt + version })], { node, startedAt });

/** What a report says of its version; undefined where it says nothing. */
export function versionOf({ results }: NodeReport): number | undefined {
  const why = results[0]?.why ?? '';
  return why.startsWith(VERSION) ? Number(why.slice(VERSION.length)) : undefined;
}

function filesOf(host: VirtualHost): SecretFiles {
  const missing = (): Error => Object.assign(new Error('no such file'), { code: 'ENOENT' });
  const read = (path: string): string => {
    const text = host.files.get(path);
    if (text === undefined) throw missing();
    return text;
  };
  return {
    readText: async (path) => read(path),
    async writeDurably(path, text) {
      host.files.set(path, text);
    },
    async rename(from, to) {
      host.files.set(to, read(from));
      host.files.delete(from);
    },
  };
}
