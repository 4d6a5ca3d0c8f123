/** Where this agent is, found at the start and looked at again all the time: addresses change under a running agent. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Place } from '../compose/addresses.ts';
import { type HostAddresses, chooseAddresses, presentAddresses } from './choose-addresses.ts';

export interface PlaceOptions {
  /** IP literals to listen on; empty: those that the machine's routes suggest. */
  readonly configured: readonly string[];
  readonly port: number;
  /** `10.0.0.7:7576`; empty: what is listened on. */
  readonly announce: readonly string[];
}

export interface PlaceFinder {
  find(before?: Place): Promise<Place>;
  /** Looks again and again, and calls `move` where it is another place. Returns how to stop. */
  follow(first: Place, move: (place: Place) => Promise<void>): () => void;
}

export interface PlaceDeps {
  readonly clock: Pick<Clock, 'every'>;
  readonly log: Logger;
  readonly read: (before: readonly string[]) => Promise<HostAddresses>;
}

/** Asking the kernel takes a quarter of a millisecond. A node that got another address is found within 15 s by all. */
const LOOK_MS = 3000;

export function createPlaceFinder({ configured, port, announce }: PlaceOptions, deps: PlaceDeps): PlaceFinder {
  const find = async (before?: Place): Promise<Place> => {
    const last = (before?.listen ?? []).map(({ host }) => host);
    const host = await deps.read(last);
    const hosts = configured.length > 0 ? presentAddresses(configured, last, host) : chooseAddresses(last, host);
    return {
      listen: hosts.map((one) => ({ host: one, port })),
      ...(announce.length > 0 && { announce }),
      hostAddresses: host.all.map((one) => one.host).sort(),
    };
  };
  return {
    find,
    follow(first, move) {
      let current = first;
      let isBusy = false;
      let fault: string | undefined;
      const look = async (): Promise<void> => {
        const next = await find(current);
        if (isSame(next, current)) return;
        await move(next);
        fault = undefined;
        if (listenText(next) !== listenText(current))
          deps.log.warn({ from: hostsOf(current), to: hostsOf(next) }, 'this node has other addresses now');
        current = next;
      };
      return deps.clock.every(LOOK_MS, () => {
        if (isBusy) return;
        isBusy = true;
        look()
          .catch((error: unknown) => {
            // A new IPv6 address cannot be used for a second or two.
            if (fault !== messageOf(error))
              deps.log.warn({ err: messageOf(error) }, 'the new addresses are not usable yet');
            fault = messageOf(error);
          })
          .finally(() => (isBusy = false));
      });
    },
  };
}

const hostsOf = ({ listen }: Place): readonly string[] => listen.map(({ host }) => host);
const listenText = (place: Place): string => hostsOf(place).join();

const isSame = (one: Place, other: Place): boolean =>
  listenText(one) === listenText(other) && (one.hostAddresses ?? []).join() === (other.hostAddresses ?? []).join();
