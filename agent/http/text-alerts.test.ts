import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { aRuleAlert, aRuleState, fakeRules } from '../../test/lib/events.ts';
import { NOON } from '../../test/lib/fixtures.ts';
import type { RulesFileState, RulesPort } from '../model/rule-alert.ts';
import { AlertsSchema, RulesSchema } from './contract/alerts.ts';
import { presentAlerts, presentRules } from './present-alerts.ts';
import { renderAlerts, renderRules } from './text-alerts.ts';

const UNKNOWN = aRuleState({
  name: 'worker-quiet',
  type: 'flatline',
  source: 'logs',
  state: 'unknown',
  why: 'the log of prod/worker-0 cannot be read',
  firing: 0,
  place: 'built in',
});
const { judge: _judge, ...EACH_NODE } = UNKNOWN;
const OVER = aRuleAlert({
  fingerprint: 'fedcba9876543210',
  rule: 'node-events',
  key: '',
  severity: 'critical',
  sentence: 'Node n3: SystemOOM',
  since: NOON - 7_200_000,
  endedAt: NOON - 3_600_000,
  round: 1,
  by: 'node-c',
  isCurrent: false,
});
const FILE: RulesFileState = {
  path: '/etc/meerkat/rules.yaml',
  readAt: NOON - 60_000,
  mistakes: ['line 12: type is "frequent", allowed: any, frequency, flatline, cardinality'],
};
const alertsText = (port: RulesPort | undefined, isFiring?: boolean): string =>
  renderAlerts(presentAlerts('node-a', port, isFiring, NOON));
const rulesText = (port: RulesPort | undefined): string => renderRules(presentRules('node-a', port, NOON));

it('begins with how many fire, and names what silence does not tell', () => {
  expect(alertsText(fakeRules([OVER, aRuleAlert()], [aRuleState(), EACH_NODE], FILE))).toBe(`\
1 alert fires; 1 rule is unknown.

SEVERITY  STATE   SINCE               RULE            ABOUT          JUDGED BY               WHAT
critical  over    10:00:00 UTC (2h)   node-events     -              node-c (not connected)  Node n3: SystemOOM; over since 11:00:00 UTC (1h)
warning   firing  11:50:00 UTC (10m)  warning-events  prod/api-7d9f  node-a                  Pod prod/api-7d9f: BackOff 7 times within 5 min; round 2

UNKNOWN  that these do not fire says nothing
  worker-quiet  the log of prod/worker-0 cannot be read

/etc/meerkat/rules.yaml has 1 mistake; until it is mended, the rules that were read at 11:59:00 UTC hold:
  line 12: type is "frequent", allowed: any, frequency, flatline, cardinality
`);
});

it.each([
  ['No alert fires.', fakeRules([], [aRuleState({ state: 'ok', firing: 0 })])],
  ['No alert fires; 1 rule is unknown.', fakeRules([OVER], [UNKNOWN])],
  ['2 alerts fire; 2 rules are unknown.', fakeRules([aRuleAlert(), aRuleAlert()], [UNKNOWN, UNKNOWN])],
  [
    '401 alerts fire, 400 of which this agent was only told how many they are.',
    { ...fakeRules([aRuleAlert()], []), figures: () => ({ omitted: 400, evaluationSeconds: 0 }) },
  ],
  ['Nothing is known of alerts: this agent judges no rules.', undefined],
])('says first: %s', (words, port) => {
  expect(alertsText(port).split('\n')[0]).toBe(words);
});

it('tells only those that fire, or only those that are over, and counts those that fire all the same', () => {
  const port = fakeRules([aRuleAlert(), OVER]);
  const rulesOf = (isFiring?: boolean) => {
    const { firing, alerts } = presentAlerts('node-a', port, isFiring, NOON);
    return [firing, ...alerts.map(({ rule }) => rule)];
  };
  expect([rulesOf(), rulesOf(true), rulesOf(false)]).toEqual([
    [1, 'warning-events', 'node-events'],
    [1, 'warning-events'],
    [1, 'node-events'],
  ]);
});

it('lists the rules, why some are unknown, and where they are written', () => {
  expect(rulesText(fakeRules([], [aRuleState(), EACH_NODE], { path: '/r.yaml', readAt: NOON, mistakes: [] }))).toBe(`\
RULE            TYPE       SOURCE  SEVERITY  STATE    FIRING  JUDGED BY  WRITTEN IN
warning-events  frequency  events  warning   firing   1       node-a     /etc/meerkat/rules.yaml line 3
worker-quiet    flatline   logs    warning   UNKNOWN  -       each node  built in

UNKNOWN  that these do not fire says nothing
  worker-quiet  the log of prod/worker-0 cannot be read

Rules of /r.yaml, as read at 12:00:00 UTC.
`);
  expect(rulesText(fakeRules([], [], { path: '/r.yaml', mistakes: ['line 1: no', 'line 2: no'] }))).toBe(`\
There are no rules.

/r.yaml has 2 mistakes; until they are mended, none of its rules holds:
  line 1: no
  line 2: no
`);
  const blind = aRuleState({ why: 'no API server answers' });
  expect(
    rulesText(fakeRules([], [blind]))
      .split('\n')
      .slice(2),
  ).toEqual(['', 'UNKNOWN  whether more fires of these', '  warning-events  no API server answers', '']);
  expect(rulesText(undefined)).toBe('Nothing is known of rules: this agent judges no rules.\n');
});

it('marks what is unknown and no fault', () => {
  const { unknown } = presentAlerts('node-a', fakeRules([], [{ ...UNKNOWN, isMoot: true }, UNKNOWN]), undefined, NOON);
  expect(unknown.map(({ moot }) => moot)).toEqual([true, undefined]);
});

it('keeps to its schemas', () => {
  const port = fakeRules([aRuleAlert(), OVER], [aRuleState(), EACH_NODE], FILE);
  for (const one of [port, undefined, fakeRules([], [], { path: '/r.yaml', mistakes: [] })]) {
    expect([...Value.Errors(AlertsSchema, presentAlerts('node-a', one, undefined, NOON))]).toEqual([]);
    expect([...Value.Errors(RulesSchema, presentRules('node-a', one, NOON))]).toEqual([]);
  }
});
