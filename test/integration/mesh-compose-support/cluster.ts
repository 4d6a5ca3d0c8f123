/** Meshes on loopback addresses of their own, in this process, each with its own directory. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { systemClock } from '../../../agent/base/clock.ts';
import { systemParts } from '../../../agent/mesh/compose/parts.ts';
import { type ClusterKey, clusterKeyFrom } from '../../../agent/mesh/identity/cluster-key.ts';
import { type Mesh, createMesh } from '../../../agent/mesh/mesh.ts';
import { aReport, aResult } from '../../lib/fixtures.ts';

export const CLUSTER_ID = '6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10';

export interface TestNode {
  readonly name: string;
  readonly mesh: Mesh;
  /** Ends its sockets at once, and without a word to the others. */
  kill(): Promise<void>;
}

export interface TestCluster {
  readonly key: ClusterKey;
  /** The host is the last number of its address, `127.0.0.<host>`; the same host again has the same directory. */
  start(host: number, options?: StartOptions): Promise<TestNode>;
  addressOf(host: number): string;
  stop(): Promise<void>;
}

interface StartOptions {
  /** Default: the cluster's. */
  readonly key?: ClusterKey;
  /** Its identity file is gone. */
  readonly lostDisk?: boolean;
}

export const makeKey = (): ClusterKey => clusterKeyFrom(randomBytes(32));

export async function createTestCluster(): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'meerkat-mesh-'));
  const key = makeKey();
  const port = await freePort();
  const running = new Set<TestNode>();
  const addressOf = (host: number): string => `127.0.0.${host}:${port}`;
  return {
    key,
    addressOf,
    async start(host, options = {}) {
      const name = `node-${host}`;
      const kills: (() => Promise<unknown>)[] = [];
      const mesh = createTestMesh({
        host,
        port,
        name,
        directory: join(directory, options.lostDisk === true ? `${host}-new` : `${host}`),
        key: options.key ?? key,
        kills,
      });
      await mesh.start();
      const node: TestNode = {
        name,
        mesh,
        async kill() {
          running.delete(node);
          await Promise.all(kills.map((kill) => kill()));
          await mesh.stop('shutdown');
        },
      };
      running.add(node);
      return node;
    },
    async stop() {
      await Promise.all([...running].map(({ mesh }) => mesh.stop('shutdown')));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface TestMesh {
  readonly host: number;
  readonly port: number;
  readonly name: string;
  readonly directory: string;
  readonly key: ClusterKey;
  /** How to end its sockets. */
  readonly kills: (() => Promise<unknown>)[];
}

function createTestMesh({ host, port, name, directory, key, kills }: TestMesh): Mesh {
  const parts = systemParts();
  const options = {
    directory,
    nodeName: name,
    listen: [{ host: `127.0.0.${host}`, port }],
    seeds: [1, 2, 3].map((seed) => `127.0.0.${seed}:${port}`),
    clusterKeys: [key],
    clusterId: CLUSTER_ID,
  };
  const deps = {
    clock: systemClock,
    log: pino({ level: process.env['MESH_LOG'] ?? 'silent' }),
    random: Math.random,
    randomBytes,
    host: { readText: (path: string) => readFile(path, 'utf8') },
    report: () => aReport([aResult({ message: '' } as object)], { node: name }),
    store: () => ({ state: 'ok', since: Date.now() - 60_000, message: '' }) as const,
  };
  return createMesh(options, deps, {
    ...parts,
    async openTransport(...request) {
      const transport = await parts.openTransport(...request);
      kills.push(() => transport.stop());
      return transport;
    },
    async startProbes(...request) {
      const probes = await parts.startProbes(...request);
      let stopping: Promise<void> | undefined;
      const stop = (): Promise<void> => (stopping ??= probes.stop());
      kills.push(stop);
      return { ...probes, stop };
    },
  });
}

/** Free on 127.0.0.1; the other loopback addresses are nobody's. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error()),
      );
    });
  });
}
