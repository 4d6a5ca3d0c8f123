/** What the core of the mesh is made with, beside what the mesh itself is. */
import type { NodeReport } from '../../model/report.ts';
import type { Conduct } from '../conduct/conduct.ts';
import type { ClusterId } from '../identity/cluster-id.ts';
import type { Identity } from '../identity/identity.ts';
import type { Transport } from '../transport/types.ts';
import type { OwnAddresses } from './addresses.ts';
import type { Boot } from './boot.ts';
import type { MeshDeps, MeshOptions } from './contract.ts';
import type { PeerEvent } from './hearing.ts';
import type { MeshParts } from './parts.ts';

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
}
