/** Values that come as text: from the environment and the command line. */
import type { TSchema } from 'typebox';
import { annotation, itemsOf } from './leaves.ts';

/**
 * Turns text into the value that the schema asks for: numbers and booleans by what they look like, lists separated by
 * commas, lists of objects and records as JSON. Text that does not fit is returned as it is, for the validation to
 * name it.
 */
export function parseText(text: string, schema: TSchema): unknown {
  switch (annotation(schema, 'type')) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'integer':
    case 'number':
      return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
    case 'array':
      return parseList(text, itemsOf(schema));
    case 'string':
      return text;
    default:
      return parseJson(text);
  }
}

function parseList(text: string, items: TSchema | undefined): unknown {
  if (text.trim() === '') return [];
  if (text.trim().startsWith('[')) return parseJson(text);
  return text.split(',').map((item) => (items === undefined ? item.trim() : parseText(item.trim(), items)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
