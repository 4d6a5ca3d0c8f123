/** Agents on hosts of the lab that share one cluster key, and what each of them says of the others. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiMember, ApiMembers, ApiStatus } from '../../../agent/http/contract.ts';
import type { ApiTimeline } from '../../../agent/http/contract/history.ts';
import { type ClusterKey, clusterKeyFrom, formatClusterKeys } from '../../../agent/mesh/identity/cluster-key.ts';
import { CHECKS } from '../../../checks/registry.ts';
import { type AgentOptions, startAgent } from './cluster.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

export const MESH_PORT = 7576;

const without = (checks: readonly string[]): readonly string[] =>
  checks.flatMap((check) => [`--checks.${check}.enabled`, 'false']);

/** Parts of a control plane, in the order of the registry. */
export const CONTROL_PLANE: readonly string[] = ['etcd', 'apiserver', 'scheduler', 'controller-manager'];
/** What looks at them from other nodes. */
const ELSEWHERE: readonly string[] = ['apiserver-address'];
const COSTLY: readonly string[] = [
  'kubelet',
  'kube-proxy',
  'container-runtime',
  'container-start',
  'disk-latency',
  'disk-space',
  'cpu-pressure',
  'memory-pressure',
  'kernel',
];

/** For clusters of which only the control plane is looked at. */
export const MASTERS_CHECKS: readonly string[] = without(COSTLY);

/** For clusters of which only the mesh is looked at: without the checks that cost CPU, look at what no host here has or at the disks of other tests. */
export const QUIET_CHECKS: readonly string[] = quietBut();

/** The same, for a cluster of which these are looked at besides. */
export function quietBut(...checks: readonly string[]): readonly string[] {
  return without([...CONTROL_PLANE, ...ELSEWHERE, ...COSTLY].filter((id) => !checks.includes(id)));
}

/** One that costs little, so that there is something to say. For more agents than a machine bears easily. */
const CHEAP_CHECK = 'file-handles';
export const FEW_CHECKS: readonly string[] = without(CHECKS.map(({ id }) => id).filter((id) => id !== CHEAP_CHECK));

export interface AgentCluster {
  readonly key: ClusterKey;
  /** A UUID. */
  readonly id: string;
  /** Writes the key to the host's disk and starts the agent; again too. Flags are added to its own. */
  start(host: LabHost, args?: readonly string[], options?: Omit<AgentOptions, 'args'>): Promise<LabProcess>;
  /** Puts key and id into a host's data directory. */
  admit(host: Pick<LabHost, 'directory'>): void;
}

/** @param hosts of which the first two are the seeds of all others */
export function createAgentCluster(hosts: readonly LabHost[]): AgentCluster {
  const key = clusterKeyFrom(randomBytes(32));
  const id = randomUUID();
  const seedsFor = (host: LabHost): string[] =>
    hosts
      .slice(0, 2)
      .filter(({ name }) => name !== host.name)
      .map(({ address }) => `${address}:${MESH_PORT}`);
  const admit = ({ directory }: Pick<LabHost, 'directory'>): void => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'cluster.key'), formatClusterKeys([key]), { mode: 0o600 });
    writeFileSync(join(directory, 'cluster.id'), `${id}\n`);
  };
  return {
    key,
    id,
    admit,
    start(host, args = [], options = {}) {
      admit(host);
      const seeds = seedsFor(host);
      const flags = [
        '--mesh.addresses',
        host.address,
        '--mesh.port',
        String(MESH_PORT),
        ...(seeds.length > 0 ? ['--mesh.seeds', seeds.join(',')] : []),
      ];
      return startAgent(host, { ...options, args: [...flags, ...args] });
    },
  };
}

export const statusOf = (host: LabHost): Promise<ApiStatus> => host.json<ApiStatus>('/api/v1/status');
export const membersOf = (host: LabHost): Promise<ApiMembers> => host.json<ApiMembers>('/api/v1/members');
export const timelineOf = (host: LabHost): Promise<ApiTimeline> =>
  host.json<ApiTimeline>('/api/v1/timeline?from=-1h&limit=1000');

/** Name → state, as the host's agent sees it. */
export const statesOf = ({ members }: ApiMembers): Record<string, ApiMember['state']> =>
  Object.fromEntries(members.map(({ node, state }) => [node, state]));

/** Settled, healthy, and connected to this many. */
export const isWhole = ({ status, view }: ApiStatus, count: number): boolean =>
  status === 'healthy' && view.settled && view.component === count && view.current === count;
