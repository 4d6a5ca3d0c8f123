/**
 * One copy of a text that thousands of reports repeat: ids of checks, names of readings, keys of neighbours. Every decoded
 * report would hold its own otherwise, which is megabytes in a large cluster.
 */

/** More than a cluster of 5,000 has; whoever invents names makes the others lose nothing but memory. */
const MAX_TEXTS = 16_384;

const texts = new Map<string, string>();

/** The same text, and the same object for each time that it comes. */
export function sharedText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MAX_TEXTS) texts.clear();
  texts.set(text, text);
  return text;
}
