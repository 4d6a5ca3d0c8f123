/** What the agent's side of the store does with what comes from other nodes. */
import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { PeerTimelineEvent } from '../model/timeline.ts';
import { type Fixture, aStore, anOpenStore, notice, sample } from './testing.ts';

const heard = (origin: string, at = 1): PeerTimelineEvent => ({
  kind: 'agent-notice',
  at,
  node: 'peer',
  message: `of ${origin}`,
  origin,
});

describe('what the mesh learns', () => {
  const key = 'a/report';

  it('goes with the ordinary batch', async () => {
    const { store, clock, sent, acknowledge } = await anOpenStore(createFakeClock());
    store.saveMesh({ envelopes: [{ key, bytes: Uint8Array.of(1), madeAt: 1 }] });
    store.saveMesh({ envelopes: [{ key, bytes: Uint8Array.of(2), madeAt: 2 }], addresses: [] });
    store.recordOfPeers([sample(3)]);
    await clock.advance(1000);
    const batch = sent('batch').at(-1)?.batch;
    expect(batch).toMatchObject({
      envelopes: [{ key, bytes: Uint8Array.of(2), madeAt: 2 }],
      documents: { addresses: [] },
      peerSamples: { values: Float64Array.of(3) },
    });
    expect(batch?.samples).toBeUndefined();
    acknowledge();
    await clock.advance(1000);
    expect(sent('batch')).toHaveLength(1);
  });

  it('is sent again when the process dies with it', async () => {
    const { store, clock, sent, die, opened } = await anOpenStore(createFakeClock());
    store.saveMesh({ envelopes: [{ key, bytes: Uint8Array.of(1), madeAt: 1 }] });
    await clock.advance(1000);
    die(1);
    opened();
    expect(sent('batch').map(({ batch }) => batch.envelopes?.length)).toEqual([1, 1]);
  });
});

describe("peers' events", () => {
  const acknowledgePeers = (
    fixture: Fixture<FakeClock>,
    firstSequence: number,
    peerSequences: readonly number[],
  ): void => {
    const batch = fixture.sent('batch').at(-1)?.batch;
    if (batch === undefined) throw new Error('no batch was sent');
    const { run, number } = batch;
    fixture.say({ kind: 'stored', run, number, firstSequence, peerSequences, sizeBytes: 20 });
  };
  const sequences = ({ told }: Fixture<FakeClock>): string[] =>
    told.map(({ sequence, message }) => `${sequence} ${message}`);

  it('are told once with their place; those that were stored before are not', async () => {
    const fixture = await anOpenStore(createFakeClock());
    const { store, clock } = fixture;
    store.append([notice('own')]);
    store.appendOfPeers([heard('p/e/1'), heard('p/e/2'), heard('p/e/1')]);
    store.appendOfPeers([heard('p/e/2')]);
    await clock.advance(1000);
    acknowledgePeers(fixture, 40, [12, 41]);
    expect(sequences(fixture)).toEqual(['40 own', '41 of p/e/2']);
    store.appendOfPeers([heard('p/e/1')]);
    await clock.advance(1000);
    expect(fixture.sent('batch')).toHaveLength(1);
    expect(fixture.told[1]).not.toHaveProperty('origin');
    expect(await store.timeline({ from: 0, to: 5, limit: 10 })).toMatchObject({
      value: [{ sequence: 41 }, { sequence: 40 }, { sequence: 12 }],
    });
  });

  it('that earlier runs left are known', async () => {
    const fixture = aStore(createFakeClock());
    void fixture.store.open();
    const { origin, ...event } = heard('p/e/1');
    fixture.opened(undefined, { peerEvents: [{ ...event, origin, sequence: 3 }] });
    fixture.store.appendOfPeers([heard('p/e/1')]);
    await fixture.clock.advance(3000);
    expect(fixture.sent('batch')).toEqual([]);
    expect(fixture.told).toEqual([]);
  });

  it('are told at once while the disk is away, and not again', async () => {
    const fixture = await anOpenStore(createFakeClock());
    const { store, clock, full } = fixture;
    store.append([notice('own')]);
    await clock.advance(1000);
    full();
    store.appendOfPeers([heard('p/e/1')]);
    expect(sequences(fixture)).toEqual(['-1 own', '-2 of p/e/1']);
    await clock.advance(11_000);
    fixture.acknowledge();
    await clock.advance(1000);
    acknowledgePeers(fixture, 2, [2]);
    expect(fixture.told).toHaveLength(2);
  });

  it('of a batch that turns out to be written are asked for by sending it again', async () => {
    const fixture = await anOpenStore(createFakeClock());
    const { store, clock, die, opened, sent } = fixture;
    store.append([notice('own')]);
    store.appendOfPeers([heard('p/e/1')]);
    await clock.advance(1000);
    die(1);
    opened({ run: sent('batch')[0]?.batch.run ?? '', number: 1, firstSequence: 17 });
    expect(sent('batch').map(({ batch }) => batch.number)).toEqual([1, 1]);
    acknowledgePeers(fixture, 17, [18]);
    expect(sequences(fixture)).toEqual(['17 own', '18 of p/e/1']);
    expect(await store.timeline({ from: 0, to: 5, limit: 5 })).toMatchObject({
      value: [{ sequence: 18 }, { sequence: 17 }],
    });
  });

  it('that wait are not shown beside the same from the database', async () => {
    const fixture = aStore(createFakeClock());
    void fixture.store.open();
    fixture.opened(undefined, { allEvents: false, events: [{ ...notice('newest'), sequence: 500 }] });
    fixture.store.appendOfPeers([heard('p/e/1', 0), heard('p/e/2', 0)]);
    const answer = fixture.store.timeline({ from: 0, to: 5, limit: 10 });
    const { origin, ...event } = heard('p/e/1', 0);
    const rows = [
      { ...notice('newest'), sequence: 500 },
      { ...event, origin, sequence: 3 },
    ];
    fixture.say({ kind: 'answer', id: fixture.sent('timeline')[0]?.id ?? 0, events: rows });
    const given = await answer;
    expect(given).toMatchObject({ value: [{ sequence: 500 }, { sequence: -2 }, { sequence: 3 }] });
    expect(JSON.stringify(given)).not.toContain('origin');
  });
});
