/** Envelopes that wait for the store process: the newest of each key, bounded by their bytes. */
import type { KeptEnvelope } from '../model/mesh-memory.ts';
import { isEventKey, isOfItself } from './envelope-key.ts';

export interface EnvelopeQueue {
  add(envelopes: readonly KeptEnvelope[]): void;
  /** Drops what these authors (as keys begin) said of themselves. */
  forget(authors: readonly string[]): void;
  /** The next for a batch, those that wait longest first. */
  take(): readonly KeptEnvelope[];
  isEmpty(): boolean;
  /** True when more waits than one batch takes. */
  isLong(): boolean;
}

/** About as much as a mesh of 1,000 nodes says of itself. */
const MAX_BYTES = 4 * 1024 * 1024;
const BYTES_A_BATCH = 512 * 1024;

export function createEnvelopeQueue(): EnvelopeQueue {
  /** Events apart from the rest: they are dropped first, the oldest of them before all others. */
  const [events, others] = [createShelf(), createShelf()];
  const bytes = (): number => events.bytes() + others.bytes();
  const isEmpty = (): boolean => events.isEmpty() && others.isEmpty();
  return {
    add(envelopes) {
      for (const envelope of envelopes) {
        if (Number.isFinite(envelope.madeAt)) (isEventKey(envelope.key) ? events : others).put(envelope);
      }
      while (bytes() > MAX_BYTES) (events.isEmpty() ? others : events).shift();
    },
    forget(authors) {
      others.drop((key) => isOfItself(key) && authors.includes(key.split('/', 1)[0] ?? ''));
    },
    take() {
      const taken: KeptEnvelope[] = [];
      let size = 0;
      while (size < BYTES_A_BATCH && !isEmpty()) {
        const envelope = (others.isEmpty() ? events : others).shift();
        if (envelope === undefined) break;
        size += envelope.bytes.length;
        taken.push(envelope);
      }
      return taken;
    },
    isEmpty,
    isLong: () => bytes() >= BYTES_A_BATCH,
  };
}

interface Shelf {
  put(envelope: KeptEnvelope): void;
  shift(): KeptEnvelope | undefined;
  drop(isGone: (key: string) => boolean): void;
  bytes(): number;
  isEmpty(): boolean;
}

function createShelf(): Shelf {
  const waiting = new Map<string, KeptEnvelope>();
  let bytes = 0;
  const take = (key: string): KeptEnvelope | undefined => {
    const envelope = waiting.get(key);
    waiting.delete(key);
    bytes -= envelope?.bytes.length ?? 0;
    return envelope;
  };
  return {
    put(envelope) {
      take(envelope.key);
      waiting.set(envelope.key, envelope);
      bytes += envelope.bytes.length;
    },
    shift() {
      const [key] = waiting.keys();
      return key === undefined ? undefined : take(key);
    },
    drop(isGone) {
      for (const key of waiting.keys()) if (isGone(key)) take(key);
    },
    bytes: () => bytes,
    isEmpty: () => waiting.size === 0,
  };
}
