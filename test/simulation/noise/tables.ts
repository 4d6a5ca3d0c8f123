/**
 * Tables of fixed size: conntrack, file-handles and neighbours.
 *
 * - The first two between 30 and 79 % full (a warning from 80 % on), and for a moment now and then 97 %.
 * - Up to nine packets and half-open connections a minute find no room (a problem above ten), and any number comes
 *   second with an entry that is there. The counters have 32 bits and start over once.
 * - The table of neighbours is full all the time; up to nine addresses a minute find no room (a problem above ten).
 */
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, type Part } from './part.ts';

export interface Tables extends Part {
  fillConntrack(usedRatio: number): void;
  fillFiles(usedRatio: number): void;
  /** From now on so many a minute find no room. */
  drop(perMinute: number): void;
  /** From now on so many addresses a minute find no room. */
  overflow(perMinute: number): void;
}

const MAX_ENTRIES = 262_144;
const MAX_FILES = 1_000_000;
const MOST_DROPS = 9;
/** They start over after six hours. */
const WRAPS_AFTER_MS = 6 * HOUR;
const CAPACITY = 2 ** 32;

export function createTables(noise: Noise): Tables {
  const [entries, areManyEntries] = [noise.wander(0.3, 0.79), noise.singles()(0.01)];
  const [files, areManyFiles] = [noise.wander(0.3, 0.79), noise.singles()(0.01)];
  let [usedEntries, usedFiles]: (number | undefined)[] = [];
  const drops = createDrops(noise);
  const overflows = createOverflows(noise);
  const hex = (value: number): string => (value % CAPACITY).toString(16).padStart(8, '0');
  return {
    files: {
      '/proc/sys/net/netfilter/nf_conntrack_max': `${MAX_ENTRIES}\n`,
      '/proc/sys/net/netfilter/nf_conntrack_count': () =>
        `${Math.round(MAX_ENTRIES * (usedEntries ?? (areManyEntries() ? 0.97 : entries())))}\n`,
      '/proc/net/stat/nf_conntrack': () => {
        const { early, late, doubled } = drops.count();
        const zero = hex(0);
        return `entries insert_failed drop early_drop\n${zero} ${hex(doubled)} ${hex(late + doubled)} ${hex(early)}\n${zero} ${zero} ${zero} ${zero}\n`;
      },
      '/proc/net/stat/arp_cache': () => `entries table_fulls\n${hex(1024)} ${hex(overflows.count())}\n`,
      '/proc/net/stat/ndisc_cache': `entries table_fulls\n${hex(74)} ${hex(0)}\n`,
      '/proc/sys/fs/file-nr': () =>
        `${Math.round(MAX_FILES * (usedFiles ?? (areManyFiles() ? 0.97 : files())))}\t0\t${MAX_FILES}\n`,
    },
    fillConntrack: (usedRatio) => (usedEntries = usedRatio),
    fillFiles: (usedRatio) => (usedFiles = usedRatio),
    drop: (perMinute) => drops.force(perMinute),
    overflow: (perMinute) => overflows.force(perMinute),
  };
}

/** Evenly, at a rate that wanders. */
function createOverflows({ wander, now }: Noise) {
  const perMinute = wander(0, MOST_DROPS);
  let forced: number | undefined;
  let [atMs, counted] = [0, 0];
  return {
    force: (count: number) => void (forced = count),
    count() {
      counted += ((now() - atMs) / MINUTE) * (forced ?? perMinute());
      atMs = now();
      return Math.floor(counted);
    },
  };
}

/** The same. */
function createDrops({ wander, now }: Noise) {
  const [perMinute, share, doubledPerMinute] = [wander(0, MOST_DROPS), wander(0, 1), wander(0, 100)];
  let forced: number | undefined;
  let atMs = 0;
  /** At so many a minute it starts over when it is time. */
  const startOf = (usual: number): number => CAPACITY - usual * (WRAPS_AFTER_MS / MINUTE);
  const counts = { early: startOf(2), late: startOf(50), doubled: startOf(50) };
  return {
    force: (count: number) => void (forced = count),
    count() {
      const minutes = (now() - atMs) / MINUTE;
      atMs = now();
      const early = share();
      counts.early += minutes * (forced ?? perMinute()) * early;
      counts.late += minutes * (forced ?? perMinute()) * (1 - early);
      counts.doubled += minutes * doubledPerMinute();
      return { early: Math.floor(counts.early), late: Math.floor(counts.late), doubled: Math.floor(counts.doubled) };
    },
  };
}
