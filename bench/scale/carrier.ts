/**
 * A thin agent that spreads: the product's sync and broadcast over a book that shares its bytes with all others. It
 * speaks for one member, or for several where the cluster is larger than the number of agents that are simulated. Each of
 * them broadcasts as often as an agent may: else what one says would take the place of what another has to say.
 */
import { pino } from 'pino';
import { type EdgesEvent, EVENT, decodeEvent } from '../../agent/mesh/codec/event.ts';
import { createDivergence } from '../../agent/mesh/compose/divergence.ts';
import { payloadOf } from '../../agent/mesh/compose/payload-of.ts';
import { createStateStamp } from '../../agent/mesh/compose/state-stamp.ts';
import { decodeEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { REPORT } from '../../agent/mesh/codec/report.ts';
import type { OfferResult } from '../../agent/mesh/records/offer.ts';
import type { RecordBook } from '../../agent/mesh/records/record-book.ts';
import type { BookRecord } from '../../agent/mesh/records/record.ts';
import { type Publisher, createPublisher } from '../../agent/mesh/spread/publisher.ts';
import { type Spread, createSpread } from '../../agent/mesh/spread/spread.ts';
import type { VirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';
import type { VirtualTransport } from '../../test/simulation/mesh/transport.ts';
import type { Gossip } from './gossip.ts';
import type { Citizen } from './population.ts';

export interface Carrier {
  readonly citizen: Citizen;
  readonly process: VirtualProcess;
  readonly transport: VirtualTransport;
  readonly gossip: Gossip;
  readonly book: RecordBook;
  readonly spread: Spread;
  /** 8 bytes; equal digests mean equal knowledge. */
  digest(): Uint8Array;
  /** A member for which it speaks, itself among them, says something. */
  say(one: Citizen, envelope: Uint8Array): OfferResult;
  start(): void;
}

export interface CarrierDeps {
  readonly process: VirtualProcess;
  readonly transport: VirtualTransport;
  readonly gossip: Gossip;
  readonly book: RecordBook;
  readonly random: () => number;
  /** Names of those whose word on a member counts, by its prefix. */
  readonly observersOf: (prefix: string) => ReadonlySet<string>;
  /** What the probes of a neighbour say it knows; undefined where none arrive. */
  readonly digestOf: (peerId: string) => Uint8Array | undefined;
  /** An author told of edges. */
  readonly onEdges: (event: EdgesEvent) => void;
}

const log = pino({ level: 'silent' });
const PROBE_MS = 1000;

export function createCarrier(citizen: Citizen, deps: CarrierDeps): Carrier {
  const { process, transport, gossip, book, random } = deps;
  const { clock } = process;
  const told = new Map<string, Set<string>>();
  const spread = createSpread(
    { author: citizen.keys.author },
    {
      transport: { ...transport, ...gossip },
      book,
      clock,
      random,
      log,
      isNews: (envelope) => isNews(envelope, told, deps.observersOf),
    },
  );
  const stamp = createStateStamp(book, () => ({ boot: 1, sequence: 1 }), clock);
  const divergence = createDivergence({
    clock,
    ownDigest: () => stamp().digest,
    sync: (peerId) => spread.noticeGap(peerId),
  });
  const note = (record: BookRecord): void => {
    const edges = record.type === EVENT ? edgesOf(record) : undefined;
    if (edges === undefined) return;
    for (const { peer, state } of edges.edges) {
      const authors = told.get(peer) ?? new Set();
      told.set(peer, authors);
      if (state === 'lost') authors.add(edges.node);
      else authors.delete(edges.node);
    }
    deps.onEdges(edges);
  };
  spread.onRecord(({ record }) => note(record));
  const publishers = new Map<Citizen, Publisher>();
  const publisherOf = (one: Citizen): Publisher => {
    const publisher =
      publishers.get(one) ??
      createPublisher({
        transport: gossip,
        clock,
        isBraked: () => spread.counts().events.storm,
        isNews: (envelope) => isNews(envelope, told, deps.observersOf),
      });
    publishers.set(one, publisher);
    return publisher;
  };
  const hear = (): void => {
    for (const { peerId } of transport.peers()) {
      const digest = deps.digestOf(peerId);
      if (digest !== undefined) divergence.heard(peerId, digest);
    }
  };
  return {
    citizen,
    process,
    transport,
    gossip,
    book,
    spread,
    digest: () => stamp().digest,
    say(one, envelope) {
      if (one === citizen) return spread.publishOwn(envelope);
      const result = book.offer(envelope, transport.peerId, clock.monotonic());
      if (result.kind !== 'accepted') return result;
      note(result.record);
      if (result.record.type !== REPORT) publisherOf(one).submit(result.record.type, envelope);
      return result;
    },
    start() {
      spread.start();
      clock.after(PROBE_MS * random(), () => clock.every(PROBE_MS, hear));
    },
  };
}

const decoded = new WeakMap<Uint8Array, EdgesEvent | null>();

/** Thin books share the bytes: each event is decoded once in the whole simulation. */
function edgesOf(record: BookRecord): EdgesEvent | undefined {
  const known = decoded.get(record.bytes);
  if (known !== undefined) return known ?? undefined;
  const event = decodeEvent(payloadOf(record))?.event;
  const edges = event?.kind === 'edges' ? event : undefined;
  decoded.set(record.bytes, edges ?? null);
  return edges;
}

/** As in compose/quiet.ts, by what was told here instead of by what membership made of it. */
function isNews(
  envelope: Uint8Array,
  told: ReadonlyMap<string, ReadonlySet<string>>,
  observersOf: CarrierDeps['observersOf'],
): boolean {
  const opened = decodeEnvelope(envelope);
  if (!opened.ok || opened.envelope.type !== EVENT) return true;
  const event = decodeEvent(opened.envelope.payload)?.event;
  if (event?.kind !== 'edges') return true;
  const isKnown = (peer: string): boolean => {
    const observers = observersOf(peer);
    const others = [...(told.get(peer) ?? [])].filter((author) => author !== event.node && observers.has(author));
    return others.length * 2 > observers.size;
  };
  return !event.edges.every(({ peer, state }) => state === 'lost' && isKnown(peer));
}
