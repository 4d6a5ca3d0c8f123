/** What the mesh counts, as metrics: a flat list of figures, so that nobody here has to know how the mesh is made. */
import type { MetricSample } from './exposition.ts';
import { type MetricSpec, counter, gauge } from './metric-spec.ts';

export const MESH_METRICS = {
  meshConnections: gauge('mesh_connections', 'Agents that are connected.'),
  meshRefused: counter(
    'mesh_connections_refused_total',
    'Inbound connections that were refused: from strangers without a key of this cluster, over a limit, or otherwise.',
    'reason',
  ),
  meshClosed: counter(
    'mesh_connections_closed_total',
    'Connections closed by this agent: deaf for broadcasts, silent for half a minute, or the second one to an agent.',
    'reason',
  ),
  meshHandlerFailures: counter('mesh_handler_failures_total', 'Requests of other agents that failed or took too long.'),
  meshRecords: gauge('mesh_records', 'Signed records that are kept of all agents.', 'type'),
  meshRecordsSize: gauge('mesh_records_size_bytes', 'Size of the records that are kept.'),
  meshOffered: counter('mesh_records_offered_total', 'Records that came in, by what became of them.', 'result'),
  meshEquivocations: counter(
    'mesh_equivocations_total',
    'Times that an agent signed two records under one number: a key that lives twice.',
  ),
  meshEventsSent: counter('mesh_events_sent_total', 'Own events that were broadcast.'),
  meshEventsHeld: counter('mesh_events_held_total', 'Own events that were left to sync instead, by why.', 'reason'),
  meshEventsReceived: counter('mesh_events_received_total', 'Events of others by what became of them.', 'result'),
  meshStorm: gauge('mesh_storm_brake', '1 while broadcasts are held back because there are too many, else 0.'),
  meshSyncs: counter('mesh_syncs_total', 'Exchanges of records that were done, by who began them.', 'side'),
  meshSyncFailures: counter('mesh_sync_failures_total', 'Exchanges of records that were broken off.'),
  meshSyncRefused: counter('mesh_syncs_refused_total', 'Exchanges of records that others wanted and did not get.'),
  meshSyncRecords: counter('mesh_sync_records_total', 'Records exchanged.', 'direction'),
  meshSyncBytes: counter('mesh_sync_bytes_total', 'Bytes exchanged to sync records.', 'direction'),
  meshQuestions: counter(
    'mesh_questions_total',
    'Questions between agents, by who asked and whether there was an answer.',
    'side',
    'result',
  ),
  meshProbes: counter('mesh_probes_total', 'Probes, and the answers to them.', 'direction', 'kind'),
  meshProbeFailures: counter('mesh_probe_send_failures_total', 'Probes and answers that this node could not send.'),
  meshDatagramsDropped: counter('mesh_datagrams_dropped_total', 'Datagrams that were not taken, by why.', 'reason'),
  meshMisdeeds: counter('mesh_misdeeds_total', 'Times that a peer did what no agent of any version does.', 'kind'),
  meshCutOffs: counter('mesh_peers_cut_off_total', 'Times that a peer was cut off for what it did.'),
  meshCutOff: gauge('mesh_peers_cut_off', 'Peers that are cut off now for what they did.'),
} as const satisfies Record<string, MetricSpec>;

type Figure = readonly [family: keyof typeof MESH_METRICS, labels?: Readonly<Record<string, string>>];

/** Every figure that a mesh is asked for. */
const FIGURES = {
  connections: ['meshConnections'],
  refusedStrangers: ['meshRefused', { reason: 'stranger' }],
  refusedByLimit: ['meshRefused', { reason: 'limit' }],
  refusedOtherwise: ['meshRefused', { reason: 'other' }],
  closedDeaf: ['meshClosed', { reason: 'deaf' }],
  closedSilent: ['meshClosed', { reason: 'silent' }],
  closedDuplicates: ['meshClosed', { reason: 'duplicate' }],
  handlersFailed: ['meshHandlerFailures'],
  reports: ['meshRecords', { type: 'report' }],
  events: ['meshRecords', { type: 'event' }],
  tombstones: ['meshRecords', { type: 'tombstone' }],
  unknownRecords: ['meshRecords', { type: 'unknown' }],
  recordBytes: ['meshRecordsSize'],
  offersAccepted: ['meshOffered', { result: 'accepted' }],
  offersKnown: ['meshOffered', { result: 'known' }],
  offersOld: ['meshOffered', { result: 'old' }],
  offersIgnored: ['meshOffered', { result: 'ignored' }],
  offersRejected: ['meshOffered', { result: 'rejected' }],
  equivocations: ['meshEquivocations'],
  eventsPublished: ['meshEventsSent'],
  eventsCoalesced: ['meshEventsHeld', { reason: 'coalesced' }],
  eventsQuiet: ['meshEventsHeld', { reason: 'said-by-others' }],
  eventsBraked: ['meshEventsHeld', { reason: 'storm' }],
  eventsTooLarge: ['meshEventsHeld', { reason: 'too-large' }],
  eventsFailed: ['meshEventsHeld', { reason: 'failed' }],
  eventsAccepted: ['meshEventsReceived', { result: 'accepted' }],
  eventsIgnored: ['meshEventsReceived', { result: 'ignored' }],
  eventsRejected: ['meshEventsReceived', { result: 'rejected' }],
  stormBrake: ['meshStorm'],
  syncsOwn: ['meshSyncs', { side: 'own' }],
  syncsServed: ['meshSyncs', { side: 'served' }],
  syncsFailed: ['meshSyncFailures'],
  syncsRefused: ['meshSyncRefused'],
  syncRecordsSent: ['meshSyncRecords', { direction: 'sent' }],
  syncRecordsReceived: ['meshSyncRecords', { direction: 'received' }],
  syncBytesSent: ['meshSyncBytes', { direction: 'sent' }],
  syncBytesReceived: ['meshSyncBytes', { direction: 'received' }],
  questionsAnswered: ['meshQuestions', { side: 'own', result: 'answered' }],
  questionsFailed: ['meshQuestions', { side: 'own', result: 'failed' }],
  questionsServed: ['meshQuestions', { side: 'served', result: 'answered' }],
  questionsRefused: ['meshQuestions', { side: 'served', result: 'failed' }],
  pingsSent: ['meshProbes', { direction: 'sent', kind: 'ping' }],
  acksReceived: ['meshProbes', { direction: 'received', kind: 'ack' }],
  pingsReceived: ['meshProbes', { direction: 'received', kind: 'ping' }],
  acksSent: ['meshProbes', { direction: 'sent', kind: 'ack' }],
  sizePingsSent: ['meshProbes', { direction: 'sent', kind: 'size-ping' }],
  sizeAcksSent: ['meshProbes', { direction: 'sent', kind: 'size-ack' }],
  probeSendFailures: ['meshProbeFailures'],
  droppedJunk: ['meshDatagramsDropped', { reason: 'junk' }],
  droppedUnknownVersion: ['meshDatagramsDropped', { reason: 'unknown-version' }],
  droppedUnknownKey: ['meshDatagramsDropped', { reason: 'unknown-key' }],
  droppedForged: ['meshDatagramsDropped', { reason: 'forged' }],
  droppedMalformed: ['meshDatagramsDropped', { reason: 'malformed' }],
  droppedReplayed: ['meshDatagramsDropped', { reason: 'replayed' }],
  droppedOverRate: ['meshDatagramsDropped', { reason: 'over-rate' }],
  droppedReflected: ['meshDatagramsDropped', { reason: 'reflected' }],
  droppedUnasked: ['meshDatagramsDropped', { reason: 'unasked' }],
  misdeedsMalformed: ['meshMisdeeds', { kind: 'malformed' }],
  misdeedsOversize: ['meshMisdeeds', { kind: 'oversize' }],
  misdeedsUnasked: ['meshMisdeeds', { kind: 'unasked' }],
  misdeedsForged: ['meshMisdeeds', { kind: 'forged' }],
  misdeedsFlood: ['meshMisdeeds', { kind: 'flood' }],
  misdeedsStreams: ['meshMisdeeds', { kind: 'streams' }],
  misdeedsInvented: ['meshMisdeeds', { kind: 'invented' }],
  peersCutOff: ['meshCutOffs'],
  peersCutOffNow: ['meshCutOff'],
} as const satisfies Record<string, Figure>;

/** Counted since the start, but for what is kept, connected or held back now. */
export type MeshFigures = Readonly<Record<keyof typeof FIGURES, number>>;

/** The names of all figures. */
export const MESH_FIGURES = Object.keys(FIGURES) as readonly (keyof MeshFigures)[];

/** A figure that is missing is no series: not counted is not 0. */
export function meshSamples(figures: Readonly<Partial<MeshFigures>>): MetricSample[] {
  return MESH_FIGURES.flatMap((name) => {
    const [family, labels = {}]: Figure = FIGURES[name];
    const value = figures[name];
    return value === undefined ? [] : [{ family: MESH_METRICS[family], labels, value }];
  });
}
