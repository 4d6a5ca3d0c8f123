/** Over which of a target's addresses, and signed with which key, the next ping goes; and the sockets for that. */
import type { Keyring, ProbeKey } from './keys.ts';
import type { ProbeAddress } from './observation.ts';
import type { Channel, ChannelEvents, OpenChannel } from './target-socket.ts';

export interface Paths {
  addresses(): readonly ProbeAddress[];
  /** Known addresses keep their sockets; the one in use stays in use. */
  update(addresses: readonly ProbeAddress[]): void;
  /** Undefined when the target has no address. */
  current(): { readonly address: ProbeAddress; readonly key: ProbeKey } | undefined;
  /** The current path did not answer: takes the next one. */
  advance(): void;
  /** This node cannot send there: the others are used. False, and nothing is muted any more, when there is no other. */
  mute(address: ProbeAddress): boolean;
  /** The target signs with this key: it is used from now on where it comes before the one in use. */
  knows(key: ProbeKey): void;
  channelTo(address: ProbeAddress): Channel;
  /** Closes the socket of one address, or all. A new one is opened when it is needed. */
  drop(address?: ProbeAddress): void;
}

const MAX_ADDRESSES = 4;

const isSame = (a: ProbeAddress, b: ProbeAddress): boolean =>
  a.host === b.host && a.port === b.port && a.tcpPort === b.tcpPort;

export function createPaths(
  first: readonly ProbeAddress[],
  deps: {
    keys: Keyring;
    openChannel: OpenChannel;
    eventsOf: (address: ProbeAddress) => ChannelEvents;
  },
): Paths {
  const channels = new Map<ProbeAddress, Channel>();
  let addresses = first.slice(0, MAX_ADDRESSES);
  const muted = new Set<ProbeAddress>();
  /** Counts through all addresses, then through all of them with the next key: a peer may not know the new one yet. */
  let variant = 0;
  let known = deps.keys.keys;

  /** Other keys than before: every target may know the first of them. */
  const accepted = (): Keyring['keys'] => {
    const { keys } = deps.keys;
    if (keys !== known) variant %= Math.max(1, addresses.length);
    known = keys;
    return keys;
  };

  const close = (isDropped: (address: ProbeAddress) => boolean): void => {
    for (const [address, channel] of channels) {
      if (!isDropped(address)) continue;
      channels.delete(address);
      channel.close();
    }
  };

  return {
    addresses: () => addresses,
    update(next) {
      const before = addresses;
      const inUse = before[variant % before.length];
      addresses = next.slice(0, MAX_ADDRESSES).map((address) => before.find((old) => isSame(old, address)) ?? address);
      const isChanged = addresses.length !== before.length || addresses.some((address, at) => address !== before[at]);
      if (!isChanged) return;
      close((address) => !addresses.includes(address));
      muted.clear();
      variant = inUse === undefined ? 0 : Math.max(0, addresses.indexOf(inUse));
    },
    current() {
      const keys = accepted();
      for (let tried = 0; tried < addresses.length; tried += 1) {
        const address = addresses[variant % addresses.length];
        const key = keys[Math.floor(variant / addresses.length) % keys.length] ?? keys[0];
        if (address !== undefined && !muted.has(address)) return { address, key };
        variant += 1;
      }
      return undefined;
    },
    advance() {
      variant += 1;
    },
    knows(key) {
      const keys = accepted();
      const place = keys.indexOf(key);
      const inUse = Math.floor(variant / addresses.length) % keys.length;
      if (place !== -1 && place < inUse) variant = place * addresses.length + (variant % addresses.length);
    },
    mute(address) {
      muted.add(address);
      if (muted.size < addresses.length) return true;
      muted.clear();
      return false;
    },
    channelTo(address) {
      const channel = channels.get(address) ?? deps.openChannel(address, deps.eventsOf(address));
      channels.set(address, channel);
      return channel;
    },
    drop(dropped) {
      // New sockets may find a way.
      if (dropped === undefined) muted.clear();
      close((address) => dropped === undefined || address === dropped);
    },
  };
}
