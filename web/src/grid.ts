/** Rows and columns of a large table: what is drawn of it, and where the keys lead; pure functions. */
import type { ApiCatalogue } from '../../agent/http/contract.ts';

export interface Range {
  readonly first: number;
  /** Behind the last. */
  readonly end: number;
}

/** The rows of equal height that are in view, and a few around them. Sizes in pixels. */
export function visibleRange(
  view: { readonly top: number; readonly height: number },
  rowHeight: number,
  count: number,
  around: number,
): Range {
  const first = Math.floor(view.top / rowHeight) - around;
  const end = Math.ceil((view.top + view.height) / rowHeight) + around;
  const bounded = (index: number): number => Math.max(0, Math.min(count, index));
  // Rows may have gone since the table was scrolled: then the last ones are in view.
  const start = Math.min(first, count - Math.ceil(view.height / rowHeight) - around);
  return { first: bounded(start), end: bounded(Math.max(end, start + 1)) };
}

export interface Column {
  readonly check: string;
  readonly title: string;
}

/** Checks that some node runs, in the order of the catalogue, then those that it does not know. */
export function columnsOf(known: ReadonlyMap<string, string>, catalogue: ApiCatalogue | undefined): Column[] {
  const listed = (catalogue?.checks ?? []).map(({ check }) => check).filter((check) => known.has(check));
  const others = [...known.keys()].filter((check) => !listed.includes(check));
  return [...listed, ...others].map((check) => ({ check, title: known.get(check) ?? check }));
}

export interface Position {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads in a grid, https://www.w3.org/WAI/ARIA/apg/patterns/grid/; undefined: it does nothing there. */
export function moveIn(
  from: Position,
  key: { readonly key: string; readonly ctrlKey: boolean },
  size: { readonly rows: number; readonly columns: number; readonly page: number },
): Position | undefined {
  const { rows, columns, page } = size;
  const to = (row: number, column: number): Position => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  switch (key.key) {
    case 'ArrowUp':
      return to(from.row - 1, from.column);
    case 'ArrowDown':
      return to(from.row + 1, from.column);
    case 'ArrowLeft':
      return to(from.row, from.column - 1);
    case 'ArrowRight':
      return to(from.row, from.column + 1);
    case 'PageUp':
      return to(from.row - page, from.column);
    case 'PageDown':
      return to(from.row + page, from.column);
    case 'Home':
      return to(key.ctrlKey ? 0 : from.row, 0);
    case 'End':
      return to(key.ctrlKey ? rows - 1 : from.row, columns - 1);
    default:
      return undefined;
  }
}
