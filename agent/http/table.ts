/** Tables of text. */
import { wrap } from './text-values.ts';

/** In fewer columns than these words are not broken: the lines would be of one word each. */
const LEAST_COLUMNS = 24;

/** Like {@link renderTable}; a last cell that is too long for the line goes on below itself. */
export function renderWrappedTable(rows: readonly (readonly string[])[], width: number): string[] {
  const aligned = renderTable(rows.map((row) => [...row.slice(0, -1), '|'])).map((line) => line.slice(0, -1));
  return rows.flatMap((row, index) => {
    const head = aligned[index] ?? '';
    if (width - head.length < LEAST_COLUMNS) return [`${head}${row.at(-1) ?? ''}`.trimEnd()];
    return wrap(row.at(-1) ?? '', head, ' '.repeat(head.length)).map((line) => line.trimEnd());
  });
}

/** Columns of text: every cell but a row's last is padded to its column's width. */
export function renderTable(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
