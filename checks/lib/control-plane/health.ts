/**
 * Asks a component of the control plane how it is, by the health endpoints that all of them share:
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import type { CheckClock, Fetch, FetchResult } from '../../types.ts';
import { within } from '../deadline.ts';
import { complaint, failedChecks, isHealthAnswer, isWell } from '../healthz.ts';

export type Health =
  | { readonly kind: 'ok'; readonly latencyMs: number }
  /** It answers, and not what it thinks of itself: we may not ask. */
  | { readonly kind: 'alive'; readonly status: number; readonly latencyMs: number }
  /** It says that it is not well. `failed`: names of the sub-checks, where it gave any. */
  | { readonly kind: 'failing'; readonly path: string; readonly failed: readonly string[]; readonly said: string }
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
  readonly paths: readonly string[];
  /** How long all of that may take; it leaves the run a moment to say what it saw. */
  readonly budgetMs: number;
  /** What the server answers at once, without looking at anything. */
  readonly alivePath?: string;
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

/** Never rejects. */
export async function askHealth(
  { url, paths, budgetMs, alivePath }: HealthRequest,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: CheckClock },
): Promise<Health> {
  const beganAt = clock.monotonic();
  const left = (untilMs: number): number => Math.floor(untilMs - (clock.monotonic() - beganAt));
  const ask = (path: string, untilMs: number): Promise<FetchResult> =>
    fetch({ url: `${url}${path}`, timeoutMs: left(untilMs), maxBodyBytes: MAX_BODY_BYTES });
  let best: Health | undefined;
  for (const path of paths) {
    if (best !== undefined && left(budgetMs) < MIN_TIMEOUT_MS)
      return best.kind === 'alive' ? best : { kind: 'cannot', message: 'there was no time to ask it the older way' };
    const asked = ask(path, budgetMs);
    const isAlive =
      alivePath === undefined || best !== undefined ? undefined : lookAgain(asked, () => ask(alivePath, ALIVE_MS));
    const last = await hear(path, asked, isAlive, alivePath);
    if (last.kind !== 'alive' && last.kind !== 'foreign') return best?.kind === 'alive' && isSilent(last) ? best : last;
    best = best?.kind === 'alive' ? best : last;
  }
  return best ?? { kind: 'nobody' };
}

/** It said at another path that it lives. */
const isSilent = ({ kind }: Health): boolean => kind === 'silent' || kind === 'broken' || kind === 'cannot';

/** What the endpoint says; where nothing answers at all it is not waited for. */
async function hear(
  path: string,
  asked: Promise<FetchResult>,
  isAlive: Promise<FetchResult | undefined> | undefined,
  alivePath = '',
): Promise<Health> {
  const alive = await isAlive;
  const isDead = alive?.kind === 'failure' && alive.failure === 'timeout';
  const answer = isDead ? await within(asked, 0) : await asked;
  if (answer === undefined) return { kind: 'silent', message: isDead ? alive.message : '' };
  const health = judge(path, answer);
  return health.kind === 'silent' && alive?.kind === 'response'
    ? { kind: 'waits', path, alivePath, message: health.message }
    : health;
}

/** What the server answers at `again` while it is still to answer `asked`; undefined when it did not have to be asked. */
async function lookAgain(
  asked: Promise<FetchResult>,
  again: () => Promise<FetchResult>,
): Promise<FetchResult | undefined> {
  return (await within(asked, SECOND_LOOK_AFTER_MS)) === undefined ? await again() : undefined;
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
  if (NOT_FOR_US.has(status)) return { kind: 'alive', status, latencyMs: durationMs };
  if (status === 200 && isWell(body)) return { kind: 'ok', latencyMs: durationMs };
  const said = `${path} answers ${status}: ${complaint(body)}`;
  if (status >= 500 && isHealthAnswer(body)) return { kind: 'failing', path, failed: failedChecks(body), said };
  return { kind: 'foreign', said };
}
