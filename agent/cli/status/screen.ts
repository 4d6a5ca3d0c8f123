/** A text that is drawn over itself again and again. Control sequences: ECMA-48, sections 8.3.21, 8.3.39 and 8.3.41. */

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const HOME = '\u001b[H';
const TO_LINE_END = '\u001b[K';
const TO_SCREEN_END = '\u001b[J';

/** So much of the text as fits; a line that is longer than the terminal takes several rows. */
export function fit(text: string, { columns, rows }: Size): string {
  const lines = text.trimEnd().split('\n');
  const heights = lines.map((line) => Math.max(1, Math.ceil(line.length / columns)));
  const total = heights.reduce((sum, height) => sum + height, 0);
  if (total <= rows - 1) return lines.join('\n');
  let used = 0;
  const shown = lines.filter((_, index) => (used += heights[index] ?? 1) <= rows - 2);
  return [...shown, `(lines below: ${lines.length - shown.length})`].join('\n');
}

/** What puts the text in place of what was drawn before, without a flicker. */
export const redraw = (text: string): string =>
  `${HOME}${text.replaceAll('\n', `${TO_LINE_END}\n`)}${TO_LINE_END}\n${TO_SCREEN_END}`;
