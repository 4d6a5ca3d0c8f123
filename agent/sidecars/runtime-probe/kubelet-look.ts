/** The runtime that the kubelet of this host uses, where it is not Docker's. */
import { kubeletCriSocket } from '../../../checks/lib/runtime-sockets.ts';
import type { HostFiles } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';

const LOOK_MS = 60_000;
/** A disk that is dead answers never, which must not keep the runtime from being looked at. */
const FIRST_MS = 500;

/** It is read again once a minute, and only the first look waits for the files, for a moment. */
export function createKubeletLook(host: HostFiles, clock: Clock): () => Promise<string | undefined> {
  let known: string | undefined;
  let lookedAt = 0;
  let first: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    lookedAt = clock.monotonic();
    // What cannot be read leaves things as they were.
    known = await kubeletCriSocket(host).catch(() => known);
  };
  return async () => {
    if (first === undefined) first = Promise.race([look(), clock.sleep(FIRST_MS)]);
    else if (clock.monotonic() - lookedAt >= LOOK_MS) void look();
    await first;
    return known;
  };
}
