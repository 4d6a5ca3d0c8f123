/** Takes up what the run before has left. */
import type { Clock } from '../../base/clock.ts';
import type { MemberMemory, MeshMemory } from '../../model/mesh-memory.ts';
import { BINDING } from '../codec/binding.ts';
import { TOMBSTONE } from '../codec/tombstone.ts';
import { typeOf } from '../envelope/envelope.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { NameKeeper } from './name-keeper.ts';

export interface MemoryDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly book: Pick<RecordBook, 'offer'>;
  readonly peers: Pick<PeerManager, 'importBook'>;
  readonly names: Pick<NameKeeper, 'restore'>;
}

/** Signatures are checked as if strangers had brought them: a disk may be damaged. Returns what was good. */
export function recall(memory: MeshMemory, { clock, book, peers, names }: MemoryDeps): readonly BookRecord[] {
  const now = clock.monotonic();
  peers.importBook(memory.addresses);
  const records = memory.envelopes.toSorted(byImportance).flatMap(({ bytes, ageMs }) => {
    const result = book.offer(bytes, 'disk', now, ageMs);
    return result.kind === 'accepted' ? [result.record] : [];
  });
  // With their names the authors are heard, too.
  names.restore(records, new Map(memory.members.map(({ name, peerId }) => [name, peerId])));
  return records;
}

type Kept = MeshMemory['envelopes'][number];

/** Who was removed and has claimed its name since is heard as who it is now; who has not is not heard at all. */
const FIRST: readonly string[] = [TOMBSTONE, BINDING];

const byImportance = (one: Kept, other: Kept): number => rankOf(one) - rankOf(other);

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
