/**
 * Who this agent is. The key comes from the identity file or is made; the boot counter is claimed once the peers were
 * asked what they hold.
 *
 * Every report is ordered by (boot, sequence), so no boot may be used twice with one key: peers would ignore the new
 * reports as old ones, or see two truths under one number. A boot is therefore on the disk before it is used. Where the
 * disk takes no writes the agent goes on with the key that it has (another key would look like another node) and leaps
 * a random distance beyond everything that it knows of: starts that left no trace on the disk then meet by chance
 * only, once in a million. Should peers show later that they hold a boot at or above the own one, `claimBoot` is called
 * again and goes beyond it; that also heals a leap that fell short of an earlier one. Where not even reading works, the
 * key is fresh and lives in memory: it has no earlier boots.
 */
import { join } from 'node:path';
import type { HostFiles } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { readMachineId } from '../../base/machine-id.ts';
import { AgentError } from '../../base/errors.ts';
import type { SecretFiles } from './durable-file.ts';
import { IDENTITY_FILE, MAX_BOOT, type StoredIdentity } from './identity-file.ts';
import { type IdentityNotice, createIdentityStorage } from './identity-storage.ts';
import { type KeyPair, SEED_BYTES, keyPairFromSeed } from './key-pair.ts';
import { isAnotherMachine, makeMachineId } from './machine-id.ts';
import { bounded } from './bounded.ts';

export type { IdentityNotice } from './identity-storage.ts';

export interface IdentityOptions {
  /** The data directory. */
  readonly directory: string;
  readonly nodeName: string;
  /** UUID; undefined where nobody could be asked: then the file's holds. */
  readonly clusterId?: string;
  /** Bound on each write. Default 2 s. */
  readonly diskTimeoutMs?: number;
  /** Bound on reading the file; default 15 s. Another key is another node to all others: it is worth a wait. */
  readonly readTimeoutMs?: number;
}

export interface IdentityDeps {
  readonly files: SecretFiles;
  readonly host: Pick<HostFiles, 'readText'>;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
}

export interface ClaimedBoot {
  readonly boot: number;
  /** False: the boot is not on the disk. Try {@link Identity.keep} again later. */
  readonly kept: boolean;
}

export interface Identity {
  readonly keys: KeyPair;
  readonly nodeName: string;
  readonly machineId: string;
  /** UUID of the cluster, where it is known. */
  readonly clusterId: string | undefined;
  readonly notices: readonly IdentityNotice[];
  /**
   * A boot that was never used with this key. Called before the first report, and again whenever a verified envelope
   * of the own key shows a boot at or above the own one that this process did not write.
   *
   * @param highestHeld the highest boot that any peer holds for the own key; undefined: none answered in time
   * @throws {AgentError} `config` when the counter is used up; the next start makes a new key
   */
  claimBoot(highestHeld: number | undefined): Promise<ClaimedBoot>;
  /** Writes the identity once more. True when it is on the disk; it never rejects. */
  keep(): Promise<boolean>;
}

const DISK_TIMEOUT_MS = 2000;
/** A machine that starts has no time, and all its disk is read at once: there 2 s are over before a file is read. */
const READ_TIMEOUT_MS = 15_000;

/** How far a boot leaps that cannot be written: 20 bits, so that a node may start four thousand times that way. */
const LEAP_BITS = 20;

/** Never rejects for anything that the disk does; takes at most the bound of the reading and twice that of a write. */
export async function openIdentity(options: IdentityOptions, deps: IdentityDeps): Promise<Identity> {
  const { clock, host, randomBytes } = deps;
  const boundMs = options.diskTimeoutMs ?? DISK_TIMEOUT_MS;
  const bounds = { readMs: options.readTimeoutMs ?? READ_TIMEOUT_MS, writeMs: boundMs };
  const storage = createIdentityStorage(join(options.directory, IDENTITY_FILE), bounds, deps);
  const machineId = await bounded(clock, boundMs, readMachineId(host)).catch(() => undefined);
  const found = await storage.read();
  const foreign = found.identity && foreignTo(found.identity, options, machineId);
  const notices = foreign === undefined ? [...found.notices] : [foreign];
  let state = settle(foreign === undefined ? found.identity : undefined, options, machineId, randomBytes);

  const keep = async (): Promise<boolean> => {
    const failure = await storage.write(state);
    if (failure !== undefined && !notices.some(({ kind }) => kind === 'not-kept')) {
      notices.push({ kind: 'not-kept', message: `${failure} The agent goes on in memory.` });
    }
    return failure === undefined;
  };

  return {
    keys: keyPairFromSeed(state.seed),
    nodeName: state.nodeName,
    machineId: state.machineId,
    clusterId: state.clusterId,
    notices,
    keep,
    async claimBoot(highestHeld) {
      const highest = Math.max(state.boot, highestHeld ?? 0);
      if (highest >= MAX_BOOT) {
        await storage.setAside('spent');
        throw new AgentError('config', 'The boot counter of this agent is used up. The next start makes a new key.');
      }
      state = { ...state, boot: highest + 1 };
      const kept = await keep();
      if (!kept) state = { ...state, boot: Math.min(MAX_BOOT, state.boot + leap(randomBytes)) };
      return { boot: state.boot, kept };
    },
  };
}

/** What the file says, or a new key; with what is known better now. */
function settle(
  stored: StoredIdentity | undefined,
  { nodeName, clusterId }: IdentityOptions,
  machineId: string | undefined,
  randomBytes: IdentityDeps['randomBytes'],
): StoredIdentity {
  return {
    ...(stored ?? {
      machineId: machineId ?? makeMachineId(randomBytes),
      nodeName,
      seed: Uint8Array.from(randomBytes(SEED_BYTES)),
      boot: 0,
    }),
    ...(machineId !== undefined && { machineId }),
    ...(clusterId !== undefined && { clusterId: clusterId.toLowerCase() }),
  };
}

/** Why the file's key may not be used here: a key belongs to one node of one cluster on one machine. */
function foreignTo(
  stored: StoredIdentity,
  { nodeName, clusterId }: IdentityOptions,
  machineId: string | undefined,
): IdentityNotice | undefined {
  const consequence = 'This agent makes a new key.';
  if (isAnotherMachine(stored.machineId, machineId)) {
    return { kind: 'other-machine', message: `The identity file was made on another machine. ${consequence}` };
  }
  if (stored.nodeName !== nodeName) {
    return {
      kind: 'other-name',
      message: `The identity file is of node ${stored.nodeName}, this is ${nodeName}. ${consequence}`,
    };
  }
  if (clusterId !== undefined && stored.clusterId !== undefined && stored.clusterId !== clusterId.toLowerCase()) {
    return {
      kind: 'other-cluster',
      message: `The identity file is of cluster ${stored.clusterId}, this is ${clusterId}. ${consequence}`,
    };
  }
  return undefined;
}

/** From 1 to 2^20. */
function leap(randomBytes: (count: number) => Uint8Array): number {
  return 1 + (Buffer.from(randomBytes(4)).readUInt32BE() >>> (32 - LEAP_BITS));
}
