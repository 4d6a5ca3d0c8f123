/** An agent of which nothing is left out: the product's own mesh, warm from its disk, on parts that are virtual. */
import { pino } from 'pino';
import { CHECKS } from '../../checks/registry.ts';
import { createCatalogue } from '../../agent/catalogue.ts';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import type { MeshParts } from '../../agent/mesh/compose/parts.ts';
import { formatIdentity } from '../../agent/mesh/identity/identity-file.ts';
import { type Mesh, createMesh } from '../../agent/mesh/mesh.ts';
import type { ClusterState } from '../../agent/model/cluster-state.ts';
import type { Diagnosis } from '../../agent/model/finding.ts';
import type { MeshMemory } from '../../agent/model/mesh-memory.ts';
import type { NodeReport } from '../../agent/model/report.ts';
import { statedEdges } from '../../agent/model/stated-edges.ts';
import { aState } from '../../test/lib/fixtures.ts';
import type { VirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';
import { AGE_MS, CLUSTER_ID, CLUSTER_KEY, type Citizen, type Population } from './population.ts';

export interface FullAgent {
  readonly citizen: Citizen;
  readonly process: VirtualProcess;
  readonly mesh: Mesh;
  /** What the agent around the mesh makes of it once a second. */
  diagnose(): Diagnosis;
}

export interface FullAgentOptions {
  readonly citizen: Citizen;
  readonly memory: MeshMemory;
  readonly process: VirtualProcess;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly report: () => NodeReport;
}

const log = pino({ level: 'silent' });
const MACHINE = 'c0ffee00000000000000000000000000';

/** What an agent finds on its disk that has known all the others for an hour. */
export function warmMemory({ citizens }: Population, envelopes: readonly Uint8Array[]): MeshMemory {
  return {
    addresses: citizens.map(({ keys: { peerId }, address }) => ({ peerId, addresses: [address] })),
    envelopes: envelopes.map((bytes) => ({ bytes, ageMs: 5000 })),
    members: citizens.map(({ name, keys: { peerId } }) => ({ name, peerId, state: 'alive', since: 0 })),
  };
}

export function createFullAgent(options: FullAgentOptions, parts: Omit<MeshParts, 'files'>): FullAgent {
  const { citizen, memory, process, random, report } = options;
  const [host = '', port = ''] = citizen.address.split(':');
  const { clock } = process;
  const mesh = createMesh(
    {
      directory: '/data',
      nodeName: citizen.name,
      listen: [{ host, port: Number(port) }],
      seeds: [],
      clusterKeys: [CLUSTER_KEY],
      clusterId: CLUSTER_ID,
      memory,
    },
    {
      clock,
      log,
      random,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(256 * random())),
      host: { readText: async (path) => (path === '/proc/uptime' ? '36000.00 9.99\n' : MACHINE) },
      report,
      store: () => ({ state: 'ok', since: clock.now() - AGE_MS, message: '' }),
    },
    { ...parts, files: filesOf(citizen) },
  );
  return {
    citizen,
    process,
    mesh,
    diagnose: () => diagnose(stateOf(mesh, report()), clock.now(), createCatalogue(CHECKS)),
  };
}

/** As the agent puts it together, see agent/agent.ts. */
function stateOf(mesh: Mesh, report: NodeReport): ClusterState {
  const view = mesh.state();
  const own = { report, elapsedMs: 0, edges: statedEdges(view.edges) };
  return aState([], { self: report.node, nodes: [own, ...view.peers], mesh: view.mesh });
}

function filesOf({ name, keys }: Citizen): MeshParts['files'] {
  const files = new Map([
    [
      '/data/identity.json',
      formatIdentity({ clusterId: CLUSTER_ID, machineId: MACHINE, nodeName: name, seed: keys.seed, boot: 1 }),
    ],
  ]);
  const read = (path: string): string => {
    const text = files.get(path);
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  return {
    readText: async (path) => read(path),
    writeDurably: async (path, text) => void files.set(path, text),
    async rename(from, to) {
      files.set(to, read(from));
      files.delete(from);
    },
  };
}
