/** What the mesh of one agent is made with, and what it counts. */
import type { HostFiles } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { OverlayEdge } from '../../model/member.ts';
import type { MeshMemory } from '../../model/mesh-memory.ts';
import type { NodeUids } from '../../model/node-uids.ts';
import type { NodeReport } from '../../model/report.ts';
import type { ConductCounts } from '../conduct/conduct.ts';
import type { PeerStore } from '../codec/report.ts';
import type { ClusterKey } from '../identity/cluster-key.ts';
import type { Counters } from '../probes/counters.ts';
import type { QuestionCounts } from '../questions/questions.ts';
import type { BookStats } from '../records/book-stats.ts';
import type { SpreadCounts } from '../spread/spread.ts';
import type { TransportCounts } from '../transport/types.ts';
import type { Place } from './addresses.ts';

/** One, or two while they are rotated: the new one first. */
export type ClusterKeys = readonly [ClusterKey, ...ClusterKey[]];

export interface MeshOptions extends Place {
  /** Of the identity file. */
  readonly directory: string;
  readonly nodeName: string;
  /** Whom to ask for others, each with its port: addresses, and DNS names that stand for all of theirs. */
  readonly seeds: readonly string[];
  /** One, or two while they are rotated: the new one first. */
  readonly clusterKeys: readonly ClusterKey[];
  /** UUID. Undefined where nobody could be asked: then the identity file's holds. */
  readonly clusterId?: string;
  /** From the run before. */
  readonly memory?: MeshMemory;
}

export interface MeshDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly host: Pick<HostFiles, 'readText'>;
  /** What this node says of itself; asked when it is published. */
  readonly report: () => NodeReport;
  readonly store: () => PeerStore;
  /** What the pods of this node see of those of others; asked when a report is published. Default: nothing. */
  readonly overlay?: () => readonly OverlayEdge[];
  /** Undefined outside of Kubernetes. */
  readonly nodes?: NodeUids | undefined;
}

export interface MeshCounts {
  /** Peers that are connected. */
  readonly peers: number;
  /** Of the own latest report. */
  readonly position: { readonly boot: number; readonly sequence: number };
  readonly transport: TransportCounts;
  readonly spread: SpreadCounts;
  readonly records: BookStats;
  readonly probes: Partial<Counters>;
  readonly conduct: ConductCounts;
  readonly questions: QuestionCounts;
  /** Claims of names, and statements about keys that have none. */
  readonly hearsay: { readonly claims: number; readonly unresolved: number };
}
