/** How near the noise came to what each check bears: noise that nobody would notice proves nothing. */
import type { Day } from './day.ts';
import type { Role } from './inputs.ts';

interface Reach {
  /** `check reading`. */
  readonly what: string;
  readonly limit: number;
  /** A problem below the limit, not above it. */
  readonly isFloor?: true;
  /** Only there. */
  readonly role?: Role;
}

const DAYS = 86_400;

/** By the defaults of the checks. Of those that are a problem in company alone each comes beyond its limit for itself. */
const REACHES: readonly Reach[] = [
  { what: 'cpu-pressure load_per_cpu_ratio', limit: 4 },
  { what: 'cpu-pressure busy_ratio', limit: 0.95 },
  { what: 'cpu-pressure stalled_some_ratio', limit: 0.75, role: 'master' },
  { what: 'memory-pressure available_ratio', limit: 0.03, isFloor: true },
  { what: 'memory-pressure stalled_some_ratio', limit: 0.1, role: 'master' },
  { what: 'pids used_ratio', limit: 0.8 },
  { what: 'file-handles used_ratio', limit: 0.8 },
  { what: 'conntrack used_ratio', limit: 0.8 },
  { what: 'conntrack dropped_per_minute_count', limit: 10 },
  { what: 'neighbours overflows_per_minute_count', limit: 10 },
  { what: 'disk-space available_ratio', limit: 0.1, isFloor: true },
  { what: 'disk-space free_inodes_ratio', limit: 0.1, isFloor: true },
  { what: 'disk-latency fdatasync_median_seconds', limit: 0.25 },
  { what: 'disk-latency device_await_seconds', limit: 0.5 },
  { what: 'certificates lowest_remaining_seconds', limit: 14 * DAYS, isFloor: true },
  { what: 'dns udp_seconds', limit: 0.5 },
  { what: 'overlay loss_ratio', limit: 1 },
  { what: 'clock offset_seconds', limit: 0.5 },
  { what: 'container-start total_seconds', limit: 5 },
  { what: 'kubelet latency_seconds', limit: 0.85 },
  { what: 'service-ip latency_seconds', limit: 1 },
  { what: 'apiserver-address latency_seconds', limit: 2 },
  { what: 'etcd db_quota_ratio', limit: 0.8, role: 'master' },
  { what: 'etcd fsync_p99_seconds', limit: 0.5, role: 'master' },
  { what: 'apiserver latency_seconds', limit: 2.3, role: 'master' },
  { what: 'scheduler latency_seconds', limit: 0.85, role: 'master' },
  { what: 'controller-manager latency_seconds', limit: 0.85, role: 'master' },
];

/** 1 is at the limit. */
export const reachesOf = ({ extremes }: Day, role: Role): { readonly what: string; readonly share: number }[] =>
  REACHES.filter((one) => one.role === undefined || one.role === role).map(({ what, limit, isFloor }) => {
    const [low, high] = extremes.get(what) ?? [Infinity, 0];
    return { what, share: isFloor === true ? limit / low : high / limit };
  });
