/** What the OpenAPI document says of each path: what it is for, what may be asked, what answers mean. */
import type { TSchema } from 'typebox';
import * as now from './contract.ts';
import * as alerts from './contract/alerts.ts';
import * as events from './contract/events.ts';
import * as history from './contract/history.ts';
import * as links from './contract/links.ts';
import * as notifications from './contract/notifications.ts';
import * as orders from './contract/orders.ts';
import * as overview from './contract/overview.ts';
import * as scenes from './contract/scenes.ts';
import * as workloads from './contract/workloads.ts';
import {
  ALERTS_QUERY,
  CAPTURE_QUERY,
  EVENTS_QUERY,
  FORMAT_QUERY,
  GROUPS_QUERY,
  HEALTH_QUERY,
  LIVENESS_QUERY,
  MAINTENANCE_QUERY,
  MATRIX_QUERY,
  NODES_QUERY,
  NO_QUERY,
  SCENES_QUERY,
  SERIES_QUERY,
  STATUS_QUERY,
  TIMELINE_QUERY,
} from './parameters.ts';
import type { Parameters } from './query.ts';

/** All schemas, by the names of their constants. */
export const contract = {
  ...now,
  ...alerts,
  ...events,
  ...history,
  ...links,
  ...notifications,
  ...orders,
  ...overview,
  ...scenes,
  ...workloads,
};

export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly query: Parameters;
  /** A schema: JSON, and text for people. Otherwise the only media type. */
  readonly answers: TSchema | 'text/plain' | 'text/event-stream' | 'application/json';
  /** Statuses besides 200 and the errors of every route. */
  readonly statuses?: Readonly<Record<number, string>>;
}

export interface Change extends Operation {
  readonly method?: 'delete';
  /** Of the request; by default an empty object. */
  readonly body?: TSchema;
}

const NOT_FOUND = { 404: 'There is no such node, check or path.' };
const STORE = { ...NOT_FOUND, 503: 'The store does not answer. The status is served all the same.' };
const STORE_AT = { 503: 'The store does not answer; only with `at`.' };
const EVENTS = { 503: 'Too many ask for events, or nobody comes back to this agent in time.' };
const DEAD = { 503: 'It is dead; never as text.' };
const HEALTH = {
  503: 'Problem: looked, and it is not fine.',
  504: 'Unknown: could not look, too old, absent, or the agent is starting.',
};
const HEALTH_TEXT =
  'The first line has at most 80 bytes of ASCII and begins with OK, PROBLEM or UNKNOWN; the sentences behind it follow.';

/** Every documented path, in the order of the document. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/status': {
    summary:
      'The status with a line for each node, as text; as JSON when that is asked for. A single node comes with its checks.',
    query: STATUS_QUERY,
    answers: contract.StatusSchema,
    statuses: STORE_AT,
  },
  '/api/v1/status': {
    summary: 'What is broken, where, since when and why.',
    description:
      'The answer is 200 whatever the state of the cluster. With `at` it is what this agent concluded then: it writes that down when it changes, for 30 days unless told otherwise. Of a time in which it did not look, or from before its log begins, the status is `unknown` and `past` says which.',
    query: STATUS_QUERY,
    answers: contract.StatusSchema,
    statuses: STORE_AT,
  },
  '/api/v1/nodes': {
    summary: 'Every node in short: members, and whoever sent a report.',
    description:
      'A node that is not connected, or that no report has come of, is `unknown`; its sentence says what it was last.',
    query: NODES_QUERY,
    answers: contract.NodesSchema,
  },
  '/api/v1/nodes/{node}': {
    summary: 'One node with the settled result of every check.',
    description: 'Of a node that is not connected the checks are history: `lastStatus` is what they were.',
    query: FORMAT_QUERY,
    answers: contract.NodeSchema,
    statuses: NOT_FOUND,
  },
  '/api/v1/nodes/{node}/checks/{check}': {
    summary: 'One check on one node.',
    query: FORMAT_QUERY,
    answers: contract.CheckSchema,
    statuses: NOT_FOUND,
  },
  '/api/v1/members': {
    summary: 'What the agents say of each other: every member with the testimony of its observers.',
    description: 'Without a mesh this node is the only one.',
    query: FORMAT_QUERY,
    answers: contract.MembersSchema,
  },
  '/api/v1/members/{node}': {
    summary: 'What the agents say of the agent of one node.',
    query: FORMAT_QUERY,
    answers: contract.MemberSchema,
    statuses: NOT_FOUND,
  },
  '/api/v1/maintenance': {
    summary: 'The nodes on which somebody works, as a person said.',
    query: FORMAT_QUERY,
    answers: contract.MaintenancesSchema,
  },
  '/api/v1/notifications': {
    summary: 'Who is told of what is wrong, what was told by whom, and what is not.',
    query: FORMAT_QUERY,
    answers: contract.NotificationsSchema,
  },
  '/api/v1/silences': {
    summary: 'The silences that hold, as people ordered them.',
    query: FORMAT_QUERY,
    answers: contract.SilencesSchema,
  },
  '/api/v1/matrix': {
    summary: 'What each node sees of the others: state, round trip, loss and clock of every link.',
    description: 'Of a large cluster these are many: ask for those of one node, or for `/api/v1/matrix/groups`.',
    query: MATRIX_QUERY,
    answers: contract.MatrixSchema,
    statuses: NOT_FOUND,
  },
  '/api/v1/matrix/groups': {
    summary: 'What the nodes of each role and zone see of those of the others, and the links that are not good.',
    description: 'Short whatever the size of the cluster.',
    query: GROUPS_QUERY,
    answers: contract.GroupMatrixSchema,
  },
  '/api/v1/liveness/{namespace}/{name}': {
    summary: 'Whether the containers of a workload on this node are to be restarted, for probes.',
    description:
      'By the watches of `checks.logs.watches` with `liveness`. `dead` where all of them are. As text it is the one word, and always 200: a probe that restarts what is `dead` and nothing else lets everything live while no agent answers.',
    query: LIVENESS_QUERY,
    answers: contract.LivenessSchema,
    statuses: DEAD,
  },
  '/api/v1/liveness/{namespace}/pod/{name}': {
    summary: 'The same of one pod on this node.',
    description: '`dead` where one of its containers is.',
    query: LIVENESS_QUERY,
    answers: contract.LivenessSchema,
    statuses: DEAD,
  },
  '/api/v1/signals': {
    summary: 'What alert managers and scripts say of workloads, to any agent.',
    query: FORMAT_QUERY,
    answers: contract.SignalsSchema,
  },
  '/api/v1/scenes': {
    summary: 'The scenes of failures that are kept: which container, how it ended, and on which node.',
    description:
      'Needs the token, also from the node itself. Of the node that answers all, of others the newest sixteen each, also of one that is away.',
    query: SCENES_QUERY,
    answers: contract.ScenesSchema,
    statuses: { 503: 'This agent keeps no scenes.' },
  },
  '/api/v1/scenes/{scene}': {
    summary: 'One scene with the last lines of the container, as far as they give no secret away.',
    description:
      'Needs the token, also from the node itself. Only the agent of its node has it: any other answers 404 with SceneElsewhere, which says where.',
    query: FORMAT_QUERY,
    answers: contract.SceneSchema,
    statuses: {
      404: 'There is no such scene here; with the code `Elsewhere`: another agent has it.',
      503: 'The store does not answer, or this agent keeps no scenes.',
    },
  },
  '/api/v1/events': {
    summary: 'What the Kubernetes API tells of its objects, one entry an Event; as text oldest first.',
    description:
      'One agent reads for all, one keeps a copy; any may be asked. 200 whatever could be read: `feed` says who reads, as of when, and why not. Events are written as best they can be, throttled and late: that there is none proves nothing.',
    query: EVENTS_QUERY,
    answers: contract.ClusterEventsSchema,
    statuses: EVENTS,
  },
  '/api/v1/events/sightings': {
    summary: 'The same, one entry each time that more was seen of an Event: what rules are tried on.',
    query: EVENTS_QUERY,
    answers: contract.EventSightingsSchema,
    statuses: EVENTS,
  },
  '/api/v1/alerts': {
    summary: 'What fires by the rules on events, logs and checks, and what was over a while ago.',
    description: 'Any agent may be asked. No rule changes the status of the cluster; see docs/alerts.md.',
    query: ALERTS_QUERY,
    answers: contract.AlertsSchema,
  },
  '/api/v1/rules': {
    summary: 'The rules: whether each fires, is silent or is unknown, and what is wrong with their file.',
    query: FORMAT_QUERY,
    answers: contract.RulesSchema,
  },
  '/api/v1/series': {
    summary: 'Readings over time.',
    query: SERIES_QUERY,
    answers: contract.SeriesSchema,
    statuses: STORE,
  },
  '/api/v1/timeline': {
    summary: 'What changed, newest first; as text oldest first.',
    query: TIMELINE_QUERY,
    answers: contract.TimelineSchema,
    statuses: STORE,
  },
  '/api/v1/checks': {
    summary: 'Every check with its reasons and readings.',
    query: FORMAT_QUERY,
    answers: contract.CatalogueSchema,
  },
  '/api/v1/stream': {
    summary: 'What changes, as server-sent events.',
    description:
      'Events `status` (Status), `node` (Node) and `timeline` (Timeline); the status and this node are sent at once and then on change, at most once a second, and another node when it changes, its ages and figures aside. Open the stream first and ask for the nodes then. At most 32 streams.',
    query: NO_QUERY,
    answers: 'text/event-stream',
    statuses: { 503: 'There are too many streams.' },
  },
  '/api/v1/openapi.json': { summary: 'This document.', query: NO_QUERY, answers: 'application/json' },
  '/health/node': {
    summary: 'Whether this node is fine, for machines.',
    description: HEALTH_TEXT,
    query: HEALTH_QUERY,
    answers: 'text/plain',
    statuses: HEALTH,
  },
  '/health/cluster': {
    summary: 'Whether the cluster is fine as seen from here, for machines.',
    description: HEALTH_TEXT,
    query: HEALTH_QUERY,
    answers: 'text/plain',
    statuses: HEALTH,
  },
  '/health/check/{check}': {
    summary: 'Whether one check of this node is fine, for machines.',
    description: HEALTH_TEXT,
    query: HEALTH_QUERY,
    answers: 'text/plain',
    statuses: { ...HEALTH, ...NOT_FOUND },
  },
  '/livez': { summary: 'The agent runs. Says nothing of the node.', query: NO_QUERY, answers: 'text/plain' },
  '/readyz': {
    summary: 'The agent serves. Says nothing of the node.',
    query: NO_QUERY,
    answers: 'text/plain',
    statuses: { 503: 'The agent is stopping.' },
  },
  '/metrics': { summary: 'Prometheus metrics.', query: NO_QUERY, answers: 'text/plain' },
};

/** Documented paths that change something; by POST with `{}` where they do not say otherwise. */
export const CHANGES: Readonly<Record<string, Change>> = {
  '/api/v1/silences': {
    summary: 'Says of which findings nobody wants to hear for a while.',
    description:
      'Needs the token, also from the node itself. Any agent may be asked; all know it within seconds, and it outlives every restart. Names are exact; at least one of reason and node is given. What still stands when it ends is told then.',
    query: FORMAT_QUERY,
    body: contract.SilenceOrderSchema,
    answers: contract.SilencedSchema,
    statuses: {
      409: 'One agent may speak of 32 silences at a time.',
      503: 'The agent has just started, or tells nobody anything; the message says what to do.',
    },
  },
  '/api/v1/silences/{id}': {
    method: 'delete',
    summary: 'Ends a silence.',
    description: 'Needs the token, also from the node itself. Any agent may be asked, whoever was asked before.',
    query: FORMAT_QUERY,
    answers: contract.SilencedSchema,
    statuses: {
      404: 'There is no such silence, or it has ended.',
      409: 'This agent has spoken of too many silences.',
      503: 'The agent has just started, or tells nobody anything; the message says what to do.',
    },
  },
  '/api/v1/members/{node}/forget': {
    summary: 'Removes a member from the cluster that does not come back.',
    description:
      'Needs the token, also from the node itself. All agents forget the member within seconds; it is a member again when its agent starts anew. Refused while it is connected to the agent that is asked.',
    query: FORMAT_QUERY,
    answers: contract.ForgottenSchema,
    statuses: {
      ...NOT_FOUND,
      409: 'The member is alive, or it is the node that is asked; the message says who reaches it.',
      503: 'Who is alive cannot be told now; the message says when to ask again.',
    },
  },
  '/api/v1/members/{node}/maintenance': {
    summary: 'Says that somebody works on a node: until then what fails there is told as info.',
    description:
      'Needs the token, also from the node itself. Any agent may be asked; all know it within seconds, and it outlives every restart. The last order counts: it may lengthen or shorten the one before. What is critical for the cluster stays so, and `/health/node` of the node itself tells its problems as ever.',
    query: MAINTENANCE_QUERY,
    answers: contract.MaintainedSchema,
    statuses: {
      ...NOT_FOUND,
      409: 'One agent may speak for 32 nodes at a time, or the word of another agent outranks any.',
      503: 'The agent has just started, or talks to no other; the message says when to ask again.',
    },
  },
  '/api/v1/members/{node}/maintenance/end': {
    summary: 'Says that the work on a node is done.',
    description: 'Needs the token, also from the node itself. Any agent may be asked, whoever was asked before.',
    query: FORMAT_QUERY,
    answers: contract.MaintainedSchema,
    statuses: {
      ...NOT_FOUND,
      409: 'This agent has spoken of too many nodes, or the word of another agent outranks any.',
      503: 'The agent has just started, or talks to no other; the message says when to ask again.',
    },
  },
  '/api/v1/scenes/capture': {
    summary: 'Keeps the scene of a pod on the node that is asked, whether it has failed or not.',
    description: 'Needs the token, also from the node itself. At most thirty an hour.',
    query: CAPTURE_QUERY,
    answers: contract.CapturedSchema,
    statuses: {
      404: 'The node that is asked sees no such pod.',
      429: 'It was asked too often.',
      503: 'This agent keeps no scenes.',
    },
  },
  '/api/v1/nodes/{node}/checks/{check}/forget': {
    summary:
      'Forgets that what a check looks at was seen on this node: when it is missing from now on, that is no problem.',
    description: 'Needs the token, also from the node itself. Refused while anything else says that it belongs there.',
    query: FORMAT_QUERY,
    answers: contract.ForgottenSchema,
    statuses: {
      ...NOT_FOUND,
      409: 'It is there, something else says that it belongs there, or the agent is another node\u2019s.',
      503: 'What was seen, or what belongs there, cannot be told now.',
    },
  },
};
