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
  /** What the server answers without looking at anything. */
  readonly alivePath?: string;
}

/** All exchanges of a run end within this, so that 1 s is enough to say what was seen. */
const BUDGET_MS = 850;
const MIN_TIMEOUT_MS = 50;
/** When the health endpoint has not answered by then, it is asked whether anything answers at all. */
const SECOND_LOOK_AFTER_MS = 300;
const MAX_BODY_BYTES = 16_384;
const NOT_FOR_US: ReadonlySet<number> = new Set([401, 403]);

/** Never rejects. */
export async function askHealth(
  { url, paths, alivePath }: HealthRequest,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: CheckClock },
): Promise<Health> {
  const beganAt = clock.monotonic();
  const ask = (path: string): Promise<FetchResult> => {
    const timeoutMs = Math.max(MIN_TIMEOUT_MS, Math.floor(BUDGET_MS - (clock.monotonic() - beganAt)));
    return fetch({ url: `${url}${path}`, timeoutMs, maxBodyBytes: MAX_BODY_BYTES });
  };
  let last: Health = { kind: 'nobody' };
  for (const path of paths) {
    const asked = ask(path);
    const isAlive = alivePath === undefined ? undefined : lookAgain(asked, () => ask(alivePath));
    last = judge(path, await asked);
    if (last.kind === 'silent' && alivePath !== undefined && (await isAlive) === true)
      return { kind: 'waits', path, alivePath, message: last.message };
    if (last.kind !== 'alive' && last.kind !== 'foreign') return last;
  }
  return last;
}

/** True when the server answers anything at all while it is still to answer `asked`. */
async function lookAgain(asked: Promise<FetchResult>, again: () => Promise<FetchResult>): Promise<boolean> {
  const first = await within(asked, SECOND_LOOK_AFTER_MS);
  return first === undefined && (await again()).kind === 'response';
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
