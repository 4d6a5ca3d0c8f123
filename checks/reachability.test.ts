import { beforeEach, describe, expect, it } from 'vitest';
import { type TestClock, testClock, testContext } from './lib/testing.ts';
import { reachability } from './reachability.ts';
import type { EdgesView, Outcome, PeerEdge } from './types.ts';

const LOOK_MS = 10_000;

const aPeer = (node: string, more: Partial<PeerEdge> = {}): PeerEdge => ({
  node,
  state: 'good',
  forMs: 600_000,
  connectedForMs: 600_000,
  lossTo: 0,
  lossFrom: 0,
  rttMs: 0.5,
  ...more,
});
const lost = (node: string, forMs: number, connectedForMs?: number): PeerEdge => {
  const { connectedForMs: _, ...peer } = aPeer(node, { state: 'lost', forMs, lossTo: 1 });
  return { ...peer, ...(connectedForMs !== undefined && { connectedForMs }) };
};

let clock: TestClock;
let view: EdgesView;
let look: () => Promise<Outcome>;

beforeEach(() => {
  clock = testClock();
  const context = testContext(reachability, { clock, edges: () => view });
  look = () => reachability.run(context);
});

const see = (...peers: readonly PeerEdge[]): Promise<Outcome> => {
  view = { kind: 'known', peers };
  return look();
};
/** So many looks; the last outcome. */
async function keepSeeing(looks: number, peersAt: (index: number) => readonly PeerEdge[]): Promise<Outcome> {
  let outcome: Outcome = { status: 'ok' };
  for (let index = 0; index < looks; index += 1) {
    clock.advance(LOOK_MS);
    outcome = await see(...peersAt(index));
  }
  return outcome;
}

it('is absent where nobody else is known, and unknown while that is not known', async () => {
  view = { kind: 'none', why: 'no other agent is known' };
  expect(await look()).toEqual({ status: 'absent', why: 'no other agent is known' });
  view = { kind: 'unknown', why: 'not joined yet' };
  expect(await look()).toMatchObject({ status: 'unknown', why: 'not joined yet' });
  expect(await see()).toMatchObject({ status: 'unknown', why: 'no other agent has been probed yet' });
  const { state: _state, ...fresh } = aPeer('n2');
  expect(await see(fresh)).toMatchObject({ status: 'unknown', why: 'no other agent has been probed yet' });
  expect(reachability.looksThrough).toBe('peers');
});

it('measures what it sees of those that answer', async () => {
  const peers = [
    aPeer('n2', { rttMs: 1, lossTo: 0.2 }),
    aPeer('n3', { rttMs: 3, lossFrom: 0.1 }),
    aPeer('n4', { rttMs: 2 }),
    aPeer('n5', { state: 'refused', rttMs: 900, lossTo: 1 }),
    aPeer('n6', { state: 'udp-blocked', rttMs: 900 }),
  ];
  expect(await see(...peers)).toEqual({
    status: 'ok',
    readings: [
      { name: 'peers_count', value: 5 },
      { name: 'reached_count', value: 4 },
      { name: 'loss_to_ratio', value: expect.closeTo(0.2 / 3) },
      { name: 'loss_from_ratio', value: expect.closeTo(0.1 / 3) },
      { name: 'rtt_p50_seconds', value: 0.002 },
      { name: 'rtt_max_seconds', value: 0.003 },
      { name: 'short_only_count', value: 0 },
    ],
  });
});

it('is unknown where nobody answers at all: whose fault that is cannot be told from here', async () => {
  expect(await see(lost('n2', 60_000), lost('n3', 60_000))).toMatchObject({
    status: 'unknown',
    why: 'none of 2 nodes answers; whether that is their fault their agents know',
    readings: [{ value: 2 }, { name: 'reached_count', value: 0 }, {}],
  });
});

describe('PeersUnreachable', () => {
  it('names those that others reach', async () => {
    expect(await see(lost('n3', 90_000, 600_000), lost('n2', 31_000, 600_000), aPeer('n4'))).toMatchObject({
      status: 'problem',
      problems: [
        {
          reason: 'PeersUnreachable',
          message: 'n2 and n3 have not answered for 90 s, neither over UDP nor over TCP; others reach them.',
        },
      ],
    });
    expect(await see(lost('n2', 600_000, 600_000))).toMatchObject({
      problems: [{ message: 'n2 has not answered for 10 min, neither over UDP nor over TCP; others reach it.' }],
    });
  });

  it.each<[string, PeerEdge]>([
    ['it died, or is on the other side of a cut', lost('n2', 600_000)],
    ['it was lost a moment ago: others may not know yet', lost('n2', 29_000, 600_000)],
    ['it came back a moment ago', lost('n2', 600_000, 29_000)],
    ['its host answers', aPeer('n2', { state: 'refused' })],
    ['its agent is stuck', aPeer('n2', { state: 'unresponsive' })],
    ['it answers over TCP', aPeer('n2', { state: 'udp-blocked' })],
  ])('is not told when %s', async (_, peer) => {
    expect(await see(peer, aPeer('n3'))).toMatchObject({ status: 'ok' });
  });
});

describe('loss', () => {
  const lossy = (node: string, lossTo = 0.2): PeerEdge => aPeer(node, { lossTo });

  it('on one path is told with its share, the more of it the sooner', async () => {
    expect(await keepSeeing(14, () => [lossy('n2'), aPeer('n3'), aPeer('n4')])).toMatchObject({ status: 'ok' });
    expect(await keepSeeing(1, () => [lossy('n2'), aPeer('n3'), aPeer('n4')])).toMatchObject({
      problems: [
        {
          reason: 'PathLossy',
          subject: 'n2',
          message: 'n2 did not hear 20 % of this node’s probes of the last two minutes.',
        },
      ],
    });
  });

  it('to most of the others is this node’s', async () => {
    expect(await keepSeeing(15, () => [lossy('n2'), lossy('n3', 0.3), aPeer('n4')])).toMatchObject({
      status: 'problem',
      problems: [
        {
          reason: 'PacketLoss',
          message: '2 of 3 nodes did not hear a part of this node’s probes of the last two minutes: n2 20 %, n3 30 %.',
        },
      ],
    });
  });

  it('to half of them, or between two nodes, is that of the paths', async () => {
    expect(await keepSeeing(15, () => [lossy('n2'), aPeer('n3')])).toMatchObject({
      problems: [{ reason: 'PathLossy', subject: 'n2' }],
    });
    expect(await keepSeeing(15, () => [lossy('n2')])).toMatchObject({
      problems: [{ reason: 'PathLossy', subject: 'n2' }],
    });
  });

  it('is over when it is half of what it took', async () => {
    await keepSeeing(30, () => [lossy('n2'), aPeer('n3')]);
    expect(await keepSeeing(30, () => [lossy('n2', 0.06), aPeer('n3')])).toMatchObject({ status: 'problem' });
    expect(await keepSeeing(12, () => [lossy('n2', 0.04), aPeer('n3')])).toMatchObject({ status: 'ok' });
    expect(await keepSeeing(30, () => [lossy('n2', 0.06), aPeer('n3')])).toMatchObject({ status: 'ok' });
  });

  it('is over two minutes after the last of it, and does not come back for what was before', async () => {
    await keepSeeing(30, () => [lossy('n2', 0.5), aPeer('n3')]);
    expect(await keepSeeing(10, () => [aPeer('n2'), aPeer('n3')])).toMatchObject({ status: 'problem' });
    for (let looks = 0; looks < 20; looks += 1)
      expect(await keepSeeing(1, () => [aPeer('n2'), aPeer('n3')])).toMatchObject({ status: 'ok' });
  });

  it.each<[string, (index: number) => PeerEdge]>([
    ['a burst of most of a minute', (index) => lossy('n2', index >= 4 && index < 9 ? 1 : 0)],
    ['a datagram now and then', (index) => lossy('n2', index % 2 === 0 ? 0.1 : 0)],
    ['of answers alone, as from a peer that is slow', () => aPeer('n2', { lossFrom: 0.9 })],
    ['that the peer does not tell of', () => ({ node: 'n2', state: 'good', forMs: 0 })],
    ['to one that comes and goes', (index) => (index % 10 === 9 ? lost('n2', 1000, 1000) : lossy('n2'))],
    ['that is no share', () => lossy('n2', Number.NaN)],
    ['that is more than all', () => lossy('n2', 7)],
  ])('is not told: %s', async (_, peerAt) => {
    for (let looks = 1; looks <= 30; looks += 1)
      expect(await keepSeeing(1, () => [peerAt(looks), aPeer('n3')])).toMatchObject({ status: 'ok' });
  });

  it('is counted once where a run is confirmed half a second later', async () => {
    for (let run = 0; run < 14; run += 1) {
      await keepSeeing(1, () => [lossy('n2'), aPeer('n3')]);
      clock.advance(500);
      expect(await see(lossy('n2'), aPeer('n3'))).toMatchObject({ status: 'ok' });
    }
    expect(await keepSeeing(1, () => [lossy('n2'), aPeer('n3')])).toMatchObject({ status: 'problem' });
    clock.advance(500);
    expect(await see(lossy('n2'), aPeer('n3'))).toMatchObject({ status: 'problem' });
  });

  it('from before the agent stood still is history', async () => {
    await keepSeeing(15, () => [lossy('n2'), aPeer('n3')]);
    clock.advance(120_000);
    expect(await keepSeeing(14, () => [lossy('n2'), aPeer('n3')])).toMatchObject({ status: 'ok' });
  });

  it('is told from the share on that is set', async () => {
    const strict = testContext(reachability, { clock, edges: () => view, config: { lossRatio: 0.02 } });
    look = () => reachability.run(strict);
    expect(await keepSeeing(30, () => [lossy('n2', 0.03), aPeer('n3')])).toMatchObject({
      problems: [{ reason: 'PathLossy' }],
    });
  });
});

describe('PathMtuBroken', () => {
  const long = (misses: number, more: Partial<PeerEdge> = {}): PeerEdge =>
    aPeer('n2', { fullSize: { bytes: 1500, misses }, ...more });

  it('is told where only short datagrams pass', async () => {
    const outcome = await see(long(12), aPeer('n3', { fullSize: { bytes: 1500, misses: 0 } }));
    expect(outcome).toMatchObject({
      problems: [
        {
          reason: 'PathMtuBroken',
          subject: 'n2',
          message:
            'Datagrams of 1,500 bytes to n2 and back were not answered 12 times in a row, while short ones were.',
        },
      ],
    });
    expect('readings' in outcome && outcome.readings?.at(-1)).toEqual({ name: 'short_only_count', value: 1 });
  });

  it.each<[string, PeerEdge]>([
    ['it is not so for long', long(11)],
    ['short ones get lost on their way, too', long(12, { lossTo: 0.3 })],
    ['short ones get lost on the way back', long(12, { lossFrom: 0.3 })],
    ['the other one does not answer at all', long(12, { state: 'unresponsive' })],
    ['no long one was tried', aPeer('n2')],
  ])('is not told when %s', async (_, peer) => {
    expect(await see(peer, aPeer('n3'))).toMatchObject({ status: 'ok' });
  });
});
