/** The runtime that the kubelet of this host uses, where it is not Docker's. */
import { kubeletCriSocket } from '../../../checks/lib/runtime-sockets.ts';
import type { HostFiles } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';

const LOOK_MS = 60_000;

/** It is read again once a minute, and only the first look waits for the files. */
export function createKubeletLook(host: HostFiles, clock: Clock): () => Promise<string | undefined> {
  let known: string | undefined;
  let first: Promise<void> | undefined;
  let lookedAt = 0;
  const look = async (): Promise<void> => {
    lookedAt = clock.monotonic();
    // What cannot be read leaves things as they were.
    known = await kubeletCriSocket(host).catch(() => known);
  };
  return async () => {
    if (first !== undefined && clock.monotonic() - lookedAt >= LOOK_MS) void look();
    first ??= look();
    await first;
    return known;
  };
}
