/** The agent's HTTP API as this page uses it. Addresses are relative, so that the page works behind a proxy. */
import type { ApiCatalogue, ApiError, ApiMember, ApiNode, ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiGroupMatrix, ApiMatrix } from '../../agent/http/contract/links.ts';
import type { ApiSeries, ApiTimeline } from '../../agent/http/contract/history.ts';
import { createLimiter } from './limiter.ts';

/** The request failed; `message` is for the operator. `answered`: the agent lives, it only said no. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly answered: boolean;
  /** HTTP status, 0 without an answer. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.answered = status !== 0;
    this.status = status;
  }
}

export interface TimelineQuery {
  readonly node?: string;
  readonly check?: string;
  /** Unix ms, the end is excluded. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

export interface SeriesQuery {
  readonly node: string;
  readonly check: string;
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

export type Network = 'underlay' | 'overlay';

export interface MatrixQuery {
  readonly network: Network;
  /** Only links from this node and to it. */
  readonly node?: string;
}

export interface GroupsQuery {
  readonly network: Network;
  /** Ids of groups. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface Api {
  /** `at`: what the agent concluded then, Unix ms; by default now. */
  status(at?: number): Promise<ApiStatus>;
  /** Those against which nothing is known only by name. */
  nodes(): Promise<ApiNodes>;
  node(name: string): Promise<ApiNode>;
  member(name: string): Promise<ApiMember>;
  matrix(query: MatrixQuery): Promise<ApiMatrix>;
  groups(query: GroupsQuery): Promise<ApiGroupMatrix>;
  catalogue(): Promise<ApiCatalogue>;
  timeline(query: TimelineQuery): Promise<ApiTimeline>;
  series(query: SeriesQuery): Promise<ApiSeries>;
  /** Anything else; what is undefined in the query is left out. */
  get<T>(path: string, query: Query): Promise<T>;
}

export interface ApiDeps {
  readonly fetch: typeof fetch;
  /** What is sent as `Authorization`; undefined: nothing. */
  readonly authorization: () => string | undefined;
  /** Called with the `Date` header of every answer (Unix ms): the agent's clock. */
  readonly sawClock: (at: number) => void;
}

/** Statuses come from memory; the store may take 2 s to say that it is stalled. */
const TIMEOUT_MS = 4000;
/** With the stream these are the six that a browser has for one agent; a request more would wait unseen. */
const MAX_IN_FLIGHT = 5;

export function createApi(base: string, deps: ApiDeps): Api {
  const limiter = createLimiter(MAX_IN_FLIGHT);
  const get = <T>(path: string, query: Query = {}): Promise<T> =>
    limiter.run(() => request<T>(addressOf(base, path, query), deps));
  return {
    get,
    // First of all, however much else is asked for.
    status: (at) =>
      limiter.run(() => request<ApiStatus>(addressOf(base, 'api/v1/status', { at: instant(at) }), deps), true),
    nodes: () => get('api/v1/nodes', { fine: 'names' }),
    member: (name) => get(`api/v1/members/${encodeURIComponent(name)}`),
    matrix: ({ network, node }) => get('api/v1/matrix', { network, node }),
    groups: ({ network, from, to }) => get('api/v1/matrix/groups', { network, from, to }),
    node: (name) => get(`api/v1/nodes/${encodeURIComponent(name)}`),
    catalogue: () => get('api/v1/checks'),
    timeline: ({ node, check, from, to, limit }) =>
      get('api/v1/timeline', { node, check, from: instant(from), to: instant(to), limit }),
    series: ({ node, check, from, to, points }) =>
      get('api/v1/series', { node, check, from: instant(from), to: instant(to), points }),
  };
}

const instant = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

type Query = Readonly<Record<string, string | number | undefined>>;

function addressOf(base: string, path: string, query: Query): string {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url.href;
}

async function request<T>(address: string, deps: ApiDeps): Promise<T> {
  let response: Response;
  let body: unknown;
  const authorization = deps.authorization();
  try {
    response = await deps.fetch(address, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json', ...(authorization !== undefined && { authorization }) },
      cache: 'no-store',
    });
    body = response.headers.get('content-type')?.includes('json') === true ? await response.json() : undefined;
  } catch (error) {
    throw new RequestFailure('No answer from this agent.', 0, { cause: error });
  }
  const at = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(at)) deps.sawClock(at);
  if (response.ok && body !== undefined) return body as T;
  const { message } = (body ?? {}) as Partial<ApiError>;
  throw new RequestFailure(message ?? `The agent answered with status ${response.status}.`, response.status);
}
