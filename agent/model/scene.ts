/** The scene of a failure: what there was to say when a container ended, before its kubelet cleans up. */
import type { ContainerFacts, PodCondition } from '../../checks/types.ts';
import type { StoreAnswer } from './history.ts';
import { formatDuration } from './text.ts';

/**
 * Why a scene is kept:
 *
 * - `ended`: a container ended with a code that is not 0, or the kernel ended it for its memory
 * - `restarted`: it runs anew, and how it ended is not known, or was well
 * - `crash-loop`: it ended well, and its kubelet waits before it starts it again
 * - `not-ready`: its pod was ready, and has not been for a minute
 * - `dead`: its log says so, by a watch with liveness
 * - `asked`: a person asked for it
 */
export const SCENE_CAUSES = ['ended', 'restarted', 'crash-loop', 'not-ready', 'dead', 'asked'] as const;
export type SceneCause = (typeof SCENE_CAUSES)[number];

/** What all nodes are told of a scene: nothing that a container wrote. */
export interface Incident {
  readonly id: string;
  /** When it was noticed, Unix ms. */
  readonly at: number;
  readonly namespace: string;
  readonly pod: string;
  /** Empty: it is about the pod as a whole. */
  readonly container: string;
  readonly cause: SceneCause;
  /** How often it had been restarted before the run that it is about; absent: not known. */
  readonly run?: number;
  readonly exitCode?: number;
  /** Kubernetes' word: `OOMKilled`, `Error`. */
  readonly reason?: string;
  /** For how long that run lasted. */
  readonly ranMs?: number;
  /** The Kubernetes API said nothing of it: it was seen by its logs alone. */
  readonly isReduced: boolean;
}

/** An incident, and the node that has its scene. */
export interface HeldIncident extends Incident {
  readonly node: string;
  /** The node is connected to this one; its agent can be asked. */
  readonly isConnected: boolean;
}

/** As it was shown by its time: `20260101T120000-0a1b2c`. */
export const SCENE_ID = /^\d{8}T\d{6}-[0-9a-f]{6}$/;

export interface ScenePod {
  readonly phase: string;
  readonly isReady: boolean;
  readonly because?: string;
  readonly conditions: readonly PodCondition[];
  /** The one that it is about first. */
  readonly containers: readonly ContainerFacts[];
  /** What had no room. */
  readonly omittedContainers: number;
}

export interface SceneLine {
  /** Unix ms. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  /** One line without control characters and, as far as they can be told, without secrets. */
  readonly text: string;
}

/** The end of the log of one run of the container. */
export interface SceneLog {
  readonly container: string;
  readonly run: number;
  /** Oldest first. */
  readonly lines: readonly SceneLine[];
  /** There were lines before these. */
  readonly isCut: boolean;
  /** So many lines have something masked. */
  readonly maskedLines: number;
  /** Lines in a form that is not known. */
  readonly unreadableLines: number;
}

export interface SceneCheck {
  readonly check: string;
  readonly status: string;
  /** What is wrong, or why it cannot be told. */
  readonly words: readonly string[];
}

export interface SceneReading {
  readonly check: string;
  readonly name: string;
  readonly subject?: string;
  readonly value: number;
}

export interface SceneChange {
  /** Unix ms. */
  readonly at: number;
  readonly words: string;
}

/** What the Kubernetes API was told of the pod. */
export interface SceneEvent {
  /** Unix ms, by the clock of whoever wrote it. */
  readonly at: number;
  readonly type: string;
  readonly reason: string;
  /** One line without secrets, as far as they can be told. */
  readonly message: string;
  readonly component: string;
  readonly container?: string;
  /** How often within the hour before. */
  readonly occurrences: number;
}

/** What the node looked like, as its own agent had it. */
export interface SceneNode {
  readonly status: string;
  readonly sentence: string;
  /** What is said of this node, one sentence each. */
  readonly findings: readonly string[];
  /** Members that are connected to it, itself included; absent where there is no mesh. */
  readonly component?: number;
  readonly members: number;
  readonly checks: readonly SceneCheck[];
  /** Of processors, memory and disks. */
  readonly readings: readonly SceneReading[];
  /** Of the last 15 minutes, oldest first. */
  readonly changes: readonly SceneChange[];
}

export interface Scene extends Incident {
  readonly node: string;
  /** Further ends of its pod, since the scene before, of which none was kept. */
  readonly notKept: number;
  readonly podFacts?: ScenePod;
  /** Of the pod, of the hour before, oldest first. Absent: kept by an earlier version. */
  readonly events?: readonly SceneEvent[];
  readonly logs: readonly SceneLog[];
  readonly surroundings: SceneNode;
  /** What could not be looked at, one clause each: what and why. */
  readonly missing: readonly string[];
}

/** Of which container; an empty one: all of the pod. */
export interface ScenePlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What becomes of a person's wish for a scene. */
export type SceneOutcome =
  | { readonly kind: 'kept'; readonly id: string }
  | { readonly kind: 'unknown-pod' }
  | { readonly kind: 'too-many'; readonly perHour: number };

/** What may be asked of scenes. */
export interface ScenePort {
  /** Of this node, newest first; where the store does not answer those that are remembered. */
  own(limit: number): Promise<readonly Incident[]>;
  /** Of other nodes, the newest few of each. */
  ofOthers(): readonly HeldIncident[];
  /** Which other node has it; undefined: none tells of it. */
  holderOf(id: string): HeldIncident | undefined;
  /** Of this node; undefined: it has none of that id. */
  read(id: string): Promise<StoreAnswer<Scene | undefined>>;
  capture(place: ScenePlace, by: string): Promise<SceneOutcome>;
}

/** How it ended, a clause: `exit code 1 (Error) after 12 s`. */
export function endWordsOf({
  cause,
  exitCode,
  reason,
  ranMs,
}: Pick<Incident, 'cause' | 'exitCode' | 'reason' | 'ranMs'>): string {
  const how = [
    reason === undefined ? '' : ` (${reason})`,
    ranMs === undefined ? '' : ` after ${formatDuration(ranMs)}`,
  ];
  const code = exitCode === undefined ? undefined : `exit code ${exitCode}${how.join('')}`;
  if (cause === 'not-ready') return 'it is not ready any more';
  if (cause === 'dead') return 'its log says that it is dead';
  if (cause === 'asked')
    return code === undefined ? 'somebody asked for it' : `somebody asked for it; it ended last with ${code}`;
  return code ?? 'it was started again, and how it ended is not known';
}

/** What all may know of it. */
export const incidentOf = (scene: Incident): Incident => {
  const { id, at, namespace, pod, container, cause, run, exitCode, reason, ranMs, isReduced } = scene;
  return {
    id,
    at,
    namespace,
    pod,
    container,
    cause,
    isReduced,
    ...(run !== undefined && { run }),
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(ranMs !== undefined && { ranMs }),
  };
};

/** `kube-system/dns/app`. */
export const placeOfIncident = ({ namespace, pod, container }: ScenePlace): string =>
  `${namespace}/${pod}${container === '' ? '' : `/${container}`}`;
