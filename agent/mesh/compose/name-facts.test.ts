import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { Member, MemberState } from '../../model/member.ts';
import { testKeys } from '../envelope/testing.ts';
import type { Binding } from '../names/binding.ts';
import type { FactsOf } from '../names/register.ts';
import { authorPrefix } from '../probes/datagram.ts';
import { createElsewhere } from './elsewhere.ts';
import { createNameFacts } from './name-facts.ts';

const [self, old, fresh] = [testKeys(1), testKeys(2), testKeys(3)];
const holder: Binding = { name: 'b', peerId: old.peerId, generation: 1 };
const claim: Binding = { name: 'b', peerId: fresh.peerId, generation: 2 };
const loss = { roundTrip: { lost: 0, of: 0 }, toPeer: { lost: 0, of: 0 }, fromPeer: { lost: 0, of: 0 } };

describe('facts of a claim', () => {
  let clock: FakeClock;
  let state: MemberState;
  let sinceMs: number;
  let isReached: boolean;
  let isMet: boolean;
  let announced: string[];
  let heardAt: Record<string, number>;
  let elsewhere = createElsewhere();
  let factsOf: FactsOf;
  beforeEach(() => {
    clock = createFakeClock();
    [state, sinceMs] = ['alive', 0];
    isReached = false;
    isMet = true;
    heardAt = {};
    announced = ['10.0.0.2:7576', '[fd00::2]:7576'];
    elsewhere = createElsewhere();
    factsOf = createNameFacts({
      clock,
      self: { name: 'a', peerId: self.peerId, addresses: () => ['10.0.0.1:7576'] },
      memberOf: () => (isMet ? member() : undefined),
      isReached: () => isReached,
      sightingsOf: () => ({ claimant: 1, holder: 2, neither: 3 }),
      heardAt: (peerId) => heardAt[peerId],
      announcedBy: () => announced,
      reachableAt: () => announced,
      elsewhere,
    });
  });
  const member = (): Member => ({ name: 'b', state, sinceMs, judged: true, inComponent: false, testimony: [] });
  const answers = (host: string, author: Uint8Array): void =>
    elsewhere.note({
      kind: 'missed',
      cause: 'other-agent',
      detail: authorPrefix(author),
      peerId: old.peerId,
      at: clock.monotonic(),
      sentAt: clock.monotonic(),
      address: { host, port: 7576 },
      loss,
    });
  const atItsAddresses = (one = claim): number | undefined => factsOf(one, holder).claimantAtHoldersAddressesForMs;

  it('of a holder and a claimant, the holder may have been heard of last', () => {
    expect(factsOf(claim, holder).holderHeardLater).toBe(false);
    heardAt = { [holder.peerId]: 20 };
    expect(factsOf(claim, holder).holderHeardLater).toBe(true);
    heardAt = { [holder.peerId]: 20, [claim.peerId]: 21 };
    expect(factsOf(claim, holder).holderHeardLater).toBe(false);
    heardAt = { [holder.peerId]: 20 };
    expect(factsOf({ ...claim, peerId: self.peerId }, holder).holderHeardLater).toBe(false);
  });

  it('another agent that holds my own name is away for as long as nobody reaches it', async () => {
    const [mine, theirs] = [
      { ...claim, name: 'a', peerId: self.peerId },
      { ...holder, name: 'a' },
    ];
    expect(factsOf(mine, theirs).holderAwayForMs).toBe(0);
    await clock.advance(20_000);
    expect(factsOf(mine, theirs).holderAwayForMs).toBe(20_000);
    isReached = true;
    expect(factsOf(mine, theirs).holderAwayForMs).toBeUndefined();
    isReached = false;
    await clock.advance(20_000);
    expect(factsOf(mine, theirs).holderAwayForMs).toBe(0);

    expect(factsOf({ ...mine, peerId: fresh.peerId }, { ...theirs, peerId: self.peerId }).holderAwayForMs).toBe(
      undefined,
    );
  });

  it('the claimant is where the holder was, once it answers at all of its addresses', async () => {
    answers('10.0.0.2', fresh.author);
    await clock.advance(1000);
    expect(atItsAddresses()).toBeUndefined();
    answers('fd00::2', fresh.author);
    await clock.advance(3000);

    expect(atItsAddresses()).toBe(3000);
  });

  it('it is not, where somebody else answers, the holder answers again, or it has not been seen for long', async () => {
    announced = ['10.0.0.2:7576'];
    answers('10.0.0.2', self.author);
    expect(atItsAddresses()).toBeUndefined();
    answers('10.0.0.2', fresh.author);
    expect(atItsAddresses()).toBe(0);

    const answered = { kind: 'answered', peerId: old.peerId, at: 0, isLate: false, loss } as const;
    const stamp = { boot: 1, sequence: 1, digest: new Uint8Array(8) };
    elsewhere.note({ ...answered, address: { host: '10.0.0.2', port: 7576 }, state: stamp });
    expect(atItsAddresses()).toBeUndefined();

    answers('10.0.0.2', fresh.author);
    await clock.advance(21_000);
    expect(atItsAddresses()).toBeUndefined();
  });

  it('this agent knows of itself where it is', async () => {
    const own = { ...claim, peerId: self.peerId };
    await clock.advance(2000);
    expect(atItsAddresses(own)).toBeUndefined();
    announced = ['10.0.0.1:7576'];

    expect(atItsAddresses(own)).toBe(2000);
  });

  it('the holder is away while it is down', async () => {
    await clock.advance(5000);
    expect(factsOf(claim, holder).holderAwayForMs).toBeUndefined();
    state = 'unreachable';

    expect(factsOf(claim, holder).holderAwayForMs).toBe(5000);
  });

  it('the holder is away as long as before when it is only suspected in the end, and not once it was back', async () => {
    state = 'unreachable';
    await clock.advance(19_000);
    expect(factsOf(claim, holder).holderAwayForMs).toBe(19_000);
    await clock.advance(1000);
    [state, sinceMs] = ['suspect', clock.monotonic()];
    expect(factsOf(claim, holder).holderAwayForMs).toBe(20_000);
    state = 'alive';
    expect(factsOf(claim, holder).holderAwayForMs).toBeUndefined();
    [state, sinceMs] = ['unreachable', clock.monotonic()];

    expect(factsOf(claim, holder).holderAwayForMs).toBe(0);
  });

  it('the holder is away for as long as it is down now when nobody has asked for long', async () => {
    state = 'unreachable';
    expect(factsOf(claim, holder).holderAwayForMs).toBe(0);
    await clock.advance(60_000);
    sinceMs = clock.monotonic();

    expect(factsOf(claim, holder).holderAwayForMs).toBe(0);
  });

  it('the holder is away also when nobody has ever found it, and not while somebody reaches it', async () => {
    await clock.advance(5000);
    state = 'suspect';
    expect(factsOf(claim, holder).holderAwayForMs).toBe(5000);
    isReached = true;

    const sightings = { claimant: 1, holder: 2, neither: 3 };
    expect(factsOf(claim, holder)).toEqual({ holderHasGoodEdge: true, holderHeardLater: false, sightings });
  });

  it('the holder is away from the first question on when nobody has met it', async () => {
    await clock.advance(5000);
    isMet = false;
    expect(factsOf(claim, holder).holderAwayForMs).toBe(0);
    await clock.advance(15_000);
    expect(factsOf(claim, holder).holderAwayForMs).toBe(15_000);
    isReached = true;
    expect(factsOf(claim, holder).holderAwayForMs).toBeUndefined();

    isReached = false;
    expect(factsOf(claim, { ...holder, peerId: self.peerId }).holderAwayForMs).toBeUndefined();
  });
});
