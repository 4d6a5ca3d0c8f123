/** Takes up what the run before has left. */
import type { Clock } from '../../base/clock.ts';
import type { MemberMemory, MeshMemory } from '../../model/mesh-memory.ts';
import { BINDING } from '../codec/binding.ts';
import { TOMBSTONE } from '../codec/tombstone.ts';
import { typeOf } from '../envelope/envelope.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { RECORDS_PER_TURN, giveWay } from '../spread/pause.ts';
import type { NameKeeper } from './name-keeper.ts';

export interface MemoryDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly book: Pick<RecordBook, 'offer'>;
  readonly peers: Pick<PeerManager, 'importBook'>;
  readonly names: Pick<NameKeeper, 'restore' | 'restored'>;
  /** The agent stops: the rest does not matter. */
  readonly isOver: () => boolean;
}

/**
 * Signatures are checked as if strangers had brought them: a disk may be damaged. In a large cluster that takes seconds,
 * so others get their turn in between. Returns what was good.
 */
export async function recall(memory: MeshMemory, deps: MemoryDeps): Promise<readonly BookRecord[]> {
  const { clock, book, peers, names } = deps;
  // The ages are of now, however long it takes.
  const now = clock.monotonic();
  const pause = (): Promise<void> | undefined =>
    memory.envelopes.length > RECORDS_PER_TURN ? giveWay(clock) : undefined;
  // Making the parts of the mesh for thousands took its time, too.
  await pause();
  if (deps.isOver()) return [];
  const holders = new Map(memory.members.map(({ name, peerId }) => [name, peerId]));
  const envelopes = byImportance(memory.envelopes);
  const good: BookRecord[] = [];
  peers.importBook(memory.addresses);
  for (let from = 0; from < envelopes.length && !deps.isOver(); from += RECORDS_PER_TURN) {
    await pause();
    const records = envelopes.slice(from, from + RECORDS_PER_TURN).flatMap(({ bytes, ageMs }) => {
      const result = book.offer(bytes, 'disk', now, ageMs);
      return result.kind === 'accepted' ? [result.record] : [];
    });
    names.restore(records, holders);
    good.push(...records);
  }
  // With their names the authors are heard, too.
  if (!deps.isOver()) names.restored();
  return good;
}

type Kept = MeshMemory['envelopes'][number];

/** Who was removed and has claimed its name since is heard as who it is now; who has not is not heard at all. */
const FIRST: readonly string[] = [TOMBSTONE, BINDING];

function byImportance(envelopes: readonly Kept[]): readonly Kept[] {
  const byRank = [...FIRST, 'others'].map((): Kept[] => []);
  for (const one of envelopes) byRank[rankOf(one)]?.push(one);
  return byRank.flat();
}

function rankOf({ bytes }: Kept): number {
  const rank = FIRST.indexOf(typeOf(bytes));
  return rank < 0 ? FIRST.length : rank;
}

/** The members as they were, by name, with times on the monotonic clock. */
export const recalledMembers = (
  members: readonly MemberMemory[],
  clock: Pick<Clock, 'now' | 'monotonic'>,
): ReadonlyMap<string, Omit<MemberMemory, 'since'> & { readonly sinceMs: number }> => {
  const originMs = clock.now() - clock.monotonic();
  return new Map(members.map(({ since, ...member }) => [member.name, { ...member, sinceMs: since - originMs }]));
};
