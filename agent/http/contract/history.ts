/** The API's schemas of what was: earlier statuses, series of readings, the timeline. */
import { type Static, Type } from 'typebox';
import { Instant, MEMBER_STATES, Nullable, oneOf } from './fields.ts';

export const PastSchema = Type.Object(
  {
    asked: Instant('The time that was asked for.'),
    since: Type.Optional(
      Instant('From when on the agent that answers concluded so. Absent: nothing was written down.'),
    ),
    until: Type.Optional(Instant('When it concluded something else, or looked last. Absent: it still does.')),
    gap: Type.Optional(
      Type.Object(
        {
          from: Instant('Until when the one before held, as far as is known.'),
          to: Type.Optional(Instant('When the next one began.')),
        },
        {
          description:
            'What it concluded at that time is not known: it did not run or was paused, or it changed too often to be written down.',
        },
      ),
    ),
    logBegins: Type.Optional(Instant('The first time that its log tells of, where that is later.')),
    leftOut: Type.Integer({ description: 'Findings that were too many to be written down.' }),
    away: Type.Array(
      Type.Object({
        node: Type.String(),
        state: oneOf(MEMBER_STATES, 'What the agents said of its agent.'),
        since: Instant('Since when.'),
      }),
      { description: 'Members that were not alive.' },
    ),
    awayLeftOut: Type.Integer({ description: 'Of those, how many were too many to be written down.' }),
  },
  {
    $id: 'Past',
    description: 'Only where an earlier time was asked for: what the log of the agent that answers tells.',
  },
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
    sequence: Type.Integer({ description: 'Place in the log of the agent that answers.' }),
    at: Instant("When, by the node's own clock."),
    node: Type.String(),
    kind: oneOf(
      ['raised', 'cleared', 'changed', 'agent-started', 'agent-stopped', 'agent-notice', 'concluded', 'resolved'],
      'What happened. `concluded` and `resolved` are what the agent that answers made of it.',
    ),
    check: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    severity: Type.Optional(oneOf(['info', 'warning', 'critical'], 'What it means for the node.')),
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

export type ApiPast = Static<typeof PastSchema>;
export type ApiSeries = Static<typeof SeriesSchema>;
export type ApiEvent = Static<typeof EventSchema>;
export type ApiTimeline = Static<typeof TimelineSchema>;
