/** What this agent reads of the Kubernetes API, wired to what the mesh knows and to what is told. */
import type { HostFiles } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { readMachineId } from './base/machine-id.ts';
import { systemRandom } from './base/random.ts';
import type { JoinedMesh } from './joined-mesh.ts';
import { type Kube, createKube } from './kube/kube.ts';
import type { NodeUids } from './model/node-uids.ts';

export interface JoinedKubeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: Pick<HostFiles, 'readText'>;
  /** Undefined: without one. */
  readonly mesh: () => JoinedMesh | undefined;
  /** Into the timeline. */
  readonly notice: (message: string) => void;
  /** What is known of the API, or the place of this node, is another. */
  readonly onChange: () => void;
}

export function createJoinedKube(config: Config, { clock, log, host, mesh, notice, onChange }: JoinedKubeDeps): Kube {
  const podNamespaces = config.checks['pods']?.enabled === true ? config.kubernetes.podNamespaces : [];
  // Agents read the Nodes for each other: one that knows of no other does not know how often it may ask.
  const isNodeWatched = config.checks['node-object']?.enabled === true && config.mesh.enabled;
  return createKube(
    { ...config.kubernetes, node: config.node.name, podNamespaces, isNodeWatched },
    {
      clock,
      log,
      random: systemRandom,
      machineId: () => readMachineId(host),
      mesh: {
        members: () => mesh()?.members() ?? [],
        rosters: () => mesh()?.rosters() ?? [],
        withNode: () =>
          mesh()
            ?.view()
            ?.peers.flatMap(({ report }) => (report.place === undefined ? [] : [report.node])) ?? [],
        tell: (roster, isNews) => mesh()?.tellRoster(roster, isNews),
        forget: (name, why) => mesh()?.forget(name, why) ?? { kind: 'not-settled' },
        contested: () => mesh()?.contested() ?? [],
        suggest: (hosts) => mesh()?.suggest(hosts),
      },
      notice,
      onChange,
    },
  );
}

/** What binds names to Nodes. */
export const nodeUidsOf = (kube: Kube): NodeUids => ({ own: () => kube.ownUid(), of: (name) => kube.uidOf(name) });
