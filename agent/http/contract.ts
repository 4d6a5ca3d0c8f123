/**
 * The HTTP API's schemas: one source for validation, serialisation, the OpenAPI document and the types that the page
 * and the command line read. Instants are RFC 3339 strings, durations are seconds, series are columns of Unix seconds.
 */
import { type Static, Type } from 'typebox';

const Instant = (description: string) => Type.String({ format: 'date-time', description });
const Nullable = Type.Union([Type.Number(), Type.Null()]);
const oneOf = <const Names extends readonly string[]>(names: Names, description: string) =>
  Type.Unsafe<Names[number]>(Type.String({ enum: [...names], description }));

export const FindingSchema = Type.Object(
  {
    id: Type.String({ description: 'Stable while the finding lasts.' }),
    reason: Type.String({ description: 'Stable PascalCase name.' }),
    severity: oneOf(['info', 'warning', 'critical'], 'What it means for the cluster.'),
    nodeSeverity: oneOf(['info', 'warning', 'critical'], 'What it means for its node.'),
    node: Type.String(),
    nodes: Type.Optional(
      Type.Array(Type.String(), { description: 'All nodes that it is about, where they are several.' }),
    ),
    check: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    sentence: Type.String({ description: 'What is broken, and where.' }),
    since: Instant('Since when it lasts.'),
    forSeconds: Type.Number({ description: 'How long it has lasted.' }),
    causedBy: Type.Optional(Type.String({ description: 'Id of the finding that explains this one.' })),
    observers: Type.Array(Type.String()),
    dissent: Type.Array(Type.String()),
    evidence: Type.Array(Type.String()),
    alternatives: Type.Array(Type.String()),
    next: Type.Array(Type.String()),
  },
  { $id: 'Finding' },
);

export const ViewSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers.' }),
    members: Type.Integer({ description: 'Members it knows.' }),
    current: Type.Integer({ description: 'Members whose report is current.' }),
    component: Type.Optional(Type.Integer({ description: 'Members that are connected to it, itself included.' })),
    settled: Type.Boolean({ description: 'False during the first seconds after the start.' }),
  },
  { $id: 'View' },
);

export const StatusSchema = Type.Object(
  {
    status: oneOf(['healthy', 'degraded', 'critical', 'unknown'], 'The state of the cluster as seen from here.'),
    sentence: Type.String({ description: 'What is broken, where and since when, in one sentence.' }),
    at: Instant('When this was concluded.'),
    view: ViewSchema,
    findings: Type.Array(FindingSchema, { description: 'Causes first, each followed by its consequences.' }),
  },
  { $id: 'Status' },
);

export const ReadingSchema = Type.Object(
  { name: Type.String(), subject: Type.Optional(Type.String()), value: Type.Number() },
  { $id: 'Reading' },
);

export const ProblemSchema = Type.Object(
  {
    reason: Type.String(),
    subject: Type.Optional(Type.String()),
    severity: oneOf(['warning', 'critical'], 'What it means for the node.'),
    message: Type.String(),
    since: Instant('Start of the first run that saw it.'),
    summary: Type.String(),
    remedy: Type.String(),
  },
  { $id: 'Problem' },
);

export const CheckSchema = Type.Object(
  {
    check: Type.String(),
    title: Type.String(),
    status: oneOf(['ok', 'problem', 'unknown', 'absent'], 'The settled state.'),
    overdue: Type.Boolean({ description: 'The result is older than three intervals and counts as unknown.' }),
    confirming: Type.Boolean({ description: 'The last run says otherwise and is being confirmed.' }),
    why: Type.Optional(Type.String({ description: 'Why it is unknown or absent.' })),
    since: Instant('Since when it has this state.'),
    ageSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'Since the last run; null: it never ran.' }),
    durationSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'How long the last run took.' }),
    intervalSeconds: Type.Number(),
    problems: Type.Array(ProblemSchema),
    readings: Type.Array(ReadingSchema),
  },
  { $id: 'Check' },
);

export const NodeSummarySchema = Type.Object(
  {
    node: Type.String(),
    status: oneOf(
      ['ok', 'problem', 'unknown'],
      'The worst that its checks say. A check that never could look on this machine does not count.',
    ),
    sentence: Type.String(),
    version: Type.String(),
    startedAt: Instant('When its agent started.'),
    ageSeconds: Type.Number({ description: 'Age of its report.' }),
    counts: Type.Object({
      ok: Type.Integer(),
      problem: Type.Integer(),
      unknown: Type.Integer(),
      absent: Type.Integer(),
    }),
  },
  { $id: 'NodeSummary' },
);

export const NodesSchema = Type.Object({ nodes: Type.Array(NodeSummarySchema) }, { $id: 'Nodes' });

export const NodeSchema = Type.Object(
  { ...NodeSummarySchema.properties, checks: Type.Array(CheckSchema) },
  { $id: 'Node' },
);

export const CatalogueSchema = Type.Object(
  {
    checks: Type.Array(
      Type.Object({
        check: Type.String(),
        title: Type.String(),
        description: Type.String(),
        intervalSeconds: Type.Number(),
        readings: Type.Array(Type.Object({ name: Type.String(), title: Type.String(), unit: Type.String() })),
        reasons: Type.Array(
          Type.Object({
            reason: Type.String(),
            severity: Type.String(),
            summary: Type.String(),
            remedy: Type.String(),
          }),
        ),
      }),
    ),
  },
  { $id: 'Catalogue' },
);

export const SeriesSchema = Type.Object(
  {
    series: Type.Array(
      Type.Object({
        node: Type.String(),
        check: Type.String(),
        reading: Type.String(),
        subject: Type.Optional(Type.String()),
        resolution: oneOf(['raw', '1m', '15m'], 'Which resolution answered.'),
        stepSeconds: Type.Number(),
        times: Type.Array(Type.Number(), { description: 'Unix seconds.' }),
        averages: Type.Array(Nullable, { description: 'null: nothing was measured.' }),
        minima: Type.Array(Nullable),
        maxima: Type.Array(Nullable),
      }),
    ),
  },
  { $id: 'Series' },
);

export const EventSchema = Type.Object(
  {
    sequence: Type.Integer({ description: "Place in its node's log." }),
    at: Instant("When, by the node's own clock."),
    node: Type.String(),
    kind: oneOf(['raised', 'cleared', 'changed', 'agent-started', 'agent-stopped', 'agent-notice'], 'What happened.'),
    check: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    severity: Type.Optional(oneOf(['warning', 'critical'], 'What it means for the node.')),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    message: Type.String(),
  },
  { $id: 'Event' },
);

export const TimelineSchema = Type.Object(
  { events: Type.Array(EventSchema, { description: 'Newest first.' }) },
  { $id: 'Timeline' },
);

export const ErrorSchema = Type.Object(
  {
    code: oneOf(
      ['BadRequest', 'Unauthorized', 'NotFound', 'Misdirected', 'TooManyRequests', 'Unavailable', 'Internal'],
      'Stable; speaks of the request, never of the cluster.',
    ),
    message: Type.String({ description: 'What was wrong with the request and what is allowed.' }),
  },
  { $id: 'Error' },
);

export type ApiFinding = Static<typeof FindingSchema>;
export type ApiStatus = Static<typeof StatusSchema>;
export type ApiCheck = Static<typeof CheckSchema>;
export type ApiProblem = Static<typeof ProblemSchema>;
export type ApiNodeSummary = Static<typeof NodeSummarySchema>;
export type ApiNodes = Static<typeof NodesSchema>;
export type ApiNode = Static<typeof NodeSchema>;
export type ApiCatalogue = Static<typeof CatalogueSchema>;
export type ApiSeries = Static<typeof SeriesSchema>;
export type ApiEvent = Static<typeof EventSchema>;
export type ApiTimeline = Static<typeof TimelineSchema>;
export type ApiError = Static<typeof ErrorSchema>;

/** Events of `/api/v1/stream`: a new status, a node's new state, new entries of the timeline. */
export interface StreamEvents {
  readonly status: ApiStatus;
  readonly node: ApiNode;
  readonly timeline: ApiTimeline;
}
