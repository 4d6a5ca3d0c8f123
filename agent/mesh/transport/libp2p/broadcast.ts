/** One topic after the other over gossipsub: deliver once, after validation, in memory of our own. */
import { type GossipSub, TopicValidatorResult } from '@libp2p/gossipsub';
import type { Stream } from '@libp2p/interface';
import { messageOf } from '../../../base/errors.ts';
import type { OnMessage, PublishResult, TransportCounts, Validate, Verdict } from '../types.ts';

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

export interface Broadcast {
  publish(topic: string, bytes: Uint8Array): Promise<PublishResult>;
  subscribe(topic: string, validate: Validate, onMessage: OnMessage): void;
  /** Whether both of gossipsub's streams to the peer work. */
  carries(peerId: string): boolean;
  counts(): TransportCounts['messages'];
  /** Publishing fails from now on. */
  stop(): void;
}

export function createBroadcast(pubsub: GossipSub, topics: readonly string[]): Broadcast {
  const counts = { accepted: 0, ignored: 0, rejected: 0 };
  let stopped = false;
  const counted: Readonly<Record<Verdict, keyof typeof counts>> = {
    accept: 'accepted',
    ignore: 'ignored',
    reject: 'rejected',
  };
  return {
    async publish(topic, bytes) {
      if (stopped || !topics.includes(topic)) return { kind: 'failed' };
      try {
        const { recipients } = await pubsub.publish(topic, bytes);
        return { kind: 'published', recipients: recipients.length };
      } catch (error) {
        return { kind: messageOf(error) === 'PublishError.Duplicate' ? 'duplicate' : 'failed' };
      }
    },
    subscribe(topic, validate, onMessage) {
      pubsub.topicValidators.set(topic, (from, message) => {
        // gossipsub's data is a view into the whole chunk that was received.
        const bytes = new Uint8Array(message.data);
        const verdict = validate(bytes, from.toString());
        counts[counted[verdict]] += 1;
        // The validator runs once a message, behind the cache of seen ones, so this delivers once.
        if (verdict === 'accept') onMessage(bytes, from.toString());
        return RESULTS[verdict];
      });
      pubsub.subscribe(topic);
    },
    carries: (peerId) => carries(pubsub, peerId),
    counts: () => ({ ...counts }),
    stop: () => void (stopped = true),
  };
}

/** What the class has in public and its interface does not name. */
interface Streams {
  readonly peers: ReadonlyMap<string, unknown>;
  readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>;
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: Stream }>;
}

/** The maps alone do not tell: a stream that the other side ended gracefully stays in them. */
function carries(pubsub: GossipSub, peerId: string): boolean {
  const { peers, streamsInbound, streamsOutbound } = pubsub as unknown as Streams;
  const inbound = streamsInbound.get(peerId)?.rawStream;
  const outbound = streamsOutbound.get(peerId)?.rawStream;
  return (
    peers.has(peerId) &&
    inbound?.status === 'open' &&
    inbound.remoteWriteStatus === 'writable' &&
    outbound?.status === 'open' &&
    outbound.writeStatus === 'writable'
  );
}
