/** What others say, handed to whom it concerns: addresses, edges and farewells to membership, events to listeners. */
import type { Clock } from '../../base/clock.ts';
import type { EdgeState } from '../../model/member.ts';
import type { NodeReport } from '../../model/report.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import type { WireEdge } from '../codec/edge.ts';
import { type EdgesEvent, EVENT, decodeEvent } from '../codec/event.ts';
import { LEAVING, decodeLeaving } from '../codec/leaving.ts';
import { REPORT } from '../codec/report.ts';
import { peerIdOf, prefixOf } from '../identity/peer-id.ts';
import type { MembershipInput } from '../membership/step.ts';
import type { StatementOrder } from '../membership/testimony.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { Delivery } from '../spread/spread.ts';
import type { Directory, KnownNode } from './directory.ts';
import { payloadOf } from './payload-of.ts';
import type { ReadLatest } from './report-reader.ts';
import { createUnresolved } from './unresolved.ts';
import type { Whereabouts } from './whereabouts.ts';

/** An entry of another agent's event log. */
export interface PeerEvent {
  readonly peerId: string;
  /** (peerId, epoch, sequence) names it for ever. */
  readonly epoch: string;
  readonly sequence: number;
  /** Its `node` is what the author calls itself. */
  readonly event: TimelineEvent | EdgesEvent;
}

export interface Hearing {
  /** A record of another agent that was not in the book before. */
  hear(delivery: Delivery): void;
  /** These keys have names from now on: what others stated of them may be about members. */
  named(nodes: readonly KnownNode[]): void;
  /** These nodes' names were given to these keys just now: what they said before counts from now on. */
  recognised(nodes: readonly KnownNode[]): void;
  /** Statements about keys that have no name. */
  readonly unresolved: () => number;
}

export interface HearingDeps {
  readonly self: { readonly name: string; readonly prefix: string };
  readonly book: Pick<RecordBook, 'latest' | 'events'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly directory: Directory;
  readonly whereabouts: Whereabouts;
  readonly take: (input: MembershipInput) => void;
  readonly readLatest: ReadLatest;
  /** Nodes stated edges to a key that has no name here. */
  readonly onUnnamed: (prefix: string, by: readonly string[]) => void;
  /** A node stated an edge to another, of whatever kind. */
  readonly onStated: (by: string, name: string) => void;
  readonly onEvent: (event: PeerEvent) => void;
  /** A newer report of the node that it speaks of, from another agent. */
  readonly onReport: (report: NodeReport, ageMs: number) => void;
  /** The author has said more than is here. */
  readonly onGap: (author: string, from: string) => void;
  /** These listen where nobody knew. */
  readonly onAddresses: (peerIds: readonly string[]) => void;
}

/** More than an author says of edges between two reports. */
const RECENT_EVENTS = 32;
/** As long as membership excuses the longest absence. */
const EXCUSED_MS = 120_000;

export function createHearing(deps: HearingDeps): Hearing {
  const { self, book, directory, whereabouts, take } = deps;
  const unresolved = createUnresolved();
  const nameOf = (prefix: string): string | undefined =>
    prefix === self.prefix ? self.name : directory.byPrefix(prefix)?.name;

  /** Names of those who state an edge to a key that has no name. */
  const statingOf = (peer: string): readonly string[] =>
    [...unresolved.about(peer)].flatMap(({ by, state }) => (state === undefined ? [] : (nameOf(by) ?? [])));

  /** Who is meant, or nobody yet: then it is kept until the key has a name. */
  const subjectOf = (
    record: BookRecord,
    peer: string,
    order: StatementOrder,
    state?: EdgeState,
  ): string | undefined => {
    const [name, by] = [nameOf(peer), prefixOf(record.author)];
    if (name === undefined) {
      unresolved.keep(peer, { by, order, saidAtMs: record.madeAt, ...(state !== undefined && { state }) });
      deps.onUnnamed(peer, statingOf(peer));
    }
    const author = nameOf(by);
    if (name !== undefined && state !== undefined && author !== undefined) deps.onStated(author, name);
    return name;
  };

  /** Returns whether the author listens where nobody knew. */
  const noteAddresses = ({ author }: BookRecord): boolean => {
    const addresses = deps.readLatest(author)?.addresses;
    return addresses !== undefined && whereabouts.announced(peerIdOf(author), addresses);
  };

  const hearReport = (record: BookRecord): void => {
    const stated = deps.readLatest(record.author)?.edges;
    const by = directory.byPeerId(peerIdOf(record.author))?.name;
    if (stated === undefined || by === undefined) return;
    const order = { boot: record.boot, sequence: record.sequence, event: 0 };
    const edges = new Map<string, EdgeState>();
    const since = new Map<string, number>();
    for (const { peer, state, forMs } of stated.all().filter(isTestimony)) {
      const subject = subjectOf(record, peer, order, state);
      if (subject === undefined || state === undefined) continue;
      edges.set(subject, state);
      since.set(subject, record.madeAt - forMs);
    }
    take({ kind: 'reported', by, order, edges, since });
  };

  /** Readings are kept under the node's name, so a report under another's is nobody's. */
  const tellReport = (record: BookRecord): void => {
    const report = deps.readLatest(record.author)?.report;
    const isHolder = report !== undefined && directory.byPeerId(peerIdOf(record.author))?.name === report.node;
    if (isHolder && record.from !== 'disk') deps.onReport(report, deps.clock.monotonic() - record.madeAt);
  };

  const hearEdges = (record: BookRecord, boot: number, sequence: number, event: EdgesEvent): void => {
    const by = directory.byPeerId(peerIdOf(record.author))?.name;
    if (by === undefined) return;
    const order = { boot, sequence, event: record.sequence };
    for (const { peer, state } of event.edges) {
      const subject = subjectOf(record, peer, order, state);
      if (subject !== undefined)
        take({
          kind: 'edge',
          by,
          order,
          peer: subject,
          saidAtMs: record.madeAt,
          ...(state !== undefined && { state }),
        });
    }
  };

  const hearEvent = (record: BookRecord, isNews: boolean): void => {
    const decoded = decodeEvent(payloadOf(record));
    if (decoded === undefined || decoded.event.kind === 'other') return;
    const { header, epoch, place, event } = decoded;
    if (event.kind === 'edges') hearEdges(record, header.boot, header.sequence, event);
    if (isNews) deps.onEvent({ peerId: peerIdOf(record.author), epoch, sequence: place, event });
    const held = book.latest(record.author, REPORT);
    const isBehind = held === undefined || held.boot < header.boot || held.sequence < header.sequence;
    if (isNews && isBehind && (held?.boot ?? 0) <= header.boot) deps.onGap(peerIdOf(record.author), record.from);
  };

  const hearLeaving = (record: BookRecord): void => {
    const leaving = decodeLeaving(payloadOf(record));
    const member = directory.byPeerId(peerIdOf(record.author))?.name;
    if (leaving === undefined || member === undefined) return;
    // Who said long ago that it is back in a moment is not excused any more.
    const isPast = deps.clock.monotonic() - record.madeAt > EXCUSED_MS;
    if (isPast && leaving.reason !== 'removed') return;
    take({ kind: 'leaving', member, boot: record.boot, reason: leaving.reason });
  };

  return {
    hear({ record, contentChanged }) {
      if (record.type === REPORT) {
        // A heartbeat says nothing new of edges or addresses.
        if (contentChanged && noteAddresses(record)) deps.onAddresses([peerIdOf(record.author)]);
        if (contentChanged) hearReport(record);
        tellReport(record);
      } else if (record.type === EVENT) hearEvent(record, true);
      else if (record.type === LEAVING) hearLeaving(record);
    },
    named(nodes) {
      for (const { prefix, name } of nodes) for (const by of statingOf(prefix)) deps.onStated(by, name);
    },
    recognised(nodes) {
      const reports = nodes.flatMap(({ author }) => book.latest(author, REPORT) ?? []);
      const moved = reports.filter(noteAddresses).map(({ author }) => peerIdOf(author));
      if (moved.length > 0) deps.onAddresses(moved);
      for (const node of nodes) {
        const [report, leaving] = [book.latest(node.author, REPORT), book.latest(node.author, LEAVING)];
        if (report !== undefined) {
          hearReport(report);
          tellReport(report);
        }
        for (const record of book.events(node.author).slice(-RECENT_EVENTS)) hearEvent(record, false);
        if (leaving !== undefined) hearLeaving(leaving);
        for (const { by: author, order, saidAtMs, state } of unresolved.take(node.prefix)) {
          const by = nameOf(author);
          if (by !== undefined)
            take({ kind: 'edge', by, order, peer: node.name, saidAtMs, ...(state !== undefined && { state }) });
        }
      }
    },
    unresolved: unresolved.count,
  };
}

const isTestimony = ({ network, sampled, state }: WireEdge): boolean =>
  network === 'underlay' && sampled !== true && state !== undefined;
