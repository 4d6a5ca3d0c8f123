/** Settings from the command line: `--http.port 7575`, `--http.port=7575`, `--checks.disk-space.enabled=false`. */
import { type Leaf, annotation } from './leaves.ts';
import type { Given, Mistake, SourceResult } from './mistakes.ts';
import { hint, nearest, showValue } from './text.ts';
import { parseText } from './text-value.ts';

export interface FlagResult extends SourceResult {
  /** The value of `--config`. */
  readonly configFile?: string;
}

const CONFIG_FLAG = '--config';
const ORIGIN = 'command line';

export function readFlags(args: readonly string[], leaves: readonly Leaf[]): FlagResult {
  const byName = new Map(leaves.map((leaf) => [squash(leaf.flag), leaf]));
  const given = new Map<string, Given>();
  const mistakes: Mistake[] = [];
  let configFile: string | undefined;
  const isBoolean = (flag: string): boolean => {
    const schema = byName.get(squash(flag))?.schema;
    return schema !== undefined && annotation(schema, 'type') === 'boolean';
  };
  const wrong = (where: string, message: string): unknown => mistakes.push({ where, origin: ORIGIN, message });
  for (const { name, text } of split(args, isBoolean)) {
    const leaf = byName.get(squash(name));
    if (!name.startsWith('--')) wrong(showValue(name), 'is no flag; flags begin with `--`.');
    else if (name === CONFIG_FLAG) {
      if (configFile !== undefined) wrong(name, 'is given twice.');
      if (text === undefined || text === '') wrong(name, 'needs the path of a file.');
      configFile = text;
    } else if (leaf === undefined) {
      wrong(name, `there is no such flag.${hint(nearest(name, [CONFIG_FLAG, ...leaves.map(({ flag }) => flag)]))}`);
    } else if (text === undefined) wrong(leaf.flag, 'needs a value.');
    else if (given.has(leaf.key)) wrong(leaf.flag, 'is given twice.');
    else given.set(leaf.key, { value: parseText(text, leaf.schema), where: leaf.flag, origin: ORIGIN });
  }
  return { given, mistakes, ...(configFile !== undefined && { configFile }) };
}

/**
 * Pairs flags with their values. A flag without `=` takes the next argument unless that is a flag; one that is true or
 * false may stand alone and then means true.
 */
function* split(
  args: readonly string[],
  isBoolean: (flag: string) => boolean,
): Generator<{ readonly name: string; readonly text: string | undefined }> {
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    const equals = argument.indexOf('=');
    if (!argument.startsWith('--')) yield { name: argument, text: undefined };
    else if (equals >= 0) yield { name: argument.slice(0, equals), text: argument.slice(equals + 1) };
    else {
      const next = args[index + 1];
      const takes = next !== undefined && !next.startsWith('--');
      if (takes) index++;
      yield { name: argument, text: takes ? next : isBoolean(argument) ? 'true' : undefined };
    }
  }
}

/** `--checks.diskSpace.enabled` and `--checks.disk-space.enabled` are the same flag. */
const squash = (flag: string): string => flag.slice(2).replaceAll('-', '').toLowerCase();
