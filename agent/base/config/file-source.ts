/** The configuration file: one YAML 1.2 document, read without resolving aliases and without running tags. */
import type { TObject, TSchema } from 'typebox';
import {
  LineCounter,
  type Node,
  type YAMLError,
  type YAMLMap,
  isMap,
  isNode,
  isScalar,
  parseAllDocuments,
  visit,
} from 'yaml';
import { messageOf } from '../errors.ts';
import { isSection, leavesOf } from './leaves.ts';
import type { Given, Mistake, SourceResult } from './mistakes.ts';
import { allowedText, hint, nearest, showValue } from './text.ts';

const MAX_CHARACTERS = 1_048_576;
const MAX_SYNTAX_MISTAKES = 10;
/** More keys than this are not listed in a message. */
const MAX_LISTED = 16;

/** Reads a file's text against the schema. `path` is for messages. */
export function readFileSource(text: string, path: string, schema: TObject): SourceResult {
  if (text.length > MAX_CHARACTERS) return refused(path, '', 'is larger than 1 MiB; that is no configuration.');
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
    // An empty file gives an object that says so instead of a list.
    if ('empty' in documents) return { given: new Map(), mistakes: [] };
    const position = positionIn(lines);
    const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
    if (faults.length > 0) return { given: new Map(), mistakes: syntaxMistakes(faults, path, position) };
    const [root, second] = documents;
    if (second !== undefined) {
      return refused(path, position(second.range[0]), 'has several documents; give one, without a second `---`.');
    }
    return new Walk(path, position, schema).run(root?.contents ?? null);
  } catch (error) {
    // The parser recurses: thousands of nested brackets can overflow the stack.
    return refused(path, '', `cannot be read as YAML: ${messageOf(error)}.`);
  }
}

const refused = (where: string, origin: string, message: string): SourceResult => ({
  given: new Map(),
  mistakes: [{ where, origin, message }],
});

type Position = (offset: number, withColumn?: boolean) => string;

const positionIn =
  (lines: LineCounter): Position =>
  (offset, withColumn = false) => {
    const { line, col } = lines.linePos(offset);
    return withColumn ? `line ${line}, column ${col}` : `line ${line}`;
  };

/** One mistake in YAML makes many behind it; the first ones tell. */
const syntaxMistakes = (faults: readonly YAMLError[], path: string, position: Position): Mistake[] =>
  faults.slice(0, MAX_SYNTAX_MISTAKES).map(({ message, pos }) => ({
    where: path,
    origin: position(pos[0], true),
    message: sentence(message),
  }));

const sentence = (message: string): string =>
  message.startsWith('Map keys must be unique') ? 'the same key is given twice.' : `${message.replace(/\.$/, '')}.`;

/** Walks the document along the schema. */
class Walk {
  readonly #path: string;
  readonly #position: Position;
  readonly #schema: TObject;
  readonly #given = new Map<string, Given>();
  readonly #mistakes: Mistake[] = [];

  constructor(path: string, position: Position, schema: TObject) {
    this.#path = path;
    this.#position = position;
    this.#schema = schema;
  }

  run(contents: unknown): SourceResult {
    if (isNode(contents) && this.#isPlain(contents)) {
      if (isMap(contents)) this.#section(this.#schema, contents, []);
      else if (!isNothing(contents)) {
        const message = `given ${showValue(contents.toJSON())}, allowed: ${allowedText(this.#schema)}.`;
        this.#mistakes.push({ where: this.#path, origin: this.#position(contents.range?.[0] ?? 0), message });
      }
    }
    return { given: this.#given, mistakes: this.#mistakes };
  }

  /** False, and said, where the document uses aliases: a few of them can stand for gigabytes. */
  #isPlain(contents: Node): boolean {
    const before = this.#mistakes.length;
    visit(contents, {
      Alias: (_, alias) => {
        const message = 'aliases are not supported; write the value out.';
        this.#mistakes.push({ where: `*${alias.source}`, origin: this.#at(alias), message });
      },
    });
    return this.#mistakes.length === before;
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
    const origin = this.#at(node ?? key);
    if (isSection(schema)) {
      if (isMap(node)) this.#section(schema, node, path);
      // A section whose settings are all commented out is no mistake.
      else if (node !== undefined && !isNothing(node)) {
        const message = `given ${showValue(node.toJSON())}, allowed: ${allowedText(schema)}.`;
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
    this.#mistakes.push({ where: path.map(printable).join('.'), origin: this.#at(key), message });
  }

  #at(node: Node): string {
    const start = node.range?.[0];
    return start === undefined ? this.#path : `${this.#path} ${this.#position(start)}`;
  }
}

const isNothing = (node: Node): boolean => isScalar(node) && node.value === null;

/** The full key of a setting that has this name in another section. */
const elsewhere = (name: string, schema: TObject): string | undefined =>
  leavesOf(schema).find(({ path }) => path[0] !== 'checks' && path.at(-1) === name)?.key;

const printable = (name: string): string => (/^[\w.-]{1,60}$/.test(name) ? name : showValue(name));
