import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { createLog } from '../base/log.ts';
import { createNodeSeeds } from './node-seeds.ts';
import { createRights } from './rights.ts';
import { type FakeApi, aList, aNode, createFakeApi, denied } from './testing.ts';

describe('where to look for others', () => {
  let clock: FakeClock;
  let api: FakeApi;
  let isAlone: boolean;
  let suggested: (readonly string[])[];
  const nodes = (...names: readonly string[]) =>
    aList(names.map((name) => aNode(name, { addresses: [`10.0.0.${name.slice(1)}`, `fd00::${name.slice(1)}`] })));

  beforeEach(() => {
    clock = createFakeClock();
    api = createFakeApi();
    [isAlone, suggested] = [true, []];
    api.answers.set('/api/v1/nodes', nodes('n1', 'n2', 'n3'));
    const seeds = createNodeSeeds({
      client: api.client,
      clock,
      random: () => 0.5,
      rights: createRights({ log: createLog('silent', 'n'), notice: () => {} }),
      node: 'n1',
      isAlone: () => isAlone,
      suggest: (hosts) => suggested.push(hosts),
    });
    clock.every(2000, () => seeds.review());
  });

  it('is asked of the API by whoever is alone for a while, in both families, and not at its own node', async () => {
    await clock.advance(9000);
    expect(api.asked).toEqual([]);
    await clock.advance(8000);

    expect(api.asked).toEqual(['/api/v1/nodes?limit=50']);
    expect(suggested).toEqual([['10.0.0.2', 'fd00::2', '10.0.0.3', 'fd00::3']]);
  });

  it('is asked more and more seldom', async () => {
    await clock.advance(60_000);
    expect(api.asked.length).toBeGreaterThanOrEqual(2);
    await clock.advance(3_600_000);
    const before = api.asked.length;
    await clock.advance(3_600_000);

    expect(api.asked.length - before).toBeGreaterThanOrEqual(10);
    expect(api.asked.length - before).toBeLessThanOrEqual(20);
  });

  it('is of a few nodes only', async () => {
    api.answers.set('/api/v1/nodes', nodes(...Array.from({ length: 50 }, (_, index) => `n${index + 1}`)));
    await clock.advance(20_000);

    expect(suggested[0]).toHaveLength(16);
  });

  it('is not asked by whoever knows somebody, and forgotten when somebody was met for good', async () => {
    await clock.advance(17_000);
    isAlone = false;
    await clock.advance(50_000);
    expect(suggested).toHaveLength(1);
    await clock.advance(600_000);

    expect(suggested.slice(1)).toEqual([[]]);
    expect(api.asked).toHaveLength(1);
  });

  it('is asked at once again after a long time in company', async () => {
    isAlone = false;
    await clock.advance(600_000);
    isAlone = true;
    await clock.advance(18_000);

    expect(api.asked).toHaveLength(1);
  });

  it('is the next page the next time, and asked the more seldom the more Nodes there are', async () => {
    const first = '/api/v1/nodes?limit=50';
    const page = (names: readonly string[], metadata: object) => ({
      kind: 'ok' as const,
      value: { metadata, items: names.map((name) => aNode(name, { addresses: [`10.0.0.${name.slice(1)}`] })) },
    });
    api.answers.set(first, page(['n1', 'n2'], { continue: 'more', remainingItemCount: 4998 }));
    api.answers.set(`${first}&continue=more`, page(['n3'], {}));
    await clock.advance(3 * 3_600_000);

    expect(api.asked.slice(0, 3)).toEqual([first, `${first}&continue=more`, first]);
    expect(suggested.slice(0, 2)).toEqual([['10.0.0.2'], ['10.0.0.3']]);
    expect(api.asked.length).toBeLessThan(4);
  });

  it('may be refused', async () => {
    api.answers.set('/api/v1/nodes', denied);
    await clock.advance(60_000);

    expect(suggested).toEqual([]);
  });
});
