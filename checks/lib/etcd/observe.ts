/** Asks etcd. What the answers mean is for `judge.ts`. */
import type { CheckContext, FetchResult } from '../../types.ts';
import { within } from '../deadline.ts';
import { type Seldom, createSeldom } from '../seldom.ts';
import { type Access, accessOf, type ClientReads } from './access.ts';
import { type EtcdMetrics, parseHealth, parseMetrics } from './answers.ts';
import { isRefused, type Knock, pickClientUrl } from './client-url.ts';
import { type Depth, type DepthState, createDepthState, lookDeeper } from './depth.ts';
import type { Ask } from './members.ts';
import { type RevisionMemory, type WentBack, createRevisionMemory, noteRevision } from './revision.ts';
import { type EtcdConfig, type EtcdTarget, findEtcdTarget, targetWithoutFiles } from './target.ts';

/** What the check remembers between runs. Times are monotonic milliseconds. */
export interface EtcdState {
  readonly target: Seldom<EtcdTarget>;
  readonly depth: DepthState;
  readonly revision: RevisionMemory;
  /** Which of several forms of the client's URL is right, once that is known. */
  clientUrl?: string | undefined;
  metrics?: { readonly value: EtcdMetrics | undefined; readonly readAt: number } | undefined;
  /** The client port refuses us: what it said, and when to ask it again. */
  denied?: { readonly reads: ClientReads; readonly until: number } | undefined;
  /** The last look at the health port found it well. */
  wasHealthy?: boolean;
  /** It was etcd that answered here. */
  seen?: boolean;
}

/** Asked where the client port does not tell all. */
export interface HealthReads {
  readonly url: string;
  readonly livez: FetchResult;
  readonly health: FetchResult;
}

export interface EtcdObservation extends Depth {
  readonly target: EtcdTarget;
  readonly client: ClientReads;
  readonly access: Access;
  readonly health?: HealthReads;
  /** Read in this run. */
  readonly metrics?: EtcdMetrics;
  /** Read in this run or one before. */
  readonly lastMetrics?: EtcdMetrics;
  /** Its data are older than they were. */
  readonly wentBack?: WentBack;
}

export const createEtcdState = (): EtcdState => ({
  target: createSeldom(),
  depth: createDepthState(),
  revision: createRevisionMemory(),
});

/** All exchanges of a run end within this, so that 1 s is enough to say what was seen. */
const BUDGET_MS = 850;
const MIN_TIMEOUT_MS = 50;
/** From then on the other members are left for the next run. */
const LATE_MS = 300;
/** When the client port has not answered by then, the health port is asked too, while the former still may. */
const SECOND_LOOK_AFTER_MS = 300;
/** Producing them costs etcd some milliseconds. */
export const METRICS_EVERY_MS = 10_000;
const MAX_METRICS_BYTES = 4_194_304;
/** etcd logs a warning about every client that it refuses. */
const DENIED_PAUSE_MS = 15_000;
/** No key of Kubernetes, and none that has to exist. */
const PROBE_KEY = Buffer.from('meerkat').toString('base64');

/** Never rejects. Updates the state. */
export async function observeEtcd(context: CheckContext<EtcdConfig, EtcdState>): Promise<EtcdObservation> {
  const { state, clock } = context;
  const startedAt = clock.monotonic();
  const target = await currentTarget(context, startedAt);
  const ask: Ask = (url, path, more) => {
    const timeoutMs = Math.max(MIN_TIMEOUT_MS, Math.floor(BUDGET_MS - (clock.monotonic() - startedAt)));
    const tls = url.startsWith('https:') && target.tls !== undefined && { tls: target.tls };
    return context.fetch({ url: `${url}${path}`, timeoutMs, ...tls, ...more });
  };
  const { url, reads } = await openClient(state, target, ask);
  const hasCertificate = target.certFile !== undefined;
  const early = await within(reads.own, SECOND_LOOK_AFTER_MS);
  const access = early === undefined ? 'silent' : accessOf(early, hasCertificate);
  const sideUrl = target.metricsUrl ?? (early?.status.kind === 'response' ? url : undefined);
  const wanted = { health: access !== 'usable', metrics: wantsMetrics(state, startedAt, access) };
  const side = sideUrl === undefined ? {} : await lookAside(ask, sideUrl, wanted, access === 'nobody');
  if (side.metrics !== undefined) {
    state.metrics = { value: side.metrics.value ?? state.metrics?.value, readAt: startedAt };
  }
  const client = await reads.all;
  const lastAccess = accessOf(client, hasCertificate);
  const depth = await lookDeeper(state.depth, {
    ask,
    host: context.host,
    now: startedAt,
    clientUrl: lastAccess === 'usable' ? url : undefined,
    trustedCaFile: lastAccess === 'nobody' ? undefined : target.trustedCaFile,
    isLate: clock.monotonic() - startedAt > LATE_MS,
    metrics: side.metrics?.value,
  });
  const wentBack = noteRevision(state.revision, client, startedAt);
  const observation: EtcdObservation = {
    target,
    client,
    access: lastAccess,
    ...depth,
    ...(wentBack !== undefined && { wentBack }),
    ...(side.health !== undefined && { health: side.health }),
    ...(side.metrics?.value !== undefined && { metrics: side.metrics.value }),
    ...(state.metrics?.value !== undefined && { lastMetrics: state.metrics.value }),
  };
  remember(state, observation, startedAt);
  return observation;
}

/** Etcd's disk may be what hangs, and the files lie on the same: what was read before will do until they answer. */
async function currentTarget(context: CheckContext<EtcdConfig, EtcdState>, now: number): Promise<EtcdTarget> {
  const { state, config, host } = context;
  if (state.denied !== undefined && now >= state.denied.until) {
    // The certificate that was missing may have been mounted or renewed since.
    state.denied = undefined;
    state.target.forget();
  }
  const target = await state.target.get(() => findEtcdTarget(config, host), now);
  if (target === undefined) return targetWithoutFiles(config);
  if (state.clientUrl !== undefined && !target.clientUrls.includes(state.clientUrl)) state.clientUrl = undefined;
  return target;
}

/** `own` is what the member says by itself; it settles before the read that needs the others. */
interface PendingReads {
  readonly own: Promise<Omit<ClientReads, 'linearizable'>>;
  readonly all: Promise<ClientReads>;
}

/**
 * Starts the reads at the right URL. Where none is known yet it knocks first, and when nobody opens that is all: on
 * most nodes there is no etcd.
 */
async function openClient(
  state: EtcdState,
  target: EtcdTarget,
  ask: Ask,
): Promise<{ readonly url: string; readonly reads: PendingReads }> {
  if (state.denied !== undefined) return { url: state.denied.reads.url, reads: settled(state.denied.reads) };
  if (state.clientUrl !== undefined) return { url: state.clientUrl, reads: readClient(ask, state.clientUrl) };
  const knock = async (url: string): Promise<Knock> => ({
    url,
    result: await ask(url, '/version', { timeoutMs: SECOND_LOOK_AFTER_MS }),
  });
  const knocks = await Promise.all(target.clientUrls.map(knock));
  const [first] = target.clientUrls;
  const refused = knocks.every(({ result }) => isRefused(result)) ? knocks[0]?.result : undefined;
  if (refused !== undefined) {
    return {
      url: first,
      reads: settled({ url: first, status: refused, serializable: refused, linearizable: refused }),
    };
  }
  const url = pickClientUrl(knocks) ?? first;
  return { url, reads: readClient(ask, url) };
}

function readClient(ask: Ask, url: string): PendingReads {
  const post = (path: string, body: object): Promise<FetchResult> =>
    ask(url, path, { method: 'POST', body: JSON.stringify(body) });
  const status = post('/v3/maintenance/status', {});
  const serializable = post('/v3/kv/range', { key: PROBE_KEY, serializable: true });
  const linearizable = post('/v3/kv/range', { key: PROBE_KEY });
  const own = Promise.all([status, serializable]).then(([one, two]) => ({ url, status: one, serializable: two }));
  return { own, all: own.then(async (first) => ({ ...first, linearizable: await linearizable })) };
}

const settled = (reads: ClientReads): PendingReads => ({ own: Promise.resolve(reads), all: Promise.resolve(reads) });

interface SideLook {
  readonly health?: HealthReads;
  readonly metrics?: { readonly value: EtcdMetrics | undefined };
}

/** @param isAlone nobody listens at the client port: then one question is enough to know that nobody does here either */
async function lookAside(
  ask: Ask,
  url: string,
  wanted: { readonly health: boolean; readonly metrics: boolean },
  isAlone: boolean,
): Promise<SideLook> {
  if (!wanted.health) return wanted.metrics ? { metrics: await readMetrics(ask, url) } : {};
  const asked = ask(url, '/livez');
  if (isAlone && isRefused(await asked)) return {};
  const [livez, health, metrics] = await Promise.all([
    asked,
    ask(url, '/health'),
    wanted.metrics ? readMetrics(ask, url) : undefined,
  ]);
  return { health: { url, livez, health }, ...(metrics !== undefined && { metrics }) };
}

/** What cannot be read is a value too: the next attempt is in 10 s and not at once. */
async function readMetrics(ask: Ask, url: string): Promise<{ readonly value: EtcdMetrics | undefined }> {
  return { value: parseMetrics(await ask(url, '/metrics', { maxBodyBytes: MAX_METRICS_BYTES })) };
}

/** Before 3.5 etcd gives no reason for bad health; its metrics help to tell. */
function wantsMetrics(state: EtcdState, now: number, access: Access): boolean {
  const isDue = state.metrics === undefined || now - state.metrics.readAt >= METRICS_EVERY_MS;
  return isDue || (access !== 'usable' && state.wasHealthy !== true);
}

function remember(state: EtcdState, observation: EtcdObservation, now: number): void {
  const { access, client, health, metrics } = observation;
  const answer = health === undefined ? undefined : parseHealth(health.health);
  if (health !== undefined) state.wasHealthy = answer?.healthy === true;
  if (access === 'usable' || answer !== undefined || metrics !== undefined) state.seen = true;
  if (access === 'usable' || access === 'denied') state.clientUrl = client.url;
  if (access === 'denied' && client.status.kind === 'failure')
    state.denied ??= { reads: client, until: now + DENIED_PAUSE_MS };
  if (access === 'nobody') {
    // What listens next may speak TLS where this did not, and have another quota.
    state.clientUrl = undefined;
    if (health === undefined) state.metrics = undefined;
  }
}
