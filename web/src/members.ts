/** Words for what the agents say of each other; pure functions of the API's answer. */
import type { ApiLink, ApiMember, ApiNodeSummary } from '../../agent/http/contract.ts';
import type { Sign } from './parts/shapes.ts';

export type MemberState = ApiMember['state'];
export type EdgeState = NonNullable<ApiLink['state']>;

export interface Wording {
  readonly sign: Sign;
  readonly word: string;
}

export const MEMBER_WORDS: Readonly<Record<MemberState, Wording>> = {
  alive: { sign: 'ok', word: 'connected' },
  suspect: { sign: 'unknown', word: 'in doubt' },
  unreachable: { sign: 'lost', word: 'unreachable' },
  'agent-down': { sign: 'stopped', word: 'agent down' },
  'agent-unresponsive': { sign: 'paused', word: 'agent hangs' },
  leaving: { sign: 'info', word: 'leaving' },
  left: { sign: 'absent', word: 'left' },
};

export const EDGE_WORDS: Readonly<Record<EdgeState, Wording>> = {
  good: { sign: 'ok', word: 'good' },
  lost: { sign: 'lost', word: 'lost' },
  refused: { sign: 'stopped', word: 'refused' },
  unresponsive: { sign: 'paused', word: 'silent' },
  'udp-blocked': { sign: 'warning', word: 'UDP blocked' },
};

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
export function standingOf(node: ApiNodeSummary): Wording | undefined {
  const { member, freshness } = node;
  if (member !== undefined && member !== 'alive') return MEMBER_WORDS[member];
  if (freshness === 'stale') return { sign: 'lost', word: 'not connected' };
  if (node.ageSeconds === null) return { sign: 'unknown', word: 'no report yet' };
  return freshness === 'lagging' ? { sign: 'unknown', word: 'report lags' } : undefined;
}
