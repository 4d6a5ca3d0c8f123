/** Who reads the events for all and how that goes, as this agent can tell. Pure. */
import type { EventFeedState } from '../../model/cluster-event.ts';
import { formatDuration } from '../../model/text.ts';
import type { HeardWord, Word } from './note.ts';
import { PATIENCE_MS, type Part, inOrder } from './roles.ts';

export interface KnownOfFeed {
  readonly self: string;
  /** Unix ms. */
  readonly now: number;
  /** Those that are there, this agent among them. */
  readonly present: readonly string[];
  /** What the others said, also those that are not there. */
  readonly heard: readonly HeardWord[];
  /** Who reads; undefined: nobody, as far as was heard. */
  readonly reader: string | undefined;
  /** What this agent says. */
  readonly word: Word;
  /** Undefined: it has not decided anything yet. */
  readonly part: Part | undefined;
  /** It talks to others, and has not joined them. */
  readonly isApart: boolean;
  /** Until when this agent had all, Unix ms; -Infinity: it never did. */
  readonly coveredUntil: number;
}

export const NO_API = 'no agent here knows of a Kubernetes API';

export function feedStateOf(known: KnownOfFeed): EventFeedState {
  const { self, now, present, reader, part } = known;
  const heard = known.heard.filter(({ node }) => present.includes(node));
  const copying = heard.filter((one) => one.part === 'copies' && one.ageMs < PATIENCE_MS).map(({ node }) => node);
  const standbys = inOrder(part === 'copies' ? [...copying, self] : copying);
  const word: (Word & { readonly ageMs?: number }) | undefined =
    reader === self ? known.word : heard.find(({ node }) => node === reader);
  if (reader === undefined || word === undefined) return { ...unread(known), standbys };
  const { ageMs = 0, heardMs, isCurrent, why = 'the events are being listed' } = word;
  return {
    state: isCurrent ? 'current' : 'stale',
    ...(!isCurrent && { why }),
    reader,
    standbys,
    ...(heardMs !== undefined && { heardAt: Math.max(0, now - ageMs - heardMs) }),
  };
}

/** Nobody reads: since when, and why. */
function unread(known: KnownOfFeed): Omit<EventFeedState, 'standbys'> {
  const { now, heard, coveredUntil } = known;
  const [last] = heard
    .filter(({ heardMs, part }) => heardMs !== undefined && part !== 'copies')
    .map(({ node, heardMs = 0, ageMs }) => ({ node, heardAt: Math.max(0, now - ageMs - heardMs) }))
    .sort((one, other) => other.heardAt - one.heardAt);
  const heardAt = Math.max(coveredUntil, last?.heardAt ?? -Infinity);
  const why = whyUnread(known);
  if (heardAt === -Infinity) return { state: 'none', why };
  return { state: 'stale', why, heardAt, ...(last !== undefined && { reader: last.node }) };
}

function whyUnread({ self, isApart, part, word, heard }: KnownOfFeed): string {
  if (isApart) return 'this agent has not joined the others';
  if (part === undefined) return 'this agent has just started';
  const failing = [
    ...(part === 'fails' ? [{ node: self, why: word.why }] : []),
    ...heard.filter((one) => one.part === 'fails' && one.ageMs < PATIENCE_MS),
  ];
  const [first] = failing;
  if (first?.why !== undefined) {
    const others = failing.length > 1 ? ` (and ${failing.length - 1} more)` : '';
    return `${first.node}${others}: ${first.why}`;
  }
  if (part === 'cannot') return NO_API;
  return `nobody has taken over from who read them (within ${formatDuration(PATIENCE_MS)})`;
}
