/** This agent's own report as it travels: what the node says of itself, and what it sees of others by their keys. */
import type { Clock } from '../../base/clock.ts';
import { MOST_WITH_OVERLAY, type Edge, type OverlayEdge } from '../../model/member.ts';
import type { NodeReport } from '../../model/report.ts';
import type { WireEdge } from '../codec/edge.ts';
import type { PeerStore } from '../codec/report.ts';
import type { Directory } from './directory.ts';
import { heartbeatMs } from './heartbeat.ts';
import type { OwnReport } from './voice.ts';

export interface OwnReportSources {
  readonly node: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly directory: Pick<Directory, 'byName'>;
  readonly report: () => NodeReport;
  readonly store: () => PeerStore;
  readonly edges: () => readonly Edge[];
  readonly overlay: () => readonly OverlayEdge[];
  readonly addresses: readonly string[];
  /** Of the cluster keys that this agent accepts. */
  readonly keyIds: readonly string[];
  /** How many members there are. */
  readonly members: () => number;
  /** On the monotonic clock, ms. */
  readonly bootMs: number | undefined;
}

export function makeOwnReport(sources: OwnReportSources): OwnReport {
  const { node, clock, directory, addresses, keyIds, bootMs } = sources;
  const now = clock.monotonic();
  // Whoever lost its name meanwhile is not spoken of.
  const keyOf = (peer: string): string | undefined => directory.byName(peer)?.prefix;
  const underlay = sources.edges().flatMap(({ peer, sinceMs, ...rest }): WireEdge[] => {
    const key = keyOf(peer);
    return key === undefined ? [] : [{ ...rest, peer: key, network: 'underlay', forMs: now - sinceMs }];
  });
  const isSmall = sources.members() <= MOST_WITH_OVERLAY;
  const overlay = (isSmall ? sources.overlay() : []).flatMap(({ peer, lossRatio, rttMs }): WireEdge[] => {
    const key = keyOf(peer);
    const figures = { lossTo: lossRatio, ...(rttMs !== undefined && { rttMs }) };
    return key === undefined ? [] : [{ peer: key, network: 'overlay', forMs: 0, ...figures }];
  });
  const report = sources.report();
  return {
    report: { ...report, node, heartbeatMs: heartbeatMs(sources.members(), report) },
    madeAt: Math.round(clock.now()),
    edges: [...underlay, ...overlay],
    store: sources.store(),
    addresses,
    keyIds,
    ...(bootMs !== undefined && { hostUptimeMs: now - bootMs }),
  };
}
