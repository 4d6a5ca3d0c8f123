/** The configuration file: one YAML 1.2 document, read without resolving aliases and without running tags. */
import type { TObject, TSchema } from 'typebox';
import { type Node, type YAMLMap, isMap, isNode, isScalar } from 'yaml';
import { messageOf } from '../errors.ts';
import { readDocument } from './document.ts';
import { isSection, leavesOf } from './leaves.ts';
import type { Given, Mistake, SourceResult } from './mistakes.ts';
import { allowedText, hint, nearest, showValue } from './text.ts';

/** More keys than this are not listed in a message. */
const MAX_LISTED = 16;

/** Reads a file's text against the schema. `path` is for messages. */
export function readFileSource(text: string, path: string, schema: TObject): SourceResult {
  const { root, placeOf, mistakes } = readDocument(text, path);
  if (root === null) return { given: new Map(), mistakes };
  try {
    return new Walk(path, placeOf, schema).run(root);
  } catch (error) {
    // Nested deeply enough, a value overflows the stack where it is taken out of the document.
    const message = `cannot be read as YAML: ${messageOf(error)}.`;
    return { given: new Map(), mistakes: [{ where: path, origin: '', message }] };
  }
}

/** Walks the document along the schema. */
class Walk {
  readonly #path: string;
  readonly #placeOf: (node: Node) => string;
  readonly #schema: TObject;
  readonly #given = new Map<string, Given>();
  readonly #mistakes: Mistake[] = [];

  constructor(path: string, placeOf: (node: Node) => string, schema: TObject) {
    this.#path = path;
    this.#placeOf = placeOf;
    this.#schema = schema;
  }

  run(root: Node): SourceResult {
    if (isMap(root)) this.#section(this.#schema, root, []);
    else if (!isNothing(root)) {
      const message = `given ${showValue(root.toJSON())}, allowed: ${allowedText(this.#schema)}.`;
      // The place without the path, which is said already.
      this.#mistakes.push({ where: this.#path, origin: this.#placeOf(root).slice(this.#path.length + 1), message });
    }
    return { given: this.#given, mistakes: this.#mistakes };
  }

  #section(schema: TObject, map: YAMLMap, path: readonly string[]): void {
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const child = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      const keyPath = [...path, name];
      if (child === undefined) this.#unknownKey(schema, keyPath, isNode(key) ? key : map);
      else this.#value(child, keyPath, isNode(value) ? value : undefined, isNode(key) ? key : map);
    }
  }

  #value(schema: TSchema, path: readonly string[], node: Node | undefined, key: Node): void {
    const where = path.join('.');
    const origin = this.#placeOf(node ?? key);
    if (isSection(schema)) {
      if (isMap(node)) this.#section(schema, node, path);
      // A section whose settings are all commented out is no mistake.
      else if (node !== undefined && !isNothing(node)) {
        const message = `given ${showValue(node.toJSON(), schema)}, allowed: ${allowedText(schema)}.`;
        this.#mistakes.push({ where, origin, message });
      }
      return;
    }
    this.#given.set(where, { value: node?.toJSON() ?? null, where, origin });
  }

  #unknownKey(schema: TObject, path: readonly string[], key: Node): void {
    const name = path.at(-1) ?? '';
    const names = Object.keys(schema.properties);
    const near = nearest(name, names);
    const meant = near ?? elsewhere(name, this.#schema);
    const allowed = names.length <= MAX_LISTED ? ` Allowed: ${names.join(', ')}.` : '';
    const message = `there is no such key.${hint(meant)}${meant === undefined ? allowed : ''}`;
    this.#mistakes.push({ where: path.map(printable).join('.'), origin: this.#placeOf(key), message });
  }
}

const isNothing = (node: Node): boolean => isScalar(node) && node.value === null;

/** The full key of a setting that has this name in another section. */
const elsewhere = (name: string, schema: TObject): string | undefined =>
  leavesOf(schema).find(({ path }) => path[0] !== 'checks' && path.at(-1) === name)?.key;

const printable = (name: string): string => (/^[\w.-]{1,60}$/.test(name) ? name : showValue(name));
