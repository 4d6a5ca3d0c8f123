/** What the server shows of what people run in the cluster, and what it takes of what others say of it. */
import type { ContainerLiveness } from '../model/liveness.ts';
import type { Signal, SignalAnswer, SignalRequest } from '../model/signal.ts';

export interface WorkloadsPort {
  /** Containers of this node that may be restarted. */
  containers(): readonly ContainerLiveness[];
  /** Somebody asks after these. */
  asked(containers: readonly ContainerLiveness[]): void;
  signals(): readonly Signal[];
  /** Somebody outside, who has proven to be allowed to, says something of a workload. */
  hear(request: SignalRequest): SignalAnswer;
}
