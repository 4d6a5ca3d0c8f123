import type { Connection } from '@libp2p/interface';
import { expect, it } from 'vitest';
import { createFakeClock } from '../../../../test/lib/fake-clock.ts';
import { createConnectionWatch } from './conduct.ts';

/** A connection whose muxer takes as many streams as the peer opens, or none at all. */
function connectionOf(peerId: string, early: number) {
  const muxer = { streams: Array.from({ length: early }, () => ({ direction: 'inbound' })), incomingStream: () => {} };
  const target = Object.assign(new EventTarget(), { remotePeer: { toString: () => peerId }, muxer });
  return { connection: target as unknown as Connection, muxer };
}

function create() {
  const clock = createFakeClock();
  const misdeeds: string[] = [];
  const watch = createConnectionWatch({
    clock,
    conduct: { isRefused: () => false, note: (peerId, misdeed) => void misdeeds.push(`${peerId} ${misdeed}`) },
  });
  const open = (peerId: string, streams: number, early = 0): void => {
    const { connection, muxer } = connectionOf(peerId, early);
    watch(connection);
    const begin = muxer.incomingStream as (id: number) => void;
    for (let id = 0; id < streams; id += 1) begin(id);
  };
  return { clock, misdeeds, open };
}

it('counts all streams of a peer: early ones, those that the muxer resets, and those of its connections before', async () => {
  const { clock, misdeeds, open } = create();
  open('evil', 90, 10);
  open('evil', 100);
  open('good', 100);
  expect(misdeeds).toEqual([]);
  open('evil', 3, 2);
  expect(misdeeds).toEqual(Array.from({ length: 5 }, () => 'evil streams'));
  await clock.advance(1000);
  open('evil', 10);
  expect(misdeeds.length).toBe(5);
});
