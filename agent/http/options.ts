/** What the HTTP server is made of: settings, and the parts of the agent that it shows. */
import type { AnyCheck } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { ClusterEventsPort } from '../model/cluster-event.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { ForgetCheckOutcome, ForgetOutcome } from '../model/forget-outcome.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from '../model/maintenance.ts';
import type { NotificationsPort } from '../model/notifications.ts';
import type { HistoryPort } from '../model/history.ts';
import type { RulesPort } from '../model/rule-alert.ts';
import type { ScenePort } from '../model/scene.ts';
import type { StoredEvent } from '../model/timeline.ts';
import type { AccessMode } from './access.ts';
import type { EventFigures } from './event-samples.ts';
import type { MeshFigures } from './mesh-metrics.ts';
import type { Metrics } from './metrics.ts';
import type { WorkloadsPort } from './workloads-port.ts';

export interface HttpOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Empty: every address of the machine. */
  readonly address: string;
  readonly access: AccessMode;
  readonly tokenFile: string;
  /** Holds the key of what others sign. Empty: nobody signs. */
  readonly signalSecretFile: string;
  /** Names besides addresses, `localhost` and the node's own. */
  readonly hostNames: readonly string[];
  /** Paths of PEM files; both empty: plain HTTP. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** Where the built page is; it may be missing. */
  readonly webDirectory: string;
  readonly node: string;
  readonly version: string;
}

/** What people may change; `by` is where they asked from. */
export interface Changes {
  /** Removes a member from the cluster. */
  forget(node: string, by: string): ForgetOutcome;
  /** Somebody works on a node, or does not any more. */
  maintain(order: MaintenanceOrder, by: string): MaintenanceOutcome;
  /** Forgets that what a check looks at was seen on this node. */
  forgetCheck(check: string, by: string): Promise<ForgetCheckOutcome>;
}

export interface HttpDeps {
  diagnosis(): Diagnosis;
  state(): ClusterState;
  /** The checks that run on this node, or would if they were not left out. */
  readonly checks: readonly AnyCheck[];
  readonly history: HistoryPort;
  /** The listener is called after every change of state or diagnosis. Returns how to stop it. */
  onChange(listener: () => void): () => void;
  /** The listener gets every event as it is stored. Returns how to stop it. */
  onStored(listener: (events: readonly StoredEvent[]) => void): () => void;
  /** Undefined: nothing can be changed. */
  readonly changes?: Changes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What people run in the cluster. Undefined: nothing of it is known. */
  readonly workloads?: WorkloadsPort | undefined;
  /** Undefined: nobody is told of anything. */
  readonly notifications?: NotificationsPort | undefined;
  /** Scenes of failures. Undefined: nobody keeps any. */
  readonly scenes?: ScenePort | undefined;
  /** What the Kubernetes API tells of its objects. Undefined: this agent asks nobody for it. */
  readonly events?: ClusterEventsPort | undefined;
  /** People's own rules. Undefined: nobody judges any. */
  readonly rules?: RulesPort | undefined;
  /** What this agent does about them; undefined: nothing. */
  readonly eventFigures?: () => EventFigures | undefined;
  /** What the mesh counts; undefined while there is none. */
  readonly meshCounts?: () => MeshFigures | undefined;
}
