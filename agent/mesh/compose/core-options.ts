/** What the core of the mesh is made with, beside what the mesh itself is. */
import type { MeshMemory } from '../../model/mesh-memory.ts';
import type { QuestionHandler } from '../../model/questions.ts';
import type { NodeReport } from '../../model/report.ts';
import type { Conduct } from '../conduct/conduct.ts';
import type { ClusterId } from '../identity/cluster-id.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Identity } from '../identity/identity.ts';
import type { Transport } from '../transport/types.ts';
import type { OwnAddresses } from './addresses.ts';
import type { Boot } from './boot.ts';
import type { MeshDeps, MeshOptions } from './contract.ts';
import type { PeerEvent } from './hearing.ts';
import type { MeshParts, MeshProbes } from './parts.ts';

export interface CoreOptions extends Omit<MeshOptions, 'memory'> {
  readonly addresses: OwnAddresses;
}

export interface CoreDeps extends MeshDeps {
  readonly parts: MeshParts;
  readonly identity: Identity;
  readonly clusterId: ClusterId;
  readonly boot: Boot;
  /** Started a moment ago. */
  readonly transport: Transport;
  readonly conduct: Conduct;
  readonly onChange: () => void;
  readonly onEvent: (event: PeerEvent) => void;
  readonly onReport: (report: NodeReport, ageMs: number) => void;
  /** Who answers questions on a subject. */
  readonly handlerOf: (subject: string) => QuestionHandler | undefined;
  /** This agent was removed from the cluster, and has claimed its name anew. */
  readonly onReturn: () => void;
}

/** What looking asks of the core. */
export interface LookingHooks {
  readonly act: (step: MembershipStep) => void;
  /** Undefined before the start. */
  readonly probes: () => MeshProbes | undefined;
  /** Somebody was met who was not met before. */
  readonly onMet: () => void;
}

/** What knowledge asks of the core. */
export interface KnowledgeHooks {
  /** As that of {@link CoreDeps}. */
  readonly onReturn: () => void;
  /** When this host booted; monotonic, ms. */
  readonly bootMs: () => number | undefined;
  /** Monotonic, ms; undefined: this node is not isolated. */
  readonly isolatedSinceMs: () => number | undefined;
  /** All neighbours have known the same as this agent for a while. */
  readonly isCalm: () => boolean;
}

/** Nobody else is known, and there is nobody to ask. */
export const isAlone = ({ nodeName, seeds }: CoreOptions, memory: MeshMemory | undefined): boolean =>
  seeds.length === 0 &&
  (memory?.addresses ?? []).length === 0 &&
  (memory?.members ?? []).every(({ name }) => name === nodeName);
