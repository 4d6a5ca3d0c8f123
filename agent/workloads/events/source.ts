/** Where events come from: the Kubernetes API, as far as this agent can ask it. */
import type { ClusterEvent } from '../../model/cluster-event.ts';

export interface EventSource {
  /** Lists all and watches them from now on, again and again until it is stopped. */
  follow(hooks: EventHooks): FollowedSource;
}

export interface EventHooks {
  /** Part of a list; `isLast`: now all was told that the API has. */
  readonly onListed: (events: readonly ClusterEvent[], isLast: boolean) => void;
  /** Written just now. */
  readonly onWatched: (events: readonly ClusterEvent[]) => void;
}

export interface FollowedSource {
  state(): SourceState;
  /** When the API last said anything, monotonic ms; undefined: never. */
  heardAt(): number | undefined;
  stop(): void;
}

/**
 * - `starting`: all is listed
 * - `current`: they are watched
 * - `failing`: it is tried again; `why` is a clause. `isRefused`: the API does not allow it.
 */
export type SourceState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'current' }
  | { readonly kind: 'failing'; readonly why: string; readonly isRefused: boolean };
