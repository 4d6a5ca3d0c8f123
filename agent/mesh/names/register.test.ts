import { describe, expect, it } from 'vitest';
import { type Random, createRandom } from '../../../test/lib/random.ts';
import type { Binding } from './binding.ts';
import { type ClaimFacts, ownClaim, answerTo } from './judge.ts';
import { type FactsOf, type NameRegister, createNameRegister } from './register.ts';

const bind = (peerId: string, generation: number, more: Partial<Binding> = {}): Binding => ({
  name: 'node-a',
  peerId,
  generation,
  ...more,
});
const quiet = (): ClaimFacts => ({ holderHasGoodEdge: true });
const away = (): ClaimFacts => ({ holderHasGoodEdge: false, holderAwayForMs: 30_000 });
const settled = (...bindings: readonly Binding[]): NameRegister => {
  const register = createNameRegister();
  for (const binding of bindings) {
    register.note(binding, 0);
    register.settle(0, quiet);
  }
  return register;
};

describe('register', () => {
  it('gives a free name to the highest claim, and tells once', () => {
    const register = createNameRegister();
    for (const claim of [bind('b', 1), bind('c', 2), bind('a', 1)]) register.note(claim, 0);
    expect(register.holder('node-a')).toBeUndefined();

    expect(register.settle(0, quiet)).toEqual([{ name: 'node-a', holder: bind('c', 2), why: 'free' }]);

    expect(register.settle(0, quiet)).toEqual([]);
    expect(register.highest('node-a')).toBe(2);
    expect(register.highest('node-b')).toBe(0);
    expect(register.waiting('node-a')).toEqual([]);
  });

  it('has the last four names of an agent, so that none claims all names that there is room for', () => {
    const register = settled(bind('honest', 1));
    for (let index = 0; index < 10_000; index += 1) {
      register.note({ ...bind('evil', 1), name: `ghost-${index}` }, 0);
      // Whatever it says of the same name again is no other name.
      register.note(bind('evil', 2), 0);
    }
    register.settle(0, quiet);
    expect(register.names()).toEqual(['node-a', 'ghost-9997', 'ghost-9998', 'ghost-9999']);
    expect(register.holder('node-a')?.peerId).toBe('honest');

    register.note({ ...bind('newcomer', 1), name: 'node-b' }, 0);
    register.settle(0, quiet);
    expect(register.holder('node-b')?.peerId).toBe('newcomer');
  });

  it('lets a claim wait, and says whom it replaced when it was accepted', () => {
    const register = settled(bind('old', 1), bind('new', 2));
    expect(register.holder('node-a')?.peerId).toBe('old');
    expect(register.waiting('node-a')).toEqual([bind('new', 2)]);

    expect(register.settle(6000, away)).toEqual([
      { name: 'node-a', holder: bind('new', 2), before: bind('old', 1), why: 'holder-away' },
    ]);
  });

  it('takes the highest of the claims that it hears of at once, unless somebody reaches a lower one', () => {
    const unreached = (): ClaimFacts => ({ holderHasGoodEdge: false });
    const register = settled(bind('old', 1), bind('new', 2));
    expect(register.settle(4999, unreached)).toEqual([
      { name: 'node-a', holder: bind('new', 2), before: bind('old', 1), why: 'free' },
    ]);
    expect(register.settle(4999, unreached)).toEqual([]);

    const later = settled(bind('old', 1), bind('new', 2));
    expect(later.settle(5000, unreached)).toEqual([]);

    const recalled = createNameRegister();
    recalled.restore(bind('old', 1), 0);
    recalled.note(bind('new', 2), 0);
    expect(recalled.settle(0, unreached)).toEqual([]);
  });

  it('passes over a claim that waits to one below it that need not', () => {
    const register = settled(bind('holder', 1), bind('stranger', 9), bind('holder', 2));

    expect(register.holder('node-a')).toEqual(bind('holder', 2));
    expect(register.waiting('node-a')).toEqual([bind('stranger', 9)]);
  });

  it('passes over who ranks lower, unless it is there and more see it', () => {
    const seen =
      (claimant: number): FactsOf =>
      () => ({
        ...quiet(),
        sightings: { claimant, holder: 2, neither: 0 },
      });
    const isPresent = (peerId: string): boolean => peerId === 'lower';
    const register = settled(bind('gone', 1), bind('lower', 2), bind('holder', 9));
    register.settle(0, away);
    expect(register.holder('node-a')?.peerId).toBe('holder');

    expect(register.settle(0, seen(3))).toEqual([]);
    expect(register.settle(0, seen(3), { isPresent: () => false })).toEqual([]);
    expect(register.settle(0, seen(2), { isPresent })).toEqual([]);
    expect(register.settle(0, seen(3), { isPresent })).toEqual([
      { name: 'node-a', holder: bind('lower', 2), before: bind('holder', 9), why: 'seen-by-more' },
    ]);
    expect(register.settle(0, seen(1), { isPresent: () => true })).toEqual([]);
  });

  it('tells of a conflict at once when a claim that waits refutes the holder', () => {
    const register = createNameRegister();
    register.note(bind('holder', 1), 0);
    register.settle(0, quiet);
    register.note(bind('thief', 2, { refuted: 'holder' }), 0);
    register.settle(0, () => ({ ...quiet(), sightings: { claimant: 0, holder: 1, neither: 0 } }));

    expect(register.holder('node-a')).toEqual(bind('holder', 1));
    expect(register.conflicts(0, () => true).map(({ claimant }) => claimant.peerId)).toEqual(['thief']);
  });

  it('tells of a conflict while both are there', () => {
    const register = settled(bind('holder', 1), bind('claimant', 2), bind('holder', 2, { refuted: 'claimant' }));

    expect(register.conflicts(0, () => true)).toEqual([
      { name: 'node-a', holder: bind('holder', 2, { refuted: 'claimant' }), claimant: bind('claimant', 2) },
    ]);
    expect(register.conflicts(0, (peerId) => peerId === 'holder')).toEqual([]);
    expect(register.conflicts(0, (peerId) => peerId === 'claimant')).toEqual([]);
  });

  it('tells of a conflict also when nobody refuted, once it cannot be a handover', () => {
    const register = settled(bind('holder', 1), bind('claimant', 2));

    expect(register.conflicts(59_999, () => true)).toEqual([]);
    expect(register.conflicts(60_000, () => true)).toHaveLength(1);
    expect(register.conflicts(60_000, (peerId) => peerId === 'holder')).toEqual([]);
  });

  it('knows its holders again after a restart', () => {
    const register = createNameRegister();
    register.restore(bind('holder', 3), 0);
    register.restore(bind('other', 9), 0);

    expect(register.holder('node-a')).toEqual(bind('holder', 3));
    expect(register.waiting('node-a')).toEqual([bind('other', 9)]);
  });

  it('forgets an agent', () => {
    const register = settled(bind('holder', 1), bind('claimant', 2));

    register.forget('node-a', 'holder');
    expect(register.settle(0, quiet)).toEqual([{ name: 'node-a', holder: bind('claimant', 2), why: 'free' }]);
    register.forget('node-a', 'claimant');

    expect(register.names()).toEqual([]);
  });

  it('is bounded: eight claims a name, and the holder is among them', () => {
    const register = settled(
      bind('holder', 1),
      ...Array.from({ length: 30 }, (_, index) => bind(`c${index}`, index + 2)),
    );

    expect(register.holder('node-a')).toEqual(bind('holder', 1));
    expect(register.latest('node-a', 'holder')).toEqual(bind('holder', 1));
    expect(register.waiting('node-a')).toHaveLength(7);
  });

  it('keeps the claims of those that are there, whoever invents more', () => {
    const register = createNameRegister((peerId) => peerId === 'there');
    register.note(bind('there', 1), 0);
    for (let index = 0; index < 30; index += 1) register.note(bind(`c${index}`, index + 2), 0);

    expect(register.claims('node-a')).toHaveLength(8);
    expect(register.latest('node-a', 'there')).toEqual(bind('there', 1));
  });

  it('gives nobody a second name, however many it claims', () => {
    const register = createNameRegister();
    for (const name of ['own', 'b', 'c', 'd', 'e', 'f']) {
      register.note({ ...bind('one', 5), name }, 0);
      register.settle(0, away);
    }
    register.note({ ...bind('other', 1), name: 'f' }, 0);
    register.settle(0, away);

    expect(['own', 'b', 'f'].map((name) => register.holder(name)?.peerId)).toEqual(['one', undefined, 'other']);
    register.forget('own', 'one');
    register.settle(0, away);
    expect(register.names().filter((name) => register.holder(name)?.peerId === 'one')).toHaveLength(1);
  });

  it('is bounded: 8,000 names', () => {
    const register = createNameRegister();
    for (let index = 0; index < 8100; index += 1) register.note({ ...bind(`agent-${index}`, 1), name: `n${index}` }, 0);

    expect(register.names()).toHaveLength(8000);
  });
});

/** Everybody hears everything, in any order, some of it twice; agents that claim the name answer as the rules say. */
function play(
  random: Random,
  claimants: readonly string[],
  observers: number,
  factsOf: FactsOf,
): { readonly registers: readonly NameRegister[]; readonly said: readonly Binding[] } {
  const registers = Array.from({ length: claimants.length + observers }, createNameRegister);
  const said: Binding[] = [];
  const inboxes = registers.map((): Binding[] => []);
  let now = 0;
  const say = (binding: Binding | undefined): void => {
    if (binding === undefined) return;
    said.push(binding);
    for (const inbox of inboxes) inbox.push(binding, ...(random.chance(0.2) ? [binding] : []));
  };
  const act = (index: number): void => {
    const register = registers[index];
    if (register === undefined) return;
    register.settle(now, factsOf);
    const peerId = claimants[index];
    if (peerId === undefined) return;
    const holder = register.holder('node-a');
    const own = register.latest('node-a', peerId);
    const known = { holder, own, highest: register.highest('node-a') };
    const threat = holder?.peerId === peerId ? register.waiting('node-a')[0] : undefined;
    const answer =
      threat !== undefined && holder !== undefined
        ? answerTo(threat, holder, {})
        : ownClaim(
            { name: 'node-a', peerId },
            known,
            holder === undefined ? quiet() : factsOf(bind(peerId, 0), holder),
          );
    if (answer !== undefined) register.note(answer, now);
    // As the mesh does: what an agent says of itself it has heard itself.
    register.settle(now, factsOf);
    say(answer);
  };
  // Long enough that a claim waits for as long as it ever has to, with everything delivered.
  for (let step = 0; step < 2500; step += 1) {
    now += 50;
    const index = random.integer(registers.length);
    const inbox = inboxes[index] ?? [];
    const [heard] = inbox.splice(random.integer(inbox.length), 1);
    if (heard !== undefined) registers[index]?.note(heard, now);
    act(index);
  }
  for (const [index, inbox] of inboxes.entries()) {
    for (const binding of inbox) registers[index]?.note(binding, now);
    act(index);
  }
  return { registers, said };
}

describe('agents that all live and claim one name', () => {
  it('agree on one in the end, after a handful of messages, and all know of the conflict: 150 random histories', () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = createRandom(seed);
      const claimants = ['p1', 'p2', 'p3'].slice(0, 2 + random.integer(2));
      const { registers, said } = play(random, claimants, 2, quiet);

      const holders = new Set(registers.map((register) => JSON.stringify(register.holder('node-a'))));
      expect(holders.size, `seed ${seed}: ${[...holders].join(' ')}`).toBe(1);
      expect(said.length, `seed ${seed}`).toBeLessThanOrEqual(3 * claimants.length);
      for (const register of registers) {
        expect(register.conflicts(1e9, () => true).length, `seed ${seed}: ${JSON.stringify(said)}`).toBe(
          claimants.length - 1,
        );
      }
    }
  });
});

it('a new key on the same machine takes the name over everywhere, without a conflict', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const facts = (claim: Binding, holder: Binding): ClaimFacts => ({
      holderHasGoodEdge: holder.peerId !== 'dead',
      ...(claim.peerId === 'new' && { claimantAtHoldersAddressesForMs: 5000 }),
    });
    const random = createRandom(seed);
    const registers = Array.from({ length: 4 }, () => settled(bind('dead', 7)));
    for (const register of registers) register.note(bind('new', 8), 0);
    for (let step = 0; step < 20; step += 1) random.pick(registers).settle(0, facts);
    for (const register of registers) register.settle(0, facts);

    expect(registers.map((register) => register.holder('node-a')?.peerId)).toEqual(['new', 'new', 'new', 'new']);
    expect(registers.flatMap((register) => register.conflicts(0, () => true))).toEqual([]);
  }
});
