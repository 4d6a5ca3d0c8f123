/** Whether a container is to be restarted because its log says so, and what agents tell each other of that. */

/** What a node says of the containers that one watch follows on it. */
export interface LivenessWord {
  /** The watch's name. */
  readonly watch: string;
  /** Containers that are followed. */
  readonly containers: number;
  /** Of these, those that fail and that nobody has condemned: they ask for leave to be restarted. */
  readonly failing: number;
  /** Those that are condemned, and those that were and have not proven since that they are well again. */
  readonly condemned: number;
}

/**
 * - `alive`: looked, and it is well
 * - `unknown`: it cannot be told, or nobody asks for it
 * - `suppressed`: it fails, and a restart is not what helps; see the reason
 * - `dead`: it fails, and may be restarted
 */
export type LivenessState = 'alive' | 'unknown' | 'suppressed' | 'dead';

/**
 * What keeps a container that fails from being restarted, where people may want to know:
 *
 * - `gave-up`: it was restarted often, and that did not help
 * - `shared-cause`: others of it fail, too
 * - `minority`: this agent sees less than half of the members, or the half without the first of them
 * - `alone`: it cannot know how the others are
 * - `in-vain`: nobody restarted it
 */
export type LivenessHold = 'gave-up' | 'shared-cause' | 'minority' | 'alone' | 'in-vain';

/** What outlives the agent, so that one that crashes does not hand out new leave. Instants are Unix ms. */
export interface LivenessMemory {
  /** When which pod was restarted, by its UID. */
  readonly restarts: Readonly<Record<string, readonly number[]>>;
  /** Until when a place has to prove itself. */
  readonly proving: Readonly<Record<string, number>>;
  /** Runs that were condemned, with their place and the UID of their pod: what runs in their place was restarted. */
  readonly condemned: readonly { readonly run: string; readonly place: string; readonly podUid: string }[];
}

/** Of one run of a container. */
export interface ContainerLiveness {
  readonly namespace: string;
  readonly pod: string;
  /** Empty: all of the pod's, as one. */
  readonly container: string;
  readonly watch: string;
  readonly state: LivenessState;
  /** A sentence without a full stop; empty where it is alive. */
  readonly why: string;
  /** Since when the state is as it is, Unix ms. */
  readonly since: number;
  /** Only where it is suppressed. */
  readonly held?: LivenessHold;
  /** When somebody last asked after it, Unix ms. */
  readonly askedAt?: number;
  /** Nobody has asked after it for so long that nobody seems to, ms. */
  readonly unaskedMs?: number;
}
