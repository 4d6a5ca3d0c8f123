/** Validates one given value against its schema, with messages in the operator's words, and fills in defaults. */
import { type TSchema, Type } from 'typebox';
import { Errors } from 'typebox/schema';
import { annotation, isSection, itemsOf } from './leaves.ts';
import { allowedText, hint, nearest, showValue } from './text.ts';

export interface Fault {
  /** Within the value: `[2].url`; empty for the value itself. */
  readonly at: string;
  readonly message: string;
}

/** The value with the defaults of objects inside lists filled in, or everything that is wrong with it. */
export function validate(
  schema: TSchema,
  value: unknown,
): { readonly value: unknown; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  return { value: visit(schema, value, '', faults), faults };
}

function visit(schema: TSchema, value: unknown, at: string, faults: Fault[]): unknown {
  const items = itemsOf(schema);
  if (Array.isArray(value) && items !== undefined) {
    // The list itself (how many, no two the same) apart from its items, so that every wrong item is named.
    check(Type.Array(Type.Unknown(), listBounds(schema)), schema, value, at, faults);
    return value.map((item, index) => visit(items, item, `${at}[${index}]`, faults));
  }
  if (isSection(schema) && isMapping(value)) {
    return visitObject(schema.properties, new Set(schema.required), value, at, faults);
  }
  check(schema, schema, value, at, faults);
  return value;
}

function visitObject(
  properties: Readonly<Record<string, TSchema>>,
  required: ReadonlySet<string>,
  value: Readonly<Record<string, unknown>>,
  at: string,
  faults: Fault[],
): Record<string, unknown> {
  const names = Object.keys(properties);
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    faults.push({
      at: `${at}.${name}`,
      message: `there is no such key.${hint(nearest(name, names)) || ` Allowed: ${names.join(', ')}.`}`,
    });
  }
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(properties)) {
    const fallback = annotation(child, 'default');
    if (Object.hasOwn(value, name)) result[name] = visit(child, value[name], `${at}.${name}`, faults);
    else if (fallback !== undefined) result[name] = structuredClone(fallback);
    else if (required.has(name))
      faults.push({ at: `${at}.${name}`, message: `is missing; give ${allowedText(child)}.` });
  }
  return result;
}

/** `shown` is the schema that the message speaks of. */
function check(schema: TSchema, shown: TSchema, value: unknown, at: string, faults: Fault[]): void {
  const [valid] = Errors(schema, value);
  if (valid && !(typeof value === 'number' && !Number.isFinite(value))) return;
  const choices = annotation(shown, 'enum');
  const meant = Array.isArray(choices) && typeof value === 'string' ? nearest(value, choices.map(String)) : undefined;
  faults.push({ at, message: `given ${showValue(value, shown)}, allowed: ${allowedText(shown)}.${hint(meant)}` });
}

function listBounds(schema: TSchema): Record<string, unknown> {
  const names = ['minItems', 'maxItems', 'uniqueItems'];
  return Object.fromEntries(
    names.map((name) => [name, annotation(schema, name)]).filter(([, bound]) => bound !== undefined),
  ) as Record<string, unknown>;
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
