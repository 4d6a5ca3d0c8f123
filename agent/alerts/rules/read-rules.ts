/** A file of rules: read whole and right, or refused with everything that is wrong with it and where. */
import { hash } from 'node:crypto';
import { type TObject, Type } from 'typebox';
import { type Node, isMap, isNode, isScalar, isSeq } from 'yaml';
import { type PlainDocument, readDocument } from '../../base/config/document.ts';
import { allowedText, showValue } from '../../base/config/text.ts';
import { validate } from '../../base/config/validate.ts';
import { RULE_SOURCES, type RuleSource } from '../../model/rule-alert.ts';
import { cleanText } from '../../model/text.ts';
import { compileTemplate } from '../template.ts';
import { patternMistake, patternsMistake } from './pattern.ts';
import { type Fault, ruleFaults } from './rule-faults.ts';
import { type Condition, MAX_RULES, type RuleSettings, ruleSchema } from './schema.ts';
import { sentenceOf } from './sentence.ts';
import { FIELDS, type FieldPattern, type Matcher, type Rule, SAID_NAMES } from './types.ts';

const MAX_MISTAKES = 50;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface ReadOptions {
  /** Names of the receivers that there are; undefined: that is not known. */
  readonly receivers?: readonly string[];
  /** What is said of all of them instead of the line: `built in`. */
  readonly place?: string;
}

export type ReadRules = { readonly rules: readonly Rule[] } | { readonly mistakes: readonly string[] };

const ROOT: TObject = Type.Object({
  rules: Type.Array(Type.Unknown(), { maxItems: MAX_RULES, expects: `a list of rules, at most ${MAX_RULES}` }),
});

/** @param path for messages */
export function readRules(text: string, path: string, options: ReadOptions = {}): ReadRules {
  const document = readDocument(text, path);
  const faults: (Fault & { readonly place?: string })[] = document.mistakes.map(({ where, origin, message }) => ({
    at: where === path ? '' : where,
    message,
    place: origin.startsWith(path) ? origin : `${path} ${origin}`.trimEnd(),
  }));
  const rules: Rule[] = [];
  if (faults.length === 0) {
    const { root } = document;
    const whole = validate(ROOT, contentOf(root));
    faults.push(...whole.faults.map(({ at, message }) => ({ at: at.replace(/^\./, ''), message })));
    if (root !== null && !isMap(root)) faults.splice(0, faults.length, notAMapping(root));
    const { rules: items } = whole.value as { readonly rules?: unknown };
    if (faults.length === 0 && Array.isArray(items))
      for (const [index, item] of items.entries()) {
        const place = options.place ?? placeAt(document, path, `rules[${index}]`);
        const read = readRule(item, place, options);
        if ('rule' in read) rules.push(read.rule);
        else faults.push(...read.faults.map((fault) => ({ ...fault, at: `rules[${index}]${fault.at}` })));
      }
    faults.push(...twins(whole.value));
    if (faults.length === 0) faults.push(...togetherFaults(rules));
  }
  if (faults.length === 0) return { rules };
  const lines = faults.map(({ at, message, place }) =>
    cleanText(`${place ?? placeAt(document, path, at)}: ${at === '' ? '' : `${at}: `}${message}`, 600),
  );
  const more = lines.length - MAX_MISTAKES;
  return { mistakes: more > 0 ? [...lines.slice(0, MAX_MISTAKES), `… and ${more} more.`] : lines };
}

/** A list whose rules are all commented out is no mistake; an empty file is one: it may be half written. */
function contentOf(root: Node | null): unknown {
  const content: unknown = root?.toJSON() ?? {};
  const isBare = typeof content === 'object' && content !== null && 'rules' in content && content.rules === null;
  return isBare ? { ...content, rules: [] } : content;
}

const notAMapping = (root: Node): Fault => ({
  at: '',
  message: `given ${showValue(root.toJSON())}, allowed: ${allowedText(ROOT)}.`,
});

/** A rule is found by its name, so no two may have the same. */
function twins(value: unknown): Fault[] {
  const { rules } = value as { readonly rules?: unknown };
  if (!Array.isArray(rules)) return [];
  const names = rules.map((rule: unknown) =>
    typeof rule === 'object' && rule !== null && 'name' in rule ? rule.name : undefined,
  );
  return names.flatMap((name, index) => {
    const first = typeof name === 'string' ? names.indexOf(name) : index;
    const message = `given ${showValue(name)}, which rules[${first}] is called already.`;
    return first < index ? [{ at: `rules[${index}].name`, message }] : [];
  });
}

function readRule(
  item: unknown,
  place: string,
  options: ReadOptions,
): { readonly rule: Rule } | { readonly faults: readonly Fault[] } {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { faults: [{ at: '', message: `given ${showValue(item)}, allowed: a mapping that begins with name.` }] };
  const { source: said } = item as { readonly source?: unknown };
  const source = RULE_SOURCES.find((one) => one === said);
  const { value, faults } = validate(ruleSchema(source), item);
  if (faults.length > 0 || source === undefined) return { faults };
  const settings = value as RuleSettings;
  const names = [...FIELDS[source], ...SAID_NAMES];
  const compiled = compileTemplate(sentenceOf(settings), names);
  const more = [
    ...ruleFaults(settings, options.receivers),
    ...patternFaults('where', settings.where),
    ...patternFaults('not', settings.not),
    ...('mistake' in compiled ? [{ at: '.sentence', message: compiled.mistake }] : []),
  ];
  if (more.length > 0 || 'mistake' in compiled) return { faults: more };
  return { rule: toRule(settings, source, compiled.template, place) };
}

const patternFaults = (section: string, conditions: RuleSettings['where']): Fault[] =>
  Object.entries(conditions).flatMap(([field, condition]) => {
    if (!isPattern(condition)) return [];
    const message = patternMistake(condition.regex);
    return message === undefined ? [] : [{ at: `.${section}.${field}.regex`, message }];
  });

function togetherFaults(rules: readonly Rule[]): Fault[] {
  const message = patternsMistake(
    rules.flatMap(({ matcher: { has, hasNot } }) => [...has, ...hasNot].map(({ source }) => source)),
  );
  return message === undefined ? [] : [{ at: 'rules', message }];
}

const isPattern = (condition: Condition): condition is { readonly regex: string } =>
  typeof condition === 'object' && !Array.isArray(condition);

function toRule(settings: RuleSettings, source: RuleSource, sentence: Rule['sentence'], place: string): Rule {
  const { name, type, queryKey, numEvents, threshold, cardinalityField, maxCardinality, minCardinality } = settings;
  const { timeframeMinutes = 0, exponentialRealertHours } = settings;
  const [where, not] = [matchersOf(settings.where), matchersOf(settings.not)];
  return {
    name,
    type,
    source,
    matcher: { is: where.is, isNot: not.is, has: where.has, hasNot: not.has },
    queryKey: typeof queryKey === 'string' ? [queryKey] : queryKey,
    timeframeMs: timeframeMinutes * MINUTE_MS,
    ...(numEvents !== undefined && { numEvents }),
    ...(threshold !== undefined && { threshold }),
    ...(cardinalityField !== undefined && {
      cardinality: {
        field: cardinalityField,
        ...(maxCardinality !== undefined && { max: maxCardinality }),
        ...(minCardinality !== undefined && { min: minCardinality }),
      },
    }),
    realertMs: settings.realertMinutes * MINUTE_MS,
    ...(exponentialRealertHours !== undefined && { exponentialRealertMs: exponentialRealertHours * HOUR_MS }),
    keepFiringMs: settings.keepFiringMinutes * MINUTE_MS,
    severity: settings.severity,
    receivers: settings.receivers,
    sentence,
    place,
    digest: hash('sha256', JSON.stringify(settings)).slice(0, 16),
  };
}

function matchersOf(conditions: RuleSettings['where']): Pick<Matcher, 'is' | 'has'> {
  const is: (readonly [string, readonly string[]])[] = [];
  const has: FieldPattern[] = [];
  for (const [field, condition] of Object.entries(conditions))
    if (isPattern(condition)) has.push({ field, source: condition.regex });
    else is.push([field, typeof condition === 'string' ? [condition] : condition]);
  return { is, has };
}

/** Of what is at `rules[2].where.reason`, or of the nearest that is there. */
function placeAt({ root, placeOf }: PlainDocument, path: string, at: string): string {
  let [node, place] = [root, root === null ? path : placeOf(root)];
  for (const name of at.split(/[.[\]]+/).filter((part) => part !== '')) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === name);
      next = pair?.value;
      // A key without a value, or one whose value begins on the next line, is found where it is written.
      if (isNode(pair?.key)) place = placeOf(pair.key);
    } else if (isSeq(node)) {
      next = node.items[Number(name)];
      if (isNode(next)) place = placeOf(next);
    }
    if (!isNode(next)) return place;
    node = next;
  }
  return place;
}
