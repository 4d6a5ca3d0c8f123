/** Questions that several parts ask, answered from all that is known: of names, members, and who sees whom. */
import type { Clock } from '../../base/clock.ts';
import type { Member } from '../../model/member.ts';
import { HEARTBEAT_MS } from '../../model/report.ts';
import { authorOf } from '../identity/peer-id.ts';
import { MAX_RINGS } from '../membership/rings.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Binding } from '../names/binding.ts';
import type { Sightings } from '../names/judge.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { Directory } from './directory.ts';
import { type Period, createLossReader } from './lost-by.ts';
import { reaches } from './name-facts.ts';
import { countSightings } from './name-sightings.ts';
import type { ReadLatest } from './report-reader.ts';

export interface Knowledge {
  /** This node's own name. */
  readonly self: string;
  /** Name of the node with this key, by its prefix. */
  readonly nameOf: (prefix: string) => string | undefined;
  /** The other way round. */
  readonly prefixOf: (name: string) => string | undefined;
  readonly memberOf: (name: string) => Member | undefined;
  readonly observersOf: (name: string) => readonly string[];
  /** How many observers a member has while all are there. */
  readonly usualObservers: () => number;
  /** Whom a node lost, by its own event log. */
  readonly lostBy: (node: string, period: Period) => readonly string[];
  /** When a node's host booted, as its agent said at `saidMs`; on the monotonic clock. */
  readonly bootOf: (node: string) => { readonly bootedMs: number; readonly saidMs: number } | undefined;
  /** Whether I, or by its report a member of my component, reach the agent. */
  readonly isReached: (peerId: string) => boolean;
  /** Which of two agents of one name its observers see. */
  readonly sightingsOf: (claim: Binding, holder: Binding) => Sightings;
  /** Whether the agent is in my component, or was heard of not long ago without having a name. */
  readonly isPresent: (peerId: string) => boolean;
}

export interface KnowledgeDeps {
  readonly self: { readonly name: string; readonly prefix: string; readonly peerId: string };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly directory: Directory;
  readonly book: Pick<RecordBook, 'events'>;
  readonly readLatest: ReadLatest;
  readonly step: () => MembershipStep;
  readonly connected: () => readonly { readonly peerId: string }[];
}

/** An agent without a name has not been heard of when it has left out so many reports. */
const MISSED_HEARTBEATS = 4;

export function createKnowledge(deps: KnowledgeDeps): Knowledge {
  const { self, clock, directory, readLatest, step } = deps;
  const nameOf = (prefix: string): string | undefined =>
    prefix === self.prefix ? self.name : directory.byPrefix(prefix)?.name;
  const readLosses = createLossReader(nameOf);
  return {
    self: self.name,
    nameOf,
    prefixOf: (name) => (name === self.name ? self.prefix : directory.byName(name)?.prefix),
    memberOf: (name) => step().members.find((member) => member.name === name),
    observersOf: (name) => step().observersOf(name),
    usualObservers: () => Math.min(MAX_RINGS, step().members.filter(({ state }) => state !== 'left').length - 1),
    lostBy(name, period) {
      const author = directory.byName(name)?.author;
      return author === undefined ? [] : readLosses(deps.book.events(author), period);
    },
    bootOf(name) {
      const author = directory.byName(name)?.author;
      const read = author && readLatest(author);
      const uptimeMs = read?.hostUptimeMs;
      if (read === undefined || uptimeMs === undefined) return undefined;
      const { madeAt } = read.record;
      return { bootedMs: madeAt - uptimeMs, saidMs: madeAt };
    },
    isReached(peerId) {
      const node = directory.byPeerId(peerId);
      const { edges, component } = step();
      if (node === undefined) return false;
      if (reaches(edges(), node.name)) return true;
      return [...directory.all()].some(
        ({ name, author }) =>
          component.has(name) && reaches(readLatest(author)?.edges.to(node.prefix) ?? [], node.prefix),
      );
    },
    sightingsOf: (claim, holder) => countSightings(claim, holder, { self, directory, readLatest, step: step() }),
    isPresent(peerId) {
      const node = directory.byPeerId(peerId);
      if (node !== undefined) return step().component.has(node.name);
      if (peerId === self.peerId || deps.connected().some((peer) => peer.peerId === peerId)) return true;
      const author = authorOf(peerId);
      const read = author && readLatest(author);
      if (read === undefined) return false;
      const { heartbeatMs = HEARTBEAT_MS } = read.report;
      return clock.monotonic() - read.record.madeAt < MISSED_HEARTBEATS * heartbeatMs;
    },
  };
}
