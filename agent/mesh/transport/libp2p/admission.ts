/**
 * Who may connect: whoever has one of our cluster keys. The key enters the Noise handshake as its prologue, and its id
 * the name under which the handshake is negotiated, so that both sides find the key that they share and a stranger is
 * refused within the first round trip.
 */
import { createHmac } from 'node:crypto';
import type { ConnectionEncrypter, Upgrader } from '@libp2p/interface';
import { type NoiseComponents, noise } from '@libp2p/noise';

const PROLOGUE_LABEL = 'meerkat/noise-prologue/1';
const KEY_ID_LABEL = 'meerkat/kid/1';
const KEY_ID_BYTES = 4;

/** The message of an error that says that another peer answered, before its PeerId; libp2p keeps nothing but messages. */
const WRONG_PEER = 'wrong peer: ';

/** Who is admitted can change while the node runs. */
export interface Admission {
  /** From now on these keys, and no other; the first is preferred. */
  admit(clusterKeys: readonly Uint8Array[]): void;
  /** Whether a connection with this encrypter's protocol would be made today. */
  accepts(protocol: string | undefined): boolean;
}

/** A service of libp2p: the upgrader, which holds the encrypters, is not in reach otherwise. */
export const admission = (components: NoiseComponents & { readonly upgrader: Upgrader }): Admission => {
  const encrypters = components.upgrader.getConnectionEncrypters();
  return {
    admit(clusterKeys) {
      encrypters.clear();
      for (const key of clusterKeys) {
        const encrypter = admissionOf(key)(components);
        encrypters.set(encrypter.protocol, encrypter);
      }
    },
    accepts: (protocol) => protocol !== undefined && encrypters.has(protocol),
  };
};

/** One encrypter a key; the first is preferred when both sides have several. */
export const admissionOf = (clusterKey: Uint8Array): ((components: NoiseComponents) => ConnectionEncrypter) => {
  const mac = (label: string): Buffer => createHmac('sha256', clusterKey).update(label).digest();
  const protocol = `/meerkat-noise/1/${mac(KEY_ID_LABEL).subarray(0, KEY_ID_BYTES).toString('hex')}`;
  return (components) => {
    const encrypter = noise({ prologueBytes: mac(PROLOGUE_LABEL) })(components);
    const secureOutbound = encrypter.secureOutbound.bind(encrypter);
    return Object.assign(encrypter, {
      protocol,
      secureOutbound: ((connection, options) =>
        secureOutbound(connection, options).catch((error: unknown) => {
          throw namingWrongPeer(error);
        })) satisfies typeof secureOutbound,
    });
  };
};

/** The PeerId that answered instead of the expected one, out of the message of a failed dial. */
export const wrongPeerIn = (message: string): string | undefined =>
  message.startsWith(WRONG_PEER) ? message.slice(WRONG_PEER.length) : undefined;

/** Noise names the key that answered in its message only; that it did answer with one needs our prologue. */
function namingWrongPeer(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UnexpectedPeerError') return error;
  const actual = /^Payload identity key (\w+) does not match/.exec(error.message)?.[1];
  return actual === undefined ? error : new Error(`${WRONG_PEER}${actual}`, { cause: error });
}
