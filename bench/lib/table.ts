/** How every benchmark prints: a table for people, one line of JSON for machines. */

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What design or experience asks for, in words; empty: nothing. */
  readonly target?: string;
  /** How it was measured. */
  readonly note?: string;
}

/** Rows of aligned columns. */
export function renderTable(title: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, target = '', note = '' }) => [
    what,
    `${Number(value.toPrecision(4))} ${unit}`,
    target,
    note,
  ]);
  const all = [['what', 'measured', 'target', 'how'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`\n## ${title}`, ...lines].join('\n');
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Nearest rank; `q` from 0 to 1. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
