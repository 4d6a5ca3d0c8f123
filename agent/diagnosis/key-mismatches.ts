/** Members whose agents hold another cluster key: they live, and neither side can talk to the other. */
import type { Member } from '../model/member.ts';
import type { MeshEvidence } from './mesh-evidence.ts';

export interface KeyMismatch {
  readonly name: string;
  /** Unix ms. */
  readonly since: number;
  /** Where an agent refused the key of this one; undefined: only the member's own last word says so. */
  readonly address?: string;
  /** Ids of the keys that it accepts, by its last report. */
  readonly ids: readonly string[];
}

/** By name. */
export function keyMismatches(mesh: MeshEvidence): ReadonlyMap<string, KeyMismatch> {
  const { keys } = mesh.state;
  if (keys === undefined || mesh.state.isolated !== undefined) return new Map();
  const refusals = new Map(keys.refusals.map((refusal) => [refusal.node, refusal]));
  const idsOf = new Map(keys.members.map(({ node, ids }) => [node, ids]));
  const found = mesh.state.members.flatMap((member): KeyMismatch[] => {
    const [refusal, ids = []] = [refusals.get(member.name), idsOf.get(member.name)];
    const isOther = ids.length > 0 && !ids.some((id) => keys.own.includes(id));
    if (!isSilent(member) || (refusal === undefined && !(isOther && member.state === 'agent-unresponsive'))) return [];
    const since = mesh.instant(refusal?.sinceMs ?? member.sinceMs);
    return [{ name: member.name, since, ids, ...(refusal !== undefined && { address: refusal.address }) }];
  });
  return new Map(found.map((one) => [one.name, one]));
}

/** Its host is up, and those that look at it get no word: that is how an agent with another key looks. */
const isSilent = ({ state, judged }: Member): boolean =>
  judged && (state === 'agent-unresponsive' || state === 'suspect');
