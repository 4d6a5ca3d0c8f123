/** The rules that hold, by who judges them. */
import { hash } from 'node:crypto';
import type { Rule } from '../rules/types.ts';

export interface RuleSet {
  readonly all: readonly Rule[];
  /** Of what is about the whole cluster: one agent judges them. */
  readonly shared: readonly Rule[];
  /** Of what only its own node has: each agent judges them. */
  readonly local: readonly Rule[];
  /** Two sets with the same are the same: hexadecimal digits. */
  readonly digest: string;
}

const DIGITS = 12;

export const toRuleSet = (all: readonly Rule[]): RuleSet => ({
  all,
  shared: all.filter((rule) => !isLocal(rule)),
  local: all.filter(isLocal),
  digest: hash('sha256', `meerkat/rules/1/${all.map(({ name, digest }) => `${name} ${digest}`).join('\n')}`).slice(
    0,
    DIGITS,
  ),
});

export const isLocal = ({ source }: Pick<Rule, 'source'>): boolean => source === 'logs';
