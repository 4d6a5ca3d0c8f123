import { describe, expect, it } from 'vitest';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { Binding } from '../names/binding.ts';
import type { ProbeTarget } from '../probes/observation.ts';
import { createDirectory } from './directory.ts';
import { createProbePlan } from './probe-plan.ts';
import { createUnresolved } from './unresolved.ts';

const holder = (name: string, number: number): Binding => ({ name, peerId: testKeys(number).peerId, generation: 1 });
const order = (sequence: number, event = 0) => ({ boot: 1, sequence, event });

describe('directory', () => {
  it('finds a node by its name and by its key, and tells whose key is new', () => {
    const directory = createDirectory();
    expect(directory.replace([holder('a', 1), holder('b', 2)]).map(({ name }) => name)).toEqual(['a', 'b']);

    expect(directory.replace([holder('a', 1), holder('b', 3)]).map(({ name }) => name)).toEqual(['b']);

    expect(directory.byName('b')?.peerId).toBe(testKeys(3).peerId);
    expect(directory.byPrefix(prefixOf(testKeys(1).author))?.name).toBe('a');
    expect(directory.byPeerId(testKeys(2).peerId)).toBeUndefined();
  });

  it('leaves out who cannot sign', () => {
    const directory = createDirectory();
    expect(directory.replace([{ name: 'a', peerId: 'nobody', generation: 1 }])).toEqual([]);
  });
});

describe('statements of keys without a name', () => {
  it('are kept once an author, the latest, until the key has a name', () => {
    const unresolved = createUnresolved();
    unresolved.keep('key', { by: 'a', order: order(2), saidAtMs: 0, state: 'lost' });
    unresolved.keep('key', { by: 'a', order: order(1), saidAtMs: 0, state: 'good' });
    unresolved.keep('key', { by: 'b', order: order(1), saidAtMs: 0, state: 'good' });

    expect(unresolved.take('key').map(({ by, state }) => [by, state])).toEqual([
      ['a', 'lost'],
      ['b', 'good'],
    ]);
    expect(unresolved.take('key')).toEqual([]);
  });

  it('are bounded', () => {
    const unresolved = createUnresolved();
    for (let key = 0; key < 300; key += 1)
      unresolved.keep(`${key}`, { by: 'a', order: order(1), saidAtMs: 0, state: 'good' });

    expect(unresolved.take('0')).toEqual([]);
    expect(unresolved.take('299')).toHaveLength(1);
  });
});

describe('probe plan', () => {
  const aPlan = (addresses: Record<string, string[]>) => {
    const directory = createDirectory();
    directory.replace([holder('a', 1), holder('b', 2), holder('c', 3)]);
    const plans: (readonly ProbeTarget[])[] = [];
    const pinged: string[] = [];
    const plan = createProbePlan({
      directory,
      addressesOf: (peerId) => addresses[peerId] ?? [],
      setPlan: (targets) => plans.push(targets),
      ping: (peerId) => pinged.push(peerId),
    });
    const latest = (): unknown[] =>
      (plans.at(-1) ?? []).map(({ peerId, paceMs, addresses: [address] }) => [peerId, paceMs, address?.host]);
    return { plan, plans, pinged, latest };
  };
  const [a, b] = [testKeys(1).peerId, testKeys(2).peerId];

  it('has who is wanted and can be reached', () => {
    const addresses: Record<string, string[]> = { [a]: ['10.0.0.1:7576'] };
    const { plan, plans, latest } = aPlan(addresses);
    const wanted = new Map([
      ['a', 1000],
      ['b', 250],
    ]);
    plan.aim(wanted);
    plan.aim(wanted);
    expect(plans).toHaveLength(1);
    expect(latest()).toEqual([[a, 1000, '10.0.0.1']]);

    addresses[b] = ['[fd00::2]:7576', 'no address'];
    plan.refresh();

    expect(latest()).toEqual([
      [a, 1000, '10.0.0.1'],
      [b, 250, 'fd00::2'],
    ]);
  });

  it('has a sample until it was seen once, and pings at once who is in it anyway', () => {
    const { plan, pinged, latest } = aPlan({ [a]: ['10.0.0.1:7576'], [b]: ['10.0.0.2:7576'] });
    plan.aim(new Map([['a', 250]]));
    plan.sample(['a', 'b', 'nobody']);
    expect(pinged).toEqual([a]);
    expect(latest()).toEqual([
      [b, 1000, '10.0.0.2'],
      [a, 250, '10.0.0.1'],
    ]);

    plan.observed(b);

    expect(latest()).toEqual([[a, 250, '10.0.0.1']]);
  });
});
