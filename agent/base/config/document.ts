/** One YAML 1.2 document, read without resolving aliases and without running tags, with the places of what is in it. */
import { LineCounter, type Node, type YAMLError, isNode, parseAllDocuments, visit } from 'yaml';
import { messageOf } from '../errors.ts';
import type { Mistake } from './mistakes.ts';

const MAX_CHARACTERS = 1_048_576;
const MAX_SYNTAX_MISTAKES = 10;

export interface PlainDocument {
  /** Null: it is empty, or wrong. */
  readonly root: Node | null;
  /** `/etc/meerkat/config.yaml line 12`; the path where the node has no place. */
  readonly placeOf: (node: Node) => string;
  readonly mistakes: readonly Mistake[];
}

/** `path` is for messages. */
export function readDocument(text: string, path: string): PlainDocument {
  const lines = new LineCounter();
  const position = positionIn(lines);
  const placeOf = ({ range }: Node): string =>
    range === null || range === undefined ? path : `${path} ${position(range[0])}`;
  const refused = (origin: string, message: string): PlainDocument => ({
    root: null,
    placeOf,
    mistakes: [{ where: path, origin, message }],
  });
  if (text.length > MAX_CHARACTERS) return refused('', 'is larger than 1 MiB; that is no configuration.');
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
    // An empty file gives an object that says so instead of a list.
    if ('empty' in documents) return { root: null, placeOf, mistakes: [] };
    const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
    if (faults.length > 0) return { root: null, placeOf, mistakes: syntaxMistakes(faults, path, position) };
    const [first, second] = documents;
    if (second !== undefined)
      return refused(position(second.range[0]), 'has several documents; give one, without a second `---`.');
    const contents = first?.contents;
    const root = isNode(contents) ? contents : null;
    const mistakes = root === null ? [] : aliasesIn(root, placeOf);
    return { root: mistakes.length > 0 ? null : root, placeOf, mistakes };
  } catch (error) {
    // The parser recurses: thousands of nested brackets can overflow the stack.
    return refused('', `cannot be read as YAML: ${messageOf(error)}.`);
  }
}

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

/** A few aliases can stand for gigabytes. */
function aliasesIn(root: Node, placeOf: (node: Node) => string): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(root, {
    Alias: (_, alias) => {
      const message = 'aliases are not supported; write the value out.';
      mistakes.push({ where: `*${alias.source}`, origin: placeOf(alias), message });
    },
  });
  return mistakes;
}
