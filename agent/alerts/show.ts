/** What people see of the notifications. */
import type { Clock } from '../base/clock.ts';
import type { NotificationsState, ReceiverState, ToldEntry } from '../model/notifications.ts';
import type { Kept } from './book.ts';
import type { Around, Desk } from './desk.ts';
import type { Line } from './line.ts';
import type { Silences } from './silences.ts';

/** Of each receiver. */
const MOST_ENTRIES = 50;

export function showNotifications(
  desk: Desk,
  silences: Silences,
  around: Around,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): NotificationsState {
  const origin = clock.now() - clock.monotonic();
  const at = (ms: number): number => Math.round(origin + ms);
  const byFingerprint = new Map(desk.kept().map((one) => [one.alert.fingerprint, one]));
  const paused = around.paused();
  return {
    receivers: desk.lines.map((line) => showLine(line, desk, around, at)),
    ...(paused !== undefined && { paused }),
    told: desk.lines.flatMap((line) => toldOf(line, desk, byFingerprint, at)).sort((a, b) => b.at - a.at),
    silenced: desk
      .kept()
      .filter(({ standing, isCause, alert }) => standing === 'stands' && isCause && silences.isSilenced(alert))
      .map(({ alert: { reason, nodes } }) => ({ reason, nodes })),
    silences: silences.list(),
    duplicates: desk.told.duplicates(),
  };
}

function showLine(line: Line, desk: Desk, around: Around, at: (ms: number) => number): ReceiverState {
  const { lastSentMs, lastFailure, failingSinceMs, counts, audience } = line;
  const sender = desk.senderOf(line, around);
  const waitsFor = desk.holdersOf(line, around);
  return {
    name: line.name,
    kind: audience.kind,
    ...(sender !== undefined && { sender }),
    waiting: desk.newsOf(line).length,
    ...(waitsFor.length > 0 && { waitsFor }),
    ...(lastSentMs !== undefined && { sentAt: at(lastSentMs) }),
    ...(lastFailure !== undefined && {
      failure: { at: at(lastFailure.atMs), why: lastFailure.why, isRefused: lastFailure.isRefused },
    }),
    ...(failingSinceMs !== undefined && { failingSince: at(failingSinceMs) }),
    counts,
  };
}

const toldOf = (
  line: Line,
  desk: Desk,
  known: ReadonlyMap<string, Kept>,
  at: (ms: number) => number,
): readonly ToldEntry[] =>
  desk.told
    .entries(line.destination)
    .slice(0, MOST_ENTRIES)
    .map(([fingerprint, { state, severity, atMs, by }]) => {
      const topic = known.get(fingerprint)?.alert;
      return {
        receiver: line.name,
        fingerprint,
        state,
        severity,
        at: at(atMs),
        by,
        ...(topic !== undefined && { reason: topic.reason, nodes: topic.nodes }),
      };
    });
