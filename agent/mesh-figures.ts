/** What the mesh counts in its own words, as the flat figures that metrics are made of. */
import type { MeshFigures } from './http/mesh-metrics.ts';
import type { MeshCounts } from './mesh/mesh.ts';

export function figuresOf({ peers, transport, spread, records, probes, conduct, questions }: MeshCounts): MeshFigures {
  return {
    connections: peers,
    refusedStrangers: transport.refused.stranger,
    refusedByLimit: transport.refused.limit,
    refusedOtherwise: transport.refused.other,
    closedDeaf: transport.deaf,
    closedSilent: transport.silent,
    closedDuplicates: transport.duplicates,
    handlersFailed: transport.handlersFailed,
    ...recordFigures(records),
    ...spreadFigures(spread),
    ...questionFigures(questions),
    ...probeFigures(probes),
    ...conductFigures(conduct),
  };
}

const recordFigures = (records: MeshCounts['records']) => ({
  reports: records.reports,
  events: records.events,
  tombstones: records.tombstones,
  unknownRecords: records.unknown,
  recordBytes: records.bytes,
  offersAccepted: records.accepted,
  offersKnown: records.known,
  offersOld: records.old,
  offersIgnored: sum(Object.values(records.ignored)),
  offersRejected: sum(Object.values(records.rejected)),
  equivocations: sum(records.equivocations.map(({ count }) => count)),
});

const conductFigures = ({ misdeeds, refusals, refused }: MeshCounts['conduct']) => ({
  misdeedsMalformed: misdeeds.malformed,
  misdeedsOversize: misdeeds.oversize,
  misdeedsUnasked: misdeeds.unasked,
  misdeedsForged: misdeeds.forged,
  misdeedsFlood: misdeeds.flood,
  misdeedsStreams: misdeeds.streams,
  misdeedsInvented: misdeeds.invented,
  peersCutOff: refusals,
  peersCutOffNow: refused,
});

const spreadFigures = ({ events, sync }: MeshCounts['spread']) => ({
  eventsPublished: events.published,
  eventsCoalesced: events.coalesced,
  eventsQuiet: events.quiet,
  eventsBraked: events.braked,
  eventsTooLarge: events.tooLarge,
  eventsFailed: events.failed,
  eventsAccepted: events.accepted,
  eventsIgnored: events.ignored,
  eventsRejected: events.rejected,
  stormBrake: events.storm ? 1 : 0,
  syncsOwn: sync.done.own,
  syncsServed: sync.done.served,
  syncsFailed: sum(Object.values(sync.failed)),
  syncsRefused: sync.refused,
  syncRecordsSent: sync.recordsSent,
  syncRecordsReceived: sync.recordsReceived,
  syncBytesSent: sync.bytesSent,
  syncBytesReceived: sync.bytesReceived,
});

const questionFigures = ({ asked, served }: MeshCounts['questions']) => ({
  questionsAnswered: asked.answers,
  questionsFailed: sum(Object.values(asked.failed)),
  questionsServed: served.answered,
  questionsRefused: served.refused,
});

const probeFigures = (probes: MeshCounts['probes']) => ({
  pingsSent: probes.pingsSent ?? 0,
  acksReceived: probes.acksReceived ?? 0,
  pingsReceived: probes.pingsReceived ?? 0,
  acksSent: probes.acksSent ?? 0,
  sizePingsSent: probes.sizePingsSent ?? 0,
  sizeAcksSent: probes.sizeAcksSent ?? 0,
  probeSendFailures: probes.sendFailures ?? 0,
  droppedJunk: probes.junk ?? 0,
  droppedUnknownVersion: probes.unknownVersion ?? 0,
  droppedUnknownKey: probes.unknownKey ?? 0,
  droppedForged: probes.forged ?? 0,
  droppedMalformed: probes.malformed ?? 0,
  droppedReplayed: probes.replayed ?? 0,
  droppedOverRate: probes.overRate ?? 0,
  droppedReflected: probes.reflected ?? 0,
  droppedUnasked: probes.unasked ?? 0,
});

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
