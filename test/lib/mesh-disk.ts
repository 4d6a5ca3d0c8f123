/** Keeps what a mesh wants kept, as a store does, in memory. */
import type { Clock } from '../../agent/base/clock.ts';
import type { BookEntry, KeptEnvelope, MemberMemory, MeshChanges, MeshMemory } from '../../agent/model/mesh-memory.ts';

export interface MeshDisk {
  save(changes: MeshChanges | undefined): void;
  /** What a run begins with that starts now. */
  memory(): MeshMemory;
  readonly keys: () => string[];
}

export function createMeshDisk(clock: Pick<Clock, 'now'>): MeshDisk {
  const envelopes = new Map<string, KeptEnvelope>();
  let addresses: readonly BookEntry[] = [];
  let members: readonly MemberMemory[] = [];
  return {
    save(changes) {
      const forgotten = changes?.forgotten ?? [];
      const isForgotten = (key: string): boolean =>
        !/^[^/]+\/(event|tombstone)(\/|$)/.test(key) && forgotten.includes(key.split('/', 1)[0] ?? '');
      if (forgotten.length > 0) for (const key of envelopes.keys()) if (isForgotten(key)) envelopes.delete(key);
      for (const envelope of changes?.envelopes ?? []) envelopes.set(envelope.key, envelope);
      addresses = changes?.addresses ?? addresses;
      members = changes?.members ?? members;
    },
    memory: () => ({
      addresses,
      envelopes: [...envelopes.values()].map(({ bytes, madeAt }) => ({ bytes, ageMs: clock.now() - madeAt })),
      members,
    }),
    keys: () => [...envelopes.keys()],
  };
}
