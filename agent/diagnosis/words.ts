/** How findings name several things in one sentence. */

/** So many names are still read; more are counted. */
const MOST_NAMES = 5;

/** `m1`, `m1 and m2`, `m1, m2 and m3`; above five `m1, m2, m3, m4 and 8 more`. */
export function formatNames(names: readonly string[]): string {
  const shown = names.length > MOST_NAMES ? names.slice(0, MOST_NAMES - 1) : names;
  const parts = shown.length < names.length ? [...shown, `${names.length - shown.length} more`] : [...shown];
  const last = parts.pop() ?? 'nobody';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** The lines, at most `most` of them, and how many there are besides. */
export function firstLines(lines: readonly string[], most = 8): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `and ${lines.length - most + 1} more`];
}

/** Where a person reads how to run `meerkat`, which is in the image and on no host of a Kubernetes cluster. */
export const PROGRAM_BY_HAND = '“The program by hand” in docs/operations.md';

/** What a check, a store or a program wrote may end as a sentence does; here the sentence goes on. */
export const withoutStop = (text: string): string => text.replace(/[\s.]+$/, '');

export const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);
