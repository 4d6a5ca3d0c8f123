/** Broadcast in memory: every accepted message goes to every connected peer but the one it came from. */
import { hash } from 'node:crypto';
import type { ConnectedPeer, OnMessage, PublishResult, TransportCounts, Validate, Verdict } from '../types.ts';

export interface Flood {
  publish(topic: string, bytes: Uint8Array, peers: readonly ConnectedPeer[]): PublishResult;
  subscribe(topic: string, validate: Validate, onMessage: OnMessage): void;
  receive(from: string, topic: string, bytes: Uint8Array, peers: readonly ConnectedPeer[]): void;
  counts(): TransportCounts['messages'];
}

/** Ids kept to know a message again. */
const SEEN = 4096;

const COUNTED: Readonly<Record<Verdict, 'accepted' | 'ignored' | 'rejected'>> = {
  accept: 'accepted',
  ignore: 'ignored',
  reject: 'rejected',
};

export function createFlood(
  topics: readonly string[],
  tell: (peerId: string, topic: string, bytes: Uint8Array) => void,
): Flood {
  const subscriptions = new Map<string, { readonly validate: Validate; readonly onMessage: OnMessage }>();
  const seen = new Set<string>();
  const counts = { accepted: 0, ignored: 0, rejected: 0 };
  const isNew = (bytes: Uint8Array): boolean => {
    const id = hash('sha256', bytes, 'base64');
    if (seen.has(id)) return false;
    seen.add(id);
    const oldest = seen.size > SEEN ? seen.values().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return true;
  };
  return {
    publish(topic, bytes, peers) {
      if (!topics.includes(topic)) return { kind: 'failed' };
      if (!isNew(bytes)) return { kind: 'duplicate' };
      const copy = new Uint8Array(bytes);
      for (const { peerId } of peers) tell(peerId, topic, copy);
      return { kind: 'published', recipients: peers.length };
    },
    subscribe: (topic, validate, onMessage) => void subscriptions.set(topic, { validate, onMessage }),
    receive(from, topic, bytes, peers) {
      const subscription = subscriptions.get(topic);
      if (subscription === undefined || !isNew(bytes)) return;
      const copy = new Uint8Array(bytes);
      const verdict = subscription.validate(copy, from);
      counts[COUNTED[verdict]] += 1;
      if (verdict !== 'accept') return;
      subscription.onMessage(copy, from);
      for (const { peerId } of peers) if (peerId !== from) tell(peerId, topic, bytes);
    },
    counts: () => ({ ...counts }),
  };
}
