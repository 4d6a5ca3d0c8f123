/** Files of /proc/net/stat: a header that names the columns, then a line of hexadecimal numbers for each CPU. Kernels differ in the columns. */
import { linesOf } from './procfs.ts';

/** Gives the numbers of some columns, one a CPU. Undefined where one of them is missing or there is no line of numbers. */
export function parseCpuStatistics<Column extends string>(
  text: string,
  columns: readonly Column[],
): ((column: Column) => readonly number[]) | undefined {
  const [header, ...rows] = linesOf(text).map((line) => line.trim().split(/\s+/));
  const valuesOf = (column: Column): number[] => {
    const index = header?.indexOf(column) ?? -1;
    return rows.map((row) => Number.parseInt(row[index] ?? '', 16));
  };
  return rows.length > 0 && columns.every((column) => valuesOf(column).every(Number.isFinite)) ? valuesOf : undefined;
}

export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
