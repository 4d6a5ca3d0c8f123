/**
 * Servers that are asked for their health: apiserver, scheduler, controller-manager, kubelet, kube-proxy, service-ip.
 *
 * - Each: for a moment now and then it is silent, closes the connection, answers 5xx, a page, or nothing at all, and
 *   refuses connections (it was restarted); answers take up to nine tenths of the time they have.
 * - API server: also 429, and /readyz waits while etcd elects a leader.
 * - kube-proxy: a rolling update takes it away for 10 s, and for 10 s more it has not written its rules.
 * - API servers, at their own addresses: also away for up to a minute, because they are started anew.
 * - The API's Service: of three connections that are opened at once one or two find nobody; in a moment all three.
 */
import { fetchFailure, fetchResponse } from '../../../checks/lib/testing.ts';
import type { FetchResult } from '../../../checks/types.ts';
import type { Noise, Spell } from './noise.ts';
import { type Answer, HOUR, type Part, SECOND } from './part.ts';

export interface Server extends Part {
  /** From now on it answers so, whatever it is asked. */
  force(answer: FetchResult): void;
}

export const SILENT: FetchResult = fetchFailure('timeout', 'silent', Infinity);
export const REFUSED: FetchResult = fetchFailure('refused', 'connect ECONNREFUSED');
export const RESET: FetchResult = fetchFailure('reset', 'the server closed the connection without an answer');
export const SICK: FetchResult = fetchResponse(500, '[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed');
const PAGE = fetchResponse(503, '<html>upstream connect error</html>');
const UNWELL = [SILENT, RESET, SICK, PAGE, fetchResponse(200, ''), REFUSED];
const OFTEN = 0.01;
/** Runs that an election makes fail are confirmed within that time. */
const ELECTION_MS = 5 * SECOND;

export const lasting = (answer: FetchResult, durationMs: number): FetchResult => ({ ...answer, durationMs });

interface ServerOptions {
  /** Where it is asked; the first is that of its health. */
  readonly urls: readonly [string, ...string[]];
  readonly well?: FetchResult;
  /** It answers within this. */
  readonly longestMs?: number;
  /** In a bad moment. */
  readonly unwell?: readonly FetchResult[];
  /** It has to wait for somebody else for so long. */
  readonly waitsMs?: () => number;
  /** It has that to bear, or had, or will have in a moment. */
  readonly isOther?: () => boolean;
  /** What it answers in a longer spell that is no fault. */
  readonly spell?: () => FetchResult | undefined;
}

function createServer(noise: Noise, options: ServerOptions): Server {
  const { urls, well = fetchResponse(200, 'ok'), longestMs = 800, unwell = UNWELL, waitsMs, spell, isOther } = options;
  const [isMoment, tookMs] = [noise.singles(isOther)(OFTEN), noise.tail(3, longestMs)];
  let forced: FetchResult | undefined;
  const health: Answer = () => {
    if (forced !== undefined) return forced;
    const now = spell?.() ?? (isMoment() ? noise.random.pick(unwell) : undefined);
    return now ?? lasting(well, Math.max(tookMs(), waitsMs?.() ?? 0));
  };
  const others: Answer = () => forced ?? fetchResponse(200, '{}');
  const [first, ...rest] = urls;
  return {
    answers: { [first]: health, ...Object.fromEntries(rest.map((url) => [url, others])) },
    force: (answer) => void (forced = answer),
  };
}

export const createApiserver = (noise: Noise, election: Spell): Server =>
  createServer(noise, {
    urls: ['https://127.0.0.1:6443/readyz', 'https://127.0.0.1:6443'],
    longestMs: 2000,
    unwell: [...UNWELL, fetchResponse(429, 'too many requests')],
    waitsMs: () => election.leftMs(),
    isOther: () => election.isNear(ELECTION_MS),
  });

const NO_LEASE = fetchResponse(500, '[+]ping ok\n[-]leaderElection failed: reason withheld\nhealthz check failed');

export const createController = (noise: Noise, name: 'scheduler' | 'controller-manager'): Server =>
  createServer(noise, {
    urls: [name === 'scheduler' ? 'https://127.0.0.1:10259/livez' : 'https://127.0.0.1:10257/healthz'],
    unwell: [...UNWELL, NO_LEASE],
  });

export const createKubelet = (noise: Noise): Server =>
  createServer(noise, { urls: ['http://127.0.0.1:10248/healthz'] });

const NO_RULES = fetchResponse(
  503,
  '{"lastUpdated":"0001-01-01 00:00:00 +0000 UTC","currentTime":"2026-01-01 12:00:00"}',
);
const UPDATE_MS = 20 * SECOND;

export function createKubeProxy(noise: Noise): Server {
  const update = noise.spells({ everyMs: 3 * HOUR, lastsMs: [UPDATE_MS, UPDATE_MS] });
  return createServer(noise, {
    urls: ['http://127.0.0.1:10256/livez'],
    well: fetchResponse(200, '{}'),
    spell() {
      const leftMs = update.leftMs();
      if (leftMs === 0) return undefined;
      return leftMs > UPDATE_MS / 2 ? REFUSED : NO_RULES;
    },
  });
}

/** What the API server is allowed when it is started anew; the looks before and after it are none of the noise's. */
const RESTART_MS = 55 * SECOND;
const LOOK_MS = 16 * SECOND;

/** `servers` is what the API servers answer at their own addresses. */
export function createService(noise: Noise): Server & { readonly servers: Server } {
  const restart = noise.spells({ everyMs: 2 * HOUR, lastsMs: [20 * SECOND, RESTART_MS] });
  const [areAllGone, tookMs] = [noise.singles()(0.05), noise.tail(3, 900)];
  let forced: FetchResult | undefined;
  let asked = 0;
  const answer: Answer = () => {
    asked += 1;
    if (forced !== undefined) return forced;
    const isGone = areAllGone() || (asked % 3 !== 0 && noise.random.chance(0.1));
    return isGone ? noise.random.pick([SILENT, REFUSED]) : lasting(fetchResponse(200, '{}'), tookMs());
  };
  return {
    answers: { 'https://10.96.0.1:443/version': answer },
    force: (result) => void (forced = result),
    servers: createServer(noise, {
      urls: ['https://10.0.0.1:6443/version'],
      well: fetchResponse(200, '{}'),
      longestMs: 1900,
      isOther: () => restart.isNear(LOOK_MS),
      spell: () => (restart.leftMs() > 0 ? REFUSED : undefined),
    }),
  };
}
