/** Words about settings: what was given, what is allowed, what was probably meant. */
import type { TSchema } from 'typebox';
import { annotation, isSection, itemsOf } from './leaves.ts';
import { shownPart } from './shown.ts';

const MAX_SHOWN = 60;

/** A given value as a message shows it: quoted, on one line, cut; a secret is never shown. */
export function showValue(value: unknown, schema?: TSchema): string {
  if (schema !== undefined && annotation(schema, 'writeOnly') === true) return 'a secret';
  if (value === undefined || value === null) return 'nothing';
  const shown = schema === undefined ? undefined : annotation(schema, 'shown');
  if (shown !== undefined) return showPart(value, schema);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // JSON leaves control and bidirectional characters above 0x7e alone; they have no place in a message.
  const text = JSON.stringify(value)?.replaceAll(/[^\x20-\x7e]/g, '?') ?? typeof value;
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Of what may be a secret only the kind, or that part which is none. */
function showPart(value: unknown, schema: TSchema | undefined): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  if (typeof value !== 'string') return `a ${typeof value}`;
  const part = shownPart(value, schema, '…') ?? value;
  return part === '…' ? 'a text that is not shown' : `"${part.slice(0, MAX_SHOWN)}"`;
}

/** What a schema allows, in words: "an integer from 0 to 65535". */
export function allowedText(schema: TSchema): string {
  const expects = annotation(schema, 'expects');
  if (typeof expects === 'string') return expects;
  if (isSection(schema)) return `a mapping of ${Object.keys(schema.properties).join(', ')}`;
  const choices = annotation(schema, 'enum');
  if (Array.isArray(choices)) return oneOf(choices.map(String));
  const alternatives = annotation(schema, 'anyOf');
  if (Array.isArray(alternatives)) return oneOf(alternatives.map(allowedText));
  const constant = annotation(schema, 'const');
  if (constant !== undefined) return showValue(constant);
  switch (annotation(schema, 'type')) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer${rangeText(schema)}`;
    case 'number':
      return `a number${rangeText(schema)}`;
    case 'string':
      return stringText(schema);
    case 'array':
      return listText(schema);
    case 'object':
      return mappingText(schema);
    default:
      return 'another value';
  }
}

/** The candidate that was probably meant, if one is near enough. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  const wanted = squash(given);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    // "warning" for "warn" is many letters away and no less clear.
    if (wanted.length >= 3 && (wanted.startsWith(squash(candidate)) || squash(candidate).startsWith(wanted))) {
      return candidate;
    }
    const distance = editDistance(wanted, squash(candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean X?`, or nothing. */
export const hint = (meant: string | undefined): string => (meant === undefined ? '' : ` Did you mean ${meant}?`);

/** Spelling variants that are no typing error: case, hyphens and underscores. */
const squash = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();

function oneOf(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`;
}

function rangeText(schema: TSchema): string {
  const [minimum, maximum] = [figure(schema, 'minimum'), figure(schema, 'maximum')];
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  const bounds = listed([
    ['of at least', minimum],
    ['above', figure(schema, 'exclusiveMinimum')],
    ['of at most', maximum],
    ['below', figure(schema, 'exclusiveMaximum')],
  ]);
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

function stringText(schema: TSchema): string {
  const pattern = annotation(schema, 'pattern');
  if (typeof pattern === 'string') return `a text that matches ${pattern}`;
  if (figure(schema, 'minLength') === '1' && figure(schema, 'maxLength') === undefined)
    return 'a text that is not empty';
  const bounds = listed([
    ['at least', figure(schema, 'minLength')],
    ['at most', figure(schema, 'maxLength')],
  ]);
  return bounds.length === 0 ? 'a text' : `a text of ${bounds.join(' and ')} characters`;
}

function listText(schema: TSchema): string {
  const items = itemsOf(schema);
  const bounds = listed([
    ['at least', figure(schema, 'minItems')],
    ['at most', figure(schema, 'maxItems')],
    ['no two the same', annotation(schema, 'uniqueItems') === true ? '' : undefined],
  ]);
  const each = items === undefined ? '' : `, each ${allowedText(items)}`;
  return `a list${bounds.length === 0 ? '' : ` (${bounds.join(', ')})`}${each}`;
}

/** A record: TypeBox keeps the schema of its values under the pattern of their names. */
function mappingText(schema: TSchema): string {
  const [values] = Object.values(annotation(schema, 'patternProperties') ?? {}) as TSchema[];
  return values === undefined ? 'a mapping' : `a mapping with free names, each value ${allowedText(values)}`;
}

function figure(schema: TSchema, name: string): string | undefined {
  const value = annotation(schema, name);
  return typeof value === 'number' ? String(value) : undefined;
}

const listed = (bounds: readonly (readonly [string, string | undefined])[]): string[] =>
  bounds.filter(([, value]) => value !== undefined).map(([word, value]) => `${word} ${value ?? ''}`.trim());

/** Optimal string alignment: insertions, deletions, changes and swaps of neighbours. Gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const up = rows[row - 1]?.[column] ?? limit;
      const left = current[column - 1] ?? limit;
      const diagonal = rows[row - 1]?.[column - 1] ?? limit;
      let distance = Math.min(up + 1, left + 1, diagonal + cost);
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (rows[row - 2]?.[column - 2] ?? limit) + 1);
      }
      current.push(distance);
    }
    rows.push(current);
  }
  return rows[a.length]?.[b.length] ?? limit;
}
