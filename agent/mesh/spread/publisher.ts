/** Broadcasts own envelopes, seldom enough: the newest of each type waits for its turn, what it replaces goes by sync. */
import type { Clock } from '../../base/clock.ts';
import { LEAVING } from '../codec/leaving.ts';
import { BINDING } from '../codec/binding.ts';
import type { Transport } from '../transport/types.ts';
import { EVENTS_TOPIC, MAX_BROADCAST_BYTES } from './topic.ts';

export interface PublisherCounts {
  readonly published: number;
  /** Left to sync: another of the type came before its turn. */
  readonly coalesced: number;
  /** Left to sync: enough others have said it. */
  readonly quiet: number;
  /** Left to sync: there is a storm. */
  readonly braked: number;
  /** Left to sync: more than 512 bytes. */
  readonly tooLarge: number;
  readonly failed: number;
}

export interface PublisherDeps {
  readonly transport: Pick<Transport, 'publish'>;
  readonly clock: Clock;
  readonly isBraked: () => boolean;
  /** False: a majority of those who see the same has said so. Asked right before it would go out. */
  readonly isNews: (envelope: Uint8Array) => boolean;
}

export interface Publisher {
  submit(type: string, envelope: Uint8Array): void;
  /** What waits is dropped. */
  stop(): void;
  counts(): PublisherCounts;
}

export const PUBLISH_EVERY_MS = 200;

/** Who goes cannot say so later. */
const FIRST = [LEAVING, BINDING];

export function createPublisher({ transport, clock, isBraked, isNews }: PublisherDeps): Publisher {
  const waiting = new Map<string, Uint8Array>();
  const counts = { published: 0, coalesced: 0, quiet: 0, braked: 0, tooLarge: 0, failed: 0 };
  let nextAt = -Infinity;
  let cancel: (() => void) | undefined;

  const take = (): Uint8Array | undefined => {
    const type = FIRST.find((one) => waiting.has(one)) ?? waiting.keys().next().value;
    if (type === undefined) return undefined;
    const envelope = waiting.get(type);
    waiting.delete(type);
    return envelope;
  };

  const publish = async (envelope: Uint8Array): Promise<void> => {
    const result = await transport.publish(EVENTS_TOPIC, envelope);
    counts[result.kind === 'failed' ? 'failed' : 'published'] += 1;
  };

  /** Sends one, if its turn has come, and waits for the next turn. */
  function turn(): void {
    cancel = undefined;
    const now = clock.monotonic();
    while (now >= nextAt) {
      const envelope = take();
      if (envelope === undefined) return;
      if (isBraked()) counts.braked += 1;
      else if (!isNews(envelope)) counts.quiet += 1;
      else {
        nextAt = now + PUBLISH_EVERY_MS;
        void publish(envelope);
      }
    }
    if (waiting.size > 0) cancel = clock.after(nextAt - now, turn);
  }

  return {
    submit(type, envelope) {
      if (envelope.length > MAX_BROADCAST_BYTES) {
        counts.tooLarge += 1;
        return;
      }
      if (waiting.has(type)) counts.coalesced += 1;
      waiting.set(type, envelope);
      if (cancel === undefined) turn();
    },
    stop() {
      cancel?.();
      cancel = undefined;
      waiting.clear();
    },
    counts: () => ({ ...counts }),
  };
}
