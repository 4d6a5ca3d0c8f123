/** What etcd counts of its writes and its leaders, in its own words. */
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, SECOND } from './part.ts';

export interface Counters {
  /** Up to now. */
  read(): { readonly buckets: readonly number[]; readonly leaderChanges: number };
  /** From now on this share of all writes takes 1 to 2 s. */
  slowDown(share: number): void;
  /** From now on so many leaders more are elected each minute. */
  flap(perMinute: number): void;
}

/** As etcd has them: https://github.com/etcd-io/etcd/blob/main/server/storage/wal/metrics.go */
const BOUNDS = Array.from({ length: 14 }, (_, index) => 0.001 * 2 ** index);
const [FAST, HALF, LONG] = [1, 9, 11];
/** Once in the day. */
const STARTS_ANEW_MS = 7 * HOUR;
/** A pair of slow writes, and nothing of the kind for a minute and more: metrics that were missed once make 50 s one window. */
const SLOW_EVERY_MS = 90 * SECOND;
const SLOW_ONES = 2;

export function createCounters(noise: Noise, elections: () => number): Counters {
  const [perSecond, heavy] = [noise.wander(2, 100), noise.wander(0, 0.3)];
  let [atMs, slowAtMs, before, isNew] = [0, 5 * MINUTE, 0, false];
  let slowShare = 0;
  let flapping: { readonly perMinute: number; readonly sinceMs: number } | undefined;
  const buckets = BOUNDS.map(() => 0);
  const add = (bucket: number, count: number): void => void (buckets[bucket] = (buckets[bucket] ?? 0) + count);
  return {
    read() {
      const now = noise.now();
      if (!isNew && now > STARTS_ANEW_MS) {
        isNew = true;
        buckets.fill(0);
        before = elections();
      }
      const writes = Math.round(((now - atMs) / SECOND) * perSecond());
      atMs = now;
      const [slow, half] = [Math.round(writes * slowShare), Math.round(writes * heavy())];
      add(LONG, slow);
      add(HALF, half);
      add(FAST, writes - slow - half);
      if (now >= slowAtMs) {
        add(LONG, SLOW_ONES);
        slowAtMs = now + SLOW_EVERY_MS;
      }
      const flaps = flapping === undefined ? 0 : Math.floor(((now - flapping.sinceMs) / MINUTE) * flapping.perMinute);
      return { buckets, leaderChanges: elections() - before + flaps };
    },
    slowDown: (share) => void (slowShare = share),
    flap: (perMinute) => void (flapping = { perMinute, sinceMs: noise.now() }),
  };
}

export function metricsText(counters: Counters, hasLeader: boolean, dbBytes: number, quotaBytes: number): string {
  const { buckets, leaderChanges } = counters.read();
  const values = {
    etcd_server_has_leader: Number(hasLeader),
    etcd_server_leader_changes_seen_total: leaderChanges,
    etcd_server_proposals_pending: 0,
    etcd_server_quota_backend_bytes: quotaBytes,
    etcd_mvcc_db_total_size_in_bytes: dbBytes,
  };
  const names = ['etcd_disk_wal_fsync_duration_seconds', 'etcd_disk_backend_commit_duration_seconds'];
  return [
    ...Object.entries(values).map(([name, value]) => `${name} ${value}\n`),
    ...names.map((name) => histogramText(name, buckets)),
  ].join('');
}

function histogramText(name: string, buckets: readonly number[]): string {
  let below = 0;
  const lines = buckets.map((count, index) => {
    below += count;
    return `${name}_bucket{le="${BOUNDS[index]}"} ${below}\n`;
  });
  return [...lines, `${name}_bucket{le="+Inf"} ${below}\n`].join('');
}
