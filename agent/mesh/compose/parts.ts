/** What of the outside world the mesh is made of; tests put others in their place. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { ClusterKey } from '../identity/cluster-key.ts';
import { type LookupName, systemNameLookup } from '../../base/lookup.ts';
import type { CheckSignature } from '../envelope/signature.ts';
import { type SecretFiles, systemFiles } from '../identity/durable-file.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { createOwnNetwork } from '../probes/own-network.ts';
import { type Probes, type ProbesDeps, type ProbesOptions, startProbes } from '../probes/probes.ts';
import { type Testimony, type Witness, type WitnessDeps, askWitnesses } from '../probes/witnesses.ts';
import { EVENTS_TOPIC } from '../spread/topic.ts';
import { createLibp2pTransport } from '../transport/libp2p/transport.ts';
import type { PeerConduct, Transport } from '../transport/types.ts';

export interface TransportRequest {
  readonly keys: KeyPair;
  readonly clusterKeys: readonly ClusterKey[];
  readonly listen: readonly string[];
  readonly announce: readonly string[];
}

export type MeshProbes = Pick<
  Probes,
  'setPlan' | 'ping' | 'look' | 'testSize' | 'fullSizes' | 'move' | 'admit' | 'counters' | 'stop'
>;

export interface WitnessContext extends Pick<WitnessDeps, 'clock' | 'signal' | 'ownAddresses'> {
  /** Hosts of peers, on other ports than ours. */
  readonly peers: readonly Witness[];
}

export interface MeshParts {
  readonly files: SecretFiles;
  readonly openTransport: (
    request: TransportRequest,
    deps: { readonly clock: Clock; readonly log: Logger; readonly conduct: PeerConduct },
  ) => Promise<Transport>;
  readonly startProbes: (options: ProbesOptions, deps: ProbesDeps) => Promise<MeshProbes>;
  /** Asks others than agents whether this node's own network works. */
  readonly askWitnesses: (context: WitnessContext) => Promise<Testimony>;
  /** Seeds that are names; without it no name has an address. */
  readonly openLookup?: (clock: Clock) => LookupName;
  /** Node's own without it. */
  readonly checkSignature?: CheckSignature;
}

/** A gateway answers on some port or refuses it; both are answers. */
const GATEWAY_PORT = 53;

export function systemParts(): MeshParts {
  const network = createOwnNetwork();
  return {
    files: systemFiles,
    openTransport: ({ keys, clusterKeys, listen, announce }, deps) =>
      createLibp2pTransport(
        {
          seed: keys.seed,
          clusterKeys: clusterKeys.map(({ secret }) => secret),
          listen,
          announce,
          topics: [EVENTS_TOPIC],
        },
        deps,
      ),
    startProbes,
    openLookup: systemNameLookup,
    async askWitnesses(context) {
      const gateways = await network.gateways();
      const witnesses = gateways.map((host): Witness => ({ kind: 'gateway', host, port: GATEWAY_PORT }));
      return askWitnesses([...witnesses, ...context.peers], { ...context, carriers: () => network.carriers() });
    },
  };
}
