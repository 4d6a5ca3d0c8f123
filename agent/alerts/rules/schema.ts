/** The settings of one rule, as people write them. Durations have their unit in the key. */
import { type TObject, type TSchema, Type } from 'typebox';
import { RULE_SOURCES, RULE_TYPES, type RuleSource } from '../../model/rule-alert.ts';
import { FIELDS } from './types.ts';

/** A fact has to be this text, one of these, or contain what a pattern finds. */
export type Condition = string | readonly string[] | { readonly regex: string };

/** One rule as the schema lets it through. */
export interface RuleSettings {
  readonly name: string;
  readonly type: (typeof RULE_TYPES)[number];
  readonly source: RuleSource;
  readonly where: Readonly<Record<string, Condition>>;
  readonly not: Readonly<Record<string, Condition>>;
  readonly queryKey: string | readonly string[];
  readonly timeframeMinutes?: number;
  readonly numEvents?: number;
  readonly threshold?: number;
  readonly cardinalityField?: string;
  readonly maxCardinality?: number;
  readonly minCardinality?: number;
  readonly realertMinutes: number;
  readonly exponentialRealertHours?: number;
  readonly keepFiringMinutes: number;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly receivers: readonly string[];
  readonly sentence?: string;
}

/** Of one file. */
export const MAX_RULES = 500;
const MAX_TEXTS = 200;
const MAX_EVENTS = 100_000;
const DAY_MINUTES = 1440;

const NAME = {
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  expects: 'a name in lower case: letters, digits and `-`, at most 63',
};
const Text = Type.String({ maxLength: 1000 });
const CONDITION = Type.Union(
  [
    Text,
    Type.Array(Text, { minItems: 1, maxItems: MAX_TEXTS }),
    Type.Object({ regex: Type.String() }, { additionalProperties: false }),
  ],
  { expects: 'a text, a list of texts, or {regex: PATTERN}' },
);

const choice = (names: readonly string[], fallback: string | undefined, description: string) =>
  Type.String({ enum: [...names], ...(fallback !== undefined && { default: fallback }), description });
const number = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Number({ minimum, maximum, description }));
const integer = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

/** @param source undefined: it is not known, and what depends on it is not looked at */
export function ruleSchema(source: RuleSource | undefined): TObject {
  const conditions = (description: string): TSchema =>
    source === undefined
      ? Type.Unknown({ default: {} })
      : Type.Object(Object.fromEntries(FIELDS[source].map((field) => [field, Type.Optional(CONDITION)])), {
          default: {},
          description,
        });
  const field = source === undefined ? Type.Unknown() : choice(FIELDS[source], undefined, '');
  return Type.Object({
    name: Type.String({ ...NAME, description: 'Names the rule wherever it is told of.' }),
    type: choice(RULE_TYPES, undefined, 'When it matches.'),
    source: choice(RULE_SOURCES, undefined, 'What it looks at.'),
    where: conditions('All of these have to hold.'),
    not: conditions('None of these may hold.'),
    queryKey: Type.Union([field, Type.Array(field, { maxItems: 5, uniqueItems: true })], {
      default: [],
      expects: source === undefined ? 'a fact, or a list of them' : `one or some of ${FIELDS[source].join(', ')}`,
      description: 'Facts whose values are judged each by itself.',
    }),
    timeframeMinutes: number(0.05, DAY_MINUTES, 'The time in which is counted.'),
    numEvents: integer(1, MAX_EVENTS, 'frequency: it matches at so many within the time.'),
    threshold: integer(1, MAX_EVENTS, 'flatline: it matches below so many within the time.'),
    cardinalityField: Type.Optional(field),
    maxCardinality: integer(1, 500, 'cardinality: it matches at more different values within the time.'),
    minCardinality: integer(1, 500, 'cardinality: it matches at fewer different values within the time.'),
    realertMinutes: Type.Number({
      default: 1,
      minimum: 0,
      maximum: 7 * DAY_MINUTES,
      description: 'People are told of the same key again after so long.',
    }),
    exponentialRealertHours: number(0.01, 168, 'The pause doubles while it goes on, up to this.'),
    keepFiringMinutes: Type.Number({
      default: 5,
      // Receivers wait for more before they are told, and what is shorter than a look would be over before anybody saw it.
      minimum: 1,
      maximum: DAY_MINUTES,
      description: 'It is over when it did not hold for so long.',
    }),
    severity: choice(['info', 'warning', 'critical'], 'info', 'How grave it is. It never changes the status.'),
    receivers: Type.Array(Type.String(NAME), {
      default: [],
      maxItems: 16,
      uniqueItems: true,
      description: 'Names of receivers that are told. Empty: all that want its severity.',
    }),
    sentence: Type.Optional(Type.String({ minLength: 1, description: 'What people are told, with facts in {{}}.' })),
  });
}
