/** What the diagnosis concludes. */
import type { Severity } from '../../checks/types.ts';

export type ClusterStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';
export type FindingSeverity = Severity;

export interface Finding {
  /** Stable while the finding lasts: reason, node and subject. */
  readonly id: string;
  /** PascalCase, stable. */
  readonly reason: string;
  /** What it means for the cluster; decides the status. */
  readonly severity: FindingSeverity;
  /** What it means for the node it is about; decides `--scope node`. */
  readonly nodeSeverity: FindingSeverity;
  /** The node it is about. */
  readonly node: string;
  /** All nodes that it is about, where they are several. */
  readonly nodes?: readonly string[];
  readonly check?: string;
  readonly subject?: string;
  /** One sentence: what is broken, where. Without the time. */
  readonly sentence: string;
  /** Unix ms. */
  readonly since: number;
  /** The id of the finding that explains this one; undefined for a cause. */
  readonly causedBy?: string;
  /** Nodes that saw it. */
  readonly observers: readonly string[];
  /** Nodes that say otherwise. */
  readonly dissent: readonly string[];
  /** What was seen, one sentence each. */
  readonly evidence: readonly string[];
  /** What it could be, where that cannot be told from here: `powered off`, `cut off from w1 and w2`. */
  readonly alternatives: readonly string[];
  /** What to do next, commands where there are some. */
  readonly next: readonly string[];
}

/** From where, and on how much, the diagnosis looks. */
export interface View {
  readonly node: string;
  /** Members the agent knows. */
  readonly members: number;
  /** Members whose report is current. */
  readonly current: number;
  /** Members that are connected to it, itself included. Absent where there is no mesh. */
  readonly component?: number;
  /** False during the first seconds. */
  readonly settled: boolean;
}

export interface Diagnosis {
  readonly status: ClusterStatus;
  /** One sentence: what is broken, where, since when. */
  readonly sentence: string;
  /** Causes first, gravest first, each followed by its consequences. */
  readonly findings: readonly Finding[];
  readonly view: View;
  /** Unix ms. */
  readonly at: number;
}
