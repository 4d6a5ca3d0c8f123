/** The API's schemas of who is told what, and of silences. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

export const SilenceSchema = Type.Object(
  {
    id: Type.String(),
    reason: Type.Optional(Type.String({ description: 'Findings with this reason; absent: with any.' })),
    node: Type.Optional(Type.String({ description: 'Findings about this node; absent: about any.' })),
    comment: Type.String(),
    by: Type.String({ description: 'The node whose agent was asked.' }),
    since: Instant('Since when it holds.'),
    until: Instant('It ends by itself then.'),
  },
  { $id: 'Silence' },
);

export const SilencesSchema = Type.Object({ silences: Type.Array(SilenceSchema) }, { $id: 'Silences' });

export const SilencedSchema = Type.Object(
  {
    outcome: oneOf(['begun', 'ended'], 'Whether it holds from now on.'),
    message: Type.String({ description: 'The same in a sentence.' }),
    silence: SilenceSchema,
  },
  { $id: 'Silenced' },
);

/** The body of a request. */
export const SilenceOrderSchema = Type.Object(
  {
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
    node: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    forSeconds: Type.Integer({ minimum: 1, maximum: 30 * 86_400 }),
    comment: Type.Optional(Type.String({ maxLength: 120 })),
  },
  { $id: 'SilenceOrder', additionalProperties: false },
);

export const NotificationsSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers: what was sent and failed is of its agent alone.' }),
    paused: Type.Optional(Type.String({ description: 'Why it tells nobody anything now.' })),
    receivers: Type.Array(
      Type.Object({
        name: Type.String(),
        kind: Type.String(),
        sender: Type.Optional(Type.String({ description: 'The node whose agent tells it before all others.' })),
        waiting: Type.Integer({ description: 'How many alerts, or ends of alerts, nobody has told it yet.' }),
        waitsFor: Type.Optional(
          Type.Array(Type.String(), {
            description:
              'Nodes whose agents say that they are telling it, or that it takes nothing now: all others wait.',
          }),
        ),
        sentAt: Type.Optional(Instant('When this agent told it something last.')),
        failure: Type.Optional(
          Type.Object({
            at: Instant('When this agent last could not.'),
            why: Type.String(),
            refused: Type.Boolean({
              description: 'The receiver would refuse the same again; it is tried every five minutes.',
            }),
          }),
        ),
        failingSince: Type.Optional(Instant('Since then no message of this agent got through.')),
        sent: Type.Integer({ description: 'Messages of this agent since it started.' }),
        failed: Type.Integer(),
        refused: Type.Integer(),
      }),
    ),
    told: Type.Array(
      Type.Object({
        receiver: Type.String(),
        fingerprint: Type.String(),
        reason: Type.Optional(Type.String()),
        nodes: Type.Optional(Type.Array(Type.String())),
        state: oneOf(['firing', 'resolved'], 'Whether it was told that it stands, or that it is over.'),
        severity: oneOf(['info', 'warning', 'critical'], 'What it was told to have.'),
        at: Instant('When it was told last.'),
        by: Type.String({ description: 'The node whose agent told it.' }),
      }),
      { description: 'What receivers were told by any agent, latest first; at most 50 of each.' },
    ),
    silenced: Type.Array(Type.Object({ reason: Type.String(), nodes: Type.Array(Type.String()) }), {
      description: 'What stands and is told to nobody.',
    }),
    silences: Type.Array(SilenceSchema),
    duplicates: Type.Integer({
      description: 'How many alerts two agents told at nearly the same time, since this one started.',
    }),
  },
  { $id: 'Notifications' },
);

export type ApiSilence = Static<typeof SilenceSchema>;
export type ApiSilences = Static<typeof SilencesSchema>;
export type ApiSilenced = Static<typeof SilencedSchema>;
export type ApiNotifications = Static<typeof NotificationsSchema>;
