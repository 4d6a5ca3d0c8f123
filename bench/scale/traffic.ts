/** What agents send and receive, counted by the agents themselves. */
import { DATAGRAM_BYTES } from '../../agent/mesh/probes/datagram.ts';
import type { SyncCounts } from '../../agent/mesh/spread/sync-counts.ts';
import type { Town } from './town.ts';

/** Of one agent in one second. */
export interface Traffic {
  /** Datagrams sent. */
  readonly datagrams: number;
  /** Exchanges that it began or answered. */
  readonly exchanges: number;
  readonly recordsReceived: number;
  /** Bytes of sync that it sent, without the transport's own. */
  readonly syncBytes: number;
  /** Copies of broadcasts that it sent, and received. */
  readonly copiesSent: number;
  readonly copiesReceived: number;
  readonly gossipBytes: number;
}

/** Runs the town for a while. Undefined where there are no such agents. */
export async function measureTraffic(
  town: Town,
  seconds: number,
): Promise<{ readonly full: Traffic; readonly thin: Traffic | undefined }> {
  const before = [fullTotals(town), thinTotals(town)] as const;
  await town.run(1000 * seconds);
  const [full, thin] = [fullTotals(town), thinTotals(town)];
  return {
    full: rate(before[0], full, seconds * Math.max(1, town.residents.length)),
    thin: town.carriers.length === 0 ? undefined : rate(before[1], thin, seconds * town.carriers.length),
  };
}

/** Frames of one end of an exchange: HELLO, OFFER, WANT and RECORDS. */
const FRAMES = 4;

export const messagesOf = ({ datagrams, exchanges, copiesSent }: Traffic): number =>
  datagrams + FRAMES * exchanges + copiesSent;

export const bytesOf = ({ datagrams, syncBytes, gossipBytes }: Traffic): number =>
  DATAGRAM_BYTES * datagrams + syncBytes + gossipBytes;

const NONE: Traffic = {
  datagrams: 0,
  exchanges: 0,
  recordsReceived: 0,
  syncBytes: 0,
  copiesSent: 0,
  copiesReceived: 0,
  gossipBytes: 0,
};

function fullTotals({ residents }: Town): Traffic {
  return residents
    .map(({ mesh, gossip }) => {
      const counts = mesh.counts();
      const probes = counts?.probes;
      const datagrams = (probes?.pingsSent ?? 0) + (probes?.acksSent ?? 0);
      return { ...ofSync(counts?.spread.sync), ...ofGossip(gossip.counts), datagrams };
    })
    .reduce(sum, NONE);
}

const thinTotals = ({ carriers }: Town): Traffic =>
  carriers
    .map(({ spread, gossip }) => ({ ...ofSync(spread.counts().sync), ...ofGossip(gossip.counts), datagrams: 0 }))
    .reduce(sum, NONE);

const ofSync = (counts: SyncCounts | undefined) => ({
  exchanges: (counts?.done.own ?? 0) + (counts?.done.served ?? 0),
  recordsReceived: counts?.recordsReceived ?? 0,
  syncBytes: counts?.bytesSent ?? 0,
});

const ofGossip = ({
  copiesSent,
  copiesReceived,
  bytesSent,
}: {
  copiesSent: number;
  copiesReceived: number;
  bytesSent: number;
}) => ({
  copiesSent,
  copiesReceived,
  gossipBytes: bytesSent,
});

const mapped = (one: Traffic, other: Traffic, merge: (a: number, b: number) => number): Traffic => ({
  datagrams: merge(one.datagrams, other.datagrams),
  exchanges: merge(one.exchanges, other.exchanges),
  recordsReceived: merge(one.recordsReceived, other.recordsReceived),
  syncBytes: merge(one.syncBytes, other.syncBytes),
  copiesSent: merge(one.copiesSent, other.copiesSent),
  copiesReceived: merge(one.copiesReceived, other.copiesReceived),
  gossipBytes: merge(one.gossipBytes, other.gossipBytes),
});

const sum = (one: Traffic, other: Traffic): Traffic => mapped(one, other, (a, b) => a + b);
const rate = (before: Traffic, after: Traffic, by: number): Traffic => mapped(before, after, (a, b) => (b - a) / by);
