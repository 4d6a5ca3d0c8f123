/**
 * Whether the kubelets of lost nodes still renew their Leases. A Lease counts as stale when it has not changed for 40 s on
 * this agent's own clock while the API answered, and as renewed when it changed between two answers since the node was
 * lost; what its holder wrote as the time is compared with no clock.
 */
import type { Clock } from '../base/clock.ts';
import type { LeaseState } from '../model/roster.ts';
import type { Answer } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { readLease } from './objects/lease.ts';
import { fieldsOf, listOf, textOf } from './objects/fields.ts';
import type { Rights } from './rights.ts';

export interface LeaseWatch {
  /** Whose Leases matter now; of whoever comes in nothing is known yet. */
  follow(names: readonly string[]): void;
  /** What is known of it; undefined: it is not followed, or cannot be told. */
  of(name: string): LeaseState | undefined;
  stop(): void;
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
  /** Monotonic ms; from then on the API has answered without a gap, and the Lease has been the same. */
  sameSince: number;
  /** Monotonic ms of the last answer. */
  answeredAt: number;
  state?: LeaseState['kind'];
  /** Calls off the look at the moment from which on it is stale. */
  cancel: () => void;
}

const LOOK_MS = 5000;
/** So many are asked for one by one; of more, all Leases of the cluster are listed. */
const FEW = 12;
const LOOK_AT_ALL_MS = 15_000;
const STALE_MS = 40_000;
/** Between two answers a Lease may have changed and nobody saw it; more than that is no watching. */
const GAP_MS = 20_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const PAGE = 500;
const MAX_PAGES = 20;

export function createLeaseWatch({ client, clock, rights, onChange }: LeaseDeps): LeaseWatch {
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
    one.cancel = clock.after(STALE_MS, () => void look());
  };
  const take = (name: string, version: string): void => {
    const one = followed.get(name);
    if (one === undefined) return;
    const now = clock.monotonic();
    const isGap = now - one.answeredAt > GAP_MS;
    const isOther = one.version !== version;
    const isRenewed = isOther && one.version !== undefined && one.version !== '' && version !== '' && !isGap;
    one.answeredAt = now;
    if (isOther || isGap) begin(one, version);
    if (version === '') become(one, 'none');
    else if (isRenewed) become(one, 'renewed');
    else if (isGap || one.state === 'none') become(one, undefined);
    else if (now - one.sameSince >= STALE_MS) become(one, 'stale');
  };
  const noted = (answer: Answer): Answer => {
    rights.note('get leases in kube-node-lease', answer);
    return answer;
  };
  const lookAt = async (name: string): Promise<void> => {
    const answer = noted(await client.get(`${LEASES}/${encodeURIComponent(name)}`));
    const lease = answer.kind === 'ok' ? readLease(answer.value) : undefined;
    if (lease !== undefined) take(name, lease.version);
    if (answer.kind === 'missing') take(name, '');
  };
  const lookAtAll = async (): Promise<void> => {
    const versions = new Map<string, string>();
    let token = '';
    for (let page = 0; page < MAX_PAGES && followed.size > 0; page += 1) {
      const place = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
      const answer = noted(await client.get(`${LEASES}?limit=${PAGE}${place}`));
      if (answer.kind !== 'ok') return;
      const { items, metadata } = fieldsOf(answer.value);
      for (const { name, version } of listOf(items).flatMap((item) => readLease(item) ?? []))
        versions.set(name, version);
      token = textOf(fieldsOf(metadata)['continue']) ?? '';
      if (token === '') break;
    }
    for (const name of followed.keys()) take(name, versions.get(name) ?? '');
  };
  const look = async (): Promise<void> => {
    const names = [...followed.keys()];
    const now = clock.monotonic();
    if (isLooking || names.length === 0 || (names.length > FEW && now - lookedAt < LOOK_AT_ALL_MS)) return;
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
      for (const name of fresh) followed.set(name, { sameSince: now, answeredAt: now, cancel: () => {} });
      if (fresh.length > 0) void look();
    },
    of(name) {
      const one = followed.get(name);
      const now = clock.monotonic();
      if (one?.state === undefined || now - one.answeredAt > GAP_MS) return undefined;
      return { kind: one.state, unchangedForMs: now - one.sameSince };
    },
    stop() {
      isStopped = true;
      stop();
      for (const [name, one] of followed) drop(name, one);
    },
  };
}
