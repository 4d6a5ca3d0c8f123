/**
 * What this agent says of itself, signed and counted. Before the boot is agreed on nothing is said: events wait, and
 * everything else is asked for again.
 */
import type { Topic } from '../../model/board.ts';
import type { LeavingReason } from '../../model/member.ts';
import type { Roster } from '../../model/roster.ts';
import { type BindingClaim, BINDING, encodeBinding } from '../codec/binding.ts';
import { EVENT, type WireEvent, encodeEvent } from '../codec/event.ts';
import { LEAVING, encodeLeaving } from '../codec/leaving.ts';
import { MAINTENANCE, type MaintenanceWord, encodeMaintenance } from '../codec/maintenance.ts';
import { encodeNote } from '../codec/note.ts';
import { contentOf } from '../codec/report-content.ts';
import { REPORT, type ReportContent, encodeReport } from '../codec/report.ts';
import { ROSTER, encodeRoster } from '../codec/roster.ts';
import { TOMBSTONE, type Tombstone, encodeTombstone } from '../codec/tombstone.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import type { ClusterId } from '../identity/cluster-id.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import type { OfferResult } from '../records/offer.ts';

/** All of a report but what the encoder itself finds out. */
export type OwnReport = Omit<ReportContent, 'omittedResults'>;

export interface VoiceOptions {
  readonly keys: KeyPair;
  readonly clusterId: ClusterId;
  readonly node: string;
  /** Of the event log: see `makeEpoch`. */
  readonly epoch: string;
  readonly publish: (envelope: Uint8Array) => OfferResult;
}

export interface Voice {
  /** Of the latest report; both sequences are 0 before the first. */
  position(): { readonly boot: number; readonly sequence: number; readonly contentSequence: number };
  /** From now on it speaks under this boot, and all its counters begin anew. */
  speak(boot: number): void;
  isSpeaking(): boolean;
  /** Publishes what `make` returns, when it says more than ages or `force` is set. Undefined: nothing was said. */
  report(make: () => OwnReport, force: boolean): OwnReport | undefined;
  /** Kept until it speaks; the oldest of too many are dropped. */
  event(event: WireEvent): void;
  claimName(claim: BindingClaim): void;
  /** Says that an agent was removed from the cluster; undefined: it does not speak yet. */
  bury(stone: Tombstone): OfferResult | undefined;
  leave(reason: LeavingReason): void;
  /** What this agent reads of the cluster's Nodes; `isNews`: more than its ages changed. */
  roster(roster: Roster, isNews: boolean): void;
  /** All that this agent was told of maintenance. Undefined: it does not speak yet. `no-room`: there are too many words. */
  maintenance(words: readonly MaintenanceWord[]): OfferResult | 'no-room' | undefined;
  /** The own note on a topic of the board. Undefined: it does not speak yet. */
  note(topic: Topic, items: readonly unknown[]): OfferResult | 'too-long' | undefined;
}

/** Events that happen before the first report: a start has a handful. */
const MAX_WAITING = 64;

export function createVoice({ keys, clusterId, node, epoch, publish }: VoiceOptions): Voice {
  let boot = 0;
  let [sequence, contentSequence, claims, farewells, graves, rosters, rosterNews, works] = [0, 0, 0, 0, 0, 0, 0, 0];
  const notes = new Map<Topic, number>();
  let place = 0;
  let lastContent: string | undefined;
  let waiting: WireEvent[] = [];
  const say = (type: string, payload: Uint8Array): OfferResult => publish(signEnvelope(type, payload, keys, clusterId));
  const sayEvent = (event: WireEvent): void => {
    place += 1;
    say(EVENT, encodeEvent({ boot, sequence, contentSequence, epoch, place }, event));
  };
  return {
    position: () => ({ boot, sequence, contentSequence }),
    isSpeaking: () => boot > 0,
    speak(next) {
      boot = next;
      [sequence, contentSequence, claims, farewells, graves, rosters, rosterNews, works] = [0, 0, 0, 0, 0, 0, 0, 0];
      notes.clear();
      lastContent = undefined;
    },
    report(make, force) {
      if (boot === 0) return undefined;
      const own = make();
      const content = contentOf(own);
      if (content === lastContent && !force) return undefined;
      sequence += 1;
      if (content !== lastContent) contentSequence = sequence;
      lastContent = content;
      say(REPORT, encodeReport({ boot, sequence, contentSequence }, own));
      for (const event of waiting.splice(0)) sayEvent(event);
      return own;
    },
    event(event) {
      if (sequence > 0) return sayEvent(event);
      waiting = [...waiting, event].slice(-MAX_WAITING);
    },
    claimName(claim) {
      if (boot === 0) return;
      claims += 1;
      say(BINDING, encodeBinding({ boot, sequence: claims, node }, claim));
    },
    bury(stone) {
      if (boot === 0) return undefined;
      graves += 1;
      return say(TOMBSTONE, encodeTombstone({ boot, sequence: graves, node }, stone));
    },
    leave(reason) {
      if (boot === 0) return;
      farewells += 1;
      say(LEAVING, encodeLeaving({ boot, sequence: farewells, node }, reason));
    },
    roster(roster, isNews) {
      if (boot === 0) return;
      rosters += 1;
      if (isNews || rosterNews === 0) rosterNews = rosters;
      say(ROSTER, encodeRoster({ boot, sequence: rosters, contentSequence: rosterNews, node }, roster));
    },
    maintenance(words) {
      if (boot === 0) return undefined;
      const payload = encodeMaintenance({ boot, sequence: works + 1, node }, words);
      if (payload === undefined) return 'no-room';
      works += 1;
      return say(MAINTENANCE, payload);
    },
    note(topic, items) {
      if (boot === 0) return undefined;
      const next = (notes.get(topic) ?? 0) + 1;
      const payload = encodeNote({ boot, sequence: next, node }, items);
      if (payload === undefined) return 'too-long';
      notes.set(topic, next);
      return say(topic, payload);
    },
  };
}
