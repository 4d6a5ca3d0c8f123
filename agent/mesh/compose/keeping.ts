/** What is to be kept for the next run: all that came in or changed since it was last asked for. */
import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { BookEntry, KeptEnvelope, MemberMemory, MeshChanges } from '../../model/mesh-memory.ts';
import { EVENT } from '../codec/event.ts';
import { REPORT } from '../codec/report.ts';
import { ROSTER } from '../codec/roster.ts';
import { TOMBSTONE, decodeTombstone } from '../codec/tombstone.ts';
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { Directory } from './directory.ts';
import { payloadOf } from './payload-of.ts';
import type { Watch } from './watch.ts';

export interface Keeping {
  /** What is in the book and the address book by now came from the disk. */
  begin(): void;
  take(): MeshChanges;
  /** The author was removed from the cluster: what it said of itself need not be kept. */
  forget(author: AuthorKey): void;
}

export interface KeepingDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly book: Pick<RecordBook, 'head' | 'since' | 'latest'>;
  readonly peers: Pick<PeerManager, 'exportBook'>;
  readonly directory: Pick<Directory, 'byName' | 'sorted'>;
  readonly watch: Pick<Watch, 'latest'>;
}

/** A report is repeated whatever happens. One that says nothing new is written after this while only. */
const SAME_REPORT_MS = 60_000;

export function createKeeping(deps: KeepingDeps): Keeping {
  const { clock, book } = deps;
  const [reports, rosters] = [createReportFilter(), createReportFilter()];
  const addresses = createUnlessSame<readonly BookEntry[]>();
  const members = createUnlessSame<readonly MemberMemory[]>();
  let offset = 0;
  const forgotten = new Set<string>();

  const newRecords = (): readonly BookRecord[] => {
    const now = clock.monotonic();
    const fresh = book.since(offset, Number.MAX_SAFE_INTEGER);
    offset = book.head();
    return [
      ...fresh.filter(({ type }) => type !== REPORT && type !== ROSTER),
      ...reports.take(fresh.filter(isReport), now),
      ...rosters.take(fresh.filter(isRoster), now),
    ];
  };
  const newAddresses = (): readonly BookEntry[] | undefined => {
    const entries = deps.peers.exportBook();
    return addresses.take([entries], () => {
      const sorted = [...entries].sort((a, b) => (a.peerId < b.peerId ? -1 : 1));
      return { value: sorted, tells: sorted };
    });
  };
  const newMembers = (): readonly MemberMemory[] | undefined =>
    members.take([deps.watch.latest().members, deps.directory.sorted()], () => membersOf(deps));

  return {
    begin() {
      offset = book.head();
      newAddresses();
    },
    take() {
      const now = clock.monotonic();
      const envelopes = newRecords().map((record): KeptEnvelope => ({
        key: keyOf(record),
        bytes: record.bytes,
        madeAt: Math.round(clock.now() - (now - record.madeAt)),
      }));
      const [entries, known] = [newAddresses(), newMembers()];
      const gone = [...forgotten];
      forgotten.clear();
      return {
        envelopes,
        ...(gone.length > 0 && { forgotten: gone }),
        ...(entries !== undefined && { addresses: entries }),
        ...(known !== undefined && { members: known }),
      };
    },
    forget(author) {
      forgotten.add(prefixOf(author));
      reports.forget(prefixOf(author));
      rosters.forget(prefixOf(author));
    },
  };
}

/**
 * `author/type`, of an event `author/event/epoch/place`, of a tombstone `author/tombstone/buried author/name`: whoever
 * removes several nodes says something of each.
 */
export function keyOf(record: BookRecord): string {
  const { author, type, epoch, sequence } = record;
  const start = `${prefixOf(author)}/${type}`;
  if (type === EVENT) return `${start}/${epoch ?? ''}/${sequence}`;
  const stone = type === TOMBSTONE ? decodeTombstone(payloadOf(record)) : undefined;
  return stone === undefined ? start : `${start}/${prefixOf(stone.author)}/${stone.name}`;
}

const isReport = ({ type }: BookRecord): boolean => type === REPORT;
const isRoster = ({ type }: BookRecord): boolean => type === ROSTER;

/** Lets a report or a roster pass that says something new, and any of an author whose last one passed a minute ago. */
function createReportFilter(): {
  take(fresh: readonly BookRecord[], now: number): readonly BookRecord[];
  forget(author: string): void;
} {
  const passed = new Map<string, { readonly record: BookRecord; readonly at: number }>();
  const held = new Map<string, BookRecord>();
  const isDue = (author: string, record: BookRecord, now: number): boolean => {
    const last = passed.get(author);
    if (last === undefined || last.record.boot !== record.boot) return true;
    return last.record.contentSequence !== record.contentSequence || now - last.at >= SAME_REPORT_MS;
  };
  return {
    take(fresh, now) {
      for (const record of fresh) held.set(prefixOf(record.author), record);
      const due = [...held].filter(([author, record]) => isDue(author, record, now));
      for (const [author, record] of due) {
        held.delete(author);
        passed.set(author, { record, at: now });
      }
      return due.map(([, record]) => record);
    },
    forget(author) {
      passed.delete(author);
      held.delete(author);
    },
  };
}

/** A list, with what tells whether it is another one than before. */
interface Told<T> {
  readonly value: T;
  readonly tells: unknown;
}

/**
 * The value, unless it says the same as the last one. It is not made while the objects that it is made from are the same
 * as before: with thousands of members it takes milliseconds.
 */
function createUnlessSame<T>(): { take(sources: readonly unknown[], make: () => Told<T>): T | undefined } {
  let madeFrom: readonly unknown[] = [];
  let last: string | undefined;
  return {
    take(sources, make) {
      if (last !== undefined && sources.every((source, index) => source === madeFrom[index])) return undefined;
      madeFrom = sources;
      const { value, tells } = make();
      const digest = hash('sha256', JSON.stringify(tells), 'base64');
      if (digest === last) return undefined;
      last = digest;
      return value;
    },
  };
}

/** The wall clock may creep without anything being new. */
function membersOf({ clock, directory, watch }: KeepingDeps): Told<readonly MemberMemory[]> {
  const originMs = clock.now() - clock.monotonic();
  const known = watch.latest().members.flatMap(({ name, state, sinceMs }) => {
    const peerId = directory.byName(name)?.peerId;
    return peerId === undefined ? [] : [{ name, peerId, state, sinceMs }];
  });
  const value = known.map(({ sinceMs, ...member }) => ({ ...member, since: Math.round(originMs + sinceMs) }));
  return { value, tells: known };
}
