/**
 * Patterns of the configuration. RE2's syntax and its promise: the time is linear in the length of the line, so that no
 * pattern and no line can hold the reader up. https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS } from 're2js';

/** Whether it is found anywhere in a text. */
export type Pattern = (text: string) => boolean;

/** @throws RE2JSSyntaxException for what is no pattern */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source);
  return (text) => compiled.matcher(text).find();
}
