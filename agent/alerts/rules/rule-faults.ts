/** What no single setting of a rule can tell: what a type needs, what it does not use, what can never match. */
import { hint, nearest } from '../../base/config/text.ts';
import type { RuleType } from '../../model/rule-alert.ts';
import type { RuleSettings } from './schema.ts';

export interface Fault {
  /** Below the rule: `.where.reason`. */
  readonly at: string;
  readonly message: string;
}

type Setting =
  | 'timeframeMinutes'
  | 'numEvents'
  | 'threshold'
  | 'cardinalityField'
  | 'maxCardinality'
  | 'minCardinality';

const NEEDED: Readonly<Record<RuleType, readonly Setting[]>> = {
  any: [],
  frequency: ['numEvents', 'timeframeMinutes'],
  flatline: ['threshold', 'timeframeMinutes'],
  cardinality: ['cardinalityField', 'timeframeMinutes'],
};
const USED: Readonly<Record<RuleType, readonly Setting[]>> = {
  ...NEEDED,
  cardinality: [...NEEDED.cardinality, 'maxCardinality', 'minCardinality'],
};
const ALL: readonly Setting[] = [
  'timeframeMinutes',
  'numEvents',
  'threshold',
  'cardinalityField',
  'maxCardinality',
  'minCardinality',
];
const HOUR_MINUTES = 60;

export const ruleFaults = (settings: RuleSettings, receivers: readonly string[] | undefined): readonly Fault[] => [
  ...typeFaults(settings),
  ...cardinalityFaults(settings),
  ...realertFaults(settings),
  ...receiverFaults(settings, receivers),
];

function typeFaults(settings: RuleSettings): Fault[] {
  const { type } = settings;
  return ALL.flatMap((setting) => {
    const isGiven = settings[setting] !== undefined;
    if (NEEDED[type].includes(setting) && !isGiven)
      return [{ at: `.${setting}`, message: `is missing; a rule of the type ${type} needs it.` }];
    if (isGiven && !USED[type].includes(setting))
      return [{ at: `.${setting}`, message: `is not used by a rule of the type ${type}; leave it out.` }];
    return [];
  });
}

function cardinalityFaults(settings: RuleSettings): Fault[] {
  const { type, queryKey, cardinalityField, maxCardinality: max, minCardinality: min } = settings;
  if (type !== 'cardinality') return [];
  const keys = typeof queryKey === 'string' ? [queryKey] : queryKey;
  return [
    ...(max === undefined && min === undefined
      ? [{ at: '.maxCardinality', message: 'is missing; give maxCardinality, minCardinality, or both.' }]
      : []),
    ...(max !== undefined && min !== undefined && min > max
      ? [{ at: '.minCardinality', message: `is ${min}, above maxCardinality, which is ${max}: it would always match.` }]
      : []),
    ...(cardinalityField !== undefined && keys.includes(cardinalityField)
      ? [
          {
            at: '.cardinalityField',
            message: `is ${cardinalityField}, which is in queryKey: it has one value for each.`,
          },
        ]
      : []),
  ];
}

function realertFaults({ realertMinutes, exponentialRealertHours: longest }: RuleSettings): Fault[] {
  if (longest === undefined) return [];
  if (realertMinutes === 0)
    return [{ at: '.exponentialRealertHours', message: 'doubles a pause of 0; give realertMinutes above 0.' }];
  if (longest * HOUR_MINUTES >= realertMinutes) return [];
  const message = `is ${longest}, shorter than realertMinutes, which is ${realertMinutes}; the pause doubles from there.`;
  return [{ at: '.exponentialRealertHours', message }];
}

const receiverFaults = ({ receivers }: RuleSettings, known: readonly string[] | undefined): Fault[] =>
  receivers.flatMap((name, index) => {
    if (known === undefined || known.includes(name)) return [];
    const meant = nearest(name, known);
    const all = known.length === 0 ? ' None is configured.' : ` There are: ${known.join(', ')}.`;
    const message = `given "${name}", which is no receiver of notifications.receivers.${hint(meant) || all}`;
    return [{ at: `.receivers[${index}]`, message }];
  });
