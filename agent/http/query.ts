/** Query parameters: what each means, how it is read, and how the OpenAPI document describes it. */
import { isLabelName, isSubdomainName } from '../model/kubernetes-names.ts';
import { cleanText } from '../model/text.ts';
import { HttpError } from './errors.ts';

export interface Parameter<Value> {
  readonly description: string;
  /** JSON Schema of the value. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required?: boolean;
  /** Returns what is allowed, as a sentence, when the text is no such value. */
  parse(text: string, now: number): { readonly value: Value } | { readonly expected: string };
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;
export type Parsed<Specs extends Parameters> = {
  readonly [Name in keyof Specs]: Specs[Name] extends Parameter<infer Value> ? Value | undefined : never;
};

/**
 * Reads a query. Every key must be known and given once.
 *
 * @param now Unix ms, for what is relative to it
 * @throws {HttpError} 400 that names the key, what was given and what is allowed
 */
export function parseQuery<Specs extends Parameters>(specs: Specs, query: unknown, now: number): Parsed<Specs> {
  const given = (query ?? {}) as Readonly<Record<string, unknown>>;
  const allowed = Object.keys(specs);
  for (const key of Object.keys(given)) {
    if (!allowed.includes(key)) throw bad(`Unknown query key ${quote(key)}: ${listOf(allowed)}.`);
  }
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(specs)) {
    const text = given[key];
    if (text === undefined) {
      if (spec.required === true) throw bad(`The query key "${key}" is missing: ${spec.description}`);
      continue;
    }
    if (typeof text !== 'string') throw bad(`The query key "${key}" is given more than once.`);
    const parsed = spec.parse(text, now);
    if ('expected' in parsed) throw bad(`${key}=${quote(text)} is not valid: ${parsed.expected}.`);
    values[key] = parsed.value;
  }
  return values as Parsed<Specs>;
}

/** An instant: RFC 3339, Unix seconds, `now`, or relative to now as `-3h`. The value is Unix ms. */
export const instant = (description: string): Parameter<number> => ({
  description: `${description} RFC 3339, Unix seconds, "now", or relative as "-90s", "-15m", "-3h", "-7d".`,
  schema: { type: 'string' },
  parse(text, now) {
    const value = parseInstant(text, now);
    return value === undefined ? { expected: INSTANT_EXPECTED } : { value };
  },
});

export const integer = (
  description: string,
  minimum: number,
  maximum: number,
  fallback: number,
): Parameter<number> => ({
  description,
  schema: { type: 'integer', minimum, maximum, default: fallback },
  parse(text) {
    const value = Number(text);
    const fits = /^\d{1,10}$/.test(text) && value >= minimum && value <= maximum;
    return fits ? { value } : { expected: `a whole number from ${minimum} to ${maximum}` };
  },
});

/** A number of seconds, required. The value is ms. */
export const duration = (description: string, maximum: number): Parameter<number> => ({
  description,
  schema: { type: 'integer', minimum: 1, maximum },
  required: true,
  parse(text) {
    const value = Number(text);
    const fits = /^\d{1,10}$/.test(text) && value >= 1 && value <= maximum;
    return fits ? { value: value * 1000 } : { expected: `a whole number of seconds from 1 to ${maximum}` };
  },
});

export const choice = <const Names extends readonly string[]>(
  description: string,
  names: Names,
): Parameter<Names[number]> => ({
  description,
  schema: { type: 'string', enum: [...names] },
  parse(text) {
    const value = names.find((name) => name === text);
    return value === undefined ? { expected: `one of ${names.join(', ')}` } : { value };
  },
});

export const name = (description: string, required = false): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1, maxLength: 300 },
  required,
  parse: (text) => (text.length >= 1 && text.length <= 300 ? { value: text } : { expected: '1 to 300 characters' }),
});

/** As Kubernetes names namespaces and containers. */
export const labelName = (description: string, required = false): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1, maxLength: 63 },
  required,
  parse: (text) =>
    isLabelName(text)
      ? { value: text }
      : { expected: 'a name of Kubernetes: 1 to 63 lower-case letters, digits and "-", not "-" first or last' },
});

/** As Kubernetes names pods. */
export const podName = (description: string, required = false): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1, maxLength: 253 },
  required,
  parse: (text) =>
    isSubdomainName(text)
      ? { value: text }
      : { expected: 'a name of Kubernetes: 1 to 253 lower-case letters, digits, "-" and ".", parts not empty' },
});

/** One line for people, without harmful characters. */
export const remark = (description: string, maxLength: number): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1, maxLength },
  parse(text) {
    const value = cleanText(text, maxLength + 1);
    const fits = value !== '' && value.length <= maxLength;
    return fits ? { value } : { expected: `1 to ${maxLength} characters` };
  },
});

export const FORMAT = choice('JSON or text for people; by default what the Accept header prefers.', ['json', 'text']);

const INSTANT_EXPECTED =
  'an instant like 2026-01-01T12:00:00Z, Unix seconds, "now", or a time before now like -90s, -15m, -3h, -7d';
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Beyond this a number of seconds is more likely one of milliseconds: it would be the year 5138. */
const MAX_SECONDS = 1e11;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;

function parseInstant(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  const relative = /^-(\d{1,6})([smhd])$/.exec(text);
  if (relative !== null) return now - Number(relative[1]) * UNIT_MS[relative[2] as keyof typeof UNIT_MS];
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) {
    const seconds = Number(text);
    return seconds < MAX_SECONDS ? Math.round(seconds * 1000) : undefined;
  }
  // The plus of a time zone arrives as a blank when the client did not escape it.
  const escaped = text.replace(/ (\d{2}:\d{2})$/, '+$1');
  const at = RFC_3339.test(escaped) ? Date.parse(escaped.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
const listOf = (allowed: readonly string[]): string =>
  allowed.length === 0 ? 'this path takes none' : `allowed are ${allowed.join(', ')}`;
const bad = (message: string): HttpError => new HttpError(400, message);
