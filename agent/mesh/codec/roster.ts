/**
 * What one roster reader says of the cluster's Nodes:
 * `[boot, sequence, contentSequence, node, fault, confirmed, nodes, API servers, entries, omitted, controllers,
 * without node, names of the API servers' Nodes or null]`, durations in seconds.
 *
 * An entry is `[name, uid, flags, ready, zone, cordoned, removed by, not ready because, lease, unchanged, message]`. Flags
 * are the sum of 1: control plane, 2: has no agent, and 4, 8, 16, 32 for {@link TROUBLES}. Ready is 0: no, 1: yes, 2: unknown.
 * Lease is `r`, `s` or `n` for renewed, stale and none. A controller is `[index of its name, lease, unchanged, holder]`.
 */
import type { NodeTrouble } from '../../../checks/types.ts';
import {
  CONTROLLERS,
  type ControllerLease,
  type LeaseState,
  MAX_WITHOUT_NODE,
  type Readiness,
  type Roster,
  type RosterEntry,
} from '../../model/roster.ts';
import { cleanText } from '../../model/text.ts';
import { MAX_ENVELOPE_BYTES, envelopeOverhead } from '../envelope/envelope.ts';
import { type Header, headerItems, readHeader, readNodeName } from './header.ts';
import { decodePayload, encodePayload, trimmed, wireMs } from './payload.ts';
import { Malformed, readArray, readInteger, readMatch, readOptional, readText } from '../../model/read.ts';
import { sharedText } from './shared-text.ts';

export interface DecodedRoster {
  readonly header: Header;
  readonly roster: Roster;
}

export const ROSTER = 'roster';
const MAX_PAYLOAD_BYTES = MAX_ENVELOPE_BYTES - envelopeOverhead(ROSTER);
const MAX_ENTRIES = 256;
const MAX_SERVERS = 9;
const MAX_FAULT = 200;
const MAX_WORD = 63;
const MAX_MESSAGE = 200;
const MAX_ENTRY_ITEMS = 16;
const MAX_CONTROLLERS = 16;
const MAX_CONTROLLER_ITEMS = 16;
/** A host's name and a UUID. */
const MAX_HOLDER = 300;

const UID = /^[0-9A-Za-z-]{1,64}$/;
/** Of a taint or a zone: what Kubernetes lets them be, and no more than is of use. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$/;
const SERVER = /^https:\/\/(?:[0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}$/;
const READY: readonly Readiness[] = ['false', 'true', 'unknown'];
const TROUBLES: readonly NodeTrouble[] = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];
const FIRST_TROUBLE = 4;
const LEASES: Readonly<Record<string, LeaseState['kind']>> = { r: 'renewed', s: 'stale', n: 'none' };

/** What does not fit is left out: first what kubelets say, then entries from the end, which are counted. */
export function encodeRoster(header: Header, roster: Roster): Uint8Array {
  let entries = roster.entries.slice(0, MAX_ENTRIES);
  for (let isWhole = true; ; isWhole = false) {
    const omitted = roster.omitted + roster.entries.length - entries.length;
    const payload = encodeOnce(header, { ...roster, entries, omitted });
    if (payload.length <= MAX_PAYLOAD_BYTES || entries.length === 0) return payload;
    // A quarter at a time: the last ones matter least.
    entries = isWhole ? entries.map(withoutWords) : entries.slice(0, Math.floor(entries.length * 0.75));
  }
}

const withoutWords = ({ notReadyMessage: _words, ...entry }: RosterEntry): RosterEntry => entry;

/** Undefined for what is none. Never throws. */
export const decodeRoster = (payload: Uint8Array): DecodedRoster | undefined =>
  decodePayload(payload, (items) => {
    const [fault, confirmed, nodes, servers, entries, omitted, controllers, without, serverNodes] = items.slice(4);
    const faultText = readOptional(fault, (text) => readText(text, MAX_FAULT));
    const confirmedMs = readOptional(confirmed, readSeconds);
    const withoutNode = readOptional(without, (names) => readArray(names, MAX_WITHOUT_NODE).map(readNodeName));
    const places = readOptional(serverNodes, (names) =>
      readArray(names, MAX_SERVERS).map((name) => readOptional(name, readNodeName)),
    );
    const urls = readArray(servers, MAX_SERVERS).map((server) => readMatch(server, SERVER));
    // Of no port or address that there is: who wrote it is left its other words.
    const isUrl = (_: unknown, index: number): boolean => URL.canParse(urls[index] ?? '');
    return {
      header: readHeader(items),
      roster: {
        ...(faultText !== undefined && { fault: faultText }),
        ...(confirmedMs !== undefined && { confirmedMs }),
        nodes: readInteger(nodes, 0),
        apiServers: urls.filter(isUrl),
        ...(places !== undefined && { serverNodes: places.filter(isUrl) }),
        entries: readArray(entries, MAX_ENTRIES).map(readEntry),
        controllers: readArray(controllers ?? [], MAX_CONTROLLERS).flatMap((one) => readController(one) ?? []),
        omitted: readOptional(omitted, (count) => readInteger(count, 0)) ?? 0,
        ...(withoutNode !== undefined && { withoutNode }),
      },
    };
  });

function encodeOnce(header: Header, roster: Roster): Uint8Array {
  const {
    fault,
    confirmedMs,
    nodes,
    apiServers,
    serverNodes = [],
    entries,
    controllers,
    omitted,
    withoutNode,
  } = roster;
  const servers = apiServers
    .map((url, index) => ({ url, node: serverNodes[index] ?? null }))
    .filter(({ url }) => SERVER.test(url))
    .slice(0, MAX_SERVERS);
  const places = trimmed(servers.map(({ node }) => node));
  return encodePayload(
    trimmed([
      ...headerItems(header),
      fault === undefined ? null : cleanText(fault, MAX_FAULT),
      confirmedMs === undefined ? null : seconds(confirmedMs),
      nodes,
      servers.map(({ url }) => url),
      entries.map(entryItems),
      omitted === 0 ? null : omitted,
      controllers.length === 0 ? null : controllers.map(controllerItems),
      withoutNode ?? null,
      places.length === 0 ? null : places,
    ]),
  );
}

function entryItems(entry: RosterEntry): readonly unknown[] {
  const { name, uid, ready, zone, cordonedForMs, removedBy, notReadyBecause, notReadyMessage, lease } = entry;
  return trimmed([
    name,
    uid,
    flagsOf(entry),
    READY.indexOf(ready),
    zone ?? null,
    cordonedForMs === undefined ? null : seconds(cordonedForMs),
    removedBy ?? null,
    notReadyBecause ?? null,
    lease === undefined ? null : lease.kind.charAt(0),
    lease === undefined ? null : seconds(lease.unchangedForMs),
    notReadyMessage === undefined ? null : cleanText(notReadyMessage, MAX_MESSAGE),
  ]);
}

const flagsOf = ({ isControlPlane, hasNoAgent, troubles = [] }: RosterEntry): number =>
  troubles.reduce(
    (sum, trouble) => sum + FIRST_TROUBLE * 2 ** TROUBLES.indexOf(trouble),
    (isControlPlane ? 1 : 0) + (hasNoAgent === true ? 2 : 0),
  );

/** @throws {Malformed} */
function readEntry(value: unknown): RosterEntry {
  if (!Array.isArray(value)) throw new Malformed('an entry of a roster');
  const [name, uid, flags, ready, zone, cordoned, removedBy, because, lease, unchanged, message] = readArray(
    value,
    MAX_ENTRY_ITEMS,
  );
  const flag = readInteger(flags, 0);
  const troubles = TROUBLES.filter((_, index) => (flag & (FIRST_TROUBLE * 2 ** index)) !== 0);
  const words = readOptional(message, (text) => readText(text, MAX_MESSAGE));
  const zoneText = readOptional(zone, readWord);
  const cordonedForMs = readOptional(cordoned, readSeconds);
  const taint = readOptional(removedBy, readWord);
  const why = readOptional(because, (text) => readText(text, MAX_WORD));
  const kind = readOptional(lease, (letter) => LEASES[readMatch(letter, /^[a-z]$/)]);
  return {
    name: readNodeName(name),
    uid: readMatch(uid, UID),
    isControlPlane: (flag & 1) !== 0,
    ...((flag & 2) !== 0 && { hasNoAgent: true as const }),
    ready: READY[readInteger(ready, 0)] ?? 'unknown',
    ...(zoneText !== undefined && { zone: zoneText }),
    ...(cordonedForMs !== undefined && { cordonedForMs }),
    ...(taint !== undefined && { removedBy: taint }),
    ...(why !== undefined && { notReadyBecause: sharedText(why) }),
    ...(words !== undefined && { notReadyMessage: words }),
    ...(troubles.length > 0 && { troubles }),
    ...(kind !== undefined && { lease: { kind, unchangedForMs: readOptional(unchanged, readSeconds) ?? 0 } }),
  };
}

const controllerItems = ({ name, kind, unchangedForMs, holder }: ControllerLease): readonly unknown[] =>
  trimmed([
    CONTROLLERS.indexOf(name),
    kind.charAt(0),
    seconds(unchangedForMs),
    holder === undefined ? null : cleanText(holder, MAX_HOLDER),
  ]);

/** Undefined for one that only a later version knows. @throws {Malformed} */
function readController(value: unknown): ControllerLease | undefined {
  const [index, lease, unchanged, holder] = readArray(value, MAX_CONTROLLER_ITEMS);
  const name = CONTROLLERS[readInteger(index, 0)];
  const kind = LEASES[readMatch(lease, /^[a-z]$/)];
  const unchangedForMs = readSeconds(unchanged);
  const holderText = readOptional(holder, (text) => readText(text, MAX_HOLDER));
  if (name === undefined || kind === undefined) return undefined;
  return { name, kind, unchangedForMs, ...(holderText !== undefined && { holder: sharedText(holderText) }) };
}

const readWord = (value: unknown): string => sharedText(readMatch(value, WORD));
const MAX_SECONDS = 4_000_000_000;
const readSeconds = (value: unknown): number => readInteger(value, 0, MAX_SECONDS) * 1000;
const seconds = (ms: number): number => Math.min(MAX_SECONDS, Math.round(wireMs(ms) / 1000));
