import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { ForgetOutcome } from '../model/forget-outcome.ts';
import { type Departures, createDepartures } from './departures.ts';

const NAMES = Array.from({ length: 10 }, (_, index) => `w${index}`);
const but = (...gone: readonly string[]): Set<string> => new Set(NAMES.filter((name) => !gone.includes(name)));

describe('a member', () => {
  let clock: FakeClock;
  let outcomes: Record<string, ForgetOutcome>;
  let forgotten: string[];
  let notices: string[];
  let departures: Departures;
  beforeEach(() => {
    clock = createFakeClock();
    [outcomes, forgotten, notices] = [{}, [], []];
    departures = createDepartures({
      clock,
      self: 'w0',
      hadOwnNode: () => true,
      withNode: () => NAMES.slice(1),
      forget(name, why) {
        const outcome = outcomes[name] ?? { kind: 'forgotten', state: 'unreachable' };
        if (outcome.kind === 'forgotten') forgotten.push(`${name} ${why}`);
        return outcome;
      },
      notice: (message) => notices.push(message),
    });
  });

  it('whose Node was deleted is removed at once', () => {
    departures.deleted('w3');

    expect(forgotten).toEqual(['w3 deleted']);
    expect(notices).toEqual(['w3 was removed from the cluster: its Node was deleted']);
  });

  it('that is alive is removed when it is not any more', async () => {
    outcomes['w3'] = { kind: 'alive', reachedBy: [] };
    departures.deleted('w3');
    await clock.advance(10_000);
    departures.review();
    expect(forgotten).toEqual([]);
    outcomes = {};
    departures.review();
    departures.review();

    expect(forgotten).toEqual(['w3 deleted']);
  });

  it('whose Node is there again stays', () => {
    outcomes['w3'] = { kind: 'alive', reachedBy: [] };
    departures.deleted('w3');
    departures.present('w3');
    outcomes = {};
    departures.review();

    expect(forgotten).toEqual([]);
  });

  it('that is missing in two lists a minute apart is removed, and not sooner', async () => {
    expect(departures.listed(but('w3'))).toBe(true);
    await clock.advance(59_000);
    expect(departures.listed(but('w3'))).toBe(true);
    expect(forgotten).toEqual([]);
    await clock.advance(2000);
    expect(departures.listed(but('w3'))).toBe(false);

    expect(forgotten).toEqual(['w3 absent']);
  });

  it('that was there in between stays', async () => {
    departures.listed(but('w3'));
    await clock.advance(61_000);
    departures.listed(but());
    await clock.advance(61_000);
    departures.listed(but('w3'));

    expect(forgotten).toEqual([]);
  });

  it.each([
    ['empty', new Set<string>(), 'the Kubernetes API lists no Nodes at all'],
    ['without the reader’s own Node', but('w0'), 'the Kubernetes API lists 9 Nodes, and not this one'],
    ['without many', but('w1', 'w2', 'w3', 'w4'), 'lists 6 Nodes, and 4 of 9 that were there are missing'],
  ])('stays when the list is %s, and that is said once', async (_, names, message) => {
    for (let round = 0; round < 4; round += 1) {
      expect(departures.listed(names)).toBe(true);
      await clock.advance(70_000);
    }

    expect(forgotten).toEqual([]);
    expect(notices).toEqual([expect.stringContaining(message)]);
    departures.listed(but());
    departures.listed(names);
    expect(notices).toHaveLength(2);
  });

  it('is not asked about all the time when a list stays as it is', () => {
    const wanted: boolean[] = [];
    for (let round = 0; round < 8; round += 1) wanted.push(departures.listed(new Set()));

    expect(wanted.filter(Boolean)).toHaveLength(5);
  });

  it('is not tried for ever', async () => {
    outcomes['w3'] = { kind: 'alive', reachedBy: [] };
    departures.deleted('w3');
    await clock.advance(31 * 60_000);
    departures.review();
    outcomes = {};
    departures.review();

    expect(forgotten).toEqual([]);
  });
});
