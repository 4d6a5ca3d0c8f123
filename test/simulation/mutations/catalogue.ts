/**
 * Deliberate changes of the protocol. Each breaks one of its rules, and the simulation has to notice: a rule that can be
 * broken without anybody noticing is not tested.
 */
import type { Invariant } from '../mesh/monitor.ts';

export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutation {
  readonly name: string;
  /** What the changed protocol does. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** Any of these is broken by it. */
  readonly caughtBy: readonly Invariant[];
  /** A seed that caught it before: tried first. */
  readonly seed?: number;
}

const MESH = 'agent/mesh';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'no-refutation',
    what: 'who holds a name says nothing when another claims it',
    edits: [
      {
        file: `${MESH}/names/judge.ts`,
        from: 'if (claim.refuted !== holder.peerId) return refutationOf(claim, holder);',
        to: 'if (claim.refuted !== holder.peerId) return undefined;',
      },
    ],
    caughtBy: ['conflict-not-told'],
  },
  {
    name: 'claim-without-generation',
    what: 'who claims a name does not count on from the last claim',
    edits: [
      {
        file: `${MESH}/names/judge.ts`,
        from: 'const generation = Math.max(Math.min(known.highest, MAX_BURIED - 1), buriedUpTo) + 1;',
        to: 'const generation = 1;',
      },
    ],
    caughtBy: ['not-healed', 'names-differ', 'conflict-not-told'],
  },
  {
    name: 'sync-skips-a-page',
    what: 'of what came since the cursor the oldest is not offered',
    edits: [
      {
        file: `${MESH}/spread/offering.ts`,
        from: 'since.filter(({ from }) => from !== peerId);',
        to: 'since.slice(1).filter(({ from }) => from !== peerId);',
      },
    ],
    caughtBy: ['event-lost', 'reports-differ', 'update-lost', 'late-news', 'not-healed'],
  },
  {
    name: 'cursor-runs-ahead',
    what: 'of much that is offered one record is asked for, and the cursor moves past all of it',
    edits: [
      {
        file: `${MESH}/spread/exchange.ts`,
        from: 'else if (!offered.more && !received.cut && !want.deferred) {',
        to: 'else {',
      },
      {
        file: `${MESH}/spread/wanting.ts`,
        from: 'if (!book.wants(id, from)) return false;',
        to: 'if (!book.wants(id, from) || (offer.ids.length > 3 && claimed.length > 0)) return false;',
      },
    ],
    caughtBy: ['event-lost', 'reports-differ', 'update-lost', 'late-news', 'not-healed'],
  },
  {
    name: 'gap-not-filled',
    what: 'who sees that an event is missing waits for the next round',
    edits: [
      {
        file: `${MESH}/spread/gaps.ts`,
        from: 'if (cancel !== undefined) return;',
        to: 'if (peerIds.length >= 0) return;',
      },
    ],
    caughtBy: ['late-news'],
  },
  {
    name: 'boot-ignored',
    what: 'reports are ordered by their sequence alone',
    edits: [
      {
        file: `${MESH}/records/record.ts`,
        from: 'one.boot - other.boot || one.sequence - other.sequence;',
        to: 'one.sequence - other.sequence;',
      },
    ],
    caughtBy: ['update-lost', 'reports-differ', 'order-back', 'not-healed'],
  },
  {
    name: 'boot-not-outdone',
    what: 'who hears itself under a higher boot goes on under its own',
    edits: [
      {
        file: `${MESH}/compose/core.ts`,
        from: "else if (via !== 'own' && this.#known.voice.isSpeaking()) void",
        to: "else if (via === 'own' && this.#known.voice.isSpeaking() && record.boot < 0) void",
      },
      {
        file: `${MESH}/compose/boot.ts`,
        from: 'if (held <= claimed.boot || held > claimed.boot + FARTHEST',
        to: 'if (held < Infinity || held > claimed.boot + FARTHEST',
      },
    ],
    caughtBy: ['conflict-not-told', 'update-lost', 'reports-differ'],
  },
  {
    name: 'component-by-reports',
    what: 'who has reported belongs to the component, whether anybody reaches it or not',
    edits: [
      {
        file: `${MESH}/membership/component.ts`,
        from: '  // A Set iterates over what is added on the way.',
        to: '  for (const name of expected) if (statedBy(name).size > 0) component.add(name);',
      },
    ],
    caughtBy: ['fault-not-told'],
  },
  {
    name: 'outsiders-believed',
    what: 'what members outside the component say counts',
    edits: [
      {
        file: `${MESH}/membership/hearsay.ts`,
        from: 'about.filter(({ author }) => component.has(author));',
        to: 'about.filter(({ author }) => author !== subject);',
      },
    ],
    caughtBy: ['fault-not-told'],
  },
  {
    name: 'returned-believed-at-once',
    what: 'who comes back from the other side of a cut is believed at once, with all that it said there',
    edits: [
      {
        file: `${MESH}/membership/trust.ts`,
        from: 'return sinceMs !== undefined && nowMs - sinceMs >= TRUSTED_AFTER_MS;',
        to: 'return sinceMs !== undefined && nowMs >= sinceMs;',
      },
      {
        file: `${MESH}/membership/trust.ts`,
        from: 'return backMs !== undefined && nowMs - backMs < HISTORY_MS && sinceMs <= backMs;',
        to: 'return backMs === undefined && sinceMs > nowMs;',
      },
    ],
    caughtBy: ['own-side-doubted'],
    seed: 16,
  },
  {
    name: 'observers-static',
    what: 'dead observers are not replaced by living ones',
    edits: [
      {
        file: `${MESH}/membership/hearsay.ts`,
        from: '  const authors = heard.map(({ author }) => author);\n',
        to: '  const authors = rings().members;\n',
      },
    ],
    caughtBy: ['fault-not-told'],
  },
  {
    name: 'no-stability-wait',
    what: 'the first majority is a verdict at once',
    edits: [{ file: `${MESH}/membership/verdict.ts`, from: '      if (nowMs < dueAtMs()) return [];\n', to: '' }],
    caughtBy: ['judged-apart'],
  },
  {
    name: 'minority-is-enough',
    what: 'one observer that lost a member is enough',
    edits: [
      {
        file: `${MESH}/membership/verdict.ts`,
        from: 'return lost >= enough && 2 * lost > testimony.length',
        to: 'return lost >= 1',
      },
    ],
    caughtBy: ['false-alarm'],
  },
  // Lateness alone is noticed by two means that need not each other: a late timer accuses nobody, and a deadline is judged
  // after the answers that waited in the socket were read. With either of them nobody is accused, so both are broken.
  {
    name: 'pause-blames-others',
    what: 'who stood still takes it for the silence of others, and does not read what came meanwhile',
    edits: [
      { file: `${MESH}/membership/attention.ts`, from: 'const LATE_MS = 200;', to: 'const LATE_MS = Infinity;' },
      {
        file: `${MESH}/probes/deadline.ts`,
        from: 'export const LATE_MS = 200;',
        to: 'export const LATE_MS = Infinity;',
      },
      {
        file: `${MESH}/probes/deadline.ts`,
        from: 'wait(delayMs, () => wait(0, expire));',
        to: 'wait(delayMs, expire);',
      },
      {
        file: `${MESH}/probes/prober.ts`,
        from: 'if (hasExpired) judgeSoon(now);',
        to: 'judgeSoon; for (const probe of probes.values()) probe.judge(now);',
      },
      {
        file: `${MESH}/probes/outstanding.ts`,
        from: 'const LATE_ANSWER_MS = 3000;',
        to: 'const LATE_ANSWER_MS = 0;',
      },
    ],
    caughtBy: ['false-alarm', 'false-isolation'],
    seed: 8246,
  },
  {
    name: 'isolation-unasked',
    what: 'who is cut off from everybody blames everybody, whatever witnesses say',
    edits: [
      {
        file: `${MESH}/membership/isolation.ts`,
        from: "if (verdict === 'no-carrier') return 'self';",
        to: "if (asked.length >= 0) return 'unclear';",
      },
    ],
    caughtBy: ['fault-not-told'],
  },
  {
    name: 'leaving-ignored',
    what: 'who says goodbye is down like anybody else',
    edits: [
      {
        file: `${MESH}/membership/roster.ts`,
        from: 'if (entry === undefined || boot < entry.boot || entry.leaving?.boot === boot) return;',
        to: 'if (entry === undefined || boot > 0) return;',
      },
    ],
    caughtBy: ['false-alarm', 'fault-not-told'],
  },
  {
    name: 'tombstone-ignored',
    what: 'who was removed stays expected',
    edits: [
      {
        file: `${MESH}/compose/removals.ts`,
        from: 'if (claim !== undefined && claim.generation > buriedUpTo) return;',
        to: 'if (claim !== undefined) return;',
      },
    ],
    caughtBy: ['not-removed'],
  },
  {
    name: 'signature-unchecked',
    what: 'anybody may speak for anybody',
    edits: [
      {
        file: `${MESH}/envelope/verifier.ts`,
        from: 'if (!isSigned(author, signedMessage(type, options.clusterId, payload), signature)) {',
        to: 'if (!isSigned(author, signedMessage(type, options.clusterId, payload), signature) && checked < 0) {',
      },
    ],
    caughtBy: ['forged'],
  },
  {
    name: 'unknown-types-dropped',
    what: 'what only a later version knows is not kept',
    edits: [
      {
        file: `${MESH}/records/offer-state.ts`,
        from: "  if (header.sequence === 0) return { kind: 'rejected', why: 'undecodable' };",
        to: "  if (type === 'future') return ignored('too-many-types');\n  if (header.sequence === 0) return { kind: 'rejected', why: 'undecodable' };",
      },
    ],
    caughtBy: ['unknown-lost'],
    seed: 40,
  },
  {
    name: 'dial-without-pause',
    what: 'an answered probe lets a connection be dialled again, however soon the last ones ended',
    edits: [
      {
        file: `${MESH}/peer-manager/peer-manager.ts`,
        from: 'const MOST_SHORT_LIVED = 2;',
        to: 'const MOST_SHORT_LIVED = Infinity;',
      },
    ],
    caughtBy: ['traffic'],
    seed: 127,
  },
  {
    name: 'removed-stays-away',
    what: 'who was removed and comes back does not claim its name anew',
    edits: [
      {
        file: `${MESH}/names/judge.ts`,
        from: 'if (own === undefined || own.generation <= buriedUpTo) return claim;',
        to: 'if (own === undefined) return claim;',
      },
    ],
    caughtBy: ['not-healed'],
    seed: 36,
  },
  {
    name: 'returned-not-heard',
    what: 'what a removed member says after its return is passed over when it comes with its claim',
    edits: [
      {
        file: `${MESH}/spread/wanting.ts`,
        from: 'const isTooEarly = offer.ids.some(',
        to: 'const isTooEarly = offer.more && offer.ids.some(',
      },
    ],
    caughtBy: ['not-healed', 'update-lost'],
    seed: 939,
  },
  // A name is not given to whom nobody has heard since it was buried, whatever is known of it: that is broken, too.
  {
    name: 'removed-resurrected',
    what: 'what a removed member said before is taken in again from whoever has it',
    edits: [
      {
        file: `${MESH}/records/offer.ts`,
        from: 'return upTo !== undefined && upTo >=',
        to: 'return upTo !== undefined && upTo < 0 && upTo >=',
      },
      {
        file: `${MESH}/records/record-book.ts`,
        from: 'if (buried >= author.generation && id.type !== BINDING',
        to: 'if (buried < 0 && buried >= author.generation && id.type !== BINDING',
      },
      {
        file: `${MESH}/records/offer-state.ts`,
        from: '  if (type === REPORT && isBeforeRemoval(known, header)) return OLD;\n',
        to: '',
      },
      {
        file: `${MESH}/compose/name-keeper.ts`,
        from: 'return grave !== undefined && generation <= grave.upTo',
        to: 'return grave !== undefined && grave.upTo < 0 && generation <= grave.upTo',
      },
    ],
    caughtBy: ['update-back', 'not-removed'],
    seed: 36,
  },
  {
    name: 'slow-is-lost',
    what: 'answers that come late are no answers, nor is that its agent speaks on TCP',
    edits: [
      {
        file: `${MESH}/probes/outstanding.ts`,
        from: 'const LATE_ANSWER_MS = 3000;',
        to: 'const LATE_ANSWER_MS = 0;',
      },
      {
        file: `${MESH}/membership/edge.ts`,
        from: "nowMs - run.sinceMs >= UDP_BLOCKED_AFTER_MS ? 'udp-blocked' : this.#state;",
        to: "nowMs - run.sinceMs >= UDP_BLOCKED_AFTER_MS ? 'lost' : this.#state;",
      },
    ],
    caughtBy: ['false-alarm'],
    seed: 571,
  },
  {
    name: 'small-side-undecided',
    what: 'on a side of a cut with one member, too, it takes two observers to lose a member',
    edits: [
      {
        file: `${MESH}/membership/verdict.ts`,
        from: 'const enough = componentSize < ENOUGH_FOR_TWO ? 1 : 2;',
        to: 'const enough = componentSize < ENOUGH_FOR_TWO ? 2 : 2;',
      },
    ],
    caughtBy: ['fault-not-told'],
    seed: 644,
  },
  {
    name: 'burst-is-a-flood',
    what: 'a few broadcasts of one agent in a second are held against it',
    edits: [
      {
        file: `${MESH}/spread/own-floods.ts`,
        from: 'const RATE: Rate = { burst: 600, perSecond: 10 };',
        to: 'const RATE: Rate = { burst: 4, perSecond: 1 };',
      },
    ],
    caughtBy: ['false-misdeed'],
  },
];
