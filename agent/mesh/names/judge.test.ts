import { describe, expect, it } from 'vitest';
import { decodeBinding, encodeBinding } from '../codec/binding.ts';
import { testKeys } from '../envelope/testing.ts';
import { type Binding, bindingOf, compareRank } from './binding.ts';
import { type ClaimFacts, type Sightings, judgeClaim, ownClaim, answerTo } from './judge.ts';

const QUIET: ClaimFacts = { holderHasGoodEdge: true };
const bind = (peerId: string, generation: number, more: Partial<Binding> = {}): Binding => ({
  name: 'node-a',
  peerId,
  generation,
  ...more,
});
const HOLDER = bind('holder', 3, { nodeUid: 'uid-1' });
const LAST = 4_294_967_295;
const MAX_BURIED = 2_147_483_647;
const CLAIM = bind('claimant', 4, { nodeUid: 'uid-2' });

it('a binding is what the envelope says, by PeerIds', () => {
  const [author, refuted] = [testKeys(1), testKeys(2)];
  const decoded = decodeBinding(
    encodeBinding({ boot: 1, sequence: 1, node: 'node-a' }, { generation: 4, refuted: refuted.author, nodeUid: 'u-1' }),
  );

  expect(decoded && bindingOf(author.author, decoded)).toEqual({
    name: 'node-a',
    peerId: author.peerId,
    generation: 4,
    refuted: refuted.peerId,
    nodeUid: 'u-1',
  });
});

describe('rank', () => {
  it('is by generation, then refutation, then the smaller PeerId', () => {
    const descending = [bind('b', 5), bind('z', 4, { refuted: 'a' }), bind('a', 4), bind('b', 4), bind('a', 3)];

    expect([...descending].toReversed().sort((a, b) => compareRank(b, a))).toEqual(descending);
    expect(compareRank(bind('a', 4), bind('a', 4))).toBe(0);
  });
});

describe('a claim', () => {
  it.each<[string, Binding, Binding | undefined, Partial<ClaimFacts>, string]>([
    ['of a free name', CLAIM, undefined, {}, 'free'],
    ['of the holder itself', bind('holder', 4), HOLDER, {}, 'same'],
    ['that defends against the holder', bind('earlier', 3, { refuted: 'holder' }), HOLDER, {}, 'refutation'],
    ['of a holder that was buried', CLAIM, HOLDER, { holderBuriedUpTo: 3, holderHasGoodEdge: false }, 'holder-buried'],
    ['of a holder that is away for 30 s', CLAIM, HOLDER, { holderAwayForMs: 30_000 }, 'holder-away'],
    ['by the Node that the roster shows', CLAIM, HOLDER, { rosterUid: 'uid-2' }, 'node-replaced'],
    [
      'from the same machine for 5 s',
      CLAIM,
      HOLDER,
      { claimantAtHoldersAddressesForMs: 5000, holderHasGoodEdge: false },
      'same-machine',
    ],
    [
      'that was defended against a third, and that the holder does not answer for 60 s',
      bind('claimant', 4, { refuted: 'third' }),
      HOLDER,
      { waitingForMs: 60_000 },
      'conceded',
    ],
  ])('%s is accepted', (_, claim, holder, facts, why) => {
    expect(judgeClaim(claim, holder, { ...QUIET, ...facts })).toEqual({ kind: 'accepted', why });
  });

  it.each<[string, Binding, Partial<ClaimFacts>]>([
    ['without any reason', CLAIM, {}],
    ['of a holder that was buried in an earlier generation', CLAIM, { holderBuriedUpTo: 2, holderHasGoodEdge: false }],
    ['of a holder that was buried and lives', CLAIM, { holderBuriedUpTo: 3 }],
    ['of a holder that is away for a moment', CLAIM, { holderAwayForMs: 29_999 }],
    ['of a key that went before the holder did', CLAIM, { holderAwayForMs: 1e9, holderHeardLater: true }],
    ['by a Node that the roster does not show', CLAIM, { rosterUid: 'uid-3' }],
    ['by nobody’s Node', bind('claimant', 4), { rosterUid: 'uid-2' }],
    ['by the same Node', bind('claimant', 4, { nodeUid: 'uid-1' }), { rosterUid: 'uid-1' }],
    ['from the same machine for a moment', CLAIM, { claimantAtHoldersAddressesForMs: 4999, holderHasGoodEdge: false }],
    ['from the holder’s addresses while somebody sees the holder', CLAIM, { claimantAtHoldersAddressesForMs: 60_000 }],
    ['that defends against somebody else', bind('claimant', 4, { refuted: 'third' }), { waitingForMs: 59_999 }],
    ['that merely waits, however long', CLAIM, { waitingForMs: 1e9 }],
  ])('%s waits', (_, claim, facts) => {
    expect(judgeClaim(claim, HOLDER, { ...QUIET, ...facts })).toEqual({ kind: 'waiting' });
  });

  it('of a holder whose Node is not known waits: nothing says that it is another', () => {
    expect(judgeClaim(CLAIM, bind('holder', 3), { ...QUIET, rosterUid: 'uid-2' })).toEqual({ kind: 'waiting' });
  });

  it.each([bind('claimant', 2), bind('claimant', 3), HOLDER])('that ranks no higher is outranked: %#', (claim) => {
    const everything = { ...QUIET, holderAwayForMs: 1e9, holderBuriedUpTo: 99 };

    expect(judgeClaim(claim, bind('holder', 3, { refuted: 'claimant' }), everything)).toEqual({ kind: 'outranked' });
  });

  it.each<[string, Partial<ClaimFacts>, string]>([
    ['away', { holderAwayForMs: 30_000 }, 'holder-away'],
    ['buried', { holderBuriedUpTo: LAST, holderHasGoodEdge: false }, 'holder-buried'],
    ['not where the claimant is', { claimantAtHoldersAddressesForMs: 5000, holderHasGoodEdge: false }, 'same-machine'],
    ['seen by fewer', { sightings: { claimant: 3, holder: 2, neither: 2 } }, 'seen-by-more'],
  ])('of an agent that is there is accepted in any generation when the holder is %s', (_, facts, why) => {
    const holder = bind('holder', LAST);

    expect(judgeClaim(CLAIM, holder, { ...QUIET, ...facts, claimantIsPresent: true })).toEqual({
      kind: 'accepted',
      why,
    });
    expect(judgeClaim(CLAIM, holder, { ...QUIET, ...facts })).toEqual({ kind: 'outranked' });
  });

  it('of an agent that is there and ranks no higher is outranked without a reason', () => {
    expect(judgeClaim(CLAIM, bind('holder', LAST), { ...QUIET, claimantIsPresent: true })).toEqual({
      kind: 'outranked',
    });
  });

  it.each<[string, Sightings, number, boolean]>([
    ['by fewer', { claimant: 2, holder: 3, neither: 0 }, 1e9, false],
    ['by nobody while somebody sees the holder', { claimant: 0, holder: 1, neither: 0 }, 1e9, false],
    ['by nobody while the holder restarts', { claimant: 0, holder: 0, neither: 4 }, 1e9, false],
    ['by one while the holder restarts', { claimant: 1, holder: 0, neither: 4 }, 1e9, false],
    ['as often', { claimant: 3, holder: 3, neither: 1 }, 0, true],
    ['as rarely, where nobody looks, at once', { claimant: 0, holder: 0, neither: 0 }, 9999, false],
    ['as rarely, where nobody looks, after a while', { claimant: 0, holder: 0, neither: 0 }, 10_000, true],
  ])('that defends the name and is seen %s', (_, sightings, waitingForMs, isAccepted) => {
    const facts = { ...QUIET, sightings, waitingForMs };
    const [direct, other] = ['holder', 'third'].map((refuted) => judgeClaim({ ...CLAIM, refuted }, HOLDER, facts));

    expect(direct).toEqual(isAccepted ? { kind: 'accepted', why: 'refutation' } : { kind: 'waiting' });
    if (!isAccepted) expect(other).toEqual({ kind: 'waiting' });
  });

  it('that defends a Node that was replaced does not win against the one that replaced it', () => {
    const back = bind('holder', 4, { nodeUid: 'uid-1', refuted: 'claimant' });

    expect(judgeClaim(back, CLAIM, { ...QUIET, rosterUid: 'uid-2', waitingForMs: 1e9 })).toEqual({ kind: 'waiting' });
    expect(judgeClaim(back, CLAIM, QUIET)).toEqual({ kind: 'accepted', why: 'refutation' });
  });
});

describe('a live holder', () => {
  it('answers a claim in the claim’s own generation', () => {
    expect(answerTo(CLAIM, HOLDER, {})).toEqual(bind('holder', 4, { nodeUid: 'uid-1', refuted: 'claimant' }));
  });

  it('answers the refutation of a third so that it ranks above it', () => {
    const answers = ['a-claimant', 'z-claimant'].map((peerId) =>
      answerTo(bind(peerId, 4, { refuted: 'third' }), HOLDER, {}),
    );

    expect(answers.map((answer) => answer?.generation)).toEqual([5, 4]);
    expect(answers.map((answer) => answer?.refuted)).toEqual(['a-claimant', 'z-claimant']);
  });

  it('goes no further than where it can be removed', () => {
    const holder = bind('holder', MAX_BURIED);
    const claims = [bind('a', MAX_BURIED), bind('a', MAX_BURIED, { refuted: 'third' }), bind('a', LAST)];

    expect(claims.map((claim) => answerTo(claim, holder, {})?.generation)).toEqual([MAX_BURIED, undefined, undefined]);
  });

  it.each<[string, Binding, string | undefined]>([
    ['itself', bind('holder', 9), undefined],
    ['a lower claim', bind('claimant', 2), undefined],
    ['a refutation of itself', bind('claimant', 4, { refuted: 'holder' }), undefined],
    ['the Node that took its place', CLAIM, 'uid-2'],
  ])('does not answer %s', (_, claim, rosterUid) => {
    expect(answerTo(claim, HOLDER, rosterUid === undefined ? {} : { rosterUid })).toBeUndefined();
  });
});

it('the agent on the Node that there is does not yield to one on a Node that there was', () => {
  const back = bind('holder', 4, { nodeUid: 'uid-1', refuted: 'claimant' });

  expect(answerTo(back, CLAIM, { rosterUid: 'uid-2' })).toEqual(bind('claimant', 5, { nodeUid: 'uid-2' }));
  expect(answerTo(back, CLAIM, {})).toBeUndefined();
});

describe('an agent claims', () => {
  const SELF = { name: 'node-a', peerId: 'claimant', nodeUid: 'uid-2' };
  const nothing = { holder: undefined, own: undefined, highest: 0 };

  it.each([
    ['1 where nothing is known', nothing, 1],
    ['one more than the highest', { ...nothing, holder: HOLDER, highest: 7 }, 8],
    ['what can be removed at most, whatever others claim', { ...nothing, highest: LAST }, MAX_BURIED],
    [
      'more where it was removed there',
      { ...nothing, own: bind('claimant', 4), highest: LAST, ownBuriedUpTo: MAX_BURIED },
      MAX_BURIED + 1,
    ],
    [
      'beyond its own grave',
      { ...nothing, own: bind('claimant', 4), holder: bind('claimant', 4), highest: 4, ownBuriedUpTo: 6 },
      7,
    ],
  ])('%s', (_, known, generation) => {
    expect(ownClaim(SELF, known, QUIET)).toEqual({ ...SELF, generation });
  });

  it.each([
    ['holds the name', bind('claimant', 4, { nodeUid: 'uid-1' }), undefined],
    ['did not know its Node before', bind('claimant', 4), undefined],
    ['waits', bind('claimant', 4, { nodeUid: 'uid-1' }), HOLDER],
  ])('again for a Node that was registered anew, when it %s', (_, own, holder = own) => {
    const facts = { ...QUIET, ...(holder !== own && { rosterUid: 'uid-2' }) };

    expect(ownClaim(SELF, { holder, own, highest: 4 }, facts)).toEqual({ ...SELF, generation: 5 });
  });

  it('nothing new while it does not know its Node', () => {
    const own = bind('claimant', 4, { nodeUid: 'uid-1' });

    expect(ownClaim({ name: 'node-a', peerId: 'claimant' }, { holder: own, own, highest: 4 }, QUIET)).toBeUndefined();
  });

  it.each([
    ['holds the name', { holder: CLAIM, own: CLAIM, highest: 4 }],
    ['waits', { holder: HOLDER, own: CLAIM, highest: 4 }],
    ['was refuted', { holder: bind('holder', 4, { refuted: 'claimant' }), own: CLAIM, highest: 4 }],
    [
      'could only claim what it has claimed',
      { holder: bind('holder', LAST), own: bind('claimant', MAX_BURIED), highest: LAST },
    ],
  ])('nothing when it %s', (_, known) => {
    expect(ownClaim(SELF, known, QUIET)).toBeUndefined();
  });

  it('again after it was refuted, once the holder is gone', () => {
    const known = { holder: bind('holder', 4, { refuted: 'claimant' }), own: CLAIM, highest: 4 };

    expect(ownClaim(SELF, known, { ...QUIET, holderAwayForMs: 30_000 })).toEqual({ ...SELF, generation: 5 });
  });
});
