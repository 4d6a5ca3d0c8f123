/** The few forms that the generated pages are made of. */

/** First line of every generated page. */
export const GENERATED = '<!-- Written by `npm run docs` from the source; do not edit. -->';

/** A page: parts separated by blank lines, one line break at the end. Empty parts are left out. */
export const page = (...parts: readonly string[]): string =>
  `${[GENERATED, ...parts].filter((part) => part !== '').join('\n\n')}\n`;

export const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

export const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

/** `0.5 s`, `15 s`, `10 min`, `1 h` */
export function seconds(milliseconds: number): string {
  if (milliseconds >= 3_600_000 && milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000} h`;
  if (milliseconds >= 120_000 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000} min`;
  return `${milliseconds / 1000} s`;
}

/** A table's cell is one line, and its bars are not the table's. */
const cell = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', String.raw`\|`);
