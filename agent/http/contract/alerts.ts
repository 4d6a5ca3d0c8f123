/** The API's schemas of people's own rules and their alerts. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

const SEVERITY = oneOf(
  ['info', 'warning', 'critical'],
  'As the rule has it. No rule changes the status of the cluster.',
);
const NODE = Type.String({ description: 'The node that answers.' });
const AT = Instant('When, by its clock.');
const MISSING = Type.Optional(
  Type.String({ description: 'Why this agent knows of no rule: then it says nothing that none fires.' }),
);

export const RulesFileSchema = Type.Object(
  {
    path: Type.String(),
    readAt: Type.Optional(Instant('When the rules that hold were read. Absent: none were.')),
    mistakes: Type.Array(Type.String(), {
      description: 'Each with its place and what is allowed. While there are any, the rules before them hold.',
    }),
    others: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Connected nodes whose agents have other rules. What is about the whole cluster is judged by those of the judge.',
      }),
    ),
  },
  { $id: 'RulesFile' },
);

export const RuleAlertSchema = Type.Object(
  {
    fingerprint: Type.String({ description: 'Of the rule and the key; the same whoever sees it.' }),
    rule: Type.String(),
    key: Type.Optional(Type.String({ description: 'What it is about, where the rule has a key: `prod/api-7d9f`.' })),
    severity: SEVERITY,
    state: oneOf(['firing', 'over'], 'Whether it fires. What was over long ago is not listed.'),
    sentence: Type.String({ description: 'What was matched last, as the rule words it.' }),
    facts: Type.Record(Type.String(), Type.String(), {
      description: 'What the sentence was made of, by name, as templates have it.',
    }),
    nodes: Type.Array(Type.String(), { description: 'Empty: it is about none in particular.' }),
    since: Instant('Since when it fires.'),
    lastAt: Instant('When it matched last.'),
    ended: Type.Optional(Instant('When it was over.')),
    round: Type.Integer({
      description: 'How often people are to have been told: one more each time `realert` lets it.',
    }),
    receivers: Type.Array(Type.String(), { description: 'Who is told. Empty: all that want its severity.' }),
    by: Type.String({ description: 'The node whose agent judged it.' }),
    current: Type.Boolean({ description: 'That agent is connected: it would have said if it were over.' }),
  },
  { $id: 'RuleAlert' },
);

export const AlertsSchema = Type.Object(
  {
    node: NODE,
    at: AT,
    missing: MISSING,
    firing: Type.Integer({ description: 'How many fire, whatever was asked for.' }),
    omitted: Type.Optional(
      Type.Integer({ description: 'How many more fire, of which whoever judges them had no room to tell this node.' }),
    ),
    alerts: Type.Array(RuleAlertSchema, { description: 'Latest first.' }),
    unknown: Type.Array(
      Type.Object({
        rule: Type.String(),
        why: Type.String(),
        moot: Type.Optional(
          Type.Boolean({
            description:
              'It came with Meerkat, and nobody here could ever read events: that it is unknown is no fault.',
          }),
        ),
      }),
      { description: 'Rules that cannot be judged now: that they do not fire says nothing.' },
    ),
    file: Type.Optional(RulesFileSchema),
  },
  { $id: 'Alerts' },
);

export const RulesSchema = Type.Object(
  {
    node: NODE,
    at: AT,
    missing: MISSING,
    rules: Type.Array(
      Type.Object({
        name: Type.String(),
        type: oneOf(['any', 'frequency', 'flatline', 'cardinality'], 'When it fires; see docs/alerts.md.'),
        source: oneOf(['events', 'logs', 'checks'], 'What it looks at.'),
        severity: SEVERITY,
        state: oneOf(
          ['ok', 'firing', 'unknown'],
          '`unknown`: what it looks at could not be read for all of its time, so that silence says nothing.',
        ),
        why: Type.Optional(Type.String({ description: 'Why it is unknown, or, where it fires, why more may fire.' })),
        firing: Type.Integer({ description: 'How many of its alerts fire.' }),
        place: Type.String({ description: 'Where it is written; `built in`: it came with Meerkat.' }),
        judge: Type.Optional(
          Type.String({ description: 'The node whose agent judges it. Absent: each judges its own node.' }),
        ),
      }),
    ),
    file: Type.Optional(RulesFileSchema),
  },
  { $id: 'Rules' },
);

export type ApiRulesFile = Static<typeof RulesFileSchema>;
export type ApiAlerts = Static<typeof AlertsSchema>;
export type ApiRuleAlert = Static<typeof RuleAlertSchema>;
export type ApiRules = Static<typeof RulesSchema>;
export type ApiRule = ApiRules['rules'][number];
