/**
 * When all edges are silent at once, either all peers died or this node is cut off. Whoever lost everybody suspects
 * itself first (Lifeguard's local health, Dadgar et al. 2018) and asks witnesses: others that would answer if its own
 * network worked. A refusal is an answer.
 */
import type { EdgeState } from '../../model/member.ts';

/**
 * - `no`: at least one peer answers, or there is none to answer
 * - `asking`: all are silent, and nobody was asked yet; no verdict meanwhile
 * - `peers`: a witness answers, so it is the peers
 * - `self`: no independent witness answers, or there is no carrier: this node is isolated, nobody is blamed
 * - `unclear`: there was nobody independent to ask; the peers are as lost as they look from here
 */
export type Isolation = 'no' | 'asking' | 'peers' | 'self' | 'unclear';

export interface WitnessAnswer {
  readonly verdict: 'reachable' | 'silent' | 'no-carrier' | 'unasked';
  /** Silence of a `peer` (another port of a lost member) is the same silence once more, and convicts nobody. */
  readonly asked: readonly { readonly kind: 'gateway' | 'apiserver' | 'peer' }[];
}

/** What matters of an own edge. */
export interface OwnEdge {
  readonly state: EdgeState | undefined;
  readonly misses: number;
  readonly isHindered: boolean;
  /** It was silent before a pause of this process, and has not answered since. */
  readonly isExcused?: boolean;
}

export interface IsolationWatch {
  look(edges: readonly OwnEdge[], nowMs: number): void;
  answered(answer: WitnessAnswer, nowMs: number): void;
  /** I was away: the answer may lie in a buffer. */
  rearm(nowMs: number): void;
  state(): Isolation;
  /** True when witnesses are to be asked now; counts as asked then. */
  takeQuestion(nowMs: number): boolean;
  /** When `look` is worth calling although nothing happened. */
  dueAtMs(): number;
}

/** As many misses as call for a second look: the witnesses answer before the edges are lost. */
const SILENT_MISSES = 2;
/** Asked again while the silence lasts: the gateway may come back before the peers do. */
const ASK_EVERY_MS = 2000;
/** Witnesses take up to a second. Without an answer the verdict must not wait for ever. */
const ANSWER_WITHIN_MS = 2500;

export function createIsolationWatch(): IsolationWatch {
  let state: Isolation = 'no';
  let askedAtMs = -Infinity;
  let silentSinceMs = Infinity;
  return {
    look(edges, nowMs) {
      const known = edges.filter((edge) => !isNew(edge));
      // A pause makes nobody answer: what was concluded of the silence before it stands.
      const isStillSilent = (edge: OwnEdge): boolean => state !== 'no' && edge.isExcused === true;
      if (known.length === 0 || !known.every((edge) => isSilent(edge) || isStillSilent(edge))) {
        state = 'no';
        silentSinceMs = Infinity;
        return;
      }
      silentSinceMs = Math.min(silentSinceMs, nowMs);
      if (known.every(({ isHindered }) => isHindered)) state = 'self';
      else if (state === 'no') state = 'asking';
      else if (state === 'asking' && nowMs - silentSinceMs >= ANSWER_WITHIN_MS) state = 'unclear';
    },
    answered(answer, nowMs) {
      // An answer to an earlier silence says nothing about this one.
      if (state === 'no' || nowMs < askedAtMs) return;
      const concluded = conclude(answer);
      // My own network is back, and the peers' answers come a moment later: nobody is blamed before the next question.
      if (state === 'self' && concluded === 'peers') {
        state = 'asking';
        silentSinceMs = nowMs;
      } else state = concluded;
    },
    rearm(nowMs) {
      if (state === 'asking') silentSinceMs = nowMs;
    },
    state: () => state,
    takeQuestion(nowMs) {
      if (state === 'no' || nowMs - askedAtMs < ASK_EVERY_MS) return false;
      askedAtMs = nowMs;
      return true;
    },
    dueAtMs() {
      if (state === 'no') return Infinity;
      const askAtMs = askedAtMs + ASK_EVERY_MS;
      return state === 'asking' ? Math.min(askAtMs, silentSinceMs + ANSWER_WITHIN_MS) : askAtMs;
    },
  };
}

/** An edge that I began to probe a moment ago, because others are gone, says nothing yet. */
const isNew = ({ state, misses, isHindered }: OwnEdge): boolean =>
  state === undefined && misses < SILENT_MISSES && !isHindered;

const isSilent = ({ state, misses, isHindered }: OwnEdge): boolean =>
  isHindered || state === 'lost' || (misses >= SILENT_MISSES && (state === undefined || state === 'good'));

function conclude({ verdict, asked }: WitnessAnswer): Isolation {
  if (verdict === 'reachable') return 'peers';
  if (verdict === 'no-carrier') return 'self';
  return verdict === 'silent' && asked.some(({ kind }) => kind !== 'peer') ? 'self' : 'unclear';
}
