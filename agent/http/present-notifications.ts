/** Who is told what, and what is silenced. */
import type { NotificationsState } from '../model/notifications.ts';
import type { Silence } from '../model/silence.ts';
import type { ApiNotifications, ApiSilence } from './contract/notifications.ts';
import { toInstant } from './units.ts';

/** @param state undefined: nobody is told of anything */
export function presentNotifications(node: string, state: NotificationsState | undefined): ApiNotifications {
  const { receivers = [], told = [], silenced = [], silences = [], duplicates = 0, paused } = state ?? {};
  return {
    node,
    ...(paused !== undefined && { paused }),
    receivers: receivers.map(({ sender, waitsFor, sentAt, failure, failingSince, counts, ...receiver }) => ({
      ...receiver,
      ...(sender !== undefined && { sender }),
      ...(waitsFor !== undefined && { waitsFor: [...waitsFor] }),
      ...(sentAt !== undefined && { sentAt: toInstant(sentAt) }),
      ...(failure !== undefined && {
        failure: { at: toInstant(failure.at), why: failure.why, refused: failure.isRefused },
      }),
      ...(failingSince !== undefined && { failingSince: toInstant(failingSince) }),
      ...counts,
    })),
    told: told.map(({ at, nodes, ...entry }) => ({
      ...entry,
      ...(nodes !== undefined && { nodes: [...nodes] }),
      at: toInstant(at),
    })),
    silenced: silenced.map(({ reason, nodes }) => ({ reason, nodes: [...nodes] })),
    silences: silences.map(presentSilence),
    duplicates,
  };
}

export const presentSilence = ({ since, until, ...silence }: Silence): ApiSilence => ({
  ...silence,
  since: toInstant(since),
  until: toInstant(until),
});
