/** What one run leaves to the next. */
import type { Clock } from '../../base/clock.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { MeshMemory } from './contract.ts';
import type { Directory } from './directory.ts';
import type { NameKeeper } from './name-keeper.ts';
import type { Watch } from './watch.ts';

export interface MemoryDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly book: Pick<RecordBook, 'offer' | 'since'>;
  readonly peers: Pick<PeerManager, 'importBook' | 'exportBook'>;
  readonly names: Pick<NameKeeper, 'restore'>;
  readonly directory: Pick<Directory, 'all'>;
  readonly watch: Pick<Watch, 'latest'>;
}

/** All as it is now. */
export function remember({ clock, book, peers, directory, watch }: MemoryDeps): MeshMemory {
  const now = clock.monotonic();
  return {
    addresses: peers.exportBook(),
    envelopes: book.since(0, Number.MAX_SAFE_INTEGER).map(({ bytes, madeAt }) => ({ bytes, ageMs: now - madeAt })),
    names: new Map([...directory.all()].map(({ name, peerId }) => [name, peerId])),
    states: new Map(watch.latest().members.map(({ name, state }) => [name, state])),
  };
}

/** Takes it up again. Signatures are checked as if strangers had brought it: a disk may be damaged. */
export function recall(memory: MeshMemory, { clock, book, peers, names }: MemoryDeps): void {
  const now = clock.monotonic();
  peers.importBook(memory.addresses);
  const records = memory.envelopes.flatMap(({ bytes, ageMs }) => {
    const result = book.offer(bytes, 'disk', now, ageMs);
    return result.kind === 'accepted' ? [result.record] : [];
  });
  // With their names the authors are heard, too.
  names.restore(records, memory.names);
}
