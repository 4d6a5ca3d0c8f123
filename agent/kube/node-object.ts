/** What this node's own Node says, by the readers' word, else as this agent has read it itself. Pure. */
import type { NodeObjectFacts, NodeObjectView } from '../../checks/types.ts';
import type { HeardRoster, LeaseState, RosterEntry } from '../model/roster.ts';
import { NO_STATUS, type NodeFacts } from './objects/node.ts';

export interface NodeObjectSources {
  /** Of this machine, as it was read last. */
  readonly own: NodeFacts;
  /** True while {@link own} is read so often that it tells how things are. */
  readonly isOwnCurrent: boolean;
  /** Those that are current, the first reader's first. */
  readonly rosters: readonly HeardRoster[];
  readonly lease: LeaseState | undefined;
}

export function nodeObjectOf({ own, isOwnCurrent, rosters, lease }: NodeObjectSources): NodeObjectView {
  const [best] = rosters;
  if (best?.roster.withoutNode?.includes(own.name) === true)
    return { kind: 'unknown', why: `the Kubernetes API has no Node ${own.name} any more` };
  const told = best === undefined ? undefined : toldOf(own, best);
  if (told === 'another') return { kind: 'unknown', why: 'the Node of this machine was registered anew a moment ago' };
  const said = told ?? (isOwnCurrent ? own : undefined);
  if (said !== undefined) return { kind: 'known', node: factsOf(said, lease) };
  const why =
    best === undefined
      ? 'no agent reads the Nodes in the Kubernetes API now'
      : 'of more Nodes there is something to say than the agent that reads them has room for';
  return { kind: 'unknown', why };
}

/** Of a Node as everybody wants it. */
const WELL = { ready: 'true', troubles: [] } as const;

type Said = Pick<RosterEntry, 'ready' | 'notReadyBecause' | 'notReadyMessage' | 'troubles' | 'removedBy'>;

/** True where a reader tells of that node: by its silence, too, where it had room for all there is to say. */
export const isToldOf = (node: string, { roster }: HeardRoster): boolean =>
  (roster.omitted === 0 && roster.withoutNode !== undefined) || roster.entries.some(({ name }) => name === node);

/** Undefined: it had no room. */
function toldOf({ name, uid }: NodeFacts, heard: HeardRoster): Said | 'another' | undefined {
  if (!isToldOf(name, heard)) return undefined;
  const entry = heard.roster.entries.find((one) => one.name === name);
  if (entry === undefined) return WELL;
  return entry.uid === uid ? entry : 'another';
}

function factsOf(said: Said, lease: LeaseState | undefined): NodeObjectFacts {
  const { ready, notReadyBecause, notReadyMessage, troubles = [], removedBy } = said;
  const because = [notReadyBecause, notReadyMessage].filter((words) => words !== undefined).join(': ');
  return {
    ...(notReadyBecause !== NO_STATUS && { ready }),
    ...(because !== '' && { because }),
    troubles,
    isLeaving: removedBy !== undefined,
    ...(lease?.kind === 'stale' && { leaseStaleForMs: lease.unchangedForMs }),
  };
}
