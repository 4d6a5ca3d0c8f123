/** Words for what the agents say of each other; pure functions of the API's answer. */
import type { ApiMember, ApiNodeSummary } from '../../agent/http/contract.ts';
import type { ApiLink } from '../../agent/http/contract/links.ts';
import type { NodeBrief } from './fleet.ts';
import type { Sign } from './parts/shapes.ts';
import { words } from './words/words.ts';

export type MemberState = ApiMember['state'];
export type EdgeState = NonNullable<ApiLink['state']>;

export interface Wording {
  readonly sign: Sign;
  readonly word: string;
}

const MEMBER_SIGNS: Readonly<Record<MemberState, Sign>> = {
  alive: 'ok',
  suspect: 'unknown',
  unreachable: 'lost',
  'agent-down': 'stopped',
  'agent-unresponsive': 'paused',
  leaving: 'info',
  left: 'absent',
};

const EDGE_SIGNS: Readonly<Record<EdgeState, Sign>> = {
  good: 'ok',
  lost: 'lost',
  refused: 'stopped',
  unresponsive: 'paused',
  'udp-blocked': 'warning',
};

const memberWording = (state: MemberState): Wording => ({ sign: MEMBER_SIGNS[state], word: words().member[state] });

export const edgeWording = (state: EdgeState): Wording => ({ sign: EDGE_SIGNS[state], word: words().edge[state] });

const DOWN: ReadonlySet<MemberState | undefined> = new Set<MemberState>([
  'unreachable',
  'agent-down',
  'agent-unresponsive',
]);

/** Its agent does not do its work, by what the others see of it. */
export const isDown = (state: MemberState | undefined): boolean => DOWN.has(state);

/** What it says is from before: nobody hears it now. */
export const isHistory = ({ freshness, member }: Pick<ApiNodeSummary, 'freshness' | 'member'>): boolean =>
  freshness === 'stale' || isDown(member) || member === 'left';

/** What is to be said beside a node's name; undefined where there is nothing to say. */
export function standingOf(node: Pick<NodeBrief, 'member' | 'freshness' | 'ageSeconds'>): Wording | undefined {
  const { member, freshness } = node;
  const { standing } = words();
  if (member !== undefined && member !== 'alive') return memberWording(member);
  if (freshness === 'stale') return { sign: 'lost', word: standing.gone };
  if (node.ageSeconds === null) return { sign: 'unknown', word: standing.silent };
  return freshness === 'lagging' ? { sign: 'unknown', word: standing.lagging } : undefined;
}
