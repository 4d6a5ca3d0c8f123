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

/** Of one run of a container. */
export interface ContainerLiveness {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly watch: string;
  readonly state: LivenessState;
  /** A sentence without a full stop; empty where it is alive. */
  readonly why: string;
  /** Since when the state is as it is, Unix ms. */
  readonly since: number;
}
