/**
 * The cluster key and the cluster's id: from the disk, or from where all agents of the cluster find it, with a copy on the
 * disk; or made by the first agent of a cluster of one.
 */
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import type { SharedKey, SharedKeyPlace, SharedKeyTexts } from '../../model/shared-key.ts';
import { bounded } from './bounded.ts';
import { parseClusterId } from './cluster-id.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_BYTES,
  type ClusterKey,
  clusterKeyFrom,
  formatClusterKeys,
  lastKeyUntil,
  overlayKeyOf,
  parseClusterKeys,
} from './cluster-key.ts';
import { type Agreement, type DiskKeys, agreeOnKeys } from './key-agreement.ts';
import type { SecretFiles } from './durable-file.ts';

export interface ClusterKeys {
  /** One, or two while they are rotated: the new one first. */
  readonly keys: readonly ClusterKey[];
  /** UUID; undefined where there is a key without an id beside it: the identity file may know. */
  readonly clusterId: string | undefined;
  /** What a person should know. */
  readonly notices: readonly string[];
  /** The disk did not answer: what is on it may be other keys. */
  readonly isNotOnDisk?: true;
}

export interface KeyFilesOptions {
  /** Path of the key; the id lies beside it. */
  readonly keyFile: string;
  /** Whether a key may be made when there is none. */
  readonly mayMake: boolean;
  /** Where all agents of the cluster find it; undefined: nowhere but on their disks. */
  readonly shared?: SharedKeyPlace | undefined;
  /** Who has a key on its disk does not wait longer for that place; default: as long as it takes. */
  readonly patienceMs?: number | undefined;
}

export interface KeyFilesDeps {
  readonly files: SecretFiles;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const DISK_TIMEOUT_MS = 2000;

/** @throws {AgentError} `config`; the message names the file, says what to do, and never the secret */
export async function openClusterKeys(options: KeyFilesOptions, deps: KeyFilesDeps): Promise<ClusterKeys> {
  const { keyFile, mayMake, shared } = options;
  const idFile = join(dirname(keyFile), CLUSTER_ID_FILE);
  if (shared !== undefined) return openShared(shared, options, idFile, deps);
  const [keyText, idText] = [await read(keyFile, deps), await read(idFile, deps)];
  const clusterId = idText?.trim().toLowerCase();
  if (clusterId !== undefined && parseClusterId(clusterId) === undefined) {
    throw new AgentError('config', `${idFile} holds no UUID. Copy it again from another agent of the cluster.`);
  }
  if (keyText !== undefined) return { keys: parse(keyFile, keyText), clusterId, notices: [] };
  if (!mayMake) {
    throw new AgentError(
      'config',
      `there is no cluster key: copy cluster.key and cluster.id from another agent of the cluster to ${dirname(keyFile)}`,
    );
  }
  return make(keyFile, idFile, clusterId, deps);
}

/** Another agent may fill the place first; so often in a row only where something else writes to it, too. */
const MOST_CONFLICTS = 5;

async function openShared(
  shared: SharedKeyPlace,
  { keyFile, patienceMs }: KeyFilesOptions,
  idFile: string,
  deps: KeyFilesDeps,
): Promise<ClusterKeys> {
  const { clock, randomBytes } = deps;
  const { disk, faults, isUnread } = await readDisk(keyFile, idFile, deps);
  const place = shared.name;
  for (let round = 0; round < MOST_CONFLICTS; round += 1) {
    const isPatient = patienceMs === undefined || disk.keys.length === 0 || disk.clusterId === undefined;
    const late = { kind: 'unreadable', why: 'no answer yet' } as const;
    const found = await (isPatient
      ? shared.read()
      : Promise.race([shared.read(), clock.sleep(patienceMs).then(() => late)]));
    const agreement = agreeOnKeys(place, found, disk, { now: clock.now(), randomBytes });
    // The cluster's key may be on the disk.
    if (isUnread && agreement.isFresh === true)
      throw new AgentError('config', `there is no cluster key: ${faults.join()}`);
    const missing = found.kind === 'found' ? textsToWrite(found, agreement) : undefined;
    if (missing !== undefined && found.kind === 'found') {
      const written = await found.write(missing);
      // What is missing for the overlay alone is looked at again the next time.
      if (written.kind === 'conflict' && agreement.write !== undefined) continue;
      if (written.kind === 'failed' && agreement.isFresh === true)
        throw new AgentError('config', `there is no cluster key, and ${place} cannot be filled: ${written.why}`);
    }
    const notKept = isUnread ? [] : await keepOnDisk(agreement, place, disk, { keyFile, idFile }, deps);
    return {
      keys: agreement.keys,
      clusterId: agreement.clusterId,
      notices: [...faults, ...agreement.notices, ...notKept],
      ...((isUnread || notKept.length > 0) && { isNotOnDisk: true }),
    };
  }
  throw new AgentError('config', `${place} changes all the time: something else than Meerkat writes to it`);
}

/** Undefined: the place holds all that it should, or something that nobody can use. */
function textsToWrite(
  found: Extract<SharedKey, { readonly kind: 'found' }>,
  agreement: Agreement,
): SharedKeyTexts | undefined {
  const text = agreement.write ?? found.text;
  try {
    const overlayText = overlayTextFor(parseClusterKeys(text), found.overlayText);
    return agreement.write === undefined && overlayText === found.overlayText ? undefined : { text, overlayText };
  } catch {
    return undefined;
  }
}

/**
 * Responders see a change of the Secret minutes apart. Where a key was replaced and not rotated, that of before stays the
 * second until the next change: they would not understand each other meanwhile.
 */
function overlayTextFor(keys: readonly ClusterKey[], before: string): string {
  const wanted = keys.map(overlayKeyOf);
  const held = before.trim() === '' ? [] : parsed(before);
  const former = held.find(({ id }) => !wanted.some((key) => key.id === id));
  return formatClusterKeys(wanted.length > 1 || former === undefined ? wanted : [...wanted, former]);
}

/** Empty for what are no keys. */
function parsed(text: string): readonly ClusterKey[] {
  try {
    return parseClusterKeys(text);
  } catch {
    return [];
  }
}

interface DiskLook {
  readonly disk: DiskKeys;
  readonly faults: readonly string[];
  /** It did not answer: what is on it stays there, and may be read the next time. */
  readonly isUnread: boolean;
}

/** What cannot be used is not there: the place that all agents share says what counts. */
async function readDisk(keyFile: string, idFile: string, deps: KeyFilesDeps): Promise<DiskLook> {
  const nothing = { keys: [], clusterId: undefined };
  let text: string | undefined;
  let id: string | undefined;
  try {
    [text, id] = [await read(keyFile, deps), (await read(idFile, deps))?.trim()];
  } catch (error) {
    return { disk: nothing, faults: [messageOf(error)], isUnread: true };
  }
  if (text === undefined) return { disk: { keys: [], clusterId: id }, faults: [], isUnread: false };
  try {
    const lastUntil = lastKeyUntil(text);
    const disk = { keys: parse(keyFile, text), clusterId: id, ...(lastUntil !== undefined && { lastUntil }) };
    return { disk, faults: [], isUnread: false };
  } catch (error) {
    return { disk: nothing, faults: [messageOf(error)], isUnread: false };
  }
}

/** A copy, for a start without the API. Without one the agent goes on. */
async function keepOnDisk(
  { keys, clusterId, lastUntil }: Agreement,
  origin: string,
  disk: DiskKeys,
  { keyFile, idFile }: { readonly keyFile: string; readonly idFile: string },
  { files, clock }: KeyFilesDeps,
): Promise<readonly string[]> {
  const isSame =
    formatClusterKeys(keys, { lastUntil }) === formatClusterKeys(disk.keys, { lastUntil: disk.lastUntil }) &&
    clusterId === disk.clusterId;
  if (isSame || clusterId === undefined) return [];
  const text = formatClusterKeys(keys, { lastUntil, origin });
  try {
    await bounded(clock, DISK_TIMEOUT_MS, files.writeDurably(idFile, `${clusterId}\n`));
    await bounded(clock, DISK_TIMEOUT_MS, files.writeDurably(keyFile, text));
    return [];
  } catch (error) {
    return [
      `${keyFile} cannot be written: ${messageOf(error)}. Without the API this agent will not find the cluster key`,
    ];
  }
}

function parse(keyFile: string, text: string): readonly ClusterKey[] {
  try {
    return parseClusterKeys(text);
  } catch (error) {
    throw new AgentError('config', `${keyFile} cannot be used. ${messageOf(error)}`, { cause: error });
  }
}

/** The id first: a key without its id is of no use, an id without a key is taken up by the next start. */
async function make(
  keyFile: string,
  idFile: string,
  held: string | undefined,
  { files, clock, randomBytes }: KeyFilesDeps,
): Promise<ClusterKeys> {
  const clusterId = held ?? randomUUID();
  const key = clusterKeyFrom(randomBytes(CLUSTER_KEY_BYTES));
  const write = (path: string, text: string): Promise<void> =>
    bounded(clock, DISK_TIMEOUT_MS, files.writeDurably(path, text)).catch((error: unknown) => {
      throw new AgentError('config', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
    });
  if (held === undefined) await write(idFile, `${clusterId}\n`);
  await write(keyFile, formatClusterKeys([key]));
  return { keys: [key], clusterId, notices: [] };
}

/** Undefined: there is no such file. */
async function read(path: string, { files, clock }: KeyFilesDeps): Promise<string | undefined> {
  try {
    return await bounded(clock, DISK_TIMEOUT_MS, files.readText(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
