/**
 * The HTTP API's schemas of what is now; what was, and what people order, stands in `contract/`. They are the one source for
 * validation, serialisation, the OpenAPI document and the types that the page and the command line read. Instants are RFC
 * 3339 strings, durations are seconds, series are columns of Unix seconds.
 */
import { type Static, Type } from 'typebox';
import { EDGE_STATES, Instant, MEMBER_STATES, ROLES, oneOf } from './contract/fields.ts';
import { type ApiTimeline, PastSchema } from './contract/history.ts';
import { MaintenanceSchema } from './contract/orders.ts';
import { AreaSchema, ElsewhereSchema } from './contract/overview.ts';

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
    overBy: Type.Optional(
      Instant('Of an earlier time: by when it was over. Absent: it lasts, or nobody wrote that down.'),
    ),
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
    past: Type.Optional(PastSchema),
    areas: Type.Optional(
      Type.Array(AreaSchema, { description: 'The parts of the cluster. Absent where an earlier time was asked for.' }),
    ),
    elsewhere: Type.Optional(Type.Array(ElsewhereSchema, { description: 'A few other agents that could be asked.' })),
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
    severity: oneOf(['info', 'warning', 'critical'], 'What it means for the node; `info` counts for nothing.'),
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
    lastStatus: Type.Optional(
      oneOf(
        ['ok', 'problem', 'unknown', 'absent'],
        'What it was, where that is not believed any more: it is too old, or its node is not connected.',
      ),
    ),
    since: Instant('Since when it has this state.'),
    ageSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'Since the last run; null: it never ran.' }),
    durationSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'How long the last run took.' }),
    intervalSeconds: Type.Number(),
    problems: Type.Array(ProblemSchema),
    readings: Type.Array(ReadingSchema),
  },
  { $id: 'Check' },
);

const LEASE_KINDS = ['renewed', 'stale', 'none'] as const;
const FRESHNESS = ['current', 'lagging', 'stale'] as const;
export const NodeSummarySchema = Type.Object(
  {
    node: Type.String(),
    status: oneOf(
      ['ok', 'problem', 'unknown'],
      'The worst that its checks say. A check that never could look on this machine does not count.',
    ),
    severity: Type.Optional(oneOf(['warning', 'critical'], 'Of the gravest of its problems, for the node itself.')),
    sentence: Type.String(),
    role: Type.Optional(
      oneOf(
        ROLES,
        'By its label, or because a check found a part of a control plane there, also in its last report. Absent: nothing of it is known.',
      ),
    ),
    zone: Type.Optional(Type.String({ description: 'By the label of its Node, as its agent read it.' })),
    version: Type.Optional(Type.String({ description: 'Absent: no report of it has come yet.' })),
    startedAt: Type.Optional(Instant('When its agent started. Absent: no report of it has come yet.')),
    ageSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'Age of its report; null: there is none.' }),
    freshness: Type.Optional(
      oneOf(
        FRESHNESS,
        'How far a report of another node may be believed. `lagging`: there is a later one. `stale`: its agent is not connected, the report is history.',
      ),
    ),
    member: Type.Optional(oneOf(MEMBER_STATES, 'What the agents say of its agent. Absent where there is no mesh.')),
    memberSince: Type.Optional(Instant('Since when its agent has that state.')),
    maintenance: Type.Optional(MaintenanceSchema),
    counts: Type.Object({
      ok: Type.Integer(),
      problem: Type.Integer(),
      unknown: Type.Integer(),
      absent: Type.Integer(),
    }),
  },
  { $id: 'NodeSummary' },
);

export const MemberSchema = Type.Object(
  {
    node: Type.String(),
    state: oneOf(MEMBER_STATES, 'What its observers say of its agent.'),
    since: Instant('Since when.'),
    judged: Type.Boolean({ description: 'False: this is what was known before this agent started.' }),
    inComponent: Type.Boolean({ description: 'It is connected to the node that answers.' }),
    leaving: Type.Optional(oneOf(['restart', 'shutdown', 'removed'], 'Why it said that it goes.')),
    graceUntil: Type.Optional(Instant('Until then nobody is woken for it.')),
    keys: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Ids of the cluster keys that its agent accepts, by its last report: the one that it uses first.',
      }),
    ),
    falls: Type.Optional(Type.Integer({ description: 'It comes and goes: how often it went in two minutes.' })),
    freshness: Type.Optional(oneOf(FRESHNESS, 'How far its report may be believed.')),
    maintenance: Type.Optional(MaintenanceSchema),
    place: Type.Optional(
      Type.Object(
        {
          uid: Type.String({ description: 'Of the Node object.' }),
          controlPlane: Type.Boolean({ description: 'Labelled so.' }),
          zone: Type.Optional(Type.String()),
        },
        { description: 'What its agent read of its own Node in the Kubernetes API.' },
      ),
    ),
    testimony: Type.Array(
      Type.Object({ observer: Type.String(), state: oneOf(EDGE_STATES, 'What this observer sees.') }),
      { description: 'What each of its observers says.' },
    ),
  },
  { $id: 'Member' },
);

export const KubernetesSchema = Type.Object(
  {
    reader: Type.Optional(Type.String({ description: 'The node whose agent read the rest. Absent: nobody has.' })),
    current: Type.Boolean({ description: 'An agent that is connected reads it now; otherwise it is history.' }),
    ageSeconds: Type.Optional(Type.Number({ description: 'Since the Kubernetes API last confirmed it.' })),
    nodes: Type.Optional(Type.Integer({ description: 'Linux nodes of the cluster.' })),
    withoutAgent: Type.Array(Type.String(), { description: 'Linux nodes of which no agent is known.' }),
    removing: Type.Array(Type.Object({ node: Type.String(), why: Type.String() }), {
      description: 'Nodes that are being removed from the cluster.',
    }),
    notReady: Type.Array(Type.Object({ node: Type.String(), why: Type.Optional(Type.String()) }), {
      description: 'Nodes that the cluster itself calls not ready.',
    }),
    controllers: Type.Array(
      Type.Object({
        name: Type.String({ description: 'Of the Lease: `kube-scheduler`.' }),
        lease: oneOf(LEASE_KINDS, 'Whether its holder renews it.'),
        unchangedSeconds: Type.Number({ description: 'Since it was renewed last, or is watched.' }),
        holder: Type.Optional(Type.String({ description: 'As it calls itself.' })),
      }),
      { description: 'Controllers of the control plane, of which one works at a time. Empty while nobody reads it.' },
    ),
    missingRights: Type.Array(Type.String(), { description: 'What the API does not allow this agent.' }),
  },
  { $id: 'Kubernetes' },
);

export const MembersSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers.' }),
    digest: Type.String({
      description: "Digest of all reports' contents: agents with the same digest know the same of every node.",
    }),
    members: Type.Array(MemberSchema, { description: 'By name.' }),
    kubernetes: Type.Optional(KubernetesSchema),
  },
  { $id: 'Members' },
);

export const NodesSchema = Type.Object(
  {
    nodes: Type.Array(NodeSummarySchema),
    fine: Type.Optional(
      Type.Array(
        Type.Object({
          role: Type.Optional(oneOf(ROLES, 'As of a node.')),
          zone: Type.Optional(Type.String()),
          nodes: Type.Array(Type.String(), { description: 'By name.' }),
        }),
        {
          description:
            'Only with `fine=names`: connected nodes whose report is current and against which nothing is known. They are not among `nodes` then.',
        },
      ),
    ),
  },
  { $id: 'Nodes' },
);

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

export const ErrorSchema = Type.Object(
  {
    code: oneOf(
      [
        'BadRequest',
        'Unauthorized',
        'NotFound',
        'Conflict',
        'Misdirected',
        'TooManyRequests',
        'Unavailable',
        'Internal',
      ],
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
export type ApiMember = Static<typeof MemberSchema>;
export type ApiKubernetes = Static<typeof KubernetesSchema>;
export type ApiMembers = Static<typeof MembersSchema>;
export type ApiCatalogue = Static<typeof CatalogueSchema>;
export type ApiError = Static<typeof ErrorSchema>;

/** Events of `/api/v1/stream`: a new status, a node's new state, new entries of the timeline. */
export interface StreamEvents {
  readonly status: ApiStatus;
  readonly node: ApiNode;
  readonly timeline: ApiTimeline;
}
