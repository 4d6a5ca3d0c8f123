/** Agents on hosts of the lab that find the cluster key, and their Nodes, in a real Kubernetes API. */
import type { ApiFinding, ApiKubernetes, ApiStatus } from '../../../agent/http/contract.ts';
import { eventually } from '../../lib/agent-process.ts';
import { MESH_PORT, isWhole, membersOf, statusOf } from './agents.ts';
import { type AgentOptions, startAgent } from './cluster.ts';
import type { ControlPlane } from './control-plane.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

export interface KubeAgents {
  /** By the host's name. */
  readonly running: Map<string, LabProcess>;
  /** Without a key of its own; again too. */
  readonly start: (host: LabHost) => Promise<void>;
  /** As the node of that name. */
  readonly startAs: (host: LabHost, name: string) => Promise<void>;
  /** Resolves when all of them are one healthy mesh. */
  readonly untilWhole: (withinMs: number) => Promise<void>;
}

/** @param hosts of which the first two are the seeds of all others, unless `isSeeded` is false @param flags of every agent */
export function createKubeAgents(
  api: Pick<ControlPlane, 'admit'>,
  hosts: readonly LabHost[],
  flags: readonly string[],
  { isSeeded = true, ...options }: Omit<AgentOptions, 'args' | 'name'> & { readonly isSeeded?: boolean } = {},
): KubeAgents {
  const running = new Map<string, LabProcess>();
  const startAs = async (host: LabHost, name: string): Promise<void> => {
    const seeds = hosts
      .slice(0, isSeeded ? 2 : 0)
      .filter((other) => other !== host)
      .map(({ address }) => `${address}:${MESH_PORT}`);
    const own = ['--mesh.addresses', host.address, ...(isSeeded ? ['--mesh.seeds', seeds.join(',')] : [])];
    const args = [...own, ...api.admit(host), ...flags];
    running.set(host.name, await startAgent(host, { ...options, name, args }));
  };
  return {
    running,
    start: (host) => startAs(host, host.name),
    startAs,
    async untilWhole(withinMs) {
      const isPart = (host: LabHost): Promise<unknown> =>
        eventually(
          () => statusOf(host),
          (said) => isWhole(said, hosts.length),
          withinMs,
        );
      await Promise.all(hosts.map(isPart));
    },
  };
}

/** What the host's agent knows by the API. */
export const kubernetesOf = async (host: LabHost): Promise<ApiKubernetes | undefined> =>
  (await membersOf(host)).kubernetes;

/** What is said of the loss of that node alone. */
export const lossOf = ({ findings }: ApiStatus, node: string): ApiFinding | undefined =>
  findings.find(({ reason, node: about }) => reason === 'NodeUnreachable' && about === node);
