/** The API's schemas of what nodes see of each other: link by link, and by groups of nodes where there are too many. */
import { type Static, Type } from 'typebox';
import { EDGE_STATES, Instant, ROLES, oneOf } from './fields.ts';

export const LinkSchema = Type.Object(
  {
    from: Type.String({ description: 'The node that sees it so.' }),
    to: Type.String(),
    state: Type.Optional(oneOf(EDGE_STATES, 'Absent: not known, or the node could not send.')),
    since: Instant('Since when it is so.'),
    rttSeconds: Type.Optional(Type.Number({ description: 'Round trip of the last answered probe.' })),
    lossTo: Type.Optional(Type.Number({ description: 'Share of the last probes that did not arrive there, 0 to 1.' })),
    lossFrom: Type.Optional(Type.Number({ description: 'Share of the last probes that did not arrive here, 0 to 1.' })),
    clockOffsetSeconds: Type.Optional(Type.Number({ description: "How far the other node's clock is ahead." })),
    lossRatio: Type.Optional(
      Type.Number({ description: 'Overlay: share of the last pings that were not answered, on either way, 0 to 1.' }),
    ),
    shortOnly: Type.Optional(Type.Boolean({ description: 'Overlay: only short datagrams pass.' })),
    sampled: Type.Optional(Type.Boolean({ description: 'A single probe: the two are no neighbours.' })),
    stale: Type.Optional(Type.Boolean({ description: 'History: the node that says so is not connected.' })),
  },
  { $id: 'Link' },
);

export const MatrixSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers.' }),
    nodes: Type.Array(Type.String()),
    links: Type.Array(LinkSchema, {
      description:
        'What each node sees of others, one direction each. Overlay: the paths that are pinged; in a cluster of more than 64 members of other nodes only those that are broken.',
    }),
    responders: Type.Optional(
      Type.Array(
        Type.Object({
          node: Type.String(),
          status: oneOf(['ok', 'problem', 'unknown', 'absent'], 'Of its check `overlay`, as it may be believed.'),
          cutOff: Type.Optional(Type.Boolean({ description: 'Its pods reach those of no other node that it pings.' })),
          why: Type.Optional(Type.String({ description: 'Why it is unknown or absent.' })),
          since: Instant('Since when it has this state.'),
          stale: Type.Optional(Type.Boolean({ description: 'History: the node that says so is not connected.' })),
        }),
        { description: 'Only of the overlay: what each node sees of its own way to pods elsewhere.' },
      ),
    ),
  },
  { $id: 'Matrix' },
);

export const GroupMatrixSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers.' }),
    groups: Type.Array(
      Type.Object({
        id: Type.String({
          description: 'Role and zone: `worker/eu-1a`, `worker` where no zone is known; `control-plane` is one group.',
        }),
        role: Type.Optional(oneOf(ROLES, 'As of a node.')),
        zone: Type.Optional(Type.String()),
        nodes: Type.Integer({ description: 'So many nodes.' }),
        connected: Type.Integer({ description: 'Of these, so many are connected to the node that answers.' }),
      }),
    ),
    paths: Type.Array(
      Type.Object({
        from: Type.String({ description: 'Id of the group whose nodes look.' }),
        to: Type.String({ description: 'Id of the group that they look at.' }),
        links: Type.Optional(
          Type.Integer({ description: 'So many links. Absent: who is looked at is not known (overlay).' }),
        ),
        bad: Type.Integer({ description: 'Of these, so many are not good.' }),
        rttSeconds: Type.Optional(Type.Number({ description: 'Round trip, the median of the nodes that were read.' })),
        rttWorstSeconds: Type.Optional(Type.Number({ description: 'The longest of them.' })),
        lossRatio: Type.Optional(
          Type.Number({ description: 'Share of probes lost on links that answer, the larger way, their mean.' }),
        ),
      }),
      { description: 'What connected nodes of one group see of another, and of their own.' },
    ),
    read: Type.Integer({
      description:
        'Of so many nodes all figures were read; of the others what is not good. In large clusters not of all.',
    }),
    worst: Type.Array(
      Type.Object({
        to: Type.String({ description: 'The node that is seen so.' }),
        state: Type.Optional(oneOf(EDGE_STATES, 'How. `good`: it answers, and loses probes.')),
        since: Instant('The longest.'),
        observers: Type.Integer({ description: 'So many see it so.' }),
        from: Type.Array(Type.String(), { description: 'The first of them.' }),
        lossRatio: Type.Optional(Type.Number({ description: 'The most that one of them loses.' })),
        oneWay: Type.Optional(Type.Boolean({ description: 'It sees the first of them well.' })),
        shortOnly: Type.Optional(Type.Boolean({ description: 'Overlay: only short datagrams pass.' })),
      }),
      { description: 'Links that are not good, by who is seen so: what most see first.' },
    ),
    worstLeftOut: Type.Integer({ description: 'Of these, how many were too many to be told.' }),
    slowest: Type.Array(LinkSchema, { description: 'The longest round trips that were read.' }),
  },
  { $id: 'GroupMatrix' },
);

export type ApiLink = Static<typeof LinkSchema>;
export type ApiMatrix = Static<typeof MatrixSchema>;
export type ApiGroupMatrix = Static<typeof GroupMatrixSchema>;
