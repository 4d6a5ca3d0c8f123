/**
 * Sentences with places for facts: `{{kind}} {{namespace}}/{{name}}: {{message}}`. There is nothing else to them: no
 * conditions, no code, and a name that does not exist is refused when it is read.
 */
import { hint, nearest } from '../base/config/text.ts';
import { cleanText } from '../model/text.ts';

export interface Template {
  /** As it was written. */
  readonly source: string;
  /** One line; facts are cleaned and cut, and what is not there is empty. */
  render(facts: Readonly<Record<string, string | undefined>>): string;
}

/** More than people read. */
const MAX_SOURCE = 1000;
const MAX_FACT = 300;
const MAX_RENDERED = 2000;
const PLACE = /\{\{([^{}]*)\}\}/g;

/**
 * Names may stand between blanks.
 *
 * @param allowed names that may stand in it
 * @returns the template, or what is wrong with it and what is allowed, as a sentence
 */
export function compileTemplate(
  source: string,
  allowed: readonly string[],
): { readonly template: Template } | { readonly mistake: string } {
  if (source.length > MAX_SOURCE)
    return { mistake: `has ${source.length} characters, allowed: at most ${MAX_SOURCE}.` };
  const parts: string[] = [];
  const names: string[] = [];
  let end = 0;
  for (const match of source.matchAll(PLACE)) {
    const name = (match[1] ?? '').trim();
    if (!allowed.includes(name)) {
      const meant = nearest(name, allowed);
      const list = meant === undefined ? ` Allowed: ${allowed.join(', ')}.` : '';
      return { mistake: `has {{${cleanText(name, 40)}}}, which is no name of a fact.${hint(meant) || list}` };
    }
    parts.push(source.slice(end, match.index));
    names.push(name);
    end = match.index + match[0].length;
  }
  parts.push(source.slice(end));
  const stray = parts.find((part) => part.includes('{{') || part.includes('}}'));
  if (stray !== undefined) return { mistake: 'has a pair of braces without its other one; allowed: {{name}}.' };
  return { template: { source, render: (facts) => rendered(parts, names, facts) } };
}

function rendered(
  parts: readonly string[],
  names: readonly string[],
  facts: Readonly<Record<string, string | undefined>>,
): string {
  let text = parts[0] ?? '';
  for (const [index, name] of names.entries()) {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    text += cleanText((fact ?? '').slice(0, MAX_FACT * 4), MAX_FACT) + (parts[index + 1] ?? '');
  }
  return cleanText(text.replaceAll(/ {2,}/g, ' '), MAX_RENDERED);
}
