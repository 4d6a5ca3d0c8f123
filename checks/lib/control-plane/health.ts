/**
 * Asks a component of the control plane how it is, by the health endpoints that all of them share:
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import type { CheckClock, Fetch, FetchResult } from '../../types.ts';
import { within } from '../deadline.ts';
import { complaint, isHealthAnswer, isWell } from '../healthz.ts';

export type Health =
  | { readonly kind: 'ok'; readonly latencyMs: number }
  /** It answers, and not what it thinks of itself: we may not ask. */
  | { readonly kind: 'alive' }
  /** It says that it is not well. */
  | { readonly kind: 'failing'; readonly said: string }
  /** The health endpoint is silent, while the server behind it answers `alivePath`. */
  | { readonly kind: 'waits'; readonly path: string; readonly alivePath: string; readonly message: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silent' | 'broken' | 'cannot'; readonly message: string }
  /** Something else answers here. */
  | { readonly kind: 'foreign'; readonly said: string };

export interface HealthRequest {
  /** Base URL. */
  readonly url: string;
  /** Health endpoints, the best first: older components do not have it, or do not let everybody ask it. */
  readonly paths: readonly [string, ...string[]];
  /** How long all of that may take; it leaves the run a moment to say what it saw. */
  readonly budgetMs: number;
  /** What the server answers at once, without looking at anything. */
  readonly alivePath?: string;
  /** As whom: see `asServiceAccount` of a request. */
  readonly asServiceAccount?: boolean;
}

/** What answers anything at all does so within this. */
const ALIVE_MS = 850;
/** When the health endpoint has not answered by then, it is asked whether anything answers at all. */
const SECOND_LOOK_AFTER_MS = 300;
/** Less is no time to answer. */
const MIN_TIMEOUT_MS = 300;
const MAX_BODY_BYTES = 16_384;
/** Who may not ask, and who asks while it has too much to do, learn that it lives. */
const NOT_FOR_US: ReadonlySet<number> = new Set([401, 403, 429]);

/** Asks within `untilMs` after the run began to ask. */
type Ask = (path: string, untilMs: number) => Promise<FetchResult>;

/** Never rejects. */
export async function askHealth(
  { url, paths: [first, ...older], budgetMs, alivePath, asServiceAccount = false }: HealthRequest,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: CheckClock },
): Promise<Health> {
  const beganAt = clock.monotonic();
  const left = (untilMs: number): number => Math.floor(untilMs - (clock.monotonic() - beganAt));
  const ask: Ask = (path, untilMs) =>
    fetch({ url: `${url}${path}`, timeoutMs: left(untilMs), maxBodyBytes: MAX_BODY_BYTES, asServiceAccount });
  let health =
    alivePath === undefined
      ? judge(first, await ask(first, budgetMs))
      : await askTwice(ask, first, budgetMs, alivePath);
  for (const path of older) {
    const isAlive = health.kind === 'alive';
    if (!isAlive && health.kind !== 'foreign') break;
    if (left(budgetMs) < MIN_TIMEOUT_MS)
      return isAlive ? health : { kind: 'cannot', message: 'there was no time to ask it the older way' };
    const next = judge(path, await ask(path, budgetMs));
    if (!isAlive || tells(next)) health = next;
  }
  return health;
}

/** What is more than that it lives. */
export const tells = ({ kind }: Health): boolean => kind === 'ok' || kind === 'failing' || kind === 'nobody';

/** Where the endpoint is silent, whether anything answers at all; where nothing does, it is not waited for any longer. */
async function askTwice(ask: Ask, path: string, budgetMs: number, alivePath: string): Promise<Health> {
  const asked = ask(path, budgetMs);
  const early = await within(asked, SECOND_LOOK_AFTER_MS);
  if (early !== undefined) return judge(path, early);
  const alive = await ask(alivePath, ALIVE_MS);
  const isDead = alive.kind === 'failure' && alive.failure === 'timeout';
  // It may have answered meanwhile.
  const answer = isDead ? ((await within(asked, 0)) ?? alive) : await asked;
  const health = judge(path, answer);
  return health.kind === 'silent' && alive.kind === 'response'
    ? { kind: 'waits', path, alivePath, message: health.message }
    : health;
}

function judge(path: string, answer: FetchResult): Health {
  if (answer.kind === 'response') return judgeAnswer(path, answer);
  const { message } = answer;
  switch (answer.failure) {
    case 'refused':
      return { kind: 'nobody' };
    case 'timeout':
      return { kind: 'silent', message };
    case 'reset':
      return { kind: 'broken', message };
    default:
      return { kind: 'cannot', message };
  }
}

function judgeAnswer(
  path: string,
  { status, body, durationMs }: Extract<FetchResult, { readonly kind: 'response' }>,
): Health {
  if (NOT_FOR_US.has(status)) return { kind: 'alive' };
  if (status === 200 && isWell(body)) return { kind: 'ok', latencyMs: durationMs };
  const said = `${path} answers ${status}: ${complaint(body)}`;
  if (status >= 500 && isHealthAnswer(body)) return { kind: 'failing', said };
  return { kind: 'foreign', said };
}
