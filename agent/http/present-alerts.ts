/** People's own rules, and what fires by them. */
import type { RuleAlert, RuleState, RulesFileState, RulesPort } from '../model/rule-alert.ts';
import type { ApiAlerts, ApiRule, ApiRuleAlert, ApiRules, ApiRulesFile } from './contract/alerts.ts';
import { toInstant } from './units.ts';

const NO_RULES = 'this agent judges no rules';
const NO_REASON = 'nobody says why';

/**
 * @param port undefined: nobody judges any
 * @param isFiring only those that fire, or only those that are over; undefined: both
 * @param now Unix ms
 */
export function presentAlerts(
  node: string,
  port: RulesPort | undefined,
  isFiring: boolean | undefined,
  now: number,
): ApiAlerts {
  const alerts = (port?.alerts() ?? []).map(presentAlert);
  const isAsked = (alert: ApiRuleAlert): boolean => isFiring === undefined || (alert.state === 'firing') === isFiring;
  return {
    ...headOf(node, port, now),
    firing: alerts.filter(({ state }) => state === 'firing').length,
    ...omittedIn(port),
    alerts: alerts.filter(isAsked),
    unknown: (port?.rules() ?? [])
      .filter(({ state }) => state === 'unknown')
      .map(({ name, why = NO_REASON, isMoot = false }) => ({ rule: name, why, ...(isMoot && { moot: true }) })),
    ...fileOf(port),
  };
}

/** @param now Unix ms */
export const presentRules = (node: string, port: RulesPort | undefined, now: number): ApiRules => ({
  ...headOf(node, port, now),
  rules: (port?.rules() ?? []).map(presentRule),
  ...fileOf(port),
});

const headOf = (node: string, port: RulesPort | undefined, now: number): Pick<ApiRules, 'node' | 'at' | 'missing'> => ({
  node,
  at: toInstant(now),
  ...(port === undefined && { missing: NO_RULES }),
});

function fileOf(port: RulesPort | undefined): { file?: ApiRulesFile } {
  const file = port?.file();
  return file === undefined ? {} : { file: presentFile(file) };
}

function omittedIn(port: RulesPort | undefined): Pick<ApiAlerts, 'omitted'> {
  const omitted = port?.figures?.().omitted ?? 0;
  return omitted > 0 ? { omitted } : {};
}

const presentFile = ({ path, readAt, mistakes, others }: RulesFileState): ApiRulesFile => ({
  path,
  ...(readAt !== undefined && { readAt: toInstant(readAt) }),
  mistakes: [...mistakes],
  ...(others !== undefined && { others: [...others] }),
});

const presentAlert = (alert: RuleAlert): ApiRuleAlert => ({
  fingerprint: alert.fingerprint,
  rule: alert.rule,
  ...(alert.key !== '' && { key: alert.key }),
  severity: alert.severity,
  state: alert.endedAt === undefined ? 'firing' : 'over',
  sentence: alert.sentence,
  facts: { ...alert.facts },
  nodes: [...alert.nodes],
  since: toInstant(alert.since),
  lastAt: toInstant(alert.lastAt),
  ...(alert.endedAt !== undefined && { ended: toInstant(alert.endedAt) }),
  round: alert.round,
  receivers: [...alert.receivers],
  by: alert.by,
  current: alert.isCurrent,
});

const presentRule = ({ name, type, source, severity, state, why, firing, place, judge }: RuleState): ApiRule => ({
  name,
  type,
  source,
  severity,
  state,
  ...((why !== undefined || state === 'unknown') && { why: why ?? NO_REASON }),
  firing,
  place,
  ...(judge !== undefined && { judge }),
});
