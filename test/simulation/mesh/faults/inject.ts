/** Ways past the product, for what it would never write itself. */
import { parseClusterId } from '../../../../agent/mesh/identity/cluster-id.ts';
import { type KeyPair, keyPairFromSeed } from '../../../../agent/mesh/identity/key-pair.ts';
import { parseIdentity } from '../../../../agent/mesh/identity/identity-file.ts';
import { EVENTS_TOPIC } from '../../../../agent/mesh/spread/topic.ts';
import { CLUSTER_ID, IDENTITY_PATH, type VirtualAgent } from '../agent.ts';

/** Broadcasts what the product itself would not write. */
export function inject(agent: VirtualAgent, make: (keys: KeyPair) => Uint8Array): void {
  const text = agent.host.files.get(IDENTITY_PATH);
  if (text === undefined) return;
  const bytes = make(keyPairFromSeed(parseIdentity(text).seed));
  agent.process.run(() => void agent.transport()?.publish(EVENTS_TOPIC, bytes));
}

export const clusterId = (): Uint8Array => parseClusterId(CLUSTER_ID) ?? new Uint8Array(16);
