/**
 * Whether Leases are still renewed: those of the kubelets of lost nodes, and of controllers. One counts as stale when it has
 * not changed for some time on this agent's own clock while the API answered, and as renewed when it changed between two
 * answers since it is followed; what its holder wrote as the time is compared with no clock.
 */
import type { Clock } from '../base/clock.ts';
import type { LeaseState } from '../model/roster.ts';
import type { Answer } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { type LeaseFacts, readLease } from './objects/lease.ts';
import { fieldsOf, listOf, textOf } from './objects/fields.ts';
import type { Rights } from './rights.ts';

export interface LeaseWatch {
  /** Whose Leases matter now; of whoever comes in nothing is known yet. */
  follow(names: readonly string[]): void;
  /** What is known of it; undefined: it is not followed, or cannot be told. */
  of(name: string): LeaseState | undefined;
  /** Who held it last, as it calls itself. */
  holder(name: string): string | undefined;
  stop(): void;
}

export interface LeaseOptions {
  readonly namespace: string;
  /** After how long without a change it is stale, ms. */
  readonly staleMs: (lease: LeaseFacts) => number;
  /** Answers that are so far apart are no watching, ms. */
  readonly gapMs: number;
  /** How often it is looked at, where that is more seldom than every {@link LOOK_MS}. */
  readonly paceMs?: () => number;
}

export interface LeaseDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly rights: Rights;
  /** Something else is known now. */
  readonly onChange: () => void;
}

interface Followed {
  /** Its resource version; empty: there is no such Lease. */
  version?: string;
  holder?: string | undefined;
  staleMs: number;
  /** Monotonic ms; from then on the API has answered without a gap, and the Lease has been the same. */
  sameSince: number;
  /** Monotonic ms of the last answer. */
  answeredAt: number;
  state?: LeaseState['kind'];
  /** Calls off the look at the moment from which on it is stale. */
  cancel: () => void;
}

export const LOOK_MS = 5000;
/** So many are asked for one by one; of more, all Leases of the cluster are listed. */
export const FEW = 12;
const LOOK_AT_ALL_MS = 15_000;
/** A look that was a moment late does not put off the next one by a whole {@link LOOK_MS}. */
const LATE_MS = 1000;
/** What a kubelet's says is 40 s, of which it renews it four times; so long the cluster waits before it calls the node lost. */
const NODE_STALE_MS = 40_000;
const CONTROLLER_STALE_DURATIONS = 2;
/** The default of controllers. One that ends writes 1 s into its Lease; whoever is next needs as long as ever. */
const DURATION_MS = 15_000;
/** Between two answers a Lease may have changed and nobody saw it; more than that is no watching. */
const NODE_GAP_MS = 20_000;
/** A controller that cannot renew for 10 s ends itself, and is started again: nobody is to be accused for the API's pause. */
const CONTROLLER_GAP_MS = 2 * LOOK_MS - 1;
const PAGE = 500;
const MAX_PAGES = 20;

export const NODE_LEASES: LeaseOptions = {
  namespace: 'kube-node-lease',
  // A kubelet may be told to renew it more seldom.
  staleMs: ({ durationMs = 0 }) => Math.max(durationMs, NODE_STALE_MS),
  gapMs: NODE_GAP_MS,
};
export const CONTROLLER_LEASES: LeaseOptions = {
  namespace: 'kube-system',
  staleMs: ({ durationMs = 0 }) => CONTROLLER_STALE_DURATIONS * Math.max(durationMs, DURATION_MS),
  gapMs: CONTROLLER_GAP_MS,
};

export function createLeaseWatch(
  { namespace, staleMs, gapMs, paceMs = () => 0 }: LeaseOptions,
  { client, clock, rights, onChange }: LeaseDeps,
): LeaseWatch {
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const followed = new Map<string, Followed>();
  let [isLooking, isStopped, lookedAt] = [false, false, -Infinity];

  const become = (one: Followed, state: LeaseState['kind'] | undefined): void => {
    const isSame = one.state === state;
    if (state === undefined) delete one.state;
    else one.state = state;
    if (!isSame) onChange();
  };
  const begin = (one: Followed, version: string): void => {
    one.cancel();
    [one.version, one.sameSince] = [version, clock.monotonic()];
    one.cancel = version === '' ? () => {} : clock.after(one.staleMs, () => void look());
  };
  /** @param lease undefined: there is none */
  const take = (name: string, lease: LeaseFacts | undefined): void => {
    const one = followed.get(name);
    if (one === undefined) return;
    const version = lease?.version ?? '';
    if (lease !== undefined) one.staleMs = staleMs(lease);
    one.holder = lease?.holder;
    const now = clock.monotonic();
    const isGap = now - one.answeredAt > gapMs;
    const isOther = one.version !== version;
    const isRenewed = isOther && one.version !== undefined && one.version !== '' && version !== '' && !isGap;
    one.answeredAt = now;
    if (isOther || isGap) begin(one, version);
    if (version === '') become(one, 'none');
    else if (isRenewed) become(one, 'renewed');
    else if (isGap || one.state === 'none') become(one, undefined);
    else if (now - one.sameSince >= one.staleMs) become(one, 'stale');
  };
  const noted = (answer: Answer): Answer => {
    rights.note(`get leases in ${namespace}`, answer);
    return answer;
  };
  const lookAt = async (name: string): Promise<void> => {
    const answer = noted(await client.get(`${leases}/${encodeURIComponent(name)}`));
    const lease = answer.kind === 'ok' ? readLease(answer.value) : undefined;
    if (lease !== undefined || answer.kind === 'missing') take(name, lease);
  };
  const lookAtAll = async (): Promise<void> => {
    const found = new Map<string, LeaseFacts>();
    let token = '';
    for (let page = 0; page < MAX_PAGES && followed.size > 0; page += 1) {
      const place = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
      const answer = noted(await client.get(`${leases}?limit=${PAGE}${place}`));
      if (answer.kind !== 'ok') return;
      const { items, metadata } = fieldsOf(answer.value);
      for (const lease of listOf(items).flatMap((item) => readLease(item) ?? [])) found.set(lease.name, lease);
      token = textOf(fieldsOf(metadata)['continue']) ?? '';
      if (token === '') break;
    }
    for (const name of followed.keys()) take(name, found.get(name));
  };
  const look = async (): Promise<void> => {
    const names = [...followed.keys()];
    const now = clock.monotonic();
    const allMs = [...followed.values()].some((one) => isDue(one, now)) ? LOOK_MS : LOOK_AT_ALL_MS;
    const pauseMs = names.length > FEW ? allMs : paceMs() - LATE_MS;
    if (isLooking || names.length === 0 || now - lookedAt < pauseMs) return;
    [isLooking, lookedAt] = [true, now];
    try {
      if (names.length > FEW) await lookAtAll();
      else for (const name of names) if (!isStopped) await lookAt(name);
    } finally {
      isLooking = false;
    }
  };
  const drop = (name: string, one: Followed): void => {
    one.cancel();
    followed.delete(name);
  };
  const stop = clock.every(LOOK_MS, () => void look());

  return {
    follow(names) {
      const wanted = new Set(names);
      for (const [name, one] of followed) if (!wanted.has(name)) drop(name, one);
      const fresh = names.filter((name) => !followed.has(name));
      const now = clock.monotonic();
      for (const name of fresh)
        followed.set(name, { sameSince: now, answeredAt: now, staleMs: Infinity, cancel: () => {} });
      if (fresh.length > 0) void look();
    },
    of(name) {
      const one = followed.get(name);
      const now = clock.monotonic();
      if (one?.state === undefined || now - one.answeredAt > gapMs) return undefined;
      return { kind: one.state, unchangedForMs: now - one.sameSince };
    },
    holder: (name) => followed.get(name)?.holder,
    stop() {
      isStopped = true;
      stop();
      for (const [name, one] of followed) drop(name, one);
    },
  };
}

/** It came in just now, or may be stale by now: what is found later is told later. */
const isDue = ({ version, state, sameSince, staleMs }: Followed, now: number): boolean =>
  version === undefined || (version !== '' && state !== 'stale' && now - sameSince >= staleMs);
