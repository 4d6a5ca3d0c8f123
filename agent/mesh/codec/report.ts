/**
 * A node's report on the wire: results, edges and the state of the store.
 *
 * `[boot, sequence, contentSequence, node, version, madeAt, uptime, check ids, results, edges, store, addresses, cut,
 * host uptime, catching up, heartbeat, key ids, place, pod addresses, liveness]`; the uptime of the host and the heartbeat
 * in seconds, catching up 1 or null, the heartbeat null for the usual one. The place is `[uid of the Node, 1 for a control
 * plane, zone]`; liveness has `[watch, containers, failing, condemned]` for each watch.
 *
 * Results name their check by its index in the report's own table of ids, so that agents of several versions need not
 * agree on a list. Ages are durations in ms before `madeAt`, which is the author's own clock and only for people: what
 * is derived from it comes out the same wherever the report is read.
 */
import { isIP } from 'node:net';
import type { LivenessWord } from '../../model/liveness.ts';
import { HEARTBEAT_MS, type NodePlace, type NodeReport } from '../../model/report.ts';
import type { StoreHealth } from '../../model/store-health.ts';
import { cleanText } from '../../model/text.ts';
import { MAX_ENVELOPE_BYTES, envelopeOverhead } from '../envelope/envelope.ts';
import { MAX_EDGES, type WireEdge, edgeItems, readEdge } from './edge.ts';
import { type Header, headerItems, readHeader } from './header.ts';
import { decodePayload, encodePayload, trimmed, wireMs } from './payload.ts';
import {
  Malformed,
  readArray,
  readInstant,
  readInteger,
  readMatch,
  readOptional,
  readSince,
  readText,
} from '../../model/read.ts';
import { CUTS } from './report-cuts.ts';
import { MAX_MESSAGE, readResult, resultItems } from './result.ts';
import { sharedText } from './shared-text.ts';

/** What a peer says of its store. */
export type PeerStore = Pick<StoreHealth, 'state' | 'since' | 'message'>;

/** All that travels in a report. */
export interface ReportContent {
  readonly report: NodeReport;
  /** When it was made, Unix ms by the author's clock. */
  readonly madeAt: number;
  readonly edges: readonly WireEdge[];
  readonly store: PeerStore;
  /** Where the author's agent listens: `10.0.0.1:7576`, `[fd00::1]:7576`. */
  readonly addresses: readonly string[];
  /** Results that had no room. */
  readonly omittedResults: number;
  /** How long the host had been up; in whole seconds on the wire. Undefined where it could not be read. */
  readonly hostUptimeMs?: number;
  /** Of the cluster keys that the author accepts, the one that it uses first. Empty or undefined: it did not say. */
  readonly keyIds?: readonly string[];
}

export interface DecodedReport extends ReportContent {
  readonly header: Header;
  /** How many steps of {@link CUTS} it took to fit; 0 is complete. */
  readonly cuts: number;
}

export const REPORT = 'report';
export const MAX_RESULTS = 256;
const MAX_HEARTBEAT_S = 3600;
const MAX_ADDRESSES = 16;
const MAX_KEY_IDS = 4;
/** One of each family. */
const MAX_POD_ADDRESSES = 2;
/** As many watches of logs, and of signals, as there may be, and more containers of one workload than a node runs: nobody's word gives leave to many. */
const MAX_LIVENESS = 32;
const MAX_CONTAINERS = 250;
const KEY_ID = /^[0-9a-f]{8}$/;
const MAX_PAYLOAD_BYTES = MAX_ENVELOPE_BYTES - envelopeOverhead(REPORT);

const CHECK_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ADDRESS = /^(?:[0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}$/;
const UID = /^[0-9A-Za-z-]{1,64}$/;
/** The value of a label: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
const ZONE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const STORE_STATES: readonly StoreHealth['state'][] = ['opening', 'ok', 'stalled', 'full', 'read-only', 'failed'];

/** The payload, cut until it fits into an envelope: see {@link CUTS} for what goes first. */
export function encodeReport(header: Omit<Header, 'node'>, content: Omit<ReportContent, 'omittedResults'>): Uint8Array {
  let fitting: ReportContent = withinCaps(content);
  let payload = encodeOnce(header, fitting, 0);
  for (const [index, cut] of CUTS.entries()) {
    while (payload.length > MAX_PAYLOAD_BYTES) {
      const smaller = cut(fitting);
      if (smaller === fitting) break;
      fitting = smaller;
      payload = encodeOnce(header, fitting, index + 1);
    }
  }
  return payload;
}

/** Undefined for what is no report. Never throws. */
export const decodeReport = (payload: Uint8Array): DecodedReport | undefined => decodePayload(payload, readReport);

/** @throws {Malformed} */
function readReport(items: readonly unknown[]): DecodedReport {
  const header = readHeader(items);
  const [version, made, uptime, ids, results, edges, store, addresses, cut, hostUptime, ...rest] = items.slice(4);
  const [catchingUp, heartbeat, keyIds, place, pods, livenessWords] = rest;
  const hostUptimeS = readOptional(hostUptime, readCount);
  const heartbeatS = readOptional(heartbeat, readHeartbeat);
  const nodePlace = readOptional(place, readPlace);
  const podAddresses = readPodAddresses(pods);
  const liveness = distinctBy(
    readArray(livenessWords, MAX_LIVENESS).flatMap((word) => readLiveness(word) ?? []),
    ({ watch }) => watch,
  );
  const madeAt = readInstant(made);
  const checks = readArray(ids, MAX_RESULTS).map((id) => sharedText(readMatch(id, CHECK_ID)));
  const [cuts, omitted] = readArray(cut, 2);
  return {
    header,
    madeAt,
    report: {
      node: header.node,
      version: sharedText(readText(version, 64)),
      startedAt: readSince(uptime, madeAt),
      results: distinctBy(
        readArray(results, MAX_RESULTS).map((result) => readResult(result, checks, madeAt)),
        ({ check }) => check,
      ),
      ...(catchingUp === 1 && { catchingUp: true as const }),
      ...(heartbeatS !== undefined && { heartbeatMs: heartbeatS * 1000 }),
      ...(nodePlace !== undefined && { place: nodePlace }),
      ...(podAddresses.length > 0 && { podAddresses }),
      ...(liveness.length > 0 && { liveness }),
    },
    edges: readArray(edges, MAX_EDGES)
      .map(readEdge)
      .filter((edge) => edge !== undefined),
    store: readStore(store, madeAt),
    addresses: readArray(addresses, MAX_ADDRESSES).map((address) => readMatch(address, ADDRESS)),
    cuts: readOptional(cuts, readCount) ?? 0,
    omittedResults: readOptional(omitted, readCount) ?? 0,
    ...(hostUptimeS !== undefined && { hostUptimeMs: hostUptimeS * 1000 }),
    keyIds: readKeyIds(keyIds),
  };
}

const readCount = (value: unknown): number => readInteger(value, 0);

/** Nobody's word makes what it said last for days. */
const readHeartbeat = (value: unknown): number => Math.min(readInteger(value, 1), MAX_HEARTBEAT_S);

const NONE: readonly never[] = [];

/** What is no id of a key is left out. */
function readKeyIds(value: unknown): readonly string[] {
  const ids = readArray(value, MAX_KEY_IDS).filter((id) => typeof id === 'string' && KEY_ID.test(id));
  return ids.length === 0 ? NONE : ids.map((id) => sharedText(String(id)));
}

/** What is no address is left out. */
function readPodAddresses(value: unknown): readonly string[] {
  const addresses = readArray(value, MAX_POD_ADDRESSES).filter((one) => typeof one === 'string' && isIP(one) !== 0);
  return addresses.length === 0 ? NONE : addresses.map(String);
}

/** `[watch, containers, failing, condemned]`; undefined for what is none: the report is worth more than it. */
function readLiveness(value: unknown): LivenessWord | undefined {
  if (!Array.isArray(value)) return undefined;
  const [watch, ...counts] = value.slice(0, 4);
  const [containers, failing, condemned] = counts;
  if (typeof watch !== 'string' || !CHECK_ID.test(watch)) return undefined;
  if (!isContainerCount(containers) || !isContainerCount(failing) || !isContainerCount(condemned)) return undefined;
  return { watch: sharedText(watch), containers, failing, condemned };
}

const isContainerCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_CONTAINERS;

/** `[uid, control plane, zone]` */
function readPlace(value: unknown): NodePlace {
  const [uid, controlPlane, zone] = readArray(value, 3);
  const name = readOptional(zone, (text) => sharedText(readMatch(text, ZONE)));
  return { uid: readMatch(uid, UID), isControlPlane: controlPlane === 1, ...(name !== undefined && { zone: name }) };
}

const placeItems = ({ uid, isControlPlane, zone }: NodePlace): readonly unknown[] =>
  trimmed([uid, isControlPlane ? 1 : 0, zone !== undefined && ZONE.test(zone) ? zone : null]);

/** `[state, since, message]` */
function readStore(value: unknown, madeAt: number): PeerStore {
  const [state, since, message] = readArray(value, 3);
  if (typeof state !== 'string') throw new Malformed('the state of a store');
  return {
    state: STORE_STATES.find((known) => known === state) ?? 'failed',
    since: readSince(since, madeAt),
    message: readOptional(message, (text) => readText(text, MAX_MESSAGE)) ?? '',
  };
}

/** Of those with one name the first. */
function distinctBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(nameOf(item)) && seen.add(nameOf(item)));
}

function withinCaps(content: Omit<ReportContent, 'omittedResults'>): ReportContent {
  const { results } = content.report;
  return {
    ...content,
    report: { ...content.report, results: results.slice(0, MAX_RESULTS) },
    edges: content.edges.slice(0, MAX_EDGES),
    addresses: content.addresses.slice(0, MAX_ADDRESSES),
    omittedResults: Math.max(0, results.length - MAX_RESULTS),
  };
}

function encodeOnce(header: Omit<Header, 'node'>, content: ReportContent, cuts: number): Uint8Array {
  const { report, madeAt, edges, store, addresses, omittedResults, hostUptimeMs, keyIds = [] } = content;
  return encodePayload(
    trimmed([
      ...headerItems({ ...header, node: report.node }),
      report.version,
      madeAt,
      Math.round(madeAt - report.startedAt),
      report.results.map(({ check }) => check),
      report.results.map((result, index) => resultItems(result, index, madeAt)),
      edges.map(edgeItems),
      trimmed([store.state, Math.round(madeAt - store.since), cleanText(store.message, MAX_MESSAGE) || null]),
      addresses,
      cuts > 0 || omittedResults > 0 ? [cuts, omittedResults] : null,
      hostUptimeMs === undefined ? null : Math.floor(wireMs(hostUptimeMs) / 1000),
      report.catchingUp === true ? 1 : null,
      report.heartbeatMs === undefined || report.heartbeatMs === HEARTBEAT_MS
        ? null
        : Math.ceil(report.heartbeatMs / 1000),
      keyIds.length === 0 ? null : keyIds,
      report.place === undefined || !UID.test(report.place.uid) ? null : placeItems(report.place),
      report.podAddresses === undefined || report.podAddresses.length === 0 ? null : report.podAddresses,
      report.liveness === undefined || report.liveness.length === 0 ? null : livenessItems(report.liveness),
    ]),
  );
}

const livenessItems = (words: readonly LivenessWord[]): readonly unknown[] =>
  words
    .slice(0, MAX_LIVENESS)
    .map(({ watch, containers, failing, condemned }) => [
      watch,
      ...[containers, failing, condemned].map((count) => Math.min(count, MAX_CONTAINERS)),
    ]);
