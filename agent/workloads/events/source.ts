/** Where events come from: the Kubernetes API, as far as this agent can ask it. */
import type { ClusterEvent } from '../../model/cluster-event.ts';

/** Lists all events and watches them from now on, again and again until it is stopped. */
export type EventSource = (hooks: SourceHooks) => FollowedSource;

export interface SourceHooks {
  /** `listed`: the API has them; `watched`: they were written just now. */
  readonly onEvents: (events: readonly ClusterEvent[], how: 'listed' | 'watched') => void;
  /** All that there is was handed over. */
  readonly onListed: () => void;
  /** What {@link FollowedSource.state} says is something else. */
  readonly onChange: () => void;
}

export interface FollowedSource {
  state(): SourceState;
  stop(): void;
}

export interface SourceState {
  /** All that was written since then was handed over, or will be in a moment; monotonic ms. Undefined: not now. */
  readonly completeSinceMs?: number;
  /** When the API last said anything, monotonic ms; undefined: never. */
  readonly heardAtMs?: number;
  /** Why it is not complete now: a clause. */
  readonly why?: string;
  /** It has not begun, because others ask before it. */
  readonly isWaiting?: boolean;
  /** For how long the API may say nothing at most while all is well, ms; undefined: not known yet. */
  readonly quietMs?: number;
}
